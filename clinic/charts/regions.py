"""The course of regional asymmetry: brow, eye and mouth under each other, each with its band of measurement error."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from analysis.contracts import Region
from clinic.charts import bands, change, measures, style, timeline, words
from clinic.charts.ground import Ground
from clinic.charts.rows import Chart, Course, CoursePoint, Table

TITLE_PX = 24  # above each row, for its name
LIMITS = (40, 70, 108)  # percent: one scale for the three rows, the smallest that holds every point with its band


def chart(course: Course) -> Chart:
    ground = Ground.of(course, _origin, row=len(Region) + 1)
    limit = _limit(course.points)
    rows = [_Row(region, i, ground.bottom, limit, TITLE_PX / ground.plot) for i, region in enumerate(Region)]
    figure = ground.figure(
        [
            *[trace for row in rows for trace in row.behind(ground.axis, course)],
            *[trace for row in rows for trace in row.traces(ground.axis, course.points)],
        ],
        shapes=[shape for row in rows for shape in row.shapes()],
        notes=[note for row in rows for note in row.annotations()],
        **{row.axis_key: row.layout() for row in rows},
    )
    return Chart(
        key="regions",
        title="Asymmetry of movement by region",
        figure=figure,
        height=ground.height,
        summary=_summary(course),
        table=_table(course),
        notes=(
            "Percent by which one side moves more than the other; the line at 0 is symmetric. "
            "Above it the left side is stronger, below it the right.",
            *error_notes(course),
            *bands.recovery_note(course.recovery, *(f"{region.value}_asymmetry" for region in Region)),
        ),
        statements=change.of(course, [measures.region(region) for region in Region]),
    )


def _origin(point: CoursePoint) -> str:
    return point.origin


# Words for every point would be most of what the page weighs, so the sign is explained once.
SIGNED = "%{y:+.0f}\N{NO-BREAK SPACE}%<br>+ left stronger, \N{MINUS SIGN} right stronger"


class _Row:
    """One region's strip of the picture."""

    def __init__(self, region: Region, index: int, bottom: float, limit: int, title: float) -> None:
        self.region, self.limit = region, limit
        number = "" if index == 0 else str(index + 1)
        self.axis_key, self.ref = f"yaxis{number}", f"y{number}"
        each = (1 - bottom) / len(Region)
        top = 1 - index * each
        self.domain = [round(top - each, 4), round(top - title, 4)]

    def layout(self) -> dict[str, Any]:
        ticks = [-50, 0, 50] if self.limit > LIMITS[0] else [-25, 0, 25]
        return style.axis(
            domain=self.domain,
            range=[-self.limit, self.limit],
            tickvals=ticks,
            ticktext=[f"{t:+d}".replace("-", words.MINUS) if t else "0" for t in ticks],
            fixedrange=True,
        )

    def shapes(self) -> list[dict[str, Any]]:
        def half(name: str, end: int, colour: str) -> dict[str, Any]:
            place = {"xref": "paper", "x0": 0, "x1": 1, "yref": self.ref, "y0": 0, "y1": end}
            return {"type": "rect", "name": name, "layer": "below", "line": {"width": 0}, "fillcolor": colour, **place}

        zero = {"xref": "paper", "x0": 0, "x1": 1, "yref": self.ref, "y0": 0, "y1": 0}
        return [
            half("left stronger", self.limit, style.LEFT_SOFT),
            half("right stronger", -self.limit, style.RIGHT_SOFT),
            {
                "type": "line",
                "name": "symmetric",
                "layer": "below",
                "line": {"color": style.ZERO, "width": 1.5},
                **zero,
            },
        ]

    def annotations(self) -> list[dict[str, Any]]:
        """The row's title line, above the row, so that no text ever lies on a point."""

        def title(text: str, x: float, colour: str, shift: int = 0, weight: int = 400) -> dict[str, Any]:
            anchor = "left" if x == 0 else "right"
            place = {"xref": "paper", "x": x, "xanchor": anchor, "xshift": shift}
            return style.note(
                text, color=colour, weight=weight, yref="paper", y=self.domain[1], yanchor="bottom", **place
            )

        return [
            title(words.REGIONS[self.region], 0, style.INK, weight=650),
            title("▲ left stronger", 1, style.LEFT, shift=-96),
            title("▼ right stronger", 1, style.RIGHT),
        ]

    def behind(self, axis: timeline.TimeAxis, course: Course) -> Iterator[dict[str, Any]]:
        """The others' sizes on this patient's affected side; without one side there is no way to turn them."""
        if course.side in measures.SIDES:
            name, sign = f"{self.region.value}_asymmetry", 1 if course.side == "right" else -1
            yield from bands.recovery(axis, course.recovery, name, self.ref, sign=sign)

    def traces(self, axis: timeline.TimeAxis, points: tuple[CoursePoint, ...]) -> Iterator[dict[str, Any]]:
        runs = [joined for run in timeline.stretches(points, _origin) for joined in _measured_runs(run, self.region)]
        for run in runs:
            places = [(axis.place(p.on), v, p.number(f"{self.region}_asymmetry").mdc95) for p, v in run]
            yield from bands.error(places, self.ref)
        for stretch in timeline.stretches(points, _origin):
            yield self._line(axis, stretch)

    def _line(self, axis: timeline.TimeAxis, run: tuple[CoursePoint, ...]) -> dict[str, Any]:
        error, texts = bands.on_hover(measures.region(self.region), run)
        return {
            "type": "scatter",
            "name": words.REGIONS[self.region],
            "mode": "lines+markers",
            "yaxis": self.ref,
            "x": [axis.place(p.on) for p in run],
            "y": [p.asymmetry.get(self.region) for p in run],
            "connectgaps": False,
            "customdata": [axis.links[p.url] for p in run],
            "line": {"color": style.INK, "width": 2},
            "marker": {"size": 7, "color": style.INK, "line": {"color": style.SURFACE, "width": 1}},
            "hovertemplate": f"{axis.hover}<br>{words.REGIONS[self.region]}: {SIGNED}{error}<extra></extra>",
            **texts,
        }


def _measured_runs(run: tuple[CoursePoint, ...], region: Region) -> Iterator[list[tuple[CoursePoint, float]]]:
    """Neighbouring points with a value; a session without one parts them."""
    values = [(p, p.asymmetry.get(region)) for p in run]
    for has_value, group in groupby(values, key=lambda pair: pair[1] is not None):
        if has_value:
            yield [(p, v) for p, v in group if v is not None]


def _limit(points: tuple[CoursePoint, ...]) -> int:
    reach = 0.0
    for point in points:
        for region, value in point.asymmetry.items():
            if value is not None:
                error = point.errors.get(region)
                reach = max(reach, abs(value) + (error.mdc95 if error else 0))
    return next((limit for limit in LIMITS if reach <= limit * 0.97), LIMITS[-1])


def _with_error(point: CoursePoint, region: Region) -> str:
    value, error = point.asymmetry.get(region), point.errors.get(region)
    return words.asymmetry(value) + (f" (±{error.mdc95:.0f})" if error and value is not None else "")


def error_notes(course: Course) -> tuple[str, ...]:
    """Where the band comes from, once for each origin; or that there is none."""
    known = {(r, e.mdc95, e.origin) for p in course.points[-1:] for r, e in p.errors.items()}
    if not known:
        return ("The measurement error is not known, so no band is drawn and no change is judged.",)
    parts = [f"{words.REGIONS[r].lower()} {mdc95:.0f} points" for r, mdc95, _ in sorted(known)]
    origins = sorted({origin for *_, origin in known})
    return (
        f"Band: measurement error (MDC95: {', '.join(parts)}; from {'; '.join(origins)}). "
        "A change smaller than that may be chance.",
    )


def _summary(course: Course) -> str:
    if not course.points:
        return "No session has been measured yet."
    last = course.points[-1]
    told = "; ".join(f"{words.REGIONS[r].lower()} {words.asymmetry(last.asymmetry.get(r))}" for r in Region)
    return f"On {words.day(last.on, course.onset)}: {told}. {words.count(len(course.points), 'session')} measured."


def _table(course: Course) -> Table:
    rows = tuple((words.day(p.on, course.onset), *[_with_error(p, region) for region in Region]) for p in course.points)
    table = Table(("Session", *[words.REGIONS[r] for r in Region]), rows)
    return timeline.with_origin(table, [point.origin for point in course.points])
