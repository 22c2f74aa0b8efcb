"""Fitting the landmark estimator on half faces whose activation is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from analysis.action_units import estimator
from analysis.action_units.features import side_features
from analysis.contracts import AU_NAMES
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame
from analysis.motion.rest import Rest

COLUMNS: Final = [AU_NAMES.index(name) for name in estimator.OUTPUTS]
SAMPLES_PER_S: Final = 12.5
Video = tuple[HeadFrame, Rest, tuple[Points, Points]]  # with left and right intensities, (n, len(AU_NAMES)) each


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows are half faces of frames."""

    features: Points  # (m, WIDTH)
    intensities: Points  # (m, outputs), 0-5
    weight: Points  # (m,) mean 1, the same sum for every video


@dataclass(frozen=True, slots=True)
class Settings:
    epochs: int = 30
    batch: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    dropout: float = 0.1
    jitter: float = 0.03  # standard deviation of noise added to the scaled components
    whitening: float = 0.7  # 0 keeps the components' own scale, 1 makes every component equally large


DEFAULT: Final = Settings()


def gather(videos: Sequence[Video]) -> Samples:
    """Features and intensities of every measured frame, both halves."""
    features, intensities, weights = [], [], []
    for frame, rest, truth in videos:
        for side, known in zip(SIDES, truth, strict=True):
            seen = side_features(frame, rest, side)
            ok = np.isfinite(seen).all(axis=1) & _every(frame)
            features.append(seen[ok])
            intensities.append(np.nan_to_num(known[ok][:, COLUMNS]))
            weights.append(np.full(int(ok.sum()), 1.0 / max(1, int(ok.sum()))))
    weight = np.concatenate(weights)
    return Samples(np.concatenate(features), np.concatenate(intensities), weight / weight.mean())


def _every(frame: HeadFrame) -> npt.NDArray[np.bool_]:
    """Frames about `SAMPLES_PER_S` apart: neighbours at camera rate say the same twice."""
    step = max(1, round(1.0 / (SAMPLES_PER_S * float(np.median(np.diff(frame.time_s))))))
    kept = np.zeros(len(frame.time_s), dtype=bool)
    kept[::step] = True
    return kept


class Member(nn.Module):
    """One network of the ensemble, with the linear short cut that keeps it sane away from the training faces."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        k, h, out = estimator.COMPONENTS, estimator.HIDDEN, len(estimator.OUTPUTS)
        self.first, self.second, self.last = nn.Linear(k, h), nn.Linear(h, h), nn.Linear(h, out)
        self.linear = nn.Linear(k, out, bias=False)
        self.dropout, self.gelu = nn.Dropout(settings.dropout), nn.GELU(approximate="tanh")

    def forward(self, z: Tensor) -> Tensor:
        hidden = self.dropout(self.gelu(self.first(z)))
        return torch.as_tensor(self.last(self.gelu(self.second(hidden))) + self.linear(z))


def fit(samples: Samples, settings: Settings = DEFAULT, seed: int = 0) -> dict[str, Points]:
    """The tensors of `estimator.SHAPES`."""
    mean, basis = principal(samples, settings)
    z = torch.tensor((samples.features - mean) @ basis.T, dtype=torch.float32)
    target = torch.tensor(samples.intensities / estimator.MAX_INTENSITY, dtype=torch.float32)
    weight = torch.tensor(samples.weight, dtype=torch.float32)
    members = [train_member(z, target, weight, settings, seed + k) for k in range(estimator.MEMBERS)]
    tensors: dict[str, Points] = {"mean": mean, "basis": basis}
    names = {"linear": "linear.weight", "first": "first.weight", "first_bias": "first.bias", "second": "second.weight"}
    names |= {"second_bias": "second.bias", "last": "last.weight", "last_bias": "last.bias"}
    for name, key in names.items():
        stacked = np.stack([m.state_dict()[key].numpy() for m in members])
        tensors[name] = stacked.transpose(0, 2, 1) if stacked.ndim == 3 else stacked
    return tensors


def principal(samples: Samples, settings: Settings) -> tuple[Points, Points]:
    """Mean and scaled principal components (COMPONENTS, WIDTH) of the displacements."""
    mean = np.average(samples.features, axis=0, weights=samples.weight)
    centred = (samples.features - mean) * np.sqrt(samples.weight)[:, None]
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    order = np.argsort(values)[::-1][: estimator.COMPONENTS]
    return mean, (vectors[:, order] / np.sqrt(values[order]) ** settings.whitening).T


def train_member(z: Tensor, target: Tensor, weight: Tensor, settings: Settings, seed: int) -> Member:
    """Weighted squared error, every unit divided by its own spread, AdamW with one cosine cycle."""
    torch.manual_seed(seed)
    member = Member(settings)
    scale = 1.0 / (target.std(dim=0) + 0.01)
    optimiser = torch.optim.AdamW(member.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * -(-len(z) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps)
    for _ in range(settings.epochs):
        order = torch.randperm(len(z))
        for start in range(0, len(z), settings.batch):
            rows = order[start : start + settings.batch]
            noisy = z[rows] + settings.jitter * torch.randn(len(rows), z.shape[1])
            error = ((member(noisy) - target[rows]) * scale) ** 2
            loss = (error.mean(dim=1) * weight[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return member.eval()
