"""The frame series of one run: opened for the curves of the session page and for nothing else."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from clinic.charts import words
from clinic.charts.curves import INTENSITY
from clinic.charts.rows import Curves, Signal, Span
from clinic.models import AnalysisRun
from clinic.selectors import reports

MOST_FRAMES = 1500  # more than a screen has pixels
LARGEST_BYTES = 200_000_000  # unpacked; far more than five minutes of video need
UNIT = "share of the eye distance"
CURVES = {  # in eye distances, with the head's turn taken out
    "palpebral_fissure": "Palpebral fissure",
    "brow_height": "Brow above the eyes",
    "commissure_excursion": "Mouth corner, way from rest",
    "commissure_height": "Mouth corner, height below the eyes",
    "commissure_lateral": "Mouth corner, distance from the midline",
    "dental_show": "Gap of the lips",
}

Values = tuple[float | None, ...]


class SeriesUnreadable(Exception):
    """The file is missing or is not what a worker writes."""


def curves_of(run: AnalysisRun, *, most: int | None = MOST_FRAMES) -> Curves:
    """Raises SeriesUnreadable."""
    document = document_of(run)
    try:
        return curves(document, most=most)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SeriesUnreadable(str(run.pk)) from error


def document_of(run: AnalysisRun) -> dict[str, Any]:
    """The stored series as its worker packed it. Raises SeriesUnreadable."""
    try:
        with run.series.open("rb") as packed, gzip.open(packed) as unpacked:
            document = json.loads(unpacked.read(LARGEST_BYTES))
    except (OSError, EOFError, ValueError) as error:
        raise SeriesUnreadable(str(run.pk)) from error
    if not isinstance(document, dict):
        raise SeriesUnreadable(str(run.pk))
    return document


def curves(document: Mapping[str, Any], *, most: int | None = MOST_FRAMES) -> Curves:
    """All signals of a stored report, thinned to what a screen can show; None keeps every frame."""
    report, details = document["report"], document.get("details") or {}
    frames = report.get("frames") or {"time_s": []}
    every = max(1, -(-len(frames["time_s"]) // most)) if most else 1
    signals = [*_action_units(report.get("action_units"), every), *_pairs(details.get("curves") or {}, every)]
    return Curves(
        time_s=tuple(round(t, 3) for t in frames["time_s"][::every]),
        signals=tuple(signals),
        spans=tuple(Span(s.number, s.exercise, s.start_s, s.end_s, s.apex_s) for s in reports.segments(report)),
        every=every,
    )


def _action_units(stored: Mapping[str, Any] | None, every: int) -> list[Signal]:
    if not stored:
        return []
    return [
        Signal(
            name,
            words.action_unit(name),
            INTENSITY,
            _column(stored["left"], i, every),
            _column(stored["right"], i, every),
        )
        for i, name in enumerate(stored["names"])
    ]


def _column(frames: Sequence[Sequence[float | None] | None], index: int, every: int) -> Values:
    return tuple(None if frame is None else _rounded(frame[index]) for frame in frames[::every])


def _pairs(stored: Mapping[str, Sequence[float | None]], every: int) -> list[Signal]:
    """`x_left` and `x_right` become one signal; a curve without a side is not shown here."""
    names = [name.removesuffix("_left") for name in stored if name.endswith("_left")]
    return [
        Signal(
            name, CURVES.get(name, words.plain(name)), UNIT if name in CURVES else "ratio", *_both(stored, name, every)
        )
        for name in names
        if f"{name}_right" in stored
    ]


def _both(stored: Mapping[str, Sequence[float | None]], name: str, every: int) -> tuple[Values, Values]:
    left, right = (tuple(map(_rounded, stored[f"{name}_{side}"][::every])) for side in ("left", "right"))
    return left, right


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
