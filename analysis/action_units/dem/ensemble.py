"""Value and difference models together: one intensity per frame out of m references (Niu et al., equations 1-3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.action_units.dem.halves import normalise
from analysis.action_units.dem.network import MAX_INTENSITY, DifferenceModel, ValueModel, read_values

_TOGETHER = 16  # frames, or pairs, that are computed at a time


@dataclass(frozen=True, slots=True)
class Described:
    """What the value model says of all frames of one half face of one recording; computed once per frame."""

    values: Tensor  # (n, units) 0-5
    features: list[Tensor]  # per level (n, ...); the published size holds 22 MB a frame in float32


def choose_references(frames: int, m: int, seed: int = 0) -> npt.NDArray[np.intp]:
    """(frames, k) for each frame k = min(m, frames - 1) other frames of the same recording, drawn without repeats."""
    k = max(0, min(m, frames - 1))
    rng = np.random.default_rng(seed)
    chosen = np.empty((frames, k), np.intp)
    for i in range(frames):
        others = rng.choice(frames - 1, size=k, replace=False)
        chosen[i] = others + (others >= i)
    return chosen


@torch.inference_mode()
def describe(model: ValueModel, halves: Tensor) -> Described:
    """`halves`: (n, 3, H, W) of one side, on the model's device, from `halves.normalise`."""
    values, features = [], []
    for part in torch.split(halves, _TOGETHER):
        logits, levels = model(part)
        values.append(read_values(logits, expected=model.cfg.expected))
        features.append(levels)
    return Described(torch.cat(values), [torch.cat(level) for level in zip(*features, strict=True)])


@torch.inference_mode()
def intensities(value: ValueModel, difference: DifferenceModel, halves: Tensor, m: int) -> Tensor:
    """(n, units) as `combine` gives them, with the same few frames as references of all, so that a long recording fits.

    `halves`: (n, H, W, 3) uint8 of one side of one recording. The references lie evenly over the recording; a frame
    that is one of them leaves itself out.
    """
    device, n = next(value.parameters()).device, len(halves)
    few = np.unique(np.round(np.linspace(0, n - 1, min(n, m + 1))).astype(int)) if m else np.empty(0, int)
    known = describe(value, normalise(halves[few].to(device))) if len(few) > 1 else None
    found = []
    for rows in torch.split(torch.arange(n), _TOGETHER):
        here = describe(value, normalise(halves[rows].to(device)))
        if known is None:
            found.append(here.values)
            continue
        both = Described(
            torch.cat([here.values, known.values]),
            [torch.cat(level) for level in zip(here.features, known.features, strict=True)],
        )
        found.append(combine(difference, both, _others(rows.numpy(), few, len(rows))))
    return torch.cat(found)


def _others(rows: npt.NDArray[np.intp], few: npt.NDArray[np.intp], first: int) -> npt.NDArray[np.intp]:
    """(len(rows), len(few) - 1) where the references of each row stand, counted from `first`."""
    return np.stack([first + np.flatnonzero(few != row)[: len(few) - 1] for row in rows])


@torch.inference_mode()
def combine(model: DifferenceModel, described: Described, references: npt.NDArray[np.intp]) -> Tensor:
    """(n, units) continuous intensity 0-5: the mean over references j of Y_j plus the predicted Y_i - Y_j (equation 3).

    Algorithm 1 of the paper adds the difference to Y_i; equation 3, which is right, adds it to Y_j. Without
    references the values stay as they are.
    """
    n, m = references.shape
    if m == 0:
        return described.values
    this = torch.arange(n, device=described.values.device).repeat_interleave(m)
    other = torch.as_tensor(references.ravel(), device=this.device)
    differences = []
    for i, j in zip(torch.split(this, _TOGETHER), torch.split(other, _TOGETHER), strict=True):
        logits = model([level[i] - level[j] for level in described.features])
        differences.append(read_values(logits, expected=model.cfg.expected))
    estimates = described.values[other] + torch.cat(differences)  # (n m, units)
    return estimates.view(n, m, -1).mean(dim=1).clamp(0, MAX_INTENSITY)
