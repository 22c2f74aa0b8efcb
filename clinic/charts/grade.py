"""The House-Brackmann course: the most likely grade as steps over the probability of every grade. Never an average."""

from __future__ import annotations

from typing import Any

from clinic.charts import bands, change, hands, style, timeline, words
from clinic.charts.ground import Ground
from clinic.charts.rows import Chart, Course, CoursePoint, Table

LEAST_SHOWN = 0.03  # a grade less likely than this has no dot
LARGEST_DOT = 24  # pixels, probability 1


def chart(course: Course) -> Chart:
    ground = Ground.of(course, _origin, row=2)
    axis = ground.axis
    figure = ground.figure(
        [
            *bands.recovery(axis, course.recovery, "hb_grade", "y", is_ordinal=True),
            *_probabilities(axis, course.points),
            *[_steps(axis, run) for run in timeline.stretches(course.points, _origin)],
            *hands.traces(course, "house_brackmann", axis, "y"),
            *_unmeasured(axis, course),
        ],
        yaxis=_grades([ground.bottom, 1]),
    )
    return Chart(
        key="grade",
        title="House-Brackmann grade",
        figure=figure,
        height=ground.height,
        summary=_summary(course),
        table=hands.with_column(_table(course), course, "house_brackmann"),
        notes=(
            "Higher is better. A dot's size is the probability of that grade; the line joins the most likely ones.",
            "Clinicians' grades are the record, the estimate is advice; no grade is averaged.",
            *bands.recovery_note(course.recovery, "hb_grade"),
        ),
        statements=(change.of_grade(course),) if len(course.points) > 1 else (),
    )


def _origin(point: CoursePoint) -> str:
    return point.grade_origin


def _grades(domain: list[float]) -> dict[str, Any]:
    ticks = list(range(1, 7))
    return style.axis(domain=domain, range=[6.6, 0.4], tickvals=ticks, ticktext=list(words.ROMAN), fixedrange=True)


def _probabilities(axis: timeline.TimeAxis, points: tuple[CoursePoint, ...]) -> list[dict[str, Any]]:
    dots = [
        (axis.place(p.on), grade, share, p.url)
        for p in points
        for grade, share in enumerate(p.probabilities or (), start=1)
        if share >= LEAST_SHOWN
    ]
    if not dots:
        return []
    return [
        {
            "type": "scatter",
            "name": "probability",
            "mode": "markers",
            "x": [x for x, *_ in dots],
            "y": [grade for _, grade, *_ in dots],
            "customdata": [[axis.links[url], words.probable(share)] for *_, share, url in dots],
            "marker": {
                "size": [round(LARGEST_DOT * share**0.5) for _, _, share, _ in dots],
                "color": style.ACCENT_SOFT,
                "opacity": 1,
                "line": {"width": 0},
            },
            "hovertemplate": "grade %{y}: %{customdata[1]}<extra></extra>",
        }
    ]


def _steps(axis: timeline.TimeAxis, run: tuple[CoursePoint, ...]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "most likely grade",
        "mode": "lines+markers",
        "x": [axis.place(p.on) for p in run],
        "y": [p.grade for p in run],
        "connectgaps": False,
        "customdata": [[axis.links[p.url], *_told(p)] for p in run],
        "line": {"color": style.ACCENT, "width": 2, "shape": "hv"},
        "marker": {"size": 7, "color": style.ACCENT, "line": {"color": style.SURFACE, "width": 1}},
        "hovertemplate": f"{axis.hover}<br>estimated %{{customdata[1]}}<br>%{{customdata[2]}}<extra></extra>",
    }


def _unmeasured(axis: timeline.TimeAxis, course: Course) -> list[dict[str, Any]]:
    """Sessions without a grade keep their place on the axis, as crosses."""
    crosses = [(u.on, u.url, u.why) for u in course.unmeasured]
    crosses += [(p.on, p.url, "no grade could be estimated") for p in course.points if p.grade is None]
    if not crosses:
        return []
    return [
        {
            "type": "scatter",
            "name": "not measured",
            "mode": "markers",
            "x": [axis.place(on) for on, *_ in crosses],
            "y": [6.45] * len(crosses),
            "customdata": [
                [axis.links[url], f"{words.day(on, axis.onset)}: {style.escaped(why)}"] for on, url, why in crosses
            ],
            "marker": {"symbol": "x-thin", "size": 8, "line": {"color": style.MUTED, "width": 2}},
            "hovertemplate": "%{customdata[1]}<extra></extra>",
        }
    ]


def _told(point: CoursePoint) -> tuple[str, str]:
    """The most likely grade, and the others that are possible."""
    shares = point.probabilities or ()
    others = ", ".join(
        f"{words.roman(g)} {words.probable(share)}"
        for g, share in enumerate(shares, start=1)
        if share >= LEAST_SHOWN and g != point.grade
    )
    graded = words.graded(point.grade, point.probabilities)
    return graded, f"also {others}" if others else ""


def _summary(course: Course) -> str:
    graded = [p for p in course.points if p.grade is not None]
    if not graded:
        return "No session has an estimated House-Brackmann grade yet."
    first, last = graded[0], graded[-1]
    told = f"Estimated House-Brackmann {_when(last, course)}"
    if first is not last:
        told += f"; first {_when(first, course)}"
    return f"{told}. {words.count(len(graded), 'session')} with a grade."


def _when(point: CoursePoint, course: Course) -> str:
    return f"{words.graded(point.grade, point.probabilities)} on {words.day(point.on, course.onset)}"


def _table(course: Course) -> Table:
    def cells(point: CoursePoint) -> tuple[str, ...]:
        shares = [words.probable(share) for share in point.probabilities or ()] or ["–"] * 6
        most_likely = words.roman(point.grade) if point.grade else "not graded"
        return (words.day(point.on, course.onset), most_likely, *shares)

    origins = [point.grade_origin for point in course.points]
    return timeline.with_origin(
        Table(("Session", "Most likely", *words.ROMAN), tuple(map(cells, course.points))), origins
    )
