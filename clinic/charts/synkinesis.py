"""The course of synkinesis by kind: how much of a movement nobody asked for comes along, for either half."""

from __future__ import annotations

from functools import partial

from analysis.contracts import SynkinesisKind
from clinic.charts import change, measures, trend, words
from clinic.charts.rows import Chart, Course

STEPS = (0.3, 0.6, 1.05, 2.1)


def _was_found(course: Course, kind: SynkinesisKind) -> bool:
    seen = [v for side in measures.SIDES for v in measures.known(course, measures.synkinesis(kind, side).name)]
    return max(seen, default=0.0) >= measures.ABSENT


def chart(course: Course) -> Chart:
    kinds = measures.kinds_measured(course)
    every = [measures.synkinesis(kind, side) for kind in kinds for side in measures.SIDES]
    most = trend.top(course, every, STEPS)
    strips = tuple(
        trend.Strip(
            measures.KINDS[kind],
            tuple(trend.side_line(measures.synkinesis(kind, side), side) for side in measures.SIDES),
            {"range": [-0.06 * most, most], "nticks": 4},
        )
        for kind in kinds
    )
    sides = [(kind, measures.worse_side(course, partial(measures.synkinesis, kind))) for kind in kinds]
    every_judged = [measures.synkinesis(kind, side) for kind, side in sides if side]
    judged = [m for m in every_judged if max(measures.known(course, m.name)) >= measures.ABSENT]
    never = [measures.KINDS[kind].lower() for kind in kinds if not _was_found(course, kind)]
    notes = (
        "Strength: how far the follower moves per unit of the intended movement. 0 none, 1 as fully as what was meant.",
        *([f"Never found in this course: {words.listed(never)}."] if never else []),
        *trend.error_note(course, every_judged),
    )
    return trend.chart(
        course, trend.Trend("synkinesis", "Synkinesis by kind", strips, notes, change.of(course, judged))
    )
