"""All charts of a course, in the order of the page. Each needs the course alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from clinic.charts import eyes, grade, questionnaires, regions, resting, sunnybrook, synkinesis, timeline
from clinic.charts.rows import Chart, Course

CHARTS: Mapping[str, Callable[[Course], Chart]] = {
    "grade": grade.chart,
    "regions": regions.chart,
    "synkinesis": synkinesis.chart,
    "eye_closure": eyes.chart,
    "sunnybrook": sunnybrook.chart,
    "questionnaires": questionnaires.chart,
    "resting": resting.chart,
}


LINKS = "course-links"  # the page's element with the addresses that points lead to


def shown(course: Course) -> list[Chart]:
    """Those that have something to show; addresses travel once for all of them, see `links`."""
    return [_without_links(draw(course)) for key, draw in CHARTS.items() if _has_content(key, course)]


def links(course: Course) -> list[str]:
    return list(timeline.TimeAxis.of(course).links)


def _without_links(chart: Chart) -> Chart:
    layout = {**chart.figure["layout"], "meta": {"urls_in": LINKS}}  # type: ignore[dict-item]
    return dataclasses.replace(chart, figure={**chart.figure, "layout": layout})


def _has_content(key: str, course: Course) -> bool:
    if key == "questionnaires":
        return bool(course.reported)
    if key == "resting":
        return resting.is_measured(course)
    return bool(course.points)
