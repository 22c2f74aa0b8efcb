"""The face at rest against the pinned rest: what a tone that rises or falls does to a face that does nothing."""

from __future__ import annotations

from analysis.contracts import Region
from clinic.charts import measures, style, trend, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Chart, Course

STEPS = (0.55, 1.05, 2.1, 5.25)


def measure(region: Region, side: str) -> Measure:
    return Measure(f"rest_{region.value}/{side}", f"{words.REGIONS[region]} at rest, {side}", _signed, "", 2)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", words.MINUS)


def is_measured(course: Course) -> bool:
    return any(measures.known(course, measure(region, side).name) for region in Region for side in measures.SIDES)


def chart(course: Course) -> Chart:
    every = [measure(region, side) for region in Region for side in measures.SIDES]
    reach = max((abs(v) for m in every for v in measures.known(course, m.name)), default=0.0)
    most = next((step for step in STEPS if reach <= step), STEPS[-1])
    strips = tuple(
        trend.Strip(
            words.REGIONS[region],
            tuple(trend.side_line(measure(region, side), side) for side in measures.SIDES),
            {"range": [-most, most], "nticks": 4, "zeroline": True, "zerolinecolor": style.ZERO},
        )
        for region in Region
    )
    notes = (
        "Mean intensity of a region's action units at rest (a full movement is 5) when the pinned session's rest is 0. "
        "A half that rises has more tone than on that day, or another expression; one that falls has less.",
        *trend.error_note(course, every),
    )
    return trend.chart(course, trend.Trend("resting", "Face at rest against the pinned session", strips, notes))
