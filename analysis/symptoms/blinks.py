"""Spontaneous blinks: when, how complete, and how far apart the two eyes are."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits
from analysis.faces.anatomy import SIDES, Points
from analysis.motion.exercises import EYE_CLOSURES
from analysis.motion.recognise import Found, runs

COMPLETE: Final = 4.0  # closure 0-5 from which a blink counts as complete: the lids cover four fifths of the fissure
_PARTIAL: Final = 1.2  # closure below this is the lid's own unrest
_MAX_S: Final = 0.6  # a longer closure is not a blink
_DELAY_FPS: Final = 50.0  # below this rate one frame is longer than the delays that are reported clinically


@dataclass(frozen=True, slots=True)
class Blink:
    start_s: float
    end_s: float
    closure_left: float  # 0-1, greatest
    closure_right: float
    delay_ms: float | None  # left after right; None when the frame rate cannot show it


def blinks(units: SideActionUnits, time_s: Points, found: list[Found]) -> list[Blink]:
    """Short closures of either eye outside the exercises that ask for closure."""
    left, right = (np.nan_to_num(units.of("AU45", side)) for side in SIDES)
    outside = _outside(time_s, found)
    shut = ((np.maximum(left, right) > _PARTIAL) & outside).astype(np.intp)
    result = []
    for state, first, last in runs(shut):
        peak = float(max(left[first : last + 1].max(), right[first : last + 1].max()))
        if not state or time_s[last] - time_s[first] > _MAX_S or peak < 2 * _PARTIAL or _at_edge(outside, first, last):
            continue
        result.append(_blink(left, right, time_s, first, last))
    return result


def _outside(time_s: Points, found: list[Found]) -> npt.NDArray[np.bool_]:
    outside = np.ones(len(time_s), dtype=bool)
    for f in found:
        if f.exercise in EYE_CLOSURES:
            outside &= (time_s < time_s[f.first] - 0.3) | (time_s > time_s[f.last] + 0.3)
    return outside


def _at_edge(outside: npt.NDArray[np.bool_], first: int, last: int) -> bool:
    """Cut off by an exercise or by the video's ends."""
    return first == 0 or last == len(outside) - 1 or not outside[first - 1] or not outside[last + 1]


def _blink(left: Points, right: Points, time_s: Points, first: int, last: int) -> Blink:
    inside = slice(first, last + 1)
    fps = 1.0 / float(np.median(np.diff(time_s)))
    delay = None
    if fps >= _DELAY_FPS:
        delay = round(1000.0 * float(time_s[first + left[inside].argmax()] - time_s[first + right[inside].argmax()]), 1)
    closure = [round(float(eye[inside].max()) / 5.0, 3) for eye in (left, right)]
    return Blink(round(float(time_s[first]), 3), round(float(time_s[last]), 3), closure[0], closure[1], delay)


def summary(found: list[Blink], time_s: Points, exercises: list[Found]) -> dict[str, Any]:
    """Rate a minute over the time outside closure exercises, shares of complete blinks per eye, and the list."""
    watched_s = float(np.diff(time_s, prepend=time_s[0])[_outside(time_s, exercises)].sum())
    complete = {s: sum(getattr(b, f"closure_{s}") * 5 >= COMPLETE for b in found) for s in ("left", "right")}
    fps = 1.0 / float(np.median(np.diff(time_s)))
    slow = f"left-right delay needs {_DELAY_FPS:.0f} frames/s, this video has {fps:.0f}"
    return {
        "count": len(found),
        "rate_per_min": round(60.0 * len(found) / watched_s, 1) if watched_s >= 5 else None,
        "complete_left": complete["left"],
        "complete_right": complete["right"],
        "blinks": [dataclasses.asdict(b) for b in found],
        "note": None if fps >= _DELAY_FPS else slow,
    }
