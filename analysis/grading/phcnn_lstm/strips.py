"""What PHCNN-LSTM looks at: the face and two strips of it, over consecutive frames (Liu et al. 2020, section III)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.faces import anatomy
from analysis.faces.anatomy import MIRROR
from analysis.grading.crops import Landmarks, cut, face_square, region_box
from analysis.video.picture import RGB

PREPROCESS: Final = "phcnn-strips/2"  # of movements only, where these are known
RATE_HZ: Final = 6.0  # frames a second of the videos that the paper cuts its sequences from

# The paper crops by the edge points of 49 landmarks: brows and lids, and the lips.
_LEFT_EYES: Final = (
    *anatomy.BROW_UPPER,
    *anatomy.BROW_LOWER,
    anatomy.OUTER_CANTHUS,
    anatomy.INNER_CANTHUS,
    *anatomy.UPPER_LID,
    *anatomy.LOWER_LID,
)
_LEFT_MOUTH: Final = (
    anatomy.MOUTH_CORNER,
    *anatomy.UPPER_LIP_OUTER,
    *anatomy.LOWER_LIP_OUTER,
    *anatomy.UPPER_LIP_MID,
    *anatomy.LOWER_LIP_MID,
)
EYES: Final = (*_LEFT_EYES, *(int(MIRROR[p]) for p in _LEFT_EYES))
MOUTH: Final = (*_LEFT_MOUTH, *(int(MIRROR[p]) for p in _LEFT_MOUTH))
_MARGIN: Final = 0.1  # of the region's own size, on every side


class Regions(NamedTuple):
    """One frame, uint8 RGB."""

    face: npt.NDArray[np.uint8]  # (S, S, 3)
    eyes: npt.NDArray[np.uint8]  # (h, w, 3)
    mouth: npt.NDArray[np.uint8]  # (h, w, 3)


def regions(picture: RGB, landmarks: Landmarks, *, face_px: int, strip_px: tuple[int, int]) -> Regions:
    """Face and strips of one picture; strips keep the picture's proportions (the box is widened, not stretched)."""
    height, width = strip_px
    strips = [region_box(landmarks, points, aspect=width / height, margin=_MARGIN) for points in (EYES, MOUTH)]
    face = cut(picture, face_square(landmarks), face_px, face_px)
    return Regions(face, *(cut(picture, box, width, height) for box in strips))


def sequences(time_s: Sequence[float], *, frames: int, rate_hz: float = RATE_HZ) -> list[npt.NDArray[np.intp]]:
    """Indices of consecutive frames at about `rate_hz`, `frames` together, without overlap.

    A slower recording is taken as it is. Frames further apart than 2.5 steps do not belong together.
    """
    times = np.asarray(time_s, np.float64)
    chosen = [0] if len(times) else []
    for i in range(1, len(times)):
        if times[i] - times[chosen[-1]] >= 0.999 / rate_hz:
            chosen.append(i)
    steps = np.diff(times[chosen])
    typical = float(np.median(steps)) if len(steps) else 0.0
    out, run = [], chosen[:1]
    for index, step in zip(chosen[1:], steps, strict=True):
        run = [*run, index] if step <= 2.5 * typical else [index]
        if len(run) == frames:
            out.append(np.array(run, np.intp))
            run = []
    if frames == 1:
        return [np.array([i], np.intp) for i in chosen]
    return out


def normalise(pictures: Tensor) -> Tensor:
    """(..., H, W, 3) uint8 -> (..., 3, H, W) float32, -1 to 1."""
    return pictures.movedim(-1, -3).contiguous().float() / 127.5 - 1  # as in `fusion.modalities`


def augment(pictures: Sequence[Tensor], generator: torch.Generator) -> list[Tensor]:
    """Each (B, T, H, W, 3): the sequences of a batch mirrored with p = .5 and moved by up to 4 % of their width.

    The paper translates and rotates the sequences of patients with few; severity is the same for both sides.
    """
    flip = torch.rand(len(pictures[0]), generator=generator) < 0.5
    shift = torch.rand(2, generator=generator) * 0.08 - 0.04
    out = []
    for part in pictures:
        moved = part.clone()
        moved[flip] = moved[flip].flip(-2)
        down, across = (round(float(s) * n) for s, n in zip(shift, part.shape[2:4], strict=True))
        out.append(moved.roll((down, across), dims=(2, 3)))
    return out
