"""The charts of a report, drawn as vectors from the same course as the pages' charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.graphics.shapes import Drawing, Line, Rect

from analysis.contracts import Region
from clinic.charts import measures, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Course, CoursePoint
from clinic.letters.rows import Content
from tasks.letters import look, single
from tasks.letters.plot import Axis, Plot, runs

HALF = look.WIDTH / 2 - 4
HOUSE_BRACKMANN, SUNNYBROOK = "house_brackmann", "sunnybrook"
LEAST_SHARE = 0.05  # a grade less likely than this gets no dot
ROW, DAYS = 74, 18  # height of one region's strip, and of the days under the last
LANE = 11  # height of one treatment, 1/72 inch


@dataclass(frozen=True, slots=True)
class Picture:
    """`wide`: over the whole page, else half of it."""

    title: str
    drawing: Drawing
    note: str
    wide: bool = True


def pictures(content: Content) -> list[Picture]:
    """Only what there is something to show of; a single session has no course."""
    course = content.course
    if not course.points and not course.hand_grades:
        return []
    if len(course.points) == 1 and len(content.sessions) == 1:
        return _of_one(content, course.points[0])
    found = [grades(content), *([regions(content)] if course.points else [])]
    small = (closure(content, "gentle"), closure(content, "tight"), synkinesis(content), sunnybrook(content))
    return [*found, *(picture for picture in small if picture)]


def _of_one(content: Content, point: CoursePoint) -> list[Picture]:
    bars = single.region_bars(point, HALF)
    note = (
        "Bars: how much less the weaker side moves. Lines at their ends: measurement error (MDC95), where it is known."
    )
    found = [Picture("Asymmetry of movement by region", bars, note, wide=False)]
    if content.profile.shows_machine_grade and point.probabilities:
        shares = single.grade_bars(content, point, HALF)
        note = "Estimated probability of every grade. The grade by a clinician is the record."
        found.insert(0, Picture("House-Brackmann grade", shares, note, wide=False))
    return found


def grades(content: Content) -> Picture:
    """House-Brackmann by hand as squares, the estimate as steps over dots as large as their probability."""
    course, axis = content.course, Axis.of(content.course)
    shown = [t for t in course.treatments if _in_sight(axis, t.started_on, t.ended_on)]
    lanes = min(len(shown), 6)
    ticks = [(float(7 - g), words.roman(g)) for g in range(1, 7)]
    plot = Plot(axis, 0.5, 6.5, look.WIDTH, 136 + lanes * LANE, ticks, bottom=28 + lanes * LANE)
    if content.profile.shows_machine_grade:
        _estimates(plot, course.points)
    for given in course.hand_grades:
        if given.scale == HOUSE_BRACKMANN:
            plot.square(given.on, 7 - given.value, look.INK)
    for missed in course.unmeasured:
        plot.cross(missed.on)
    _treatments(plot, content, lanes)
    note = "Higher is better. Squares: given by a clinician, the record."
    if content.profile.shows_machine_grade:
        note += " Circles and line: estimated; a circle's size is the probability of that grade."
    if course.unmeasured:
        note += " Crosses: sessions without a result."
    return Picture("House-Brackmann grade", plot.drawing, note)


def _estimates(plot: Plot, points: Sequence[CoursePoint]) -> None:
    for run in runs(points, same=lambda p: p.grade_origin):
        graded = [(p.on, float(7 - p.grade)) for p in run if p.grade is not None]
        plot.steps(graded, look.ACCENT)
    for point in points:
        for grade, share in enumerate(point.probabilities or (), start=1):
            if share >= LEAST_SHARE:
                plot.dot(point.on, 7 - grade, look.ACCENT, radius=5 * share**0.5, is_open=grade != point.grade)
    _breaks(plot, points, [p.grade_origin for p in points])


def _breaks(plot: Plot, points: Sequence[CoursePoint], origins: Sequence[str]) -> None:
    """Where the way of measuring changed, the curve ends and a line says so."""
    for i in range(1, len(points)):
        if origins[i] != origins[i - 1]:
            middle = points[i - 1].on + (points[i].on - points[i - 1].on) / 2
            plot.upright(middle, color=look.MUTED, dashes=(2, 2))
            plot.text(plot.x(middle) + 2, plot.height - 7, "method changed")


def _in_sight(axis: Axis, start: date, end: date | None) -> bool:
    return (start - axis.zero).days <= axis.last and ((end or start) - axis.zero).days >= axis.first


def _treatments(plot: Plot, content: Content, lanes: int) -> None:
    """A bar or a diamond each under the curve, with its name."""
    shown = [t for t in content.course.treatments if _in_sight(plot.axis, t.started_on, t.ended_on)]
    for lane, treatment in enumerate(shown[:lanes]):
        y = plot.bottom - 27 - lane * LANE
        first = max((treatment.started_on - plot.axis.zero).days, plot.axis.first)
        last = min(((treatment.ended_on or treatment.started_on) - plot.axis.zero).days, plot.axis.last)
        start, end = plot.x(first), plot.x(last)
        plot.upright(first)
        plot.add(Rect(start, y - 1.5, max(end - start, 3), 3, fillColor=look.EVENT, strokeColor=None))
        is_late = start > plot.width * 0.7
        place = start - 4 if is_late else max(end, start + 3) + 4
        plot.text(place, y - 2.4, treatment.label, anchor="end" if is_late else "start", color=look.EVENT)


def regions(content: Content) -> Picture:
    """Brow, eye and mouth under each other on one scale, each with the band of its error."""
    course, axis = content.course, Axis.of(content.course)
    low, high = _reach(course.points)
    ticks = [
        (float(v), f"{v:+d} %".replace("-", words.MINUS) if v else "0") for v in range(-100, 101, _step(low, high))
    ]
    ticks = [(v, label) for v, label in ticks if low <= v <= high]
    drawing = Drawing(look.WIDTH, ROW * 3 + DAYS)
    for index, region in enumerate(Region):
        days = DAYS if index == 2 else 0
        plot = Plot(axis, low, high, look.WIDTH, ROW + days, ticks, top=14, bottom=6 + days, has_days=bool(days))
        plot.text(plot.left, plot.height - 9, content.profile.measures[region.value], font=look.BOLD, color=look.INK)
        _region(plot, course.points, region)
        _drawn_at(drawing, plot.drawing, (2 - index) * ROW + DAYS - days)
    names = [measures.region(region) for region in Region]
    note = "Above zero the left side moves more, below it the right. " + _band_note(course, names)
    return Picture("Asymmetry of movement by region", drawing, note)


def _drawn_at(drawing: Drawing, part: Drawing, up: float) -> None:
    part.translate(0, up)
    drawing.add(part.asGroup())


def _region(plot: Plot, points: Sequence[CoursePoint], region: Region) -> None:
    measure = measures.region(region)
    for run in runs(points, same=lambda p: p.origin):
        for known in _known(run, measure):
            plot.band([(on, value, error) for on, value, error in known if error is not None])
            plot.line([(on, value) for on, value, _ in known], look.INK)
    plot.level(0)
    for point in points:
        value = point.number(measure.name).value
        if value is not None:
            plot.dot(point.on, value, look.INK)
        else:
            plot.cross(point.on)
    _breaks(plot, points, [p.origin for p in points])
    plot.text(plot.width - 8, plot.height - 9, "▼ right stronger", anchor="end", color=look.RIGHT)
    plot.text(plot.width - 76, plot.height - 9, "▲ left stronger", anchor="end", color=look.LEFT)


def _known(run: Sequence[CoursePoint], measure: Measure) -> Iterator[list[tuple[date, float, float | None]]]:
    """Neighbouring sessions with a value; one without parts them."""
    values = [(p.on, p.number(measure.name)) for p in run]
    for part in runs(values, same=lambda pair: pair[1].value is None):
        known = [(on, v.value, v.mdc95) for on, v in part if v.value is not None]
        if known:
            yield known


def _reach(points: Sequence[CoursePoint]) -> tuple[float, float]:
    """From the lowest to the highest value with its error, zero and a little more of either side in sight."""
    found = [0.0]
    for point in points:
        for region in Region:
            number = point.number(measures.region(region).name)
            if number.value is not None:
                found += [number.value - (number.mdc95 or 0), number.value + (number.mdc95 or 0)]
    return max(min(*found, -12.0) * 1.08, -110), min(max(*found, 12.0) * 1.08, 110)


def _step(low: float, high: float) -> int:
    return next((step for step in (10, 25, 50) if (high - low) / step <= 5), 50)


def _band_note(course: Course, drawn: Sequence[Measure]) -> str:
    errors = {p.number(m.name).error for p in course.points for m in drawn} - {None}
    if not errors:
        return "The measurement error is not known, so no band is drawn and no change is judged."
    origins = sorted({error.origin for error in errors if error is not None})
    return f"Grey band: measurement error (MDC95, {'; '.join(origins)}); a change smaller than that may be chance."


def closure(content: Content, effort: str) -> Picture | None:
    """What stays open at an effort to close, both eyes."""
    names = {side: measures.eye_gap(effort, side) for side in measures.SIDES}
    note = "0 mm: the eye shuts. Left solid, right dashed. " + _band_note(content.course, list(names.values()))
    return _sides(content, content.profile.measures[effort], names, note, least=4.0, unit=" mm")


def synkinesis(content: Content) -> Picture | None:
    """The kind that was ever strongest, both halves; the others are in the table."""
    strongest = measures.strongest_synkinesis(content.course)
    if strongest is None:
        return None
    kind = next(k for k in measures.KINDS if f"_{k.value}/" in strongest.name)
    names = {side: measures.synkinesis(kind, side) for side in measures.SIDES}
    title = f"{content.profile.measures['synkinesis']}: {measures.KINDS[kind].lower()}"
    note = "How much one movement brings the other along. Left solid, right dashed. "
    return _sides(content, title, names, note + _band_note(content.course, list(names.values())), least=0.4, unit="")


def _sides(
    content: Content, title: str, names: dict[str, Measure], note: str, *, least: float, unit: str
) -> Picture | None:
    course = content.course
    values = [v for m in names.values() for v in measures.known(course, m.name)]
    if not values:
        return None
    top = max(*values, least) * 1.12
    ticks = [(v, f"{v:.1f}{unit}") for v in (0, least / 2, least, least * 2, least * 4) if v <= top]
    plot = Plot(Axis.of(course), 0, top, HALF, 112, ticks, left=36)
    _band_of_worse(plot, course, names)
    for side, measure in names.items():
        color, dashes = look.SIDES[side]
        for run in runs(course.points, same=lambda p: p.origin):
            for known in _known(run, measure):
                plot.line([(on, value) for on, value, _ in known], color, dashes)
        for point in course.points:
            value = point.number(measure.name).value
            if value is not None:
                plot.dot(point.on, value, color, is_open=side == "right")
    _legend(plot)
    return Picture(title, plot.drawing, note, wide=False)


def _band_of_worse(plot: Plot, course: Course, names: dict[str, Measure]) -> None:
    """One band: two over each other could not be told apart in print."""
    side = course.side if course.side in names else "left"
    for run in runs(course.points, same=lambda p: p.origin):
        for known in _known(run, names[side]):
            plot.band([(on, value, error) for on, value, error in known if error is not None])


def _legend(plot: Plot) -> None:
    x = plot.left + 2
    for side, (color, dashes) in look.SIDES.items():
        y = plot.height - 5
        plot.add(Line(x, y, x + 16, y, strokeColor=color, strokeWidth=1.3, strokeDashArray=dashes))
        plot.text(x + 19, y - 2.4, side, color=color)
        x += 48


def sunnybrook(content: Content) -> Picture | None:
    """The estimate as a line with its band, the clinician's composite as squares."""
    course, measure = content.course, measures.sunnybrook()
    given = [g for g in course.hand_grades if g.scale == SUNNYBROOK]
    if not given and not measures.known(course, measure.name):
        return None
    plot = Plot(Axis.of(course), 0, 100, HALF, 112, [(v, f"{v:.0f}") for v in (0, 25, 50, 75, 100)], left=36)
    for run in runs(course.points, same=lambda p: p.origin):
        for known in _known(run, measure):
            plot.band([(on, value, error) for on, value, error in known if error is not None])
            plot.line([(on, value) for on, value, _ in known], look.ACCENT)
    for point in course.points:
        value = point.number(measure.name).value
        if value is not None:
            plot.dot(point.on, value, look.ACCENT)
    for grade in given:
        plot.square(grade.on, grade.value, look.INK)
    note = "100: normal. Squares: by a clinician. Line: estimated. " + _band_note(course, [measure])
    return Picture(content.profile.measures["sunnybrook"], plot.drawing, note, wide=False)
