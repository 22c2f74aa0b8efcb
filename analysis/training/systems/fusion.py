"""Training and testing the fusion model and each of its modalities, as Oo, Lee and Lim 2024 report them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.grading.fusion import modalities
from analysis.grading.fusion.network import PICTURES, FusionConfig, FusionNet, Modality
from analysis.grading.fusion.points68 import MIRROR68
from analysis.grading.fusion.trunk import TrunkConfig
from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Result
from analysis.training.stage import Pace, Tuner
from analysis.training.systems import classify
from analysis.training.systems.base import Predictions, System, tensor

PALSY = "palsy"
CLASSES = ("no palsy", "palsy")
_MOST = 24  # frames of one recording


@dataclass(frozen=True)
class FusionSystem(System):
    cfg: FusionConfig = field(default_factory=FusionConfig)
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    epochs: int = 30
    batch: int = 32
    augment: bool = True

    name: ClassVar[str] = "fusion"
    title: ClassVar[str] = "Multimodal fusion (Oo, Lee and Lim 2024)"
    published: ClassVar[str] = (
        "leave-one-patient-out over 21 patients: expression features alone precision .7622, line segments alone recall "
        ".8347, both fused precision .7705 with a lower recall"
    )
    spread_by: ClassVar[str] = PALSY
    stage_names: ClassVar[tuple[str, ...]] = (PALSY,)
    ablations: ClassVar[tuple[str, ...]] = ("modalities",)

    def preparation(self) -> str:
        return f"{modalities.PREPROCESS}-{self.cfg.size_px}".replace("/", "-")

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        rows, labels = _labelled(recording, seen)
        if not rows:
            return None
        size = self.cfg.size_px
        marks = [seen.landmarks[i] for i in rows]
        views: dict[Modality, list[npt.NDArray[Any]]] = {
            Modality.RGB: [modalities.face_picture(seen.pictures[i], seen.landmarks[i], size) for i in rows],
            Modality.SEGMENTS: [modalities.segments(points, size) for points in marks],
            Modality.COORDINATES: [modalities.coordinates(points) for points in marks],
            Modality.EXPRESSION: [modalities.expression(points) for points in marks],
        }
        inputs = {modality.value: np.stack(values) for modality, values in views.items()}
        return inputs, {PALSY: np.array(labels, np.int64)}

    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> FusionStage:
        return FusionStage(self, examples)

    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        found: dict[str, npt.NDArray[Any]] = {f"{PALSY}.truth": examples.classes(PALSY, rows)}
        for name, network in networks.items():
            found[f"{name}.logits"] = classify.all_logits(network, examples, rows, device, _logits(self.cfg))
        return found

    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        return {PALSY: examples.classes(PALSY, train)}

    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        palsy = (PALSY, CLASSES, predictions, learnt)
        results = [
            classify.judged("Palsy in a frame", *palsy, ordinal=False),
            classify.judged_by_recording("Palsy", *palsy, ordinal=False),
        ]
        return [result for result in results if result is not None]

    def variants(self, ablation: str) -> dict[str, Self]:
        if ablation != "modalities":
            raise ValueError(f"the fusion model's ablations are {', '.join(self.ablations)}")
        sets = {m.value: (m,) for m in Modality} | {"segments and expression": FusionConfig().modalities}
        return {name: replace(self, cfg=replace(self.cfg, modalities=chosen)) for name, chosen in sets.items()}

    def small(self) -> Self:
        trunk = TrunkConfig((2, 2, 2, 2), bottleneck=False, width=16)
        return replace(self, cfg=replace(self.cfg, trunk=trunk, size_px=112), learning_rate=1e-3)


class FusionStage(classify.EvenClassStage):
    """Cross-entropy, AdamW; the abstract names neither."""

    def __init__(self, system: FusionSystem, examples: Examples) -> None:
        pace = Pace(system.epochs, system.batch)
        super().__init__(PALSY, pace, examples, PALSY, len(CLASSES), _logits(system.cfg))
        self.system = system

    def build(self) -> nn.Module:
        return FusionNet(self.system.cfg)

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        s = self.system
        learning = [p for p in network.parameters() if p.requires_grad]
        return [Tuner(torch.optim.AdamW(learning, s.learning_rate, weight_decay=s.weight_decay))]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        given = {m: torch.from_numpy(self.examples.gather(m.value, rows)) for m in self.system.cfg.modalities}
        if self.system.augment:
            flip = torch.rand(len(rows), generator=generator) < 0.5
            given = {m: mirrored(m, values, flip) for m, values in given.items()}
        logits = network(_ready(given, device))
        return functional.cross_entropy(logits.float(), self.labels(rows, device))


def mirrored(modality: Modality, values: Tensor, flip: Tensor) -> Tensor:
    """The rows marked in `flip` (B,) as the mirror image gives them: sides exchanged, differences negated."""
    out = values.clone()
    if modality in PICTURES:
        out[flip] = values[flip].flip(2)
    elif modality is Modality.COORDINATES:
        points = values[flip].view(-1, len(MIRROR68), 2)[:, list(MIRROR68)]
        out[flip] = (points * torch.tensor([-1.0, 1.0])).flatten(1)
    else:
        order, sign = _mirror_of_expression()
        out[flip] = values[flip][:, order] * sign
    return out


def _mirror_of_expression() -> tuple[Tensor, Tensor]:
    names = list(modalities.EXPRESSION_NAMES)
    other = {"_left": "_right", "_right": "_left"}
    order, sign = [], []
    for name in names:
        end = next((e for e in other if name.endswith(e)), None)
        order.append(names.index(name.removesuffix(end) + other[end]) if end else names.index(name))
        sign.append(-1.0 if name.endswith("_difference") else 1.0)
    return torch.tensor(order), torch.tensor(sign)


def _ready(given: Mapping[Modality, Tensor], device: torch.device) -> dict[Modality, Tensor]:
    return {
        m: modalities.normalise(values.to(device)) if m in PICTURES else values.to(device)
        for m, values in given.items()
    }


def _logits(cfg: FusionConfig) -> classify.Logits:
    def logits(network: nn.Module, examples: Examples, rows: Rows, device: torch.device) -> Tensor:
        given = {m: tensor(examples.gather(m.value, rows), device) for m in cfg.modalities}
        found: Tensor = network(_ready(given, device))
        return found

    return logits


def _labelled(recording: Recording, seen: Seen) -> tuple[list[int], list[int]]:
    """Rows of `seen` with a label, evenly chosen, and the labels. Of marked movements only their middle halves."""
    if recording.palsy_of_frame is not None:
        labels = [int(recording.palsy_of_frame[frame]) for frame in seen.frame]
    else:
        labels = [-1 if recording.palsy is None else int(recording.palsy)] * len(seen.frame)
    rows = [i for i, label in enumerate(labels) if label >= 0 and recording.is_moving(seen.frame[i], ends=0.25)]
    if len(rows) > _MOST:
        rows = [rows[i] for i in np.round(np.linspace(0, len(rows) - 1, _MOST)).astype(int)]
    return rows, [labels[i] for i in rows]
