"""Grades that clinicians gave by hand, as diamonds on a curve: the record beside the estimate. Never joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from clinic.charts import style, timeline, words
from clinic.charts.rows import Course, HandGrade, Table

NAME = "clinician's grade"


def traces(course: Course, scale: str, axis: timeline.TimeAxis, yaxis: str) -> Iterator[dict[str, Any]]:
    given = [g for g in course.hand_grades if g.scale == scale]
    if given:
        yield {
            "type": "scatter",
            "name": NAME,
            "mode": "markers",
            "yaxis": yaxis,
            "x": [axis.place(g.on) for g in given],
            "y": [g.value for g in given],
            "customdata": [[axis.links[g.url], _told(g)] for g in given],
            "marker": {
                "symbol": "diamond-open",
                "size": 13,
                "color": style.HAND,
                "line": {"width": 2.5, "color": style.HAND},
            },
            "hovertemplate": f"{axis.hover}<br>%{{customdata[1]}}<extra></extra>",
        }


def _told(given: HandGrade) -> str:
    value = f"grade {_value(given)}" if given.scale == "house_brackmann" else _value(given)
    blind = "without the estimate in sight" if given.is_blind else "with the estimate in sight"
    return f"{value} by {style.escaped(given.by)}, {blind}"


def with_column(table: Table, course: Course, scale: str) -> Table:
    """The same grades in the table, as its last column; sessions that only a clinician graded follow as rows."""
    given: dict[str, list[HandGrade]] = {}
    for grade in course.hand_grades:
        if grade.scale == scale:
            given.setdefault(grade.url, []).append(grade)
    if not given:
        return table
    rows = [(*row, _cell(given.pop(p.url, []))) for row, p in zip(table.rows, course.points, strict=True)]
    empty = ("not measured", *["–"] * (len(table.headers) - 2))
    rows += [(words.day(of[0].on, course.onset), *empty, _cell(of)) for of in given.values()]
    return replace(table, headers=(*table.headers, NAME.capitalize()), rows=tuple(rows))


def _cell(given: list[HandGrade]) -> str:
    return "; ".join(f"{_value(g)} ({g.by})" for g in given) or "–"


def _value(given: HandGrade) -> str:
    return words.roman(int(given.value)) if given.scale == "house_brackmann" else words.points(given.value)
