"""Short courses to draw."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from analysis.contracts import Region
from clinic.charts.rows import Course, CoursePoint, Error

ONSET = date(2026, 1, 10)
SURE_OF_V = (0.0, 0.0, 0.0, 0.04, 0.96, 0.0)
SURE_OF_II = (0.0, 0.97, 0.03, 0.0, 0.0, 0.0)
UNSURE = (0.0, 0.3, 0.4, 0.3, 0.0, 0.0)


def point(day: int, *, asymmetry: float | None = 40.0, mdc95: float | None = 10.0, **values: Any) -> CoursePoint:
    """A session `day` days after onset; every region has the same asymmetry and error."""
    given: dict[str, Any] = {
        "on": ONSET + timedelta(days=day),
        "url": f"/sessions/{day}/",
        "grade": 3,
        "probabilities": UNSURE,
        "asymmetry": dict.fromkeys(Region, asymmetry),
        "errors": {} if mdc95 is None else dict.fromkeys(Region, Error(mdc95, "repeat recordings")),
        "origin": "landmarks 1",
        "grade_origin": "rules 1",
    }
    return CoursePoint(**{**given, **values})


def course(*points: CoursePoint, onset: date | None = ONSET, **more: Any) -> Course:
    return Course(onset=onset, points=points, **more)


def traces(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace.get("name") == name]
