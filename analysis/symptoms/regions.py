"""Brow, eye and mouth: which half is weaker and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits
from analysis.action_units.facs import PAPER_REGIONS
from analysis.contracts import Exercise, Region, RegionResult, Side, WeakerSide
from analysis.faces.anatomy import Points
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found
from analysis.symptoms.active_mean import active_mean
from analysis.symptoms.evidence import ITEMS
from analysis.symptoms.patients import Posterior

_MAIN: Final[dict[Region, tuple[Exercise, ...]]] = {
    region: tuple(e for e, p in prescriptions().items() if p.region is region) for region in Region
}


@dataclass(frozen=True, slots=True)
class RegionFunction:
    """What one region achieves: `left` and `right` as shares of the stronger half, 0-1; None when nothing tested it."""

    region: Region
    left: float | None
    right: float | None
    spread: float | None  # standard deviation of the weaker half's share
    weaker: WeakerSide | None
    missing: tuple[Exercise, ...]  # exercises that would test the region and did not happen

    @property
    def weakness(self) -> float | None:
        """Shortfall of the weaker half, 0 (equal) to 1 (no movement)."""
        return None if self.left is None or self.right is None else 1.0 - min(self.left, self.right)


def region_function(region: Region, patients: Posterior | None, found: list[Found]) -> RegionFunction:
    """The posterior's mean weakness and most likely verdict. None's where no exercise tested the region."""
    done = {f.exercise for f in found}
    missing = tuple(exercise for exercise in _MAIN[region] if exercise not in done)
    tested = any(exercise in done for exercise in _MAIN[region])
    if patients is None or not tested:
        return RegionFunction(region, None, None, None, None, missing)
    signed = patients.mean(region)
    left, right, none = patients.weaker(region)
    verdict = (WeakerSide.LEFT, WeakerSide.RIGHT, WeakerSide.NONE)[int(np.argmax([left, right, none]))]
    return RegionFunction(
        region, 1.0 - max(0.0, -signed), 1.0 - max(0.0, signed), patients.spread(region), verdict, missing
    )


def own_frames(unit: str, time_s: Points, found: list[Found]) -> npt.NDArray[np.bool_]:
    """Frames of exercises that ask for this unit: outside them its movement is not voluntary."""
    inside = np.zeros(len(time_s), dtype=bool)
    for f in found:
        if prescriptions()[f.exercise].asks(unit):
            inside[f.first : f.last + 1] = True
    return inside


def region_result(function: RegionFunction, units: SideActionUnits, time_s: Points, found: list[Found]) -> RegionResult:
    """Active means summed over the paper's units of the region, and delta AM (equations 4-6, table 2).

    S is narrowed, for every unit, to frames of exercises that ask for it: a unit that comes along with another
    movement is synkinesis, not strength.
    """
    means = [
        active_mean(units.of(name, Side.LEFT), units.of(name, Side.RIGHT), own_frames(name, time_s, found))
        for name in PAPER_REGIONS[function.region]
    ]
    seen = [m for m in means if m.left is not None and m.right is not None]
    if not seen:
        return RegionResult(None, None, None, function.weaker)
    left, right = (sum(getattr(m, side) for m in seen) for side in ("left", "right"))
    return RegionResult(round(left, 4), round(right, 4), round(left - right, 4), function.weaker)


assert set(ITEMS) == set(_MAIN)
