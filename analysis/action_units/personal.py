"""From an average face's intensities to this face's: gains of the person, and what an exercise asks of each half."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from analysis.action_units.estimator import MAX_INTENSITY, OUTPUTS, SideActionUnits
from analysis.contracts import AU_NAMES, Exercise, Region, Side
from analysis.faces.anatomy import SIDES, Points
from analysis.motion.exercises import Prescription, prescriptions
from analysis.motion.recognise import Found
from analysis.symptoms.evidence import RESERVE
from analysis.symptoms.regions import RegionFunction
from analysis.weights import loader
from analysis.weights.loader import Weights

WEIGHTS_ID: Final = "exercise-prior-1"
PREPROCESS: Final = "exercise-prior-features/2"
EXERCISES: Final = tuple(prescriptions())
WIDTH: Final = 2 * len(OUTPUTS) + len(EXERCISES)
SHAPES: Final = {"weight": (WIDTH, len(OUTPUTS)), "bias": (len(OUTPUTS),)}
COLUMNS: Final = [AU_NAMES.index(name) for name in OUTPUTS]
FULL_EFFORT: Final = 0.45  # share of the average face's movement from which a face is taken to do all that it can
_MARGIN_S: Final = 0.1
_ASKED: Final = 1.0  # intensity from which an exercise asks for a unit clearly enough to calibrate on it
_GAIN_RANGE: Final = (0.6, 1.0 / FULL_EFFORT)
_CAUTION: Final = 2.0  # squared intensity by which few or small movements are kept near gain 1
_REGION: Final = {
    **dict.fromkeys(("AU1", "AU2", "AU4"), Region.BROW),
    **dict.fromkeys(("AU6", "AU7", "AU45"), Region.EYE),
    **dict.fromkeys(("AU9", "AU10", "AU12", "AU14", "AU15", "AU16", "AU17", "AU18", "AU20", "AU25"), Region.MOUTH),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """What each half of each region achieves of the stronger half, 0-1."""

    left: dict[Region, float]
    right: dict[Region, float]

    def of(self, region: Region, side: Side) -> float:
        return (self.left if side is Side.LEFT else self.right)[region]


def personal(
    raw: SideActionUnits, time_s: Points, found: list[Found], shares: Shares, weights: Weights | None = None
) -> SideActionUnits:
    """Reported intensities, 0-5.

    FACS grades a unit against the most that the person can show, an average face's network cannot. Within a recognised
    exercise the stronger half at its height is therefore taken for this face's full movement, provided that it reaches
    `FULL_EFFORT` of an average one; the other units that the exercise asks for are expected in proportion, the weaker
    half's less by its region's share. A fitted linear map weighs that expectation against what the network saw.
    Outside exercises, and for units that no exercise asked for (synkinesis), the network's own answer counts.
    """
    t = (weights or shipped()).tensors
    halves = []
    for side in SIDES:
        features = prior_features(raw, time_s, found, shares, side)
        full = raw.side(side).copy()
        full[:, COLUMNS] = np.clip(features @ t["weight"] + t["bias"], 0.0, MAX_INTENSITY)
        full[:, AU_NAMES.index("AU43")] = full[:, AU_NAMES.index("AU45")]
        halves.append(full)
    return SideActionUnits(*halves)


@cache
def shipped() -> Weights:
    return loader.load(WEIGHTS_ID, SHAPES, preprocess=PREPROCESS)


def prior_features(raw: SideActionUnits, time_s: Points, found: list[Found], shares: Shares, side: Side) -> Points:
    """(n, WIDTH) raw units of this half, the units expected of it, and how far each exercise is under way (0-1)."""
    n = len(time_s)
    wanted, course = np.zeros((n, len(OUTPUTS))), np.zeros((n, len(EXERCISES)))
    for stretch in found:
        envelope = _envelope(raw, time_s, stretch)
        asked = _expected(prescriptions()[stretch.exercise], shares, side)
        wanted = np.maximum(wanted, envelope[:, None] * asked)
        column = EXERCISES.index(stretch.exercise)
        course[:, column] = np.maximum(course[:, column], envelope)
    own = raw.side(side)[:, COLUMNS] * gains(raw, found)
    together: Points = np.concatenate([own, wanted, course], axis=1)
    return together


def gains(raw: SideActionUnits, found: list[Found]) -> Points:
    """(OUTPUTS,) factor that brings this face's most to an average face's, per unit; 1 where no exercise asked for it.

    The most is the stronger half's at the apices of the exercises that ask for the unit, each counting by how much.
    """
    seen, asked = np.zeros(len(OUTPUTS)), np.zeros(len(OUTPUTS))
    for stretch in found:
        apex = prescriptions()[stretch.exercise].apex[COLUMNS]
        wanted = np.where(apex >= _ASKED, apex, 0.0)
        stronger = np.max([_median(raw.side(side)[stretch.apex][:, COLUMNS]) for side in SIDES], axis=0)
        seen += wanted * np.maximum(stronger, 0.0)
        asked += wanted * apex
    factor = (asked + _CAUTION) / (seen + _CAUTION)
    bounded: Points = np.clip(factor, _GAIN_RANGE[0], _GAIN_RANGE[1])
    return bounded


def _median(values: Points) -> Points:
    """Column medians of the measured frames; 0 where there are none."""
    known = values[np.isfinite(values).all(axis=1)]
    middle: Points = np.median(known, axis=0) if len(known) else np.zeros(values.shape[1])
    return middle


def _expected(prescription: Prescription, shares: Shares, side: Side) -> Points:
    """(OUTPUTS,) what this half would show at the apex of a full movement, given its region's share."""
    asked = np.zeros(len(OUTPUTS))
    for index, name in enumerate(OUTPUTS):
        full = prescription.apex[AU_NAMES.index(name)]
        share = shares.of(_REGION[name], side) if name in _REGION else 1.0
        if name == "AU45" and full:
            asked[index] = MAX_INTENSITY * min(1.0, RESERVE[prescription.exercise.value] * share)
        else:
            asked[index] = full * share
    return asked


def _envelope(raw: SideActionUnits, time_s: Points, stretch: Found) -> Points:
    """(n,) 0 outside the stretch, 1 at its apex: the stronger half's main units over their own height.

    A movement short of `FULL_EFFORT` of an average face's keeps its shortfall: a weak effort, or both halves weak.
    """
    prescription = prescriptions()[stretch.exercise]
    columns = prescription.main_columns
    strength = np.max([np.nan_to_num(raw.side(side)[:, columns]).mean(axis=1) for side in SIDES], axis=0)
    average = float(prescription.apex[columns].mean())
    height = max(float(np.median(strength[stretch.apex])), 0.02 * average)
    effort = min(1.0, height / (FULL_EFFORT * average))
    near = (time_s >= time_s[stretch.first] - _MARGIN_S) & (time_s <= time_s[stretch.last] + _MARGIN_S)
    envelope: Points = np.clip(strength / height, 0.0, 1.1) * effort * near
    return envelope


def effort(raw: SideActionUnits, exercise: Exercise, apex: slice) -> float:
    """Stronger half's main units at the apex as a share of an average face's."""
    prescription = prescriptions()[exercise]
    columns = prescription.main_columns
    strength = np.max([np.nan_to_num(raw.side(side)[apex][:, columns]).mean(axis=1) for side in SIDES], axis=0)
    return float(np.median(strength) / prescription.apex[columns].mean())


def shares(functions: list[RegionFunction]) -> Shares:
    """Each region's two shares; 1 for a region that nothing tested."""
    left = {f.region: 1.0 if f.left is None else f.left for f in functions}
    right = {f.region: 1.0 if f.right is None else f.right for f in functions}
    return Shares(left, right)
