"""The four views of one frame that the fusion model can take: face, line segments, coordinates, expression features."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.faces import anatomy
from analysis.faces.anatomy import MIRROR
from analysis.grading.crops import Landmarks, cut, face_square
from analysis.grading.fusion.points68 import CHAINS, POINTS
from analysis.video.picture import RGB

PREPROCESS: Final = "fusion-views/1"
_SPAN: Final = 3.2  # inter-ocular distances that the side of a line-segment picture shows

_MEAN: Final = (0.485, 0.456, 0.406)  # of ImageNet
_STD: Final = (0.229, 0.224, 0.225)

_PER_SIDE: Final = (
    "brow_inner_height",
    "brow_middle_height",
    "brow_outer_height",
    "eye_opening",
    "eye_width",
    "mouth_corner_out",
    "mouth_corner_height",
    "upper_lip_height",
    "lower_lip_height",
)
EXPRESSION_NAMES: Final = (
    *(f"{name}_{side}" for name in _PER_SIDE for side in ("left", "right")),
    *(f"{name}_difference" for name in _PER_SIDE),
    "mouth_width",
    "mouth_opening",
)


def face_picture(picture: RGB, landmarks: Landmarks, size_px: int) -> RGB:
    """(size_px, size_px, 3) the face."""
    return cut(picture, face_square(landmarks), size_px, size_px)


def upright(landmarks: Landmarks) -> npt.NDArray[np.float64]:
    """(478, 2) x to the image's right, y down, eyes level, origin between them, unit: inter-ocular distance.

    A mirrored face gives mirrored coordinates (x negated, left and right points exchanged), to rounding.
    """
    xy = landmarks[:, :2].astype(np.float64)
    corners = np.array([anatomy.OUTER_CANTHUS, anatomy.INNER_CANTHUS])
    left, right = xy[corners].mean(axis=0), xy[MIRROR[corners]].mean(axis=0)
    across = left - right
    distance = float(np.hypot(*across))
    if not distance > 0:
        raise ValueError("the eyes lie in one point")
    c, s = across / distance
    turned: npt.NDArray[np.float64] = (xy - (left + right) / 2) @ np.array([[c, -s], [s, c]]) / distance
    return turned


def segments(landmarks: Landmarks, size_px: int) -> RGB:
    """(size_px, size_px, 3) white lines along the face's contours on black, head roll and size taken out."""
    scale = size_px / _SPAN
    xy = upright(landmarks)[np.array(POINTS)] * scale + np.array([size_px / 2, size_px * 0.4])
    canvas = np.zeros((size_px, size_px, 3), np.uint8)
    fixed = 4  # sub-pixel bits, or a mirrored face would not give the mirrored picture
    for chain in CHAINS:
        line = np.round((xy[list(chain)] - 0.5) * 2**fixed).astype(np.int32)
        cv2.polylines(canvas, [line], False, (255, 255, 255), max(1, size_px // 112), cv2.LINE_AA, fixed)
    return canvas


def coordinates(landmarks: Landmarks) -> npt.NDArray[np.float32]:
    """(136,) x and y of 68 points, as `upright` gives them."""
    numbers: npt.NDArray[np.float32] = upright(landmarks)[np.array(POINTS)].astype(np.float32).ravel()
    return numbers


def expression(landmarks: Landmarks) -> npt.NDArray[np.float32]:
    """(29,) `EXPRESSION_NAMES`: heights and distances of each half face, their differences, mouth width and opening.

    Unit: inter-ocular distance. The abstract does not say which features of expression were used; these are ours.
    Mirroring the face exchanges left and right and negates the differences.
    """
    xy = upright(landmarks)
    left, right = _side(xy, mirrored=False), _side(xy, mirrored=True)
    inner = xy[[anatomy.UPPER_LIP_MID[1], anatomy.LOWER_LIP_MID[1]]]
    width = left["mouth_corner_out"] + right["mouth_corner_out"]
    whole = [width, float(np.hypot(*(inner[1] - inner[0])))]
    pairs = [value for name in _PER_SIDE for value in (left[name], right[name])]
    differences = [left[name] - right[name] for name in _PER_SIDE]
    return np.array([*pairs, *differences, *whole], np.float32)


def _side(xy: npt.NDArray[np.float64], *, mirrored: bool) -> dict[str, float]:
    """Measures of the subject's left half; of the right half through the mirror."""
    if mirrored:
        xy = xy[MIRROR] * np.array([-1.0, 1.0])
    brow = xy[list(anatomy.BROW_UPPER)]
    eye = xy[[anatomy.OUTER_CANTHUS, anatomy.INNER_CANTHUS]]
    middle = eye.mean(axis=0)
    lids = xy[list(anatomy.LOWER_LID), 1] - xy[list(anatomy.UPPER_LID), 1]
    nose, corner = xy[anatomy.SUBNASALE], xy[anatomy.MOUTH_CORNER]
    return {
        "brow_outer_height": float(middle[1] - brow[0, 1]),
        "brow_middle_height": float(middle[1] - brow[2, 1]),
        "brow_inner_height": float(middle[1] - brow[-1, 1]),
        "eye_opening": float(lids[2:5].mean()),
        "eye_width": float(np.hypot(*(eye[0] - eye[1]))),
        "mouth_corner_out": float(corner[0] - nose[0]),
        "mouth_corner_height": float(corner[1] - nose[1]),
        "upper_lip_height": float(xy[list(anatomy.UPPER_LIP_OUTER), 1].mean() - nose[1]),
        "lower_lip_height": float(xy[list(anatomy.LOWER_LIP_OUTER), 1].mean() - nose[1]),
    }


def normalise(pictures: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 with ImageNet's mean and spread."""
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (_MEAN, _STD))
    # contiguous: in a network of few channels, oneDNN (torch 2.13, CPU) writes beyond its memory going backward
    # through pictures whose channels lie last
    return (pictures.permute(0, 3, 1, 2).contiguous().float() / 255 - mean) / std
