"""What the Difference Ensemble Method looks at: key frames, aligned, cut into half faces (Niu et al., section IV-B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.video.picture import RGB

PREPROCESS: Final = "dem-halves/1"
FIVE = npt.NDArray[np.float32] | npt.NDArray[np.float64]  # (5, 2) pixels: eyes as the image shows them, nose, mouth

# Where eyes (left one of the image first) and tip of the nose come to lie, as shares of the picture. The paper names
# the three points, not their places; these keep brows and chin of an ordinary face inside.
_TEMPLATE: Final = np.array([[0.35, 0.42], [0.65, 0.42], [0.5, 0.62]])
_GREY: Final = (128, 128, 128)
_SMALL_PX: Final = 48
_STABLE_SPAN: Final = 3.2  # inter-ocular distances that a stabilised picture shows

_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)


def aligned(picture: RGB, five_points: FIVE, size_px: int = 512) -> RGB:
    """(size_px, size_px, 3): an affine map puts eyes and tip of the nose in their places; grey beyond the picture."""
    target = _TEMPLATE * size_px - 0.5
    source = np.asarray(five_points[:3], np.float32) - np.float32(
        0.5
    )  # landmarks count from the edge, OpenCV from centres
    matrix = cv2.getAffineTransform(source, target.astype(np.float32))
    warped = cv2.warpAffine(picture, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderValue=_GREY)
    return np.asarray(warped, np.uint8)


def halves(face: RGB) -> tuple[RGB, RGB]:
    """Left and right half of an aligned face, the subject's own sides, each (S, S/2, 3) with the midline at column 0.

    The image shows the subject's left on its right; the right half is flipped, so that one model serves both.
    """
    middle = face.shape[1] // 2
    return face[:, middle:], np.ascontiguousarray(face[:, :middle][:, ::-1])


def key_frames(
    pictures: Sequence[RGB], five_points: Sequence[FIVE], *, threshold: float = 4.0, limit: int | None = None
) -> list[int]:
    """Frames that differ from the last one kept: mean absolute difference of 48x48 grey pictures above `threshold`.

    The face is held still by the mean of eyes and nose tip. The paper states no threshold; 4 of 255 grey levels is
    ours. With `limit`, evenly spread ones of those found. The first frame is always kept.
    """
    kept: list[int] = []
    before: npt.NDArray[np.float64] | None = None
    distances = [float(np.hypot(*(p[1] - p[0]))) for p in five_points]
    span = _STABLE_SPAN * float(np.median(distances)) if distances else 1.0
    for i, (picture, points) in enumerate(zip(pictures, five_points, strict=True)):
        small = _stabilised(picture, points, span)
        if before is None or float(np.abs(small - before).mean()) > threshold:
            kept.append(i)
            before = small
    if limit is None or len(kept) <= limit:
        return kept
    return [kept[i] for i in np.round(np.linspace(0, len(kept) - 1, limit)).astype(int)]


class KeyFrames:
    """`key_frames` for frames that come one by one: the first one's eyes say how large a stabilised picture is."""

    def __init__(self, threshold: float = 4.0) -> None:
        self._threshold = threshold
        self._span = 0.0
        self._before: npt.NDArray[np.float64] | None = None

    def take(self, picture: RGB, five_points: FIVE) -> bool:
        """Whether this frame differs enough from the last one that was taken."""
        self._span = self._span or _STABLE_SPAN * float(np.hypot(*(five_points[1] - five_points[0])))
        small = _stabilised(picture, five_points, self._span)
        if self._before is not None and float(np.abs(small - self._before).mean()) <= self._threshold:
            return False
        self._before = small
        return True


def _stabilised(picture: RGB, five_points: FIVE, span: float) -> npt.NDArray[np.float64]:
    """(48, 48) grey: `span` pixels about the mean of eyes and tip of the nose."""
    x, y = (float(v) - 0.5 for v in np.asarray(five_points[:3]).mean(axis=0))
    patch = cv2.getRectSubPix(picture, (max(2, round(span)), max(2, round(span))), (x, y))
    grey = cv2.cvtColor(np.asarray(patch), cv2.COLOR_RGB2GRAY)
    small: npt.NDArray[np.float64] = np.asarray(cv2.resize(grey, (_SMALL_PX, _SMALL_PX)), np.float64)
    return small


def normalise(pictures: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 with ImageNet's mean and spread."""
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (_MEAN, _STD))
    return (pictures.permute(0, 3, 1, 2).contiguous().float() / 255 - mean) / std  # as in `fusion.modalities`
