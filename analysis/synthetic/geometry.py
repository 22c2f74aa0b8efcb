"""True distances in a puppet's face, head and camera motion removed; unit = inter-ocular distance."""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.synthetic.mesh import BROW, EYE_CORNERS, LEFT, MOUTH_CORNER, OUTWARD, RIGHT, Points

_UPPER = ((387, 385), (160, 158))
_LOWER = ((373, 380), (144, 153))
_UPPER_LIP = ((269, 267), (39, 37))
_LOWER_LIP = ((405, 314), (181, 84))
_LIP_EDGES = ((311, 402), (81, 178))
MEASURES: Final = (
    "eye_aperture",
    "brow_height",
    "mouth_corner_x",
    "mouth_corner_y",
    "upper_lip_height",
    "lower_lip_height",
    "mouth_corner_excursion",
    "lip_gap",
)
KEYPOINTS: Final = {
    "right_eye_outer": 33,
    "right_eye_inner": 133,
    "left_eye_inner": 362,
    "left_eye_outer": 263,
    "right_mouth_corner": 61,
    "left_mouth_corner": 291,
    "right_brow_mid": 105,
    "left_brow_mid": 334,
    "nose_tip": 1,
    "chin": 152,
    "upper_lip_mid": 0,
    "lower_lip_mid": 17,
}


def measure(points: Points) -> dict[str, Points]:
    """(n, 468, 2) face-frame points -> measure -> (n, 2), columns LEFT and RIGHT."""
    sides: dict[str, list[Points]] = {name: [] for name in MEASURES}
    for side in (LEFT, RIGHT):
        corner = points[:, MOUTH_CORNER[side]]
        lid_gap = points[:, _UPPER[side], 1].mean(axis=1) - points[:, _LOWER[side], 1].mean(axis=1)
        eye = points[:, EYE_CORNERS[side], 1].mean(axis=1)
        edge, other = _LIP_EDGES[side]
        sides["eye_aperture"].append(np.maximum(lid_gap, 0))
        sides["brow_height"].append(points[:, BROW[side][:5], 1].mean(axis=1) - eye)
        sides["mouth_corner_x"].append(OUTWARD[side] * corner[:, 0])
        sides["mouth_corner_y"].append(corner[:, 1])
        sides["upper_lip_height"].append(points[:, _UPPER_LIP[side], 1].mean(axis=1))
        sides["lower_lip_height"].append(points[:, _LOWER_LIP[side], 1].mean(axis=1))
        sides["mouth_corner_excursion"].append(np.linalg.norm(corner - corner[0], axis=1))
        sides["lip_gap"].append(np.maximum(points[:, edge, 1] - points[:, other, 1], 0))
    return {name: np.stack(pair, axis=1) for name, pair in sides.items()}
