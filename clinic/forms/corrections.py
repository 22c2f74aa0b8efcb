"""From the correction page's form to `seventh.corrections/1`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from analysis.contracts import CORRECTIONS_SCHEMA
from clinic.errors import Refused

Segment = Mapping[str, Any]


def content_of(posted: QueryDict, found: Sequence[Segment]) -> dict[str, Any]:
    """Rows without an exercise are left out; exercises that are all as found say nothing (None).

    `found`: the exercises as detected. Raises Refused for numbers that are none.
    """
    typed = [_segment(posted, i) for i, kind in enumerate(posted.getlist("exercise")) if kind]
    typed.sort(key=lambda s: s["start_s"])
    rest_s = _number(posted.get("rest_s", ""), "The moment of rest")
    return {
        "schema": CORRECTIONS_SCHEMA,
        "segments": None if typed == [dict(s) for s in found] else typed,
        "rest_s": rest_s,
        "frames": [_frame(f, typed) for f in _frames(posted.get("points", ""))],
    }


def _segment(posted: QueryDict, row: int) -> dict[str, Any]:
    def cell(name: str) -> str:
        values = posted.getlist(name)
        return values[row] if row < len(values) else ""

    where = f"Exercise {row + 1}"
    start, end = (_number(cell(name), where) for name in ("start_s", "end_s"))
    if start is None or end is None:
        raise Refused("no_time", f"{where} needs a start and an end.")
    valid = cell("counts") != "no"
    return {
        "exercise": posted.getlist("exercise")[row],
        "start_s": start,
        "end_s": end,
        "apex_s": _number(cell("apex_s"), where),
        "valid": valid,
        "reason": "" if valid else cell("reason").strip()[:200],
    }


def _number(text: str, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError as error:
        raise Refused("no_number", f"{where}: {text[:20]!r} is not a number of seconds.") from error
    if not math.isfinite(value):
        raise Refused("no_number", f"{where}: a number of seconds, please.")
    return round(value, 3)


def _frames(text: str) -> list[Mapping[str, Any]]:
    """What the page's script moved: [{time_s, points: [{point, x, y}]}]."""
    try:
        frames = json.loads(text) if text else []
        return [f for f in frames if f["points"] and float(f["time_s"]) >= 0]
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("bad_points", "The moved points cannot be read.") from error


def _frame(frame: Mapping[str, Any], segments: Sequence[Segment]) -> dict[str, Any]:
    time_s = float(frame["time_s"])
    start, end = stretch(time_s, segments)
    return {"time_s": time_s, "from_s": start, "to_s": end, "points": frame["points"]}


def stretch(time_s: float, segments: Sequence[Segment]) -> tuple[float, float]:
    """The counted exercise that a moment lies in, else what lies between the ones around it."""
    counted = [s for s in segments if s["valid"]]
    for s in counted:
        if s["start_s"] <= time_s <= s["end_s"]:
            return s["start_s"], s["end_s"]
    start = max((s["end_s"] for s in counted if s["end_s"] <= time_s), default=0.0)
    end = min((s["start_s"] for s in counted if s["start_s"] >= time_s), default=1e6)
    return start, end
