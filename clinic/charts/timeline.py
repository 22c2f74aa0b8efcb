"""The time axis of a course: days since onset, or dates when the first day is not known; what happened on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any

from clinic.charts import style
from clinic.charts.rows import Course, CoursePoint, Table, Treatment

TOP_PX, BOTTOM_PX = 24, 84  # room for breaks; for ticks, the axis' name and the legend
COURSE_PX = 490  # height of a course without treatments; the same for all, so that two side by side line up
LANE_PX = 30  # a name with its bar under it
MAX_LANES = 4
LATE = 0.7  # share of the axis from which a name has no room to its right
TREATMENT = "treatment"
CHARACTER = 0.022  # share of a narrow screen's axis that one character of an event's name takes


Origin = Callable[[CoursePoint], str]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Places dates. `first` and `last` are the outer dates of everything shown; `links`: a page's place in `meta`."""

    onset: date | None
    first: date
    last: date
    links: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, course: Course) -> TimeAxis:
        days = [p.on for p in course.points] + [u.on for u in course.unmeasured]
        days += [d for t in course.treatments for d in (t.started_on, t.ended_on) if d]
        days += [course.onset] if course.onset else []
        if not days:
            return cls(None, date(2000, 1, 1), date(2000, 1, 2))
        days += [g.on for g in course.hand_grades] + [r.on for r in course.reported]
        urls = dict.fromkeys([p.url for p in course.points] + [u.url for u in course.unmeasured])
        urls.update(dict.fromkeys(g.url for g in course.hand_grades))
        return cls(course.onset, min(days), max(days), {url: i for i, url in enumerate(urls)})

    @property
    def meta(self) -> dict[str, list[str]]:
        """Where a click leads: a point's first custom value is a place in this list, since addresses are long."""
        return {"urls": list(self.links)}

    @property
    def length(self) -> int:
        return max((self.last - self.first).days, 14)

    def place(self, on: date) -> int | str:
        return on.isoformat() if self.onset is None else (on - self.onset).days

    def between(self, one: date, other: date) -> float | str:
        """The middle of two dates."""
        middle = one + (other - one) / 2
        return middle.isoformat() if self.onset is None else (middle - self.onset).days + (0.5 if one == other else 0)

    @property
    def hover(self) -> str:
        """When, on hovering over a point, as plotly writes it."""
        return "%{x|%-d %b %Y}" if self.onset is None else "day %{x}"

    @property
    def ends(self) -> tuple[int | str, int | str]:
        """Where the axis begins and ends: a little room beside everything."""
        pad = timedelta(days=max(2, round(self.length * 0.05)))
        return self.place(self.first - pad), self.place(self.first + timedelta(days=self.length) + pad)

    def layout(self, **extra: Any) -> dict[str, Any]:
        ends = list(self.ends)
        if self.onset is None:
            return style.titled("date of the session", type="date", range=ends, **extra)
        return style.titled("days since onset", type="linear", range=ends, tickformat="d", nticks=8, **extra)


def stretches(points: tuple[CoursePoint, ...], origin: Origin) -> list[tuple[CoursePoint, ...]]:
    """Runs of points measured in the same way; a curve may join only points of one run."""
    return [tuple(run) for _, run in groupby(points, key=origin)]


def breaks(
    axis: TimeAxis, points: tuple[CoursePoint, ...], origin: Origin
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """A marked vertical line (shape, annotation) wherever the way of measuring changed."""
    for before, after in pairwise(stretches(points, origin)):
        x = axis.between(before[-1].on, after[0].on)
        line = {"color": style.BREAK, "width": 1.5, "dash": "dot"}
        yield (
            {
                "type": "line",
                "name": "method-changed",
                "x0": x,
                "x1": x,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": line,
            },
            style.note(
                "method changed",
                x=x,
                y=1,
                yref="paper",
                yanchor="bottom",
                color=style.BREAK,
                hovertext=f"before: {style.escaped(origin(before[-1]))}<br>after: {style.escaped(origin(after[0]))}",
            ),
        )


def lanes(axis: TimeAxis, treatments: tuple[Treatment, ...]) -> list[int]:
    """The lane of each treatment: the first in which neither its bar nor its name runs into another."""
    free_from = [float("-inf")] * MAX_LANES
    chosen = []
    for treatment in treatments:
        start, end = _taken(axis, treatment)
        lane = next((i for i, free in enumerate(free_from) if start >= free), MAX_LANES - 1)
        free_from[lane] = max(end, free_from[lane])
        chosen.append(lane)
    return chosen


def _taken(axis: TimeAxis, treatment: Treatment) -> tuple[float, float]:
    """From where to where bar and name reach, as shares of the axis."""
    start = (treatment.started_on - axis.first).days / axis.length
    end = ((treatment.ended_on or treatment.started_on) - axis.first).days / axis.length
    name = (len(treatment.label) + 3) * CHARACTER
    return (start - name, end) if start > LATE else (start, max(end, start + name))


def lane_count(axis: TimeAxis, treatments: tuple[Treatment, ...]) -> int:
    return max(lanes(axis, treatments), default=-1) + 1


def treatment_traces(axis: TimeAxis, treatments: tuple[Treatment, ...], yaxis: str) -> list[dict[str, Any]]:
    """A bar or a diamond a treatment, named beside it, on the lanes under the curve."""
    return [
        _treatment_trace(axis, treatment, lane, yaxis)
        for treatment, lane in zip(treatments, lanes(axis, treatments), strict=True)
    ]


def _treatment_trace(axis: TimeAxis, treatment: Treatment, lane: int, yaxis: str) -> dict[str, Any]:
    ends = [axis.place(treatment.started_on)]
    if treatment.ended_on:
        ends.append(axis.place(treatment.ended_on))
    label = style.escaped(treatment.label)
    return {
        "type": "scatter",
        "name": label,
        "mode": "lines+markers+text",
        "x": ends,
        "y": [lane] * len(ends),
        "yaxis": yaxis,
        "text": [label, ""][: len(ends)],
        "textposition": _beside(axis, treatment),
        "textfont": {"size": style.SMALL, "color": style.INK},
        "cliponaxis": False,
        "line": {"color": style.EVENT, "width": 3},
        "marker": {"symbol": "diamond", "size": 9, "color": style.EVENT},
        "hovertemplate": f"{_told(treatment)}<extra></extra>",
    }


def treatment_marks(axis: TimeAxis, treatments: tuple[Treatment, ...], yaxis: str) -> list[dict[str, Any]]:
    """Diamonds on one lane, named on hovering: for charts that have no room for names."""
    if not treatments:
        return []
    return [
        {
            "type": "scatter",
            "name": TREATMENT,
            "mode": "markers",
            "x": [axis.place(t.started_on) for t in treatments],
            "y": [0] * len(treatments),
            "yaxis": yaxis,
            "text": [_told(t) for t in treatments],
            "cliponaxis": False,
            "marker": {"symbol": "diamond", "size": 9, "color": style.EVENT},
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]


def _told(treatment: Treatment) -> str:
    until = f" to {treatment.ended_on:%d %b %Y}" if treatment.ended_on else ""
    return f"{treatment.kind}: {style.escaped(treatment.label)}<br>{treatment.started_on:%d %b %Y}{until}"


def lane_axis(bottom: float) -> dict[str, Any]:
    """The lane under the curves."""
    return {"domain": [0, max(bottom - 0.02, 0)], "range": [0.8, -0.8], "visible": False, "fixedrange": True}


def _beside(axis: TimeAxis, treatment: Treatment) -> str:
    """Names of late events run to the left, back into the picture."""
    side = "left" if (treatment.started_on - axis.first).days / axis.length > LATE else "right"
    return f"top {side}"


def treatment_lines(axis: TimeAxis, treatments: tuple[Treatment, ...], bottom: float) -> list[dict[str, Any]]:
    """A faint line or span up through the curves from each treatment; `bottom`: paper height where curves begin."""
    shapes = []
    for treatment in treatments:
        x0 = axis.place(treatment.started_on)
        x1 = axis.place(treatment.ended_on or treatment.started_on)
        shape = {"name": "treatment", "yref": "paper", "y0": bottom, "y1": 1, "x0": x0, "x1": x1, "layer": "below"}
        if treatment.ended_on:
            shapes.append({**shape, "type": "rect", "fillcolor": style.EVENT_SOFT, "line": {"width": 0}})
        else:
            shapes.append({**shape, "type": "line", "line": {"color": style.EVENT, "width": 1, "dash": "dash"}})
    return shapes


def with_origin(table: Table, origins: Sequence[str]) -> Table:
    """How each session was measured, as a last column where that changed, else once in the caption."""
    if len(set(origins)) < 2:
        return replace(table, caption=f"All measured by: {origins[0]}" if origins else "")
    rows = tuple((*row, origin) for row, origin in zip(table.rows, origins, strict=True))
    return replace(table, headers=(*table.headers, "Measured by"), rows=rows)
