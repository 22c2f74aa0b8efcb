"""What PHCNN-LSTM looks at: the face and two strips of it, over consecutive frames (Liu et al. 2020, section III)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

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


def augment(pictures: Sequence[Tensor], generator: torch.Generator, mirrored: Tensor | None = None) -> list[Tensor]:
    """Each (B, T, H, W, 3) uint8 -> float, 0-255: every sequence as one, by chances of its own.

    Mirrored with p = .5 (or where `mirrored` (B,) says so), moved by up to 6 % of height and width, turned by up to
    8 degrees, light and colours changed by up to a quarter; severity is the same for both sides. The paper moves and
    rotates the sequences of patients with few; light is ours, because few people are learnt by heart otherwise.
    Chances are drawn on the processor, so that every device draws the same; pictures stay where they are.
    """
    count, device = len(pictures[0]), pictures[0].device
    mirrored = torch.rand(count, generator=generator) < 0.5 if mirrored is None else mirrored
    flip = mirrored.float() * -2 + 1
    down, across, turn, contrast = (torch.rand(4, count, generator=generator) * 2 - 1).unbind()
    tint = 1 + 0.25 * (torch.rand(count, 3, generator=generator) * 2 - 1).to(device)
    flip, down, across, turn, contrast = (chance.to(device) for chance in (flip, down, across, turn, contrast))
    out = []
    for part in pictures:
        height, width = part.shape[2:4]
        angle = turn * (8 * torch.pi / 180)
        cos, sin, tall = angle.cos(), angle.sin(), height / width
        rows = [cos * flip, -sin * tall, 0.12 * across, sin * flip / tall, cos, 0.12 * down]
        grid = functional.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), [count, 1, height, width], False)
        frames = part.movedim(-1, 2).flatten(1, 2).float()  # (B, T 3, H, W)
        moved = functional.grid_sample(frames, grid, padding_mode="border", align_corners=False)
        moved = moved.view(count, part.shape[1], 3, height, width).movedim(2, -1)
        lit = (moved - 127.5) * (1 + 0.25 * contrast).view(-1, 1, 1, 1, 1) + 127.5
        out.append((lit * tint.view(-1, 1, 1, 1, 3)).clamp(0, 255))
    return out
