"""Which exercise happens when, from the action units alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits, gelu
from analysis.action_units.lids import blinking, without_blinks
from analysis.contracts import AU_NAMES, Exercise
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import smooth
from analysis.motion.exercises import EYE_CLOSURES, prescriptions
from analysis.weights import loader
from analysis.weights.loader import Weights

WEIGHTS_ID: Final = "exercise-frames-1"
PREPROCESS: Final = "exercise-features/2"
UNITS: Final = tuple(name for name in AU_NAMES if name not in ("AU17", "AU26", "AU43"))
STATES: Final = (Exercise.REST, *prescriptions())
HIDDEN: Final = 32
WIDTH: Final = 3 * len(UNITS)
SHAPES: Final = {
    "first": (WIDTH, HIDDEN),
    "first_bias": (HIDDEN,),
    "last": (HIDDEN, len(STATES)),
    "last_bias": (len(STATES),),
}
_COLUMNS: Final = [AU_NAMES.index(name) for name in UNITS]
_LIDS: Final = UNITS.index("AU45")
_SMOOTHING_S: Final = 0.06
_SWITCH: Final = 4.0  # price of a change of state, in nats of one standard frame
_FRAME_S: Final = 0.04
_MIN_S: Final = 0.4
_HEIGHT: Final = 0.85  # share of the greatest strength from which a frame belongs to the apex
_CLEAR: Final = 1 / 3  # share of the apex that must be left without its blinks
_OWN_MOST: Final = 0.98  # quantile of a unit over the video that counts as this face's most
_CLEARLY_LESS: Final = 0.85  # share of the greater one under which a movement is the milder of two alike
_ALIKE: Final = (
    (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT, ("AU4", "AU6", "AU7")),
    (Exercise.SMILE_CLOSED, Exercise.SMILE_OPEN, ("AU10", "AU16", "AU25")),
)
_LEAST_MOST: Final = 1.2  # intensity below which a face's most is taken for noise


@dataclass(frozen=True, slots=True)
class Found:
    """One stretch of one exercise; `apex` is the slice of frames at its height."""

    exercise: Exercise
    first: int  # frame
    last: int  # frame, included
    apex: slice
    confidence: float  # 0-1, mean probability of this exercise over the stretch
    chosen: bool = False  # whether a clinician chose the apex, which then counts as it is


def recognise(units: SideActionUnits, time_s: Points, weights: Weights | None = None) -> list[Found]:
    """Exercises in the order of time; rest is what lies between.

    A small network gives each frame a probability of rest and of every exercise; the path through time with the
    greatest probability, less a price on every change, is the answer (Viterbi 1967). Symmetric in the two halves.
    """
    if len(time_s) < 3:
        return []
    chances = log_probabilities(frame_features(units, time_s), weights or shipped())
    path = cheapest_path(-chances * frame_weight(time_s)[:, None], switch=_SWITCH)
    found = []
    for state, first, last in runs(path):
        if state and time_s[last] - time_s[first] >= _MIN_S:
            sure = float(np.exp(chances[first : last + 1, state]).mean())
            found.append(Found(STATES[state], first, last, apex_of(units, STATES[state], first, last), sure))
    for milder, stronger, by in _ALIKE:
        found = _told_apart(found, units, milder, stronger, by)
    return found


def _told_apart(
    found: list[Found], units: SideActionUnits, milder: Exercise, stronger: Exercise, by: tuple[str, ...]
) -> list[Found]:
    """Two exercises of which one is the other with more, where a video seems to show only one of them, twice or more.

    The protocol asks for both: the stretches with clearly less are the milder one. Of two closures alike the first is,
    as the protocol has it, because many faces shut gently with their brows and cheeks too."""
    both = [f for f in found if f.exercise in (milder, stronger)]
    if len(both) < 2 or len({f.exercise for f in both}) != 1:
        return found
    columns = [AU_NAMES.index(name) for name in by]
    shown = [
        float(np.max([np.median(np.nan_to_num(units.side(s))[f.apex][:, columns].sum(axis=1)) for s in SIDES]))
        for f in both
    ]
    if max(shown) < _LEAST_MOST:
        return found
    if min(shown) > _CLEARLY_LESS * max(shown):
        if len(both) > 2 or stronger is not Exercise.EYE_CLOSURE_TIGHT:
            return found
        shown = [0.0, 1.0]
    border = (min(shown) + max(shown)) / 2
    verdict = {id(f): stronger if value >= border else milder for f, value in zip(both, shown, strict=True)}
    return [dataclasses.replace(f, exercise=verdict.get(id(f), f.exercise)) for f in found]


def frame_weight(time_s: Points) -> Points:
    """(n,) how many standard frames each frame stands for, so that the answer does not hang on the frame rate."""
    weight: Points = np.minimum(np.gradient(time_s) / _FRAME_S, 10.0)
    return weight


def frame_features(units: SideActionUnits, time_s: Points) -> Points:
    """(n, WIDTH) of every unit: the stronger half's intensity / 5, the weaker half's, and the stronger half's as a
    share of the most that this face shows in this video. Blinks are taken out."""
    shown = [np.maximum(np.nan_to_num(units.side(side)[:, _COLUMNS]), 0.0) for side in SIDES]
    halves = [smooth(half, time_s, _SMOOTHING_S) for half in shown]
    for half in halves:
        half[:, _LIDS] = without_blinks(half[:, _LIDS], time_s)
    stronger, weaker = np.maximum(*halves), np.minimum(*halves)
    most = np.maximum(np.quantile(stronger, _OWN_MOST, axis=0), _LEAST_MOST)
    together: Points = np.concatenate([stronger / 5.0, weaker / 5.0, stronger / most], axis=1)
    return together


def log_probabilities(features: Points, weights: Weights) -> Points:
    """(n, STATES)."""
    t = weights.tensors
    z = gelu(features @ t["first"] + t["first_bias"]) @ t["last"] + t["last_bias"]
    z = z - z.max(axis=1, keepdims=True)
    logs: Points = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return logs


def apex_of(units: SideActionUnits, exercise: Exercise, first: int, last: int) -> slice:
    """Frames of a stretch at which the exercise's main units, on the stronger half, are near their greatest."""
    columns = prescriptions()[exercise].main_columns
    strength = np.max([np.nan_to_num(units.side(s)[first : last + 1, columns]).mean(axis=1) for s in SIDES], axis=0)
    near = np.flatnonzero(strength >= _HEIGHT * np.quantile(strength, 0.9))
    return slice(first + int(near[0]), first + int(near[-1]) + 1)


def clear_of_blinks(found: Found, units: SideActionUnits, time_s: Points) -> npt.NDArray[np.intp]:
    """Frames of the apex in which no eye blinks.

    All of them when few others are left, when the eyes were to close, and when a clinician chose them.
    """
    apex = np.arange(found.apex.start, found.apex.stop)
    if found.chosen or found.exercise in EYE_CLOSURES:
        return apex
    clear = apex[~blinking((units.left, units.right), time_s)[apex]]
    return clear if len(clear) >= _CLEAR * len(apex) else apex


def cheapest_path(costs: Points, switch: float) -> npt.NDArray[np.intp]:
    """(n,) state per frame that minimises the sum of costs plus `switch` per change of state (Viterbi 1967)."""
    n, k = costs.shape
    total = costs[0].copy()
    came_from = np.zeros((n, k), dtype=np.intp)
    for i in range(1, n):
        cheapest = int(total.argmin())
        stay = total <= total[cheapest] + switch
        came_from[i] = np.where(stay, np.arange(k), cheapest)
        total = np.where(stay, total, total[cheapest] + switch) + costs[i]
    path = np.empty(n, dtype=np.intp)
    path[-1] = int(total.argmin())
    for i in range(n - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path


def runs(path: npt.NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """(state, first frame, last frame) of every stretch of one state."""
    edges = np.flatnonzero(np.diff(path)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(path)] - 1
    return [(int(path[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


@cache
def shipped() -> Weights:
    """The weights beside this code."""
    return loader.load(WEIGHTS_ID, SHAPES, preprocess=PREPROCESS)
