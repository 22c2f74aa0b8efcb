"""The affected side, from the regions and from synkinesis."""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.action_units.personal import effort
from analysis.contracts import AffectedSide, AffectedSideResult, Side, SynkinesisPair
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found
from analysis.symptoms.patients import Posterior

_BOTH_UNDER: Final = 0.40  # share of an average face's movement that even the stronger half stays under
_BOTH_LEAST: Final = 4  # exercises that must say so
_SIDES: Final = (AffectedSide.LEFT, AffectedSide.RIGHT, AffectedSide.NONE)
_PAIR_DOUBT: Final = 0.15  # chance that a reported pair of synkinesis lies on the wrong half


def affected_side(
    patients: Posterior | None, pairs: list[SynkinesisPair], raw: SideActionUnits, found: list[Found]
) -> AffectedSideResult:
    """The most likely side of the posterior, moved by every pair of synkinesis.

    `both`: not even the stronger half reaches what an average face does in most exercises, so no half is a reference
    for the other. `none` with confidence 0 when nothing was tested.
    """
    if patients is None:
        return AffectedSideResult(AffectedSide.NONE, 0.0)
    if both_weak(raw, found):
        return AffectedSideResult(AffectedSide.BOTH, 0.5)
    chances = np.array(patients.side())
    for pair in pairs:
        there = np.array([pair.side is Side.LEFT, pair.side is Side.RIGHT, False])
        chances *= np.where(there, 1.0 - _PAIR_DOUBT, _PAIR_DOUBT)
    chances /= chances.sum()
    best = int(np.argmax(chances))
    return AffectedSideResult(_SIDES[best], round(float(chances[best]), 3))


def both_weak(raw: SideActionUnits, found: list[Found]) -> bool:
    """Whether neither half moves as an average one does, in the exercises that were recognised or asked for."""
    efforts = [effort(raw, f.exercise, f.apex) for f in found if f.exercise in prescriptions()]
    return len(efforts) >= _BOTH_LEAST and float(np.median(efforts)) < _BOTH_UNDER
