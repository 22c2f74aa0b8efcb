"""Cutting pieces of a face out of a picture by its landmarks: the pictures that the graders look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from analysis.video.picture import RGB

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the picture
Landmarks = npt.NDArray[np.float32] | npt.NDArray[np.float64]  # (478, 2 or 3) pixels, FaceMesh
_BEYOND: Final = (128, 128, 128)  # grey, where the crop reaches beyond the picture


def face_square(landmarks: Landmarks, *, times: float = 1.2) -> Box:
    """The square of `times` the longer side of the landmarks' bounding box, about its middle."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    half = times * float((high - low).max()) / 2
    x, y = (float(v) for v in (low + high) / 2)
    return x - half, y - half, x + half, y + half


def region_box(landmarks: Landmarks, points: Sequence[int], *, aspect: float, margin: float) -> Box:
    """The box of some landmarks, wider by `margin` of its size on every side, then widened to the aspect (w / h)."""
    chosen = landmarks[list(points), :2]
    low, high = chosen.min(axis=0), chosen.max(axis=0)
    x, y = (float(v) for v in (low + high) / 2)
    width, height = (float(v) * (1 + 2 * margin) for v in high - low)
    width, height = max(width, height * aspect), max(height, width / aspect)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def cut(picture: RGB, box: Box, width: int, height: int) -> RGB:
    """The part of a picture inside `box`, resampled to (height, width, 3); grey beyond the picture's edge.

    A mirrored picture with a mirrored box gives the mirrored crop, to rounding. Raises ValueError for an empty box.
    """
    x0, y0, x1, y1 = box
    if not (np.isfinite(box).all() and x1 > x0 and y1 > y0):
        raise ValueError(f"not a box: {box}")
    sx, sy = (x1 - x0) / width, (y1 - y0) / height
    # pixel centres: crop pixel i covers [i, i + 1) * s, so its centre lies at (i + .5) * s - .5 of the picture
    inverse = np.array([[sx, 0.0, x0 + sx / 2 - 0.5], [0.0, sy, y0 + sy / 2 - 0.5]])
    if max(sx, sy) > 2:  # bilinear sampling would skip pixels
        scale = 1 / max(sx, sy)
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        fx, fy = size[0] / picture.shape[1], size[1] / picture.shape[0]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return cut(np.asarray(small), (x0 * fx, y0 * fy, x1 * fx, y1 * fy), width, height)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cropped = cv2.warpAffine(picture, inverse, (width, height), flags=flags, borderValue=_BEYOND)
    return np.asarray(cropped, np.uint8)
