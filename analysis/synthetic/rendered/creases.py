"""How deep the face's lines are in each frame: they come with movement and age, and a weak side is smoother."""

from __future__ import annotations

import numpy as np

from analysis.synthetic.mesh import Points
from analysis.synthetic.patient import Activations, PatientSpec


def crease_depth(spec: PatientSpec, active: Activations, age: float) -> Points:
    """(n, 2, 4) depth 0-1 on left and right of forehead, nasolabial fold, eye corner and glabella; age 0-1."""
    strength = 0.45 + 0.75 * age
    smooth_fold, smooth_brow = np.ones(2), np.ones(2)
    if spec.affected is not None:
        flat = max(spec.resting.mouth_droop, 0.6 * spec.weakness.mouth)
        smooth_fold[spec.affected] = 1 - 0.8 * flat
        smooth_brow[spec.affected] = 1 - 0.85 * spec.weakness.brow
    a = active
    forehead = strength * 0.75 * (a["AU1"] + a["AU2"]) / 2 + 0.20 * age * smooth_brow
    pulled = np.minimum(1, 0.55 * a["AU12"] + 0.45 * a["AU9"] + 0.2 * a["AU10"])
    fold = strength * pulled + (0.10 + 0.22 * age) * smooth_fold
    corner = strength * (0.5 * a["AU6"] + 0.4 * a["AU7"]) + 0.10 * age
    glabella = strength * (0.6 * a["AU4"] + 0.5 * a["AU9"]) + 0.05 * age
    return np.stack([forehead, fold, corner, glabella], axis=2)
