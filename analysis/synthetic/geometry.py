"""True distances in a synthetic face, head and camera motion removed; unit = inter-ocular distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.synthetic.mesh import BROW, EYE_CORNERS, LEFT, MOUTH_CORNER, OUTWARD, RIGHT, Points

Group = tuple[int, ...]  # indices of points


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Which of a set of points are what; pairs are (left, right), the subject's own."""

    upper_lid: tuple[Group, Group]
    lower_lid: tuple[Group, Group]
    eye_corners: tuple[Group, Group]
    brow: tuple[Group, Group]
    mouth_corner: tuple[int, int]
    upper_lip: tuple[Group, Group]
    lower_lip: tuple[Group, Group]
    lip_edges: tuple[tuple[int, int], tuple[int, int]]  # inner edges of upper and lower lip
    keypoints: Mapping[str, int]  # the points that a truth names in the picture


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


FACEMESH: Final = Anatomy(
    upper_lid=((387, 385), (160, 158)),
    lower_lid=((373, 380), (144, 153)),
    eye_corners=EYE_CORNERS,
    brow=(BROW[LEFT][:5], BROW[RIGHT][:5]),
    mouth_corner=MOUTH_CORNER,
    upper_lip=((269, 267), (39, 37)),
    lower_lip=((405, 314), (181, 84)),
    lip_edges=((311, 402), (81, 178)),
    keypoints=KEYPOINTS,
)


def measure(points: Points, which: Anatomy = FACEMESH) -> dict[str, Points]:
    """(n, k, 2) face-frame points -> measure -> (n, 2), columns LEFT and RIGHT."""
    sides: dict[str, list[Points]] = {name: [] for name in MEASURES}
    for side in (LEFT, RIGHT):
        corner = points[:, which.mouth_corner[side]]
        upper, lower = points[:, which.upper_lid[side], 1], points[:, which.lower_lid[side], 1]
        eye = points[:, which.eye_corners[side], 1].mean(axis=1)
        edge, other = which.lip_edges[side]
        sides["eye_aperture"].append(np.maximum(upper.mean(axis=1) - lower.mean(axis=1), 0))
        sides["brow_height"].append(points[:, which.brow[side], 1].mean(axis=1) - eye)
        sides["mouth_corner_x"].append(OUTWARD[side] * corner[:, 0])
        sides["mouth_corner_y"].append(corner[:, 1])
        sides["upper_lip_height"].append(points[:, which.upper_lip[side], 1].mean(axis=1))
        sides["lower_lip_height"].append(points[:, which.lower_lip[side], 1].mean(axis=1))
        sides["mouth_corner_excursion"].append(np.linalg.norm(corner - corner[0], axis=1))
        sides["lip_gap"].append(np.maximum(points[:, edge, 1] - points[:, other, 1], 0))
    return {name: np.stack(pair, axis=1) for name, pair in sides.items()}
