"""Numbers of a report that no course is drawn of: movements of either half, the face at rest, shares of an exercise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from analysis.contracts import Exercise
from clinic.charts import measures, words
from clinic.charts.measures import Measure
from clinic.charts.rows import CoursePoint, Error, Value
from clinic.selectors import courses, reports

FIELDS = (*courses.COURSE_FIELDS, "report__segments")  # what `point` and the lists below read

Row = Mapping[str, Any]
Number = tuple[Value, Measure]
_REST = Exercise.REST.value
_MOVED = ("excursion", "eye_closure", "ocular_opening", "dental_show")
AT_REST = "_difference"
_SHARE = "share_"
_UNITS = {"mm": ("\N{NO-BREAK SPACE}mm", 1), "deg": ("°", 0), "ratio": ("", 2), "iod": (" eye distances", 3)}


def point(row: Row, stored_side: str | None) -> CoursePoint:
    """With these numbers beside those of the course."""
    drawn = courses.point(row, stored_side)
    more = {measure.name: value for value, measure in _numbers(row)}
    return dataclasses.replace(drawn, numbers={**more, **drawn.numbers})


def moved(rows: Sequence[Row]) -> list[Measure]:
    """What either half moves, of all these visits, each once."""
    return _of_all(rows, lambda name: not name.endswith(AT_REST) and not name.startswith(_SHARE))


def resting(rows: Sequence[Row]) -> list[Measure]:
    """Left minus right at rest: no half has a better resting brow of its own."""
    return _of_all(rows, lambda name: name.endswith(AT_REST))


def shares(rows: Sequence[Row]) -> list[Measure]:
    return _of_all(rows, lambda name: name.startswith(_SHARE))


def _of_all(rows: Sequence[Row], wanted: Callable[[str], bool]) -> list[Measure]:
    found = {measure.name: measure for row in rows for _, measure in _numbers(row)}
    return [measure for name, measure in found.items() if wanted(name)]


def _numbers(row: Row) -> Iterator[Number]:
    """Every further number with how it is written: either half of a movement, left against right at rest."""
    for name, stored in (row["report__measures"] or {}).items():
        error = (row["errors"] or {}).get(name)
        fits = error is not None and error.get("unit") == stored.get("unit")
        yield from _of_measure(name, stored, error if fits else None)
    yield from _achieved(row["report__segments"] or (), row["errors"] or {})


def _of_measure(name: str, stored: Mapping[str, Any], error: Mapping[str, Any] | None) -> Iterator[Number]:
    unit, digits = _UNITS.get(stored.get("unit", ""), ("", 2))
    write = partial(_written, unit=stored.get("unit", ""), ending=unit)
    if any(part in name for part in _MOVED):
        for side in measures.SIDES:
            value = Value(stored.get(side), _error(error, 1.0))
            yield value, Measure(f"{name}/{side}", f"{words.plain(name)}, {side}", write, unit, digits)
    elif stored.get("exercise") == _REST:
        # The errors of the two halves are taken as independent, which is the careful side: they share one scale.
        value = Value(stored.get("difference"), _error(error, math.sqrt(2)))
        signed = partial(_written, unit=stored.get("unit", ""), ending=unit, signed=True)
        yield value, Measure(f"{name}{AT_REST}", words.plain(name), signed, unit, digits)


def _achieved(segments: Sequence[Mapping[str, Any]], errors: Mapping[str, Any]) -> Iterator[Number]:
    """The mean over the repetitions of an exercise."""
    for exercise in dict.fromkeys(s["exercise"] for s in segments if s.get("movement")):
        own = [s["movement"] for s in segments if s["exercise"] == exercise and s.get("movement")]
        for side in measures.SIDES:
            known = [m[side] for m in own if m.get(side) is not None]
            name = f"{_SHARE}{exercise}/{side}"
            label = f"{words.exercise(exercise)}, {side}"
            share = 100 * sum(known) / len(known) if known else None
            error = _error(errors.get(f"{_SHARE}{exercise}"), 1.0)
            yield Value(share, error), Measure(name, label, words.percent, " points")


def _error(stored: Mapping[str, Any] | None, times: float) -> Error | None:
    return Error(float(stored["mdc95"]) * times, str(stored.get("origin", "not stated"))) if stored else None


def _written(value: float, *, unit: str, ending: str, signed: bool = False) -> str:
    if unit == "ratio":
        return f"{value:{'+' if signed else ''}.2f}".replace("-", words.MINUS)
    return f"{reports.number(value, unit, signed=signed)}{ending}"
