"""Multimodal fusion for detecting facial palsy (Oo, Lee and Lim 2024): pictures and numbers, weighed by learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import torch
from torch import Tensor, nn

from analysis.grading.fusion.trunk import ResNetTrunk, TrunkConfig
from analysis.shapes import check_batch


class Modality(StrEnum):
    RGB = "rgb"  # picture of the face
    SEGMENTS = "segments"  # picture of line segments between landmarks
    COORDINATES = "coordinates"  # landmarks, normalised
    EXPRESSION = "expression"  # features of facial expression


PICTURES = (Modality.RGB, Modality.SEGMENTS)


@dataclass(frozen=True, slots=True)
class FusionConfig:
    modalities: tuple[Modality, ...] = (Modality.SEGMENTS, Modality.EXPRESSION)  # one or more; the paper's pair
    size_px: int = 224  # side of a picture, 32-448
    trunk: TrunkConfig = field(default_factory=TrunkConfig)  # ResNet-50 for either kind of picture
    coordinates: int = 136  # numbers: x and y of 68 points
    expression: int = 29  # numbers: `modalities.EXPRESSION_NAMES`
    hidden: tuple[int, ...] = (128, 64)  # units of the feed-forward branch
    features: int = 64  # length of the vector in which branches are weighed and added, 4-512
    dropout: float = 0.3  # in the feed-forward branch, 0-1


class FusionNet(nn.Module):
    """Whether a face shows palsy, from one frame.

    Input: {modality: tensor} for every modality of cfg: pictures (B, 3, S, S) float32 from `modalities.normalise`,
        numbers (B, k) float32.
    Output: (B, 2) logits: no palsy, palsy.
    Raises: ValueError when a modality is missing or its shape does not match cfg.
    Source: Oo, Lee and Lim, arXiv:2405.16496 (2024), of which only the abstract was at hand: a ResNet image branch, a
        feed-forward branch, learnable feature-level weighted fusion. Chosen here: ResNet-50 (as in the follow-up,
        arXiv:2503.10371), every branch ends in a vector of cfg.features, and the fused vector is their sum weighted
        by a softmax over one learned number a branch and feature. With one modality it is that branch alone.
    """

    def __init__(self, cfg: FusionConfig = FusionConfig()) -> None:
        super().__init__()
        if not cfg.modalities or len(set(cfg.modalities)) != len(cfg.modalities):
            raise ValueError("one or more different modalities")
        self.cfg = cfg
        self.branches = nn.ModuleDict({m.value: self._branch(m) for m in cfg.modalities})
        self.weights = nn.Parameter(torch.zeros(len(cfg.modalities), cfg.features))
        self.head = nn.Linear(cfg.features, 2)
        if len(cfg.modalities) == 1:
            self.weights.requires_grad_(False)  # a softmax over one is 1 whatever is learned

    def _branch(self, modality: Modality) -> nn.Module:
        cfg = self.cfg
        if modality in PICTURES:
            trunk = ResNetTrunk(cfg.trunk)
            return nn.Sequential(trunk, nn.Linear(trunk.outputs, cfg.features), nn.ReLU())
        before = cfg.coordinates if modality is Modality.COORDINATES else cfg.expression
        layers: list[nn.Module] = [nn.BatchNorm1d(before)]
        for width in (*cfg.hidden, cfg.features):
            layers += [nn.Linear(before, width), nn.ReLU(), nn.Dropout(cfg.dropout)]
            before = width
        return nn.Sequential(*layers[:-1])

    def forward(self, given: Mapping[Modality, Tensor]) -> Tensor:
        checked = [self._checked(m, given) for m in self.cfg.modalities]
        parts = [self.branches[m.value](x) for m, x in zip(self.cfg.modalities, checked, strict=True)]
        shares = self.weights.softmax(dim=0)  # (modalities, features)
        fused = torch.stack([share * part for share, part in zip(shares, parts, strict=True)]).sum(dim=0)
        out: Tensor = self.head(fused)
        return out

    def shares(self) -> dict[Modality, float]:
        """How much each branch weighs in the fused vector, mean over its features; sums to 1."""
        mean = self.weights.detach().softmax(dim=0).mean(dim=1).tolist()
        return dict(zip(self.cfg.modalities, mean, strict=True))

    def _checked(self, modality: Modality, given: Mapping[Modality, Tensor]) -> Tensor:
        if modality not in given:
            raise ValueError(f"the modality {modality.value} is missing")
        cfg = self.cfg
        numbers = cfg.coordinates if modality is Modality.COORDINATES else cfg.expression
        shape = (3, cfg.size_px, cfg.size_px) if modality in PICTURES else (numbers,)
        check_batch(modality.value, given[modality], shape)
        return given[modality]
