"""Fitting the exercise recogniser on raw units of videos whose exercises are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import nn

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Exercise, Region
from analysis.faces.anatomy import Points
from analysis.motion import recognise

_EPOCHS: Final = 8
_BATCH: Final = 1024
_RATE: Final = 4e-3
_COPIES: Final = 6  # variants of every video, the first one unchanged
_GAINS: Final = (0.35, 1.25)  # how much more or less than the average face another one may show of a unit
_REGION: Final = {
    Region.BROW: ("AU1", "AU2", "AU4"),
    Region.EYE: ("AU6", "AU7", "AU43", "AU45"),
    Region.MOUTH: ("AU9", "AU10", "AU12", "AU14", "AU15", "AU16", "AU18", "AU20", "AU25", "AU26"),
}

Video = tuple[SideActionUnits, Points, Points]  # raw units, seconds, state per frame


def states(segments: Sequence[tuple[Exercise, float, float]], time_s: Points) -> Points:
    """(n,) index into `recognise.STATES` of what was commanded in every frame; (exercise, start_s, end_s) each."""
    state = np.zeros(len(time_s))
    for exercise, start_s, end_s in segments:
        if exercise in recognise.STATES:
            state[(time_s >= start_s) & (time_s <= end_s)] = recognise.STATES.index(exercise)
    return state


def varied(units: SideActionUnits, chance: np.random.Generator) -> SideActionUnits:
    """The same video of a face that moves more or less per unit, and of one whose half is weaker per region."""
    k = len(AU_NAMES)
    gain = chance.uniform(*_GAINS, k) if chance.random() < 0.7 else np.ones(k)
    left, right = units.left * gain, units.right * gain
    if chance.random() < 0.5:
        weak = np.ones(k)
        for names in _REGION.values():
            weak[[AU_NAMES.index(name) for name in names]] = chance.uniform()
        left, right = (left * weak, right) if chance.random() < 0.5 else (left, right * weak)
    return SideActionUnits(_offset(left, chance), _offset(right, chance))


def _offset(side: Points, chance: np.random.Generator) -> Points:
    """A rest that is not quite zero, and noise."""
    bias = np.abs(chance.normal(0, 0.25, side.shape[1])) * chance.uniform()
    moved: Points = side + bias + chance.normal(0, 0.1, side.shape)
    return moved


def fit(videos: Sequence[Video], seed: int = 0) -> dict[str, Points]:
    """The tensors of `recognise.SHAPES`."""
    chance = np.random.default_rng(seed)
    copies = [(varied(v[0], chance) if k else v[0], v[1], v[2]) for v in videos for k in range(_COPIES)]
    x = torch.tensor(np.concatenate([recognise.frame_features(u, t) for u, t, _ in copies]), dtype=torch.float32)
    y = torch.tensor(np.concatenate([state for _, _, state in copies])).long()
    weight = torch.tensor(np.concatenate([np.full(len(t), 1 / len(t)) for _, t, _ in copies]), dtype=torch.float32)
    torch.manual_seed(seed)
    first, last = nn.Linear(recognise.WIDTH, recognise.HIDDEN), nn.Linear(recognise.HIDDEN, len(recognise.STATES))
    _descend(nn.Sequential(first, nn.GELU(approximate="tanh"), last), x, y, weight / weight.mean())
    tensors = {"first": first.weight.T, "first_bias": first.bias, "last": last.weight.T, "last_bias": last.bias}
    return {name: value.detach().numpy().astype(np.float64) for name, value in tensors.items()}


def _descend(net: nn.Module, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> None:
    """Weighted cross-entropy with label smoothing, AdamW, one cosine cycle."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=1e-2)
    steps = _EPOCHS * -(-len(x) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(_EPOCHS):
        order = torch.randperm(len(x))
        for start in range(0, len(x), _BATCH):
            rows = order[start : start + _BATCH]
            each = nn.functional.cross_entropy(net(x[rows]), y[rows], reduction="none", label_smoothing=0.05)
            loss = (each * weight[rows]).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
