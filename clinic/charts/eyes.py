"""The course of eye closure: what the lids leave open at gentle and at tight effort, in millimetres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinic.charts import change, measures, style, timeline, trend
from clinic.charts.rows import Chart, Course

STEPS = (4.2, 8.4, 12.6)
EXPOSED_MM = 1.0  # from here on the worker may flag an eye
LIMIT = "safety limit"


def chart(course: Course) -> Chart:
    every = {effort: [measures.eye_gap(effort, side) for side in measures.SIDES] for effort in measures.EFFORTS}
    most = trend.top(course, [m for found in every.values() for m in found], STEPS)
    strips = tuple(
        trend.Strip(
            f"{effort.capitalize()} effort",
            tuple(trend.side_line(m, side) for m, side in zip(every[effort], measures.SIDES, strict=True)),
            {"range": [-0.06 * most, most], "nticks": 4},
            hover=".1f",
            unit=" mm",
            behind=_limit,
        )
        for effort in measures.EFFORTS
    )
    judged = measures.judged_eyes(course)
    notes = (
        "Millimetres that stay open at effort; 0 is closed. Scaled by the iris, ±4 % on every absolute value. "
        f"Dotted: {EXPOSED_MM:.0f} mm, from which an eye may be flagged.",
        *trend.error_note(course, judged),
    )
    made = trend.Trend("eye_closure", "Eye closure: gap left open", strips, notes, change.of(course, judged))
    return trend.chart(course, made)


def _limit(axis: timeline.TimeAxis, yaxis: str) -> Iterator[dict[str, Any]]:
    ends = axis.ends
    line = {"color": style.BREAK, "width": 1, "dash": "dot"}
    place = {"type": "scatter", "mode": "lines", "yaxis": yaxis, "x": list(ends), "y": [EXPOSED_MM] * 2}
    yield {**place, "name": LIMIT, "line": line, "hoverinfo": "skip"}
