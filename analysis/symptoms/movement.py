"""How much of each exercise either half achieves."""

from __future__ import annotations

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import Exercise, Movement, Side
from analysis.faces.anatomy import SIDES
from analysis.motion.exercises import prescriptions

MIN_SHARE = 0.2  # of the healthy apex on the stronger half: below that nothing was done that could be compared


def movement(units: SideActionUnits, exercise: Exercise, apex: slice) -> Movement | None:
    """Share of the commanded movement that each half achieves at the apex; None for what is no prescribed movement.

    Eyes: share of the fissure that closes. Elsewhere the exercise's main units, as a share of what a healthy half
    shows. The index is None when neither half moves, for then nothing can be compared.
    """
    if exercise not in prescriptions():
        return None
    left, right = (share(units, exercise, apex, side) for side in SIDES)
    if left is None or right is None:
        return Movement(left, right, None)
    strongest = max(left, right)
    index = (left - right) / strongest if strongest >= MIN_SHARE else None
    return Movement(round(left, 4), round(right, 4), None if index is None else round(index, 4))


def share(units: SideActionUnits, exercise: Exercise, apex: slice, side: Side) -> float | None:
    """Median over the apex of the main units' mean, over the healthy apex; None when no frame was measured."""
    prescription = prescriptions()[exercise]
    seen = units.side(side)[apex, prescription.main_columns]
    if not np.isfinite(seen).any():
        return None
    wanted = prescription.apex[prescription.main_columns].mean()
    return float(np.nanmedian(seen.mean(axis=1)) / wanted)
