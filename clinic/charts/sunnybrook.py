"""The course of the Sunnybrook composite: estimated, by clinicians' hands, and how others recovered."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from typing import Any

from clinic.charts import bands, change, hands, measures, timeline, trend
from clinic.charts.rows import Chart, Course


def chart(course: Course) -> Chart:
    measure = measures.sunnybrook()
    strip = trend.Strip(
        "0 to 100, higher is better",
        (trend.plain_line(measure, "estimated"),),
        {"range": [-6, 106], "tickvals": [0, 25, 50, 75, 100]},
        hover=".0f",
        behind=partial(_behind, course),
        above=partial(hands.traces, course, measures.SUNNYBROOK),
    )
    notes = (
        *_missing(course),
        *trend.error_note(course, [measure]),
        *bands.recovery_note(course.recovery, measures.SUNNYBROOK),
    )
    made = trend.Trend("sunnybrook", "Sunnybrook composite", (strip,), notes, change.of(course, [measure]))
    drawn = trend.chart(course, made)
    return dataclasses.replace(drawn, table=hands.with_column(drawn.table, course, measures.SUNNYBROOK))


def _behind(course: Course, axis: timeline.TimeAxis, yaxis: str) -> Iterator[dict[str, Any]]:
    return bands.recovery(axis, course.recovery, measures.SUNNYBROOK, yaxis)


def _missing(course: Course) -> tuple[str, ...]:
    """Why the latest session has no composite: a scale is not added up from a part of its items."""
    latest = course.latest
    if latest is None or (found := latest.number(measures.SUNNYBROOK)).value is not None:
        return ()
    return (f"The latest session has no composite: {found.why}.",)
