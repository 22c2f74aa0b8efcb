"""The median course of a cohort with its quartiles over the days since onset. Grades step, asymmetries run straight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from clinic.charts import style, words
from clinic.charts.rows import Chart, Table

HEIGHT = 340
PERCENT = 100


class Bin(Protocol):
    """What is drawn of one stretch of days; `clinic.services.cohorts.Bin` has it."""

    @property
    def first_day(self) -> int: ...
    @property
    def end_day(self) -> int: ...
    @property
    def patients(self) -> int: ...
    @property
    def median(self) -> float: ...
    @property
    def lower_quartile(self) -> float | None: ...
    @property
    def upper_quartile(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Scale:
    """How one measure is shown: what a value is multiplied by, its axis, and how a value is written."""

    factor: float
    axis: dict[str, Any]
    is_ordinal: bool

    def write(self, value: float | None) -> str:
        if value is None:
            return "–"
        return words.roman(int(value)) if self.is_ordinal else f"{value * self.factor:.0f} %"


GRADE = Scale(
    factor=1,
    axis={"range": [6.4, 0.6], "tickvals": list(range(1, 7)), "ticktext": list(words.ROMAN)},
    is_ordinal=True,
)
SHARE = Scale(factor=PERCENT, axis={"range": [-4, 104], "dtick": 25, "ticksuffix": " %"}, is_ordinal=False)


def chart(*, key: str, title: str, bins: Sequence[Bin], is_ordinal: bool, note: str = "") -> Chart:
    """Bins in the order of their days. Without quartiles (too few people) a bin is an open marker outside the band."""
    scale = GRADE if is_ordinal else SHARE
    figure = style.figure(
        [*_bands(bins, scale), *_line(bins, scale), _medians(bins, scale)],
        height=HEIGHT,
        margin={"l": 48, "r": 16, "t": 16, "b": 44},
        xaxis=style.titled("days since onset", range=_days(bins), tickformat="d", nticks=8),
        yaxis=style.axis(fixedrange=True, **scale.axis),
        hovermode="closest",
    )
    return Chart(
        key=f"cohort-{key}",
        title=title,
        figure=style.plain(figure),
        height=HEIGHT,
        summary=_summary(bins, scale),
        table=_table(bins, scale),
        notes=(note,) if note else (),
    )


def _days(bins: Sequence[Bin]) -> list[float]:
    if not bins:
        return [0, 100]
    pad = (bins[-1].end_day - bins[0].first_day) * 0.04
    return [bins[0].first_day - pad, bins[-1].end_day + pad]


def _middle(found: Bin) -> float:
    return (found.first_day + found.end_day) / 2


def _neighbours(bins: Sequence[Bin]) -> list[list[Bin]]:
    """Runs of bins without a gap of days between them."""
    runs: list[list[Bin]] = []
    for found in bins:
        if runs and runs[-1][-1].end_day == found.first_day:
            runs[-1].append(found)
        else:
            runs.append([found])
    return runs


def _places(run: Sequence[Bin], scale: Scale) -> list[tuple[float, Bin]]:
    """Where a line through these bins has corners: between two grades there is none, so grades keep for all days."""
    if scale.is_ordinal or len(run) == 1:
        return [(x, found) for found in run for x in (found.first_day, found.end_day)]
    return [(_middle(found), found) for found in run]


def _bands(bins: Sequence[Bin], scale: Scale) -> Iterator[dict[str, Any]]:
    """Lower and upper quartile, filled between; no band where too few people were measured, or nobody."""
    for neighbours in _neighbours(bins):
        for has_band, group in groupby(neighbours, key=lambda found: found.lower_quartile is not None):
            if has_band:
                places = _places(list(group), scale)
                yield _edge([(x, found.lower_quartile) for x, found in places], scale, fill=None)
                yield _edge([(x, found.upper_quartile) for x, found in places], scale, fill="tonexty")


def _edge(points: Sequence[tuple[float, float | None]], scale: Scale, *, fill: str | None) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "scatter",
        "name": "middle half",
        "mode": "lines",
        "x": [x for x, _ in points],
        "y": [None if value is None else round(value * scale.factor, 2) for _, value in points],
        # When the middle half all have the same grade, the two edges are the band.
        "line": {"width": 4 if scale.is_ordinal else 0, "color": style.BAND},
        "hoverinfo": "skip",
    }
    return {**trace, "fill": fill, "fillcolor": style.BAND} if fill else trace


def _line(bins: Sequence[Bin], scale: Scale) -> Iterator[dict[str, Any]]:
    """The medians joined, where there is no gap of days in which nobody was measured."""
    for run in _neighbours(bins):
        places = _places(run, scale)
        yield {
            "type": "scatter",
            "name": "median course",
            "mode": "lines",
            "x": [x for x, _ in places],
            "y": [round(found.median * scale.factor, 2) for _, found in places],
            "line": {"color": style.ACCENT, "width": 2},
            "hoverinfo": "skip",
        }


def _medians(bins: Sequence[Bin], scale: Scale) -> dict[str, Any]:
    few = [found.lower_quartile is None for found in bins]
    return {
        "type": "scatter",
        "name": "median",
        "mode": "markers",
        "x": [_middle(found) for found in bins],
        "y": [round(found.median * scale.factor, 2) for found in bins],
        "customdata": [_told(found, scale) for found in bins],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {
            "size": 9,
            "color": [style.SURFACE if is_few else style.ACCENT for is_few in few],
            "line": {"color": style.ACCENT, "width": 2},
        },
    }


def _told(found: Bin, scale: Scale) -> str:
    told = f"{_span(found)}<br>median {scale.write(found.median)}"
    if found.lower_quartile is not None:
        told += f"<br>middle half {_quartiles(found, scale)}"
    return f"{told}<br>{words.count(found.patients, 'patient')}"


def _span(found: Bin) -> str:
    return f"days {_days_of(found)}"


def _days_of(found: Bin) -> str:
    return f"{found.first_day} to {found.end_day - 1}"


def _quartiles(found: Bin, scale: Scale) -> str:
    if found.lower_quartile is None:
        return "too few patients"
    return f"{scale.write(found.lower_quartile)} to {scale.write(found.upper_quartile)}"


def _summary(bins: Sequence[Bin], scale: Scale) -> str:
    if not bins:
        return "Nobody in this cohort has been measured after onset yet."
    last = bins[-1]
    told = f"Median {scale.write(last.median)} on {_span(last)} ({words.count(last.patients, 'patient')})"
    if len(bins) > 1:
        first = bins[0]
        told += f"; at first {scale.write(first.median)} on {_span(first)}"
        told += f" ({words.count(first.patients, 'patient')})"
    return f"{told}."


def _table(bins: Sequence[Bin], scale: Scale) -> Table:
    rows = tuple((_days_of(b), str(b.patients), scale.write(b.median), _quartiles(b, scale)) for b in bins)
    return Table(("Days since onset", "Patients", "Median", "Middle half"), rows)
