"""Training and testing PHCNN-LSTM, and the models beside it, as Liu et al. 2020 did: section IV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.grading.phcnn_lstm import comparisons, strips
from analysis.grading.phcnn_lstm.network import Joining, PhcnnConfig, SequenceModel
from analysis.grading.severity import severity_level
from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Result
from analysis.training.stage import Pace, Stage, Tuner
from analysis.training.systems import classify
from analysis.training.systems.base import Predictions, System, tensor
from analysis.training.systems.units import OUTPUTS, UNITS, Look, UnitsStage, intensities_at, mirror

LEVEL = "level"
CLASSES = ("I", "II", "III")
_PARTS = ("face", "eyes", "mouth")


@dataclass(frozen=True)
class PhcnnSystem(System):
    cfg: PhcnnConfig = field(default_factory=PhcnnConfig)
    model: str = "PHCNN-LSTM"  # or another of table IV
    learning_rate: float = 1e-4
    weight_decay: float = 2e-5
    momentum: float = 0.9
    power: float = 0.1  # of the polynomial decay ("gamma" in the paper, whose policy is polynomial)
    epochs: int = 50
    batch: int = 64
    augment: bool = True
    most_sequences: int = 0  # of one recording, evenly chosen; 0: all, as published
    first_lesson: int = 0  # epochs in which frames' descriptions learn intensities first; 0: none, as published

    name: ClassVar[str] = "phcnn-lstm"
    title: ClassVar[str] = "PHCNN-LSTM (Liu et al. 2020)"
    published: ClassVar[str] = (
        "accuracy .9481, F1 .942, five folds over 26 patients and 9 healthy people from another data set (CK+); nobody "
        "had grade II, and all of level I is CK+"
    )
    spread_by: ClassVar[str] = LEVEL
    stage_names: ClassVar[tuple[str, ...]] = (UNITS, LEVEL)
    ablations: ClassVar[tuple[str, ...]] = ("models", "joining")

    def preparation(self) -> str:
        cfg = self.cfg
        size = f"{cfg.frames}x{cfg.face_px}x{cfg.strip_px[0]}x{cfg.strip_px[1]}"
        some = f"-{self.most_sequences}" if self.most_sequences else ""
        return f"{strips.PREPROCESS}-{size}{some}-units".replace("/", "-")

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        follow_each_other = recording.is_video or recording.rate_hz or recording.ends_at_apex
        if recording.house_brackmann is None or not follow_each_other:
            return None
        cfg = self.cfg
        found: dict[str, list[npt.NDArray[np.uint8]]] = {part: [] for part in _PARTS}
        units = []
        sequences = strips.sequences(seen.time_s, frames=cfg.frames)
        for rows in self._chosen([s for s in sequences if all(recording.is_moving(seen.frame[i]) for i in s)]):
            pieces = [
                strips.regions(seen.pictures[i], seen.landmarks[i], face_px=cfg.face_px, strip_px=cfg.strip_px)
                for i in rows
            ]
            units.append(intensities_at(recording.intensities, np.array(seen.frame)[rows]))
            for part in _PARTS:
                found[part].append(np.stack([getattr(piece, part) for piece in pieces]))
        count = len(found["face"])
        if not count:
            return None
        level = severity_level(recording.house_brackmann) - 1
        pictures = {part: np.stack(found[part]) for part in _PARTS}
        return pictures, {LEVEL: np.full(count, level, np.int64), UNITS: np.stack(units)}

    def _chosen(self, sequences: list[npt.NDArray[np.intp]]) -> list[npt.NDArray[np.intp]]:
        if not 0 < self.most_sequences < len(sequences):
            return sequences
        return [sequences[i] for i in np.linspace(0, len(sequences) - 1, self.most_sequences).round().astype(int)]

    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> Stage:
        if name == UNITS:
            pace = Pace(self.first_lesson, self.batch)
            return UnitsStage(pace, examples, self._of_units, self._look(examples))
        return PhcnnStage(self, examples, train, done.get(UNITS))

    def _of_units(self) -> nn.Module:
        return _Units(comparisons.build(self.model, self.cfg))

    def _look(self, examples: Examples) -> Look:
        def look(
            rows: Rows, device: torch.device, mirrored: Tensor | None, generator: torch.Generator | None
        ) -> list[Tensor]:
            pieces = [tensor(examples.gather(part, rows), device) for part in _PARTS]
            if generator is not None and mirrored is not None:
                pieces = strips.augment(pieces, generator, mirrored) if self.augment else mirror(pieces, mirrored)
            return [strips.normalise(piece) for piece in pieces]

        return look

    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        found: dict[str, npt.NDArray[Any]] = {f"{LEVEL}.truth": examples.classes(LEVEL, rows)}
        if LEVEL in networks:
            found[f"{LEVEL}.logits"] = classify.all_logits(networks[LEVEL], examples, rows, device, _logits)
        return found

    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        return {LEVEL: examples.classes(LEVEL, train)}

    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        level = ("Severity level", LEVEL, CLASSES, predictions, learnt)
        results = [classify.judged(*level, ordinal=True), classify.judged_by_recording(*level, ordinal=True)]
        return [result for result in results if result is not None]

    def variants(self, ablation: str) -> dict[str, Self]:
        if ablation == "models":
            return {model: replace(self, model=model) for model in comparisons.MODELS}
        if ablation == "joining":
            return {way.value: replace(self, cfg=replace(self.cfg, joining=way)) for way in Joining}
        raise ValueError(f"PHCNN-LSTM's ablations are {', '.join(self.ablations)}")

    def small(self) -> Self:
        widths = replace(self.cfg, face_widths=(8, 16, 32), strip_widths=(4, 16, 32), features=128, memory=64)
        cfg = replace(widths, face_px=64, strip_px=(24, 72))
        return replace(self, cfg=cfg, learning_rate=1e-2, most_sequences=12)


class PhcnnStage(classify.ClassStage):
    """Class-weighted cross-entropy, stochastic gradient descent with a polynomially falling rate."""

    def __init__(self, system: PhcnnSystem, examples: Examples, train: Rows, units: nn.Module | None) -> None:
        super().__init__(LEVEL, Pace(system.epochs, system.batch), examples, LEVEL, len(CLASSES), _logits)
        self.system, self.units = system, units
        known = torch.from_numpy(examples.classes(LEVEL, self.usable(train)))
        self.weights = comparisons.class_weights(torch.bincount(known, minlength=len(CLASSES)).float())

    def build(self) -> nn.Module:
        network = comparisons.build(self.system.model, self.system.cfg)
        if isinstance(self.units, _Units):
            network.start_from(self.units.net)
        return network

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        s = self.system
        learning = [p for p in network.parameters() if p.requires_grad]
        optimiser = torch.optim.SGD(learning, s.learning_rate, s.momentum, weight_decay=s.weight_decay)
        schedule = torch.optim.lr_scheduler.PolynomialLR(optimiser, total_iters=max(1, steps), power=s.power)
        return [Tuner(optimiser, schedule, every_step=True)]

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        pieces = [tensor(self.examples.gather(part, rows), device) for part in _PARTS]
        if self.system.augment:
            pieces = strips.augment(pieces, generator)
        logits = network(*(strips.normalise(piece) for piece in pieces))
        return functional.cross_entropy(logits.float(), self.labels(rows, device), self.weights.to(device))


class _Units(nn.Module):
    """A model with a head that reads intensities off every frame: (B, T, ...) parts -> (B, T, OUTPUTS)."""

    def __init__(self, net: SequenceModel) -> None:
        super().__init__()
        self.net = net
        self.head = nn.Linear(net.outputs, OUTPUTS)

    def forward(self, face: Tensor, eyes: Tensor, mouth: Tensor) -> Tensor:
        told: Tensor = self.head(self.net.described(face, eyes, mouth))
        return told


def _logits(network: nn.Module, examples: Examples, rows: Rows, device: torch.device) -> Tensor:
    pieces = (strips.normalise(tensor(examples.gather(part, rows), device)) for part in _PARTS)
    found: Tensor = network(*pieces)
    return found
