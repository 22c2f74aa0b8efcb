"""The Integrated Deep Model's face score (Storey et al. 2018 and 2019, equations 1-4): detector and landmarks agree."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

HIDDEN_WEIGHT: Final = 0.75  # of a landmark that some head poses hide
SMALL_SHARE: Final = 0.02  # of the picture's width: a face this narrow or narrower is doubted
SMALL_PENALTY: Final = 0.7

# Of the usual 68 points, those that no pose up to profile hides. The papers give the two weights, not the points: the
# midline is ours (chin, bridge and tip of the nose, middle of both lips).
ALWAYS_VISIBLE: Final = (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)


def visibility_weights(landmarks: int = 68) -> Tensor:
    """(landmarks,) 1 or 0.75: the weights gamma of equation 1 for the 68-point scheme.

    Raises ValueError for another number of landmarks, whose visibility is not known here.
    """
    if landmarks != 68:
        raise ValueError("visibility weights are known for 68 landmarks")
    weights = torch.full((landmarks,), HIDDEN_WEIGHT)
    weights[list(ALWAYS_VISIBLE)] = 1.0
    return weights


def landmark_probability(heat_maps: Tensor, weights: Tensor) -> Tensor:
    """p_fan (B,) from heat maps (B, N, h, w) of probabilities: mean of weighted maxima (equation 1).

    Raises ValueError when maps and weights differ in number.
    """
    if heat_maps.ndim != 4 or heat_maps.shape[1] != len(weights):
        raise ValueError(f"heat maps must be (batch, {len(weights)}, h, w), not {tuple(heat_maps.shape)}")
    peaks = heat_maps.flatten(2).amax(dim=2).clamp(0, 1)  # (B, N)
    return (peaks * weights.to(peaks)).mean(dim=1)


def size_penalty(face_widths: Tensor, picture_width: float) -> Tensor:
    """delta (B,): 0.7 for a face of at most 2 % of the picture's width, else 1 (equation 3)."""
    narrow = face_widths * (100 / picture_width) <= 100 * SMALL_SHARE
    return torch.where(narrow, SMALL_PENALTY, 1.0)


def face_probability(p_fan: Tensor, p_detector: Tensor, penalty: Tensor) -> Tensor:
    """p_face (B,): mean of landmark and (penalised) detector probability (equation 2)."""
    return (p_fan + p_detector * penalty) / 2


def face_loss(p_face: Tensor, is_face: Tensor) -> Tensor:
    """Cross-entropy of face or no face, mean over the proposals (equation 4). `is_face` is 0 or 1."""
    p = p_face.clamp(1e-6, 1 - 1e-6)
    return -((1 - is_face) * (1 - p).log() + is_face * p.log()).mean()
