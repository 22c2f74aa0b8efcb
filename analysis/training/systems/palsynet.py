"""Training and testing 3DPalsyNet as Storey et al. 2019 did: section III-C and IV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from analysis.contracts import MouthMotionLabel
from analysis.grading.palsynet import clips
from analysis.grading.palsynet.centre_loss import CentreLoss, joint_loss
from analysis.grading.palsynet.network import GRADE, MOUTH, PalsyNet, PalsyNetConfig
from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.pretrained import read_state
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Result
from analysis.training.stage import Pace, Stage, Tuner
from analysis.training.systems import classify
from analysis.training.systems.base import Predictions, System, tensor
from analysis.training.systems.units import OUTPUTS, UNITS, Look, UnitsStage, intensities_at, mirror

CLASSES: Mapping[str, tuple[str, ...]] = {
    GRADE: ("I", "II", "III", "IV", "V", "VI"),
    MOUTH: tuple(label.value for label in MouthMotionLabel),
}
_WINDOW_S = 2.0  # of a video whose movements are not marked


@dataclass(frozen=True)
class PalsyNetSystem(System):
    cfg: PalsyNetConfig = field(default_factory=PalsyNetConfig)
    centre_loss: bool = True  # else softmax loss alone, the paper's ablation
    learning_rate: float = 0.1  # of both optimisers
    weight_decay: float = 0.001  # of the network's
    momentum: float = 0.9
    epochs: int = 50
    batch: int = 16  # the paper gives none
    kinetics: str = ""  # file with torchvision's r3d_18 weights; the early stages are frozen only with it
    augment: bool = True
    first_lesson: int = 0  # epochs in which the stages learn intensities before the early ones are frozen; 0: none

    name: ClassVar[str] = "3dpalsynet"
    title: ClassVar[str] = "3DPalsyNet (Storey et al. 2019)"
    published: ClassVar[str] = (
        "F1 .88 (abstract: .86) for the grade and .82 for mouth motion, leave-one-subject-out over 10 people, 5 of "
        "them healthy ones from another data set (CK+)"
    )
    spread_by: ClassVar[str] = GRADE
    stage_names: ClassVar[tuple[str, ...]] = (UNITS, GRADE, MOUTH)
    ablations: ClassVar[tuple[str, ...]] = ("frames", "loss")
    titles: ClassVar[Mapping[str, str]] = {GRADE: "House-Brackmann grade", MOUTH: "Mouth motion"}

    def preparation(self) -> str:
        return f"{clips.PREPROCESS}-{self.cfg.frames}x{self.cfg.size_px}-units".replace("/", "-")

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        found, grades, mouths, units = [], [], [], []
        grade = -1 if recording.house_brackmann is None else recording.house_brackmann - 1
        for rows, mouth in _movements(recording, seen):
            if mouth is None and grade < 0:
                continue
            order = clips.there_and_back(len(rows)) if recording.ends_at_apex else np.arange(len(rows))
            chosen = [rows[i] for i in order]
            pictures, landmarks = [seen.pictures[i] for i in chosen], [seen.landmarks[i] for i in chosen]
            found.append(clips.face_clip(pictures, landmarks, frames=self.cfg.frames, size_px=self.cfg.size_px))
            units.append(_most(intensities_at(recording.intensities, np.array(seen.frame)[rows])))
            grades.append(grade)
            mouths.append(-1 if mouth is None else list(MouthMotionLabel).index(mouth))
        if not found:
            return None
        told: Arrays = {GRADE: np.array(grades, np.int64), MOUTH: np.array(mouths, np.int64), UNITS: np.stack(units)}
        return {"clip": np.stack(found)}, told

    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> Stage:
        if name == UNITS:
            return UnitsStage(Pace(self.first_lesson, self.batch), examples, self._of_units, self._look(examples))
        return PalsyNetStage(self, name, examples, done.get(UNITS))

    def _of_units(self) -> nn.Module:
        return _Units(PalsyNet(replace(self.cfg, tasks=((UNITS, OUTPUTS),))))

    def _look(self, examples: Examples) -> Look:
        def look(
            rows: Rows, device: torch.device, mirrored: Tensor | None, generator: torch.Generator | None
        ) -> list[Tensor]:
            pictures = tensor(examples.gather("clip", rows), device)
            if generator is not None and mirrored is not None:
                turned = mirror([pictures], mirrored)[0]
                pictures = clips.augment(pictures, generator, mirrored) if self.augment else turned
            return [clips.normalise(pictures)]

        return look

    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        found: dict[str, npt.NDArray[Any]] = {f"{name}.truth": examples.classes(name, rows) for name in self.titles}
        for name in self.titles.keys() & networks.keys():
            found[f"{name}.logits"] = classify.all_logits(networks[name], examples, rows, device, _logits(name))
        return found

    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        return {name: examples.classes(name, train) for name in self.titles}

    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        grade = (self.titles[GRADE], GRADE, CLASSES[GRADE], predictions, learnt)
        results = [
            classify.judged(*grade, ordinal=True),
            classify.judged_by_recording(*grade, ordinal=True),
            classify.judged(self.titles[MOUTH], MOUTH, CLASSES[MOUTH], predictions, learnt, ordinal=False),
        ]
        return [result for result in results if result is not None]

    def variants(self, ablation: str) -> dict[str, Self]:
        if ablation == "frames":
            return {f"{n} frames": replace(self, cfg=replace(self.cfg, frames=n)) for n in (8, 12, 16)}
        if ablation == "loss":
            return {
                "centre and softmax loss": replace(self, centre_loss=True),
                "softmax loss": replace(self, centre_loss=False),
            }
        raise ValueError(f"3DPalsyNet's ablations are {', '.join(self.ablations)}")

    def small(self) -> Self:
        return replace(self, cfg=replace(self.cfg, width=16, early_pooling=True), learning_rate=0.05)


class _Units(nn.Module):
    """(B, 3, T, S, S) -> (B, OUTPUTS) the most that each half does in a clip."""

    def __init__(self, net: PalsyNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, clip: Tensor) -> Tensor:
        told: Tensor = self.net(clip)[UNITS].logits
        return told


class _Joint(nn.Module):
    """The network of one task, with the class centres that its loss learns."""

    def __init__(self, net: PalsyNet, centres: CentreLoss | None) -> None:
        super().__init__()
        self.net, self.centres = net, centres


class PalsyNetStage(classify.EvenClassStage):
    """One task. The paper trains a network for each; so does this."""

    def __init__(self, system: PalsyNetSystem, task: str, examples: Examples, units: nn.Module | None) -> None:
        pace = Pace(system.epochs, system.batch)
        super().__init__(task, pace, examples, task, len(CLASSES[task]), _logits(task))
        self.system, self.units = system, units

    def build(self) -> nn.Module:
        cfg = replace(self.system.cfg, tasks=((self.target, self.classes),))
        net = PalsyNet(cfg)
        if self.system.kinetics:
            net.load_kinetics(read_state(Path(self.system.kinetics)))
            net.freeze_early()
        elif isinstance(self.units, _Units):
            net.start_from(self.units.net)
            net.freeze_early()
        return _Joint(net, CentreLoss(self.classes, 8 * cfg.width) if self.system.centre_loss else None)

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        """Two optimisers: the network's, and the centres' (plain, as their update has no momentum in Wen et al.)."""
        assert isinstance(network, _Joint)
        s = self.system
        learning = [p for p in network.net.parameters() if p.requires_grad]
        tuners = [Tuner(torch.optim.SGD(learning, s.learning_rate, s.momentum, weight_decay=s.weight_decay))]
        if network.centres is not None:
            tuners.append(Tuner(torch.optim.SGD(network.centres.parameters(), s.learning_rate)))
        return tuners

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        assert isinstance(network, _Joint)
        pictures = tensor(self.examples.gather("clip", rows), device)
        if self.system.augment:
            pictures = clips.augment(pictures, generator)
        scores = network.net(clips.normalise(pictures))[self.target]
        return joint_loss(scores.features.float(), scores.logits.float(), self.labels(rows, device), network.centres)

    def export(self, network: nn.Module) -> nn.Module:
        assert isinstance(network, _Joint)
        return network.net


def _logits(task: str) -> classify.Logits:
    def logits(network: nn.Module, examples: Examples, rows: Rows, device: torch.device) -> Tensor:
        scores = network(clips.normalise(tensor(examples.gather("clip", rows), device)))
        found: Tensor = scores[task].logits
        return found

    return logits


def _most(intensities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(2, k) greatest over (t, 2, k); NaN where no frame is labelled."""
    most: npt.NDArray[np.float32] = np.fmax.reduce(intensities, axis=0)
    return most


def _movements(recording: Recording, seen: Seen) -> list[tuple[list[int], MouthMotionLabel | None]]:
    """Rows of `seen` that belong to one movement, with its label; two-second windows when none are marked."""
    frames = np.array(seen.frame)
    if recording.movements:
        parts = [(np.flatnonzero((frames >= m.first) & (frames <= m.last)), m.mouth) for m in recording.movements]
    elif recording.is_video or recording.rate_hz:
        windows = np.floor(np.array(seen.time_s) / _WINDOW_S).astype(int)
        parts = [(np.flatnonzero(windows == w), None) for w in sorted(set(windows.tolist()))]
    else:
        return []  # still pictures are no movement
    return [(rows.tolist(), mouth) for rows, mouth in parts if len(rows) >= 2]
