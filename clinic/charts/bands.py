"""What lies behind a curve: the error of its own measurement, and how others with the same cause recovered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from clinic.charts import style, timeline
from clinic.charts.measures import Measure
from clinic.charts.rows import CoursePoint, Recovery, RecoveryBin

ERROR = "measurement error"
OTHERS = "middle half of others"

Known = tuple[float | int | str, float, float | None]  # place, value, MDC95; None: the error is not known


def error(run: Sequence[Known], yaxis: str, colour: str = style.BAND) -> Iterator[dict[str, Any]]:
    """Value plus and minus MDC95 along neighbouring points; nothing is drawn where the error is not known."""
    for has_error, group in groupby(run, key=lambda known: known[2] is not None):
        known = [(x, value, mdc95) for x, value, mdc95 in group if mdc95 is not None]
        if has_error:
            base = {"type": "scatter", "name": ERROR, "hoverinfo": "skip", "yaxis": yaxis}
            yield _bar(base, *known[0], colour) if len(known) == 1 else _area(base, known, colour)


def _bar(base: dict[str, Any], x: float | int | str, value: float, mdc95: float, colour: str) -> dict[str, Any]:
    bar = {"type": "data", "array": [mdc95], "color": colour, "thickness": 8, "width": 0}
    return {**base, "mode": "markers", "x": [x], "y": [value], "error_y": bar, "marker": {"size": 1, "opacity": 0}}


def _area(base: dict[str, Any], known: Sequence[tuple[Any, float, float]], colour: str) -> dict[str, Any]:
    return {
        **base,
        "mode": "lines",
        "x": [x for x, *_ in known] + [x for x, *_ in reversed(known)],
        "y": [_round(v + e) for _, v, e in known] + [_round(v - e) for _, v, e in reversed(known)],
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
    }


def on_hover(measure: Measure, points: Sequence[CoursePoint]) -> tuple[str, dict[str, Any]]:
    """The error beside the value that is hovered over, for a template; where points differ in it, with their texts.

    Sessions measured in the same way share their error, so that two hundred of them carry it once.
    """
    found = [point.number(measure.name) for point in points]
    told = ["" if one.mdc95 is None else f" (±{measure.amount(one.mdc95)})" for one in found]
    different = {text for text, one in zip(told, found, strict=True) if one.value is not None}
    return ("%{text}", {"text": told}) if len(different) > 1 else ("".join(different), {})


def _round(value: float) -> float:
    """Two digits of a strength or of millimetres, none of a percentage's tenths: bands are most of a figure."""
    return round(value, 2 if abs(value) < 10 else 1)


def recovery(
    axis: timeline.TimeAxis, others: Recovery | None, name: str, yaxis: str, *, sign: int = 1, is_ordinal: bool = False
) -> Iterator[dict[str, Any]]:
    """Quartiles of other patients over the days since onset; without a first day there is nothing to place them by.

    `sign`: -1 turns the size of an asymmetry to the side below zero. Grades keep for all days of a bin.
    """
    found = others.bins.get(name, ()) if others and axis.onset else ()
    for run in _neighbours(found):
        places = [(x, b) for b in run for x in _corners(b, is_ordinal or len(run) == 1)]
        upper, lower = [(x, sign * b.upper) for x, b in places], [(x, sign * b.lower) for x, b in places]
        yield {
            "type": "scatter",
            "name": OTHERS,
            "mode": "lines",
            "yaxis": yaxis,
            "x": [x for x, _ in upper] + [x for x, _ in reversed(lower)],
            "y": [_round(y) for _, y in upper] + [_round(y) for _, y in reversed(lower)],
            "fill": "toself",
            "fillcolor": style.OTHERS,
            # When the middle half all have the same grade, the edges are the band.
            "line": {"width": 6 if is_ordinal else 0, "color": style.OTHERS},
            "hoverinfo": "skip",
        }


def _corners(found: RecoveryBin, keeps: bool) -> tuple[float, ...]:
    return (found.first_day, found.end_day) if keeps else ((found.first_day + found.end_day) / 2,)


def _neighbours(found: Sequence[RecoveryBin]) -> Iterator[list[RecoveryBin]]:
    """Runs of bins without a gap of days between them."""
    run: list[RecoveryBin] = []
    for each in found:
        if run and run[-1].end_day != each.first_day:
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def recovery_note(others: Recovery | None, *names: str) -> tuple[str, ...]:
    """Who the band is made of; nothing where none is drawn."""
    if others is None or not any(others.bins.get(name) for name in names):
        return ()
    return (
        f"Shaded behind: the middle half of {others.patients} other patients of this clinic with the same cause "
        f"({others.cause}), where at least {others.least} were measured. A comparison, not a forecast.",
    )
