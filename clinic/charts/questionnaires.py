"""What the patient says: questionnaires' scores over time, 0 to 100, judged by the error that is published for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from clinic.charts import bands, style, timeline, trend, words
from clinic.charts.change import BEST, FIRST, PREVIOUS
from clinic.charts.rows import Against, Chart, Course, Reported, Statement, Table
from clinic.comparison import Verdict, Visit, compare

LOOKS = {
    "face": {"line": {"color": style.INK, "width": 2}, "marker": {"size": 8, "color": style.INK}},
    "fdi_physical": {
        "line": {"color": style.ACCENT, "width": 2, "dash": "dash"},
        "marker": {"size": 8, "color": style.ACCENT, "symbol": "square"},
    },
    "fdi_social": {
        "line": {"color": style.EVENT, "width": 2, "dash": "dot"},
        "marker": {"size": 9, "color": style.EVENT, "symbol": "triangle-up"},
    },
}


def chart(course: Course) -> Chart:
    strip = trend.Strip(
        "0 to 100, higher is better",
        (),
        {"range": [-6, 106], "tickvals": [0, 25, 50, 75, 100]},
        above=lambda axis, yaxis: _traces(course, axis, yaxis),
    )
    made = trend.Trend("questionnaires", "Reported by the patient", (strip,), _notes(course), _statements(course))
    drawn = trend.chart(course, made)
    return Chart(
        drawn.key,
        drawn.title,
        drawn.figure,
        drawn.height,
        _summary(course),
        _table(course),
        drawn.notes,
        drawn.statements,
    )


def _by_instrument(course: Course) -> list[list[Reported]]:
    found = sorted(course.reported, key=lambda r: (r.key, r.on))
    return [list(group) for _, group in groupby(found, key=lambda r: r.key)]


def _traces(course: Course, axis: timeline.TimeAxis, yaxis: str) -> Iterator[dict[str, Any]]:
    for given in _by_instrument(course):
        yield from bands.error([(axis.place(r.on), r.score, r.mdc95) for r in given], yaxis)
        yield {
            "type": "scatter",
            "name": given[0].label,
            "mode": "lines+markers",
            "yaxis": yaxis,
            "x": [axis.place(r.on) for r in given],
            "y": [r.score for r in given],
            "hovertemplate": f"{axis.hover}<br>{given[0].label}: %{{y:.0f}}<extra></extra>",
            **LOOKS[given[0].key],
        }


def _statements(course: Course) -> tuple[Statement, ...]:
    return tuple(_statement(course, given) for given in _by_instrument(course) if len(given) > 1)


def _statement(course: Course, given: list[Reported]) -> Statement:
    *earlier, latest = given
    named: dict[int, list[str]] = {}
    best = max(earlier, key=lambda r: r.score)
    for name, one in ((FIRST, earlier[0]), (PREVIOUS, earlier[-1]), (BEST, best)):
        named.setdefault(earlier.index(one), []).append(name)
    against = tuple(_against(course, words.listed(names), earlier[i], latest) for i, names in named.items())
    return Statement(latest.label, f"{latest.score:.0f}", against)


def _against(course: Course, name: str, before: Reported, latest: Reported) -> Against:
    def visit(one: Reported) -> Visit:
        return Visit({one.key: one.score}, {} if one.mdc95 is None else {one.key: one.mdc95})

    [found] = compare(visit(before), visit(latest))
    change = latest.score - before.score
    told = "unchanged" if not round(change) else f"{'up' if change > 0 else 'down'} {abs(change):.0f} points"
    why = "; ".join(found.reasons) if found.verdict is Verdict.CANNOT_TELL else f"{told}, error {latest.mdc95:.0f}"
    return Against(name, words.since(before.on, course.onset), f"{before.score:.0f}", found.verdict, why)


def _notes(course: Course) -> tuple[str, ...]:
    known = {(r.label, r.mdc95, r.source) for r in course.reported if r.mdc95 is not None}
    unknown = sorted({r.label for r in course.reported if r.mdc95 is None})
    notes = [f"{label}: error ±{mdc95:.1f} points ({source})." for label, mdc95, source in sorted(known)]
    if unknown:
        notes.append(
            f"No error for a single person is published here for {words.listed(unknown)}: no change is judged."
        )
    return tuple(notes)


def _summary(course: Course) -> str:
    latest = [given[-1] for given in _by_instrument(course)]
    told = [f"{r.label} {r.score:.0f} on {words.day(r.on, course.onset)}" for r in latest]
    return f"Reported by the patient: {'; '.join(told)}." if told else "No questionnaire has been entered yet."


def _table(course: Course) -> Table:
    def cells(r: Reported) -> tuple[str, ...]:
        error = f"±{r.mdc95:.1f}" if r.mdc95 is not None else "not known"
        return (words.day(r.on, course.onset), r.label, words.points(r.score), error)

    return Table(("Day", "Questionnaire", "Score", "Error (MDC95)"), tuple(map(cells, course.reported)))
