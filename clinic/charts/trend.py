"""Numbers of both halves over the days since onset, in strips under each other: what the smaller courses share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from clinic.charts import bands, style, timeline, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Chart, Course, CoursePoint, Statement, Table

STRIP_PX, AROUND_PX = 110, 190  # a strip; title, axis, treatments and legend around them
TOP_PX, BOTTOM_PX = 24, 84
LANE_PX, TITLE_PX = 24, 28
MISSED = "not measured"

Traces = Callable[[timeline.TimeAxis, str], Iterable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Line:
    """One number in one look; left is always blue and solid, right orange and dashed."""

    measure: Measure
    name: str  # in the legend
    look: dict[str, Any]
    band: str = style.BAND


@dataclass(frozen=True, slots=True)
class Strip:
    title: str
    lines: tuple[Line, ...]
    axis: dict[str, Any]  # range and ticks; `range` is needed
    hover: str = ".2f"  # how a value is written on hovering
    unit: str = ""
    behind: Traces | None = None
    above: Traces | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    key: str
    title: str
    strips: tuple[Strip, ...]
    notes: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    others: tuple[str, ...] = field(default=())  # further traces' names that the legend leaves out


def side_line(measure: Measure, side: str) -> Line:
    looks = {
        "left": ({"color": style.LEFT, "width": 2}, {"size": 7, "color": style.LEFT}, style.LEFT_BAND),
        "right": (
            {"color": style.RIGHT, "width": 2, "dash": "dash"},
            {"size": 8, "color": style.RIGHT, "symbol": "diamond"},
            style.RIGHT_BAND,
        ),
    }
    line, marker, band = looks[side]
    return Line(measure, f"{side} side", {"line": line, "marker": marker}, band)


def plain_line(measure: Measure, name: str) -> Line:
    look = {"line": {"color": style.INK, "width": 2}, "marker": {"size": 7, "color": style.INK}}
    return Line(measure, name, look)


def height_of(strips: int) -> int:
    return AROUND_PX + STRIP_PX * max(strips, 1)


def chart(course: Course, trend: Trend) -> Chart:
    axis = timeline.TimeAxis.of(course)
    height = height_of(len(trend.strips))
    plot = height - TOP_PX - BOTTOM_PX
    bottom = round(LANE_PX / plot, 4) if course.treatments else 0.0
    rows = [_Row(strip, i, len(trend.strips), bottom, TITLE_PX / plot) for i, strip in enumerate(trend.strips)]
    marks = list(timeline.breaks(axis, course.points, _origin))
    lane = f"y{len(rows) + 1}"
    figure = style.figure(
        style.with_legend(
            [
                *[trace for row in rows for trace in row.traces(axis, course)],
                *timeline.treatment_marks(axis, course.treatments, lane),
            ],
            hidden=(timeline.TREATMENT, *trend.others),
        ),
        height=height,
        meta=axis.meta,
        margin={"l": 44, "r": 12, "t": TOP_PX, "b": BOTTOM_PX},
        xaxis=axis.layout(anchor="free", position=0),
        shapes=[*timeline.treatment_lines(axis, course.treatments, bottom), *[shape for shape, _ in marks]],
        annotations=[*[row.name() for row in rows], *[note for _, note in marks]],
        hovermode="closest",
        **style.LEGEND,
        **{row.axis_key: row.layout() for row in rows},
        **{f"yaxis{len(rows) + 1}": timeline.lane_axis(bottom)},
    )
    table, summary = _table(course, trend), _summary(course, trend)
    return Chart(trend.key, trend.title, style.plain(figure), height, summary, table, trend.notes, trend.statements)


def _origin(point: CoursePoint) -> str:
    return point.origin


class _Row:
    """One strip's part of the picture."""

    def __init__(self, strip: Strip, index: int, count: int, bottom: float, title: float) -> None:
        self.strip = strip
        number = "" if index == 0 else str(index + 1)
        self.axis_key, self.ref = f"yaxis{number}", f"y{number}"
        each = (1 - bottom) / count
        top = 1 - index * each
        self.domain = [round(top - each, 4), round(top - title, 4)]

    def layout(self) -> dict[str, Any]:
        return style.axis(domain=self.domain, fixedrange=True, **self.strip.axis)

    def name(self) -> dict[str, Any]:
        where = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": self.domain[1], "yanchor": "bottom"}
        return style.note(self.strip.title, color=style.INK, weight=650, **where)

    def traces(self, axis: timeline.TimeAxis, course: Course) -> Iterator[dict[str, Any]]:
        strip = self.strip
        yield from strip.behind(axis, self.ref) if strip.behind else ()
        stretches = timeline.stretches(course.points, _origin)
        for line in strip.lines:
            for stretch in stretches:
                for run in _measured_runs(stretch, line):
                    known = [(axis.place(p.on), v, p.number(line.measure.name).mdc95) for p, v in run]
                    yield from bands.error(known, self.ref, line.band)
        for line in strip.lines:
            yield from (self._curve(axis, stretch, line) for stretch in stretches)
        yield from strip.above(axis, self.ref) if strip.above else ()
        yield from self._missed(axis, course)

    def _curve(self, axis: timeline.TimeAxis, run: tuple[CoursePoint, ...], line: Line) -> dict[str, Any]:
        error, texts = bands.on_hover(line.measure, run)
        told = f"%{{y:{self.strip.hover}}}{self.strip.unit}{error}"
        return {
            "type": "scatter",
            "name": line.name,
            "mode": "lines+markers",
            "yaxis": self.ref,
            "x": [axis.place(p.on) for p in run],
            "y": [_rounded(p.number(line.measure.name).value) for p in run],
            "connectgaps": False,
            "customdata": [axis.links[p.url] for p in run],
            "hovertemplate": f"{axis.hover}<br>{line.measure.label}: {told}<extra></extra>",
            **texts,
            **line.look,
        }

    def _missed(self, axis: timeline.TimeAxis, course: Course) -> Iterator[dict[str, Any]]:
        """Sessions without any of the strip's numbers keep their place, as crosses with the reason."""
        crosses = [(u.on, u.url, u.why) for u in course.unmeasured]
        for point in course.points:
            values = [point.number(line.measure.name) for line in self.strip.lines]
            if values and all(v.value is None for v in values):
                crosses.append((point.on, point.url, values[0].why))
        if crosses:
            low, high = self.strip.axis["range"]
            yield {
                "type": "scatter",
                "name": MISSED,
                "mode": "markers",
                "yaxis": self.ref,
                "x": [axis.place(on) for on, *_ in crosses],
                "y": [low + (high - low) * 0.03] * len(crosses),
                "customdata": [[axis.links[url], style.escaped(why)] for _, url, why in crosses],
                "marker": {"symbol": "x-thin", "size": 7, "line": {"color": style.MUTED, "width": 2}},
                "hovertemplate": f"{axis.hover}<br>%{{customdata[1]}}<extra></extra>",
            }


def _measured_runs(run: tuple[CoursePoint, ...], line: Line) -> Iterator[list[tuple[CoursePoint, float]]]:
    """Neighbouring points with a value; a session without one parts them."""
    values = [(p, p.number(line.measure.name).value) for p in run]
    for has_value, group in groupby(values, key=lambda pair: pair[1] is not None):
        if has_value:
            yield [(p, v) for p, v in group if v is not None]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3 if abs(value) < 2 else 2)


def top(course: Course, measures: Iterable[Measure], steps: tuple[float, ...]) -> float:
    """The smallest of `steps` that holds every value with its band, else a little more than the greatest."""
    reach = 0.0
    for measure in measures:
        for point in course.points:
            found = point.number(measure.name)
            if found.value is not None:
                reach = max(reach, found.value + (found.mdc95 or 0.0))
    return next((step for step in steps if reach <= step * 0.97), round(reach * 1.1, 1))


def _table(course: Course, trend: Trend) -> Table:
    lines = [(strip, line) for strip in trend.strips for line in strip.lines]
    headers = [line.measure.label for _, line in lines]

    def cell(point: CoursePoint, line: Line) -> str:
        found = point.number(line.measure.name)
        if found.value is None:
            return found.why
        error = f" (±{line.measure.amount(found.mdc95)})" if found.mdc95 is not None else ""
        return line.measure.write(found.value) + error

    rows = tuple((words.day(p.on, course.onset), *[cell(p, line) for _, line in lines]) for p in course.points)
    return timeline.with_origin(Table(("Session", *headers), rows), [p.origin for p in course.points])


def _summary(course: Course, trend: Trend) -> str:
    """The latest values in words."""
    latest = course.latest
    if latest is None:
        return "No session has been measured yet."
    told = []
    for line in (line for strip in trend.strips for line in strip.lines):
        found = latest.number(line.measure.name)
        told.append(f"{line.measure.label} {found.why if found.value is None else line.measure.write(found.value)}")
    return f"{trend.title}. On {words.day(latest.on, course.onset)}: {'; '.join(told) or 'nothing measured'}."


def error_note(course: Course, chosen: Iterable[Measure]) -> tuple[str, ...]:
    """The band's size and where it is from; or that there is none, so that nothing is judged."""
    latest = course.latest
    known = {(m.amount(e.mdc95), e.origin) for m in chosen if latest and (e := latest.number(m.name).error)}
    if not known:
        return ("The error of this measurement is not known, so no band is drawn and no change is judged.",)
    sizes = words.listed(sorted({f"±{size}" for size, _ in known}))
    origins = "; ".join(sorted({origin for _, origin in known}))
    return (f"Band: measurement error (MDC95 {sizes}; from {origins}). A smaller change may be chance.",)
