"""What 3DPalsyNet looks at: a face clip of a fixed number of frames (Storey et al. 2019, section III-C and IV)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as image

from analysis.grading.crops import Landmarks, cut, face_square
from analysis.video.picture import RGB

PREPROCESS: Final = "palsynet-clip/1"
Clip = npt.NDArray[np.uint8]  # (T, S, S, 3)

# Of Kinetics-400, as torchvision's r3d_18 was trained.
_MEAN: Final = (0.43216, 0.394666, 0.37645)
_STD: Final = (0.22803, 0.22145, 0.216989)


def frame_choice(available: int, wanted: int) -> npt.NDArray[np.intp]:
    """Which frames make a clip: duplicates spread evenly into a short one, equally spaced ones of a long one.

    Always increasing, the first and the last frame among them (when wanted > 1). Raises ValueError without frames.
    """
    if available < 1 or wanted < 1:
        raise ValueError("a clip needs at least one frame")
    chosen: npt.NDArray[np.intp] = np.round(np.linspace(0, available - 1, wanted)).astype(np.intp)
    return chosen


def there_and_back(frames: int) -> npt.NDArray[np.intp]:
    """Indices of a sequence that ends at full expression, continued backwards to rest (CK+)."""
    order = np.arange(frames, dtype=np.intp)
    return np.concatenate([order, order[-2::-1]]) if frames > 1 else order


def face_clip(pictures: Sequence[RGB], landmarks: Sequence[Landmarks], *, frames: int, size_px: int) -> Clip:
    """(frames, size_px, size_px, 3): the face of every chosen picture, cut by its own landmarks."""
    chosen = frame_choice(len(pictures), frames)
    return np.stack([cut(pictures[i], face_square(landmarks[i]), size_px, size_px) for i in chosen])


def normalise(clips: Tensor) -> Tensor:
    """(B, T, S, S, 3) uint8 -> (B, 3, T, S, S) float32 with the mean and spread of the pre-training set."""
    mean, std = (torch.tensor(v, device=clips.device).view(1, 3, 1, 1, 1) for v in (_MEAN, _STD))
    return (clips.permute(0, 4, 1, 2, 3).contiguous().float() / 255 - mean) / std  # as in `fusion.modalities`


def augment(clips: Tensor, generator: torch.Generator, mirrored: Tensor | None = None) -> Tensor:
    """(B, T, S, S, 3) uint8, each clip as one: mirrored, turned up to 10 degrees, light changed, with p = .5 each;
    mirrored where `mirrored` (B,) says so, if it is given.

    Grade and mouth motion are the same for both sides, so a mirrored clip keeps its labels; anything labelled with
    a side must have it exchanged.
    """
    out = []
    for i, clip in enumerate(clips.permute(0, 1, 4, 2, 3)):  # (T, 3, S, S)
        chances = torch.rand(3, generator=generator) < 0.5
        turn, light, contrast, colour = (torch.rand(4, generator=generator) * 2 - 1).tolist()
        if chances[0] if mirrored is None else mirrored[i]:
            clip = clip.flip(-1)
        if chances[1]:
            clip = image.rotate(clip, 10 * turn, image.InterpolationMode.BILINEAR, fill=[128.0])
        if chances[2]:
            clip = image.adjust_brightness(clip, 1 + 0.2 * light)
            clip = image.adjust_contrast(clip, 1 + 0.2 * contrast)
            clip = image.adjust_saturation(clip, 1 + 0.2 * colour)
        out.append(clip)
    return torch.stack(out).permute(0, 1, 3, 4, 2)
