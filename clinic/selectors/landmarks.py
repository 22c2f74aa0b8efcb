"""Where the face lay in every frame, for the lines that the player draws over the video: a head, then pieces.

A head is one small JSON object: the real times of all frames, the names of points and lines, exercises and the scale.
A piece holds PIECE frames as int16, little endian, one record a frame: x and y of every point in steps of `unit`
pixels of the upright picture, then every value in steps of VALUE_STEP inter-ocular distances. ABSENT: not measured.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clinic.models import AnalysisRun
from clinic.selectors import reports, series
from clinic.selectors.series import SeriesUnreadable

PIECE = 600  # frames; twenty seconds of an ordinary recording, about 100 kB packed
ABSENT = -32768
VALUE_STEP = 0.0001
_LARGEST = 32767
SHOWN = ("palpebral_fissure", "brow_height", "commissure_excursion")
VALUES = tuple(f"{name}_{side}" for name in SHOWN for side in ("left", "right"))

Row = Sequence[float | None]


def head_of(run: AnalysisRun) -> dict[str, Any]:
    """Raises SeriesUnreadable."""
    document = series.document_of(run)
    try:
        return head(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SeriesUnreadable(str(run.pk)) from error


def piece_of(run: AnalysisRun, number: int) -> bytes:
    """Raises SeriesUnreadable, and IndexError beyond the last frame or where no landmarks were stored."""
    document = series.document_of(run)
    try:
        return piece(document, number)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SeriesUnreadable(str(run.pk)) from error


def head(document: Mapping[str, Any]) -> dict[str, Any]:
    report, stored = document["report"], document.get("keypoints") or {}
    times = [round(t, 5) for t in (report.get("frames") or {"time_s": []})["time_s"]]
    scale = _extras(document).get("scale") or {}
    return {
        "frames_s": times,
        "width": stored.get("width"),
        "height": stored.get("height"),
        "unit": stored.get("unit"),
        "points": list(stored.get("points") or ()),
        "parts": dict(stored.get("parts") or {}),
        "values": list(VALUES),
        "value_step": VALUE_STEP,
        "mm_per_unit": scale.get("mm_per_iod"),
        "scale_sd": scale.get("relative_sd"),
        "piece": PIECE,
        "pieces": -(-len(times) // PIECE) if stored else 0,
        "absent": ABSENT,
        "rest_s": rest_s(document),
        "segments": [
            _segment(s, stored_s) for s, stored_s in zip(reports.segments(report), _segments(report), strict=True)
        ],
    }


def _extras(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return (document.get("details") or {}).get("extras") or {}


def _segments(report: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return report.get("segments") or ()


def _segment(row: reports.SegmentRow, stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": row.number,
        "exercise": stored["exercise"],
        "label": row.exercise,
        "start_s": row.start_s,
        "apex_s": row.apex_s,
        "end_s": row.end_s,
    }


def rest_s(document: Mapping[str, Any]) -> float | None:
    """Where the face rests: as the worker found it, else in a rest exercise, else before the first exercise."""
    if (found := (_extras(document).get("rest") or {}).get("at_s")) is not None:
        return float(found)
    stored = _segments(document["report"])
    if asked := next((s for s in stored if s["exercise"] == "rest"), None):
        return float(asked["start_s"] + asked["end_s"]) / 2
    first = min((s["start_s"] for s in stored), default=0.0)
    return round(first / 2, 3) if first >= 0.4 else None


def piece(document: Mapping[str, Any], number: int) -> bytes:
    stored = document.get("keypoints")
    count = len(document["report"]["frames"]["time_s"])
    if not stored or not 0 <= number * PIECE < count:
        raise IndexError(number)
    first, last = number * PIECE, min((number + 1) * PIECE, count)
    places = [_positions(row, first, last) for pair in zip(stored["x"], stored["y"], strict=True) for row in pair]
    curves = (document.get("details") or {}).get("curves") or {}
    values = [_steps(curves.get(name) or (), first, last) for name in VALUES]
    packed = array("h", (value for record in zip(*places, *values, strict=True) for value in record))
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _positions(row: Sequence[int | None], first: int, last: int) -> Iterator[int]:
    """The sum of a row's differences, frame by frame; a frame without a face is passed over."""
    at = sum(change or 0 for change in row[:first])
    for change in row[first:last]:
        at += change or 0
        yield ABSENT if change is None else _fit(at)


def _steps(curve: Row, first: int, last: int) -> Iterator[int]:
    shown = list(curve[first:last])
    for value in [*shown, *[None] * (last - first - len(shown))]:
        yield ABSENT if value is None else _fit(round(value / VALUE_STEP))


def _fit(value: int) -> int:
    return max(-_LARGEST, min(_LARGEST, value))
