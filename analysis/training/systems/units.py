"""A first lesson: what each half of the face does, before a network learns a grade from few people.

Not in the papers. Storey et al. start from Kinetics and freeze the early stages, Liu et al. start from nothing; a few
hundred faces are then learnt by heart. Intensities say something about every frame, so they teach where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.contracts import AU_NAMES
from analysis.training.examples import Examples
from analysis.training.protocols import Rows
from analysis.training.recording import Intensities
from analysis.training.stage import Pace, Stage, Tuner
from analysis.training.systems.base import in_parts

UNITS: Final = "units"  # name of the lesson, and of its target: (n, ..., 2, k) left and right, 0-5, NaN not known
OUTPUTS: Final = 2 * len(AU_NAMES)
_FULL: Final = 5.0  # intensity
_SIDES: Final = -2  # axis of the target

# rows, where, which of them are mirrored -> pictures
Look = Callable[[Rows, torch.device, Tensor | None, torch.Generator | None], list[Tensor]]


def intensities_at(stated: Intensities | None, frames: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """(len(frames), 2, k) of these frames in the order of AU_NAMES; NaN where nothing is stated."""
    found = np.full((len(frames), 2, len(AU_NAMES)), np.nan, np.float32)
    if stated is None:
        return found
    known = np.flatnonzero(frames < len(stated.left))
    for column, unit in enumerate(stated.units):
        for side, values in enumerate((stated.left, stated.right)):
            found[known, side, AU_NAMES.index(unit)] = values[frames[known], column]
    return found


def mirror(pictures: Sequence[Tensor], mirrored: Tensor) -> list[Tensor]:
    """Each (B, ..., H, W, 3): those of `mirrored` (B,) reversed from left to right."""
    return [torch.where(mirrored.to(p.device).view(-1, *[1] * (p.dim() - 1)), p.flip(-2), p) for p in pictures]


class UnitsStage(Stage):
    """Regression of both halves' intensities; a mirrored picture exchanges them.

    `build_network` gives a network whose output is (..., OUTPUTS); `look` gives its inputs, normalised.
    """

    def __init__(self, pace: Pace, examples: Examples, build_network: Callable[[], nn.Module], look: Look) -> None:
        super().__init__(UNITS, pace, examples)
        self._build, self._look = build_network, look

    def teaches(self, rows: Rows) -> bool:
        return self.pace.epochs > 0 and super().teaches(self.usable(rows))

    def usable(self, rows: Rows) -> Rows:
        stated = self.examples.targets(UNITS, rows)
        known: Rows = rows[np.isfinite(stated).any(axis=tuple(range(1, stated.ndim)))]
        return known

    def build(self) -> nn.Module:
        return self._build()

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        optimiser = torch.optim.Adam(network.parameters(), 1e-3)
        falling = torch.optim.lr_scheduler.PolynomialLR(optimiser, total_iters=max(1, steps), power=1.0)
        return [Tuner(optimiser, falling, every_step=True)]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        mirrored = torch.rand(len(rows), generator=generator) < 0.5
        told = network(*self._look(rows, device, mirrored, generator))
        wanted = self._wanted(rows)
        turned = mirrored.view(-1, *[1] * (wanted.dim() - 1))
        wanted = torch.where(turned, wanted.flip(_SIDES), wanted).to(device)
        known = torch.isfinite(wanted)  # weighed, not picked: a device that picks must wait for what it picks
        away = functional.smooth_l1_loss(told.float().view_as(wanted), wanted.nan_to_num(), beta=0.1, reduction="none")
        return (away * known).sum() / known.sum()

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        told: Tensor = network(*self._look(rows, device, None, None))
        return told

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        """Minus the mean absolute error, as a share of the full intensity."""
        errors = []
        for part in in_parts(rows):
            wanted = self._wanted(part)
            errors.append((self.outputs(network, part, device).cpu().float().view_as(wanted) - wanted).abs().flatten())
        return -float(torch.cat(errors).nanmean())

    def _wanted(self, rows: Rows) -> Tensor:
        return torch.from_numpy(self.examples.targets(UNITS, rows)).float() / _FULL
