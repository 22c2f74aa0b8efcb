"""The Difference Ensemble Method (Niu et al. 2024): an intensity from one frame, corrected by differences to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from analysis.action_units.dem import backbones
from analysis.shapes import check_batch

DISFA_PLUS: Final = ("AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU12", "AU15", "AU17", "AU20", "AU25", "AU26")
MAX_INTENSITY: Final = 5
VALUES: Final = MAX_INTENSITY + 1  # classes 0 .. 5
DIFFERENCES: Final = 2 * MAX_INTENSITY + 1  # classes -5 .. 5


@dataclass(frozen=True, slots=True)
class DemConfig:
    action_units: tuple[str, ...] = DISFA_PLUS  # names as in `analysis.contracts.AU_NAMES`
    backbone: str = "vgg19"  # of both models, one of `backbones.NAMES`
    width: int = 64  # channels of VGG's first stage, 4-64
    dense: int = 4096  # units of VGG's two hidden layers, 16-4096
    size_px: tuple[int, int] = (512, 256)  # height and width of a half face; multiples of 32
    levels: tuple[int, ...] = ()  # stages (from 1) whose feature differences enter; none given: all of them
    references: int = 2  # m, the frames that a frame is compared with; 0 is the value model alone
    expected: bool = False  # read intensities as expectations instead of the most likely class


class ValueModel(nn.Module):
    """Intensity of each action unit of one half face.

    Input: (B, 3, H, W) float32 RGB from `halves.normalise`, a right half already flipped.
    Output: (B, units, 6) logits of intensities 0-5, and the features of each of cfg's levels.
    Raises: ValueError when the shape does not match cfg.
    Source: Niu et al., IEEE Access (2024), section III-C, "original value prediction model".
    """

    def __init__(self, cfg: DemConfig = DemConfig()) -> None:
        super().__init__()
        self.cfg = cfg
        net = backbones.build(cfg.backbone, len(cfg.action_units) * VALUES, width=cfg.width, dense=cfg.dense)
        self.stages, self.head = nn.ModuleList(net.stages), net.head
        self.levels = levels_of(cfg, len(net.stages))

    def forward(self, half: Tensor) -> tuple[Tensor, list[Tensor]]:
        check_batch("half face", half, (3, *self.cfg.size_px))
        x, features = half, []
        for level, stage in enumerate(self.stages, 1):
            x = stage(x)
            if level in self.levels:
                features.append(x)
        logits: Tensor = self.head(x)
        return logits.view(len(half), len(self.cfg.action_units), VALUES), features


class DifferenceModel(nn.Module):
    """Difference of each action unit between two half faces, from the difference of their features (equation 1).

    Input: one tensor per level of cfg: features of frame i minus features of frame j, as `ValueModel` gives them.
    Output: (B, units, 11) logits of Y_i - Y_j = -5 .. 5.
    Raises: ValueError when the number of levels does not match cfg.
    Source: section III-C; "similar backbones ... shallow features into shallow locations, deep into deep ones". Here:
        the first level's difference replaces the picture and the earlier stages, each later one is added to the
        features that this model has at that depth. The figure that would settle it is not in the text.
    """

    def __init__(self, cfg: DemConfig = DemConfig()) -> None:
        super().__init__()
        self.cfg = cfg
        net = backbones.build(cfg.backbone, len(cfg.action_units) * DIFFERENCES, width=cfg.width, dense=cfg.dense)
        self.levels = levels_of(cfg, len(net.stages))
        self.stages, self.head = nn.ModuleList(net.stages[self.levels[0] :]), net.head

    def forward(self, differences: Sequence[Tensor]) -> Tensor:
        if len(differences) != len(self.levels):
            raise ValueError(f"{len(self.levels)} levels of features, not {len(differences)}")
        waiting = dict(zip(self.levels, differences, strict=True))
        x = waiting[self.levels[0]]
        for level, stage in enumerate(self.stages, self.levels[0] + 1):
            x = stage(x)
            if level in waiting:
                x = x + waiting[level]
        logits: Tensor = self.head(x)
        return logits.view(len(logits), len(self.cfg.action_units), DIFFERENCES)


def levels_of(cfg: DemConfig, stages: int) -> tuple[int, ...]:
    """Raises ValueError for levels that the backbone does not have."""
    levels = tuple(sorted(set(cfg.levels))) or tuple(range(1, stages + 1))
    if levels[0] < 1 or levels[-1] > stages:
        raise ValueError(f"{cfg.backbone} has stages 1 to {stages}, not {cfg.levels}")
    return levels


def read_values(logits: Tensor, *, expected: bool = False) -> Tensor:
    """(..., 6 or 11) logits -> (...) intensity 0 .. 5, or difference -5 .. 5."""
    classes = logits.shape[-1]
    scale = torch.arange(classes, device=logits.device, dtype=torch.float32) - (
        0 if classes == VALUES else MAX_INTENSITY
    )
    if expected:
        return (logits.float().softmax(dim=-1) * scale).sum(dim=-1)
    return scale[logits.argmax(dim=-1)]
