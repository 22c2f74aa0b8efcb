"""Training and testing the Difference Ensemble Method as Niu et al. 2024 did: section V."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from analysis.action_units.dem import backbones, halves
from analysis.action_units.dem.ensemble import choose_references, combine, describe
from analysis.action_units.dem.network import MAX_INTENSITY, DemConfig, DifferenceModel, ValueModel, read_values
from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Result, of_intensities
from analysis.training.stage import Pace, Stage, Tuner, split
from analysis.training.systems.base import Predictions, System, in_parts, tensor

INTENSITY = "intensity"
_FIGURE_6 = (0, 1, 2, 4, 8)  # numbers of references whose accuracy is drawn
_NOT_KNOWN = -100  # what cross_entropy passes over


@dataclass(frozen=True)
class DemSystem(System):
    cfg: DemConfig = field(default_factory=DemConfig)
    learning_rate: float = 1e-4
    decay: float = 0.98  # of the learning rate, every epoch
    epochs: int = 50  # the paper gives none
    batch: int = 64
    pair_batch: int = 16
    pairs: int = 78_400  # of two frames of one video side, at most; the paper's number
    most_frames: int = 120  # key frames of one recording that are used

    name: ClassVar[str] = "dem"
    title: ClassVar[str] = "Difference Ensemble Method (Niu et al. 2024)"
    published: ClassVar[str] = (
        "DISFA+: MAE .41, ICC .59, PCC .63; accuracy 91.07 to 96.66 % with more references, split by frame, so that "
        "the test saw faces that were learnt"
    )
    spread_by: ClassVar[str] = INTENSITY
    stage_names: ClassVar[tuple[str, ...]] = ("value", "difference")
    ablations: ClassVar[tuple[str, ...]] = ("backbones", "levels")

    def preparation(self) -> str:
        height, width = self.cfg.size_px
        units = "".join(self.cfg.action_units).replace("AU", ".")
        return f"{halves.PREPROCESS}-{height}x{width}-{self.most_frames}{units}".replace("/", "-")

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        """Rows alternate: left half, right half of each key frame."""
        stated = recording.intensities
        if stated is None:
            return None
        columns = [stated.units.index(unit) if unit in stated.units else None for unit in self.cfg.action_units]
        rows = [i for i, frame in enumerate(seen.frame) if _labelled(stated.left, frame)]
        five = [seen.five_points[i] for i in rows]
        kept = halves.key_frames([seen.pictures[i] for i in rows], five, limit=self.most_frames)
        pictures, intensities = [], []
        for i in (rows[k] for k in kept):
            face = halves.aligned(seen.pictures[i], seen.five_points[i], self.cfg.size_px[0])
            pictures += list(halves.halves(face))
            for side in (stated.left, stated.right):
                intensities.append([np.nan if c is None else side[seen.frame[i], c] for c in columns])
        if not pictures:
            return None
        side = np.tile(np.array([0, 1], np.int64), len(kept))
        return {"half": np.stack(pictures)}, {INTENSITY: np.array(intensities, np.float32), "side": side}

    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> Stage:
        if name == "value":
            return ValueStage(self, examples)
        value = done["value"]
        assert isinstance(value, ValueModel)
        return DifferenceStage(self, examples, value)

    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        """Per row the intensities with each number of references of figure 6, and with cfg's."""
        value, difference = networks["value"], networks["difference"]
        assert isinstance(value, ValueModel)
        assert isinstance(difference, DifferenceModel)
        numbers = sorted({*_FIGURE_6, self.cfg.references})
        truth = examples.targets(INTENSITY, rows)
        found = {m: np.full(truth.shape, np.nan, np.float32) for m in numbers}
        for group in _groups(examples, rows):
            described = describe(value, halves.normalise(tensor(examples.gather("half", rows[group]), device)))
            for m in numbers:
                values = combine(difference, described, choose_references(len(group), m))
                found[m][group] = values.float().cpu().numpy()
        return {f"{INTENSITY}.truth": truth, **{f"{INTENSITY}.m{m}": values for m, values in found.items()}}

    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        known = np.asarray(examples.targets(INTENSITY, train), np.float64)
        seen = np.isfinite(known)
        mean = np.where(seen, known, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        return {INTENSITY: np.round(mean)}

    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        truth = np.asarray(predictions[f"{INTENSITY}.truth"], np.float64)
        usual = np.stack([lesson[INTENSITY] for lesson in learnt])[predictions["fold"]]
        persons = predictions["person"].tolist()
        names = self.cfg.action_units
        numbers = sorted(int(key.rpartition("m")[2]) for key in predictions if key.startswith(f"{INTENSITY}.m"))
        curve = {}
        for m in numbers:
            values = np.asarray(predictions[f"{INTENSITY}.m{m}"], np.float64)
            known = np.isfinite(truth)
            curve[str(m)] = float((np.round(values[known]) == np.round(truth[known])).mean())
        chosen = np.asarray(predictions[f"{INTENSITY}.m{self.cfg.references}"], np.float64)
        title = f"Action unit intensity, {self.cfg.references} references"
        return [replace(of_intensities(title, names, truth, chosen, usual, persons), curve=curve)]

    def variants(self, ablation: str) -> dict[str, Self]:
        if ablation == "backbones":
            return {name: replace(self, cfg=_published_size(self.cfg, name)) for name in backbones.TABLE_4}
        if ablation == "levels":
            sets = {"all levels": (), "from level 2": (2, 3, 4, 5), "from level 3": (3, 4, 5), "level 4": (4,)}
            return {name: replace(self, cfg=replace(self.cfg, levels=levels)) for name, levels in sets.items()}
        raise ValueError(f"the Difference Ensemble Method's ablations are {', '.join(self.ablations)}")

    def small(self) -> Self:
        cfg = replace(self.cfg, backbone="vgg11", width=16, dense=256, size_px=(128, 64), levels=(2, 3, 4, 5))
        return replace(self, cfg=cfg, learning_rate=1e-3, pairs=4000, most_frames=30)


class _DemStage(Stage):
    """Cross-entropy over classes, Adam (the paper names none) with an exponentially falling rate."""

    def __init__(self, system: DemSystem, name: str, batch: int, examples: Examples) -> None:
        super().__init__(name, Pace(system.epochs, batch), examples)
        self.system = system

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        learnt = [p for p in network.parameters() if p.requires_grad]
        optimiser = torch.optim.Adam(learnt, self.system.learning_rate, fused=True)
        return [Tuner(optimiser, torch.optim.lr_scheduler.ExponentialLR(optimiser, self.system.decay))]

    def pictures(self, rows: Rows, device: torch.device) -> Tensor:
        return halves.normalise(tensor(self.examples.gather("half", rows), device))

    def intensities(self, rows: Rows, device: torch.device) -> Tensor:
        return tensor(self.examples.targets(INTENSITY, rows), device).float()


class ValueStage(_DemStage):
    def __init__(self, system: DemSystem, examples: Examples) -> None:
        super().__init__(system, "value", system.batch, examples)

    def build(self) -> nn.Module:
        return ValueModel(self.system.cfg)

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        logits, _ = network(self.pictures(rows, device))
        return _cross_entropy(logits, self.intensities(rows, device), 0)

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        logits: Tensor = network(self.pictures(rows, device))[0]
        return logits

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        """Minus the mean absolute error."""
        errors = []
        for part in in_parts(rows):
            logits = self.outputs(network, part, device)
            errors.append((read_values(logits) - self.intensities(part, device)).abs().flatten())
        return -float(torch.cat(errors).nanmean())


class DifferenceStage(_DemStage):
    """Pairs of frames of the same half of the same recording; the value model, already trained, stays as it is."""

    def __init__(self, system: DemSystem, examples: Examples, value: ValueModel) -> None:
        super().__init__(system, "difference", system.pair_batch, examples)
        self.value = copy.deepcopy(value).eval().requires_grad_(False)

    def build(self) -> nn.Module:
        return DifferenceModel(self.system.cfg)

    def batches(self, rows: Rows, size: int, generator: torch.Generator) -> Iterator[Rows]:
        """Batches of pairs (b, 2), as many as there are rows; every pair of distinct frames at most once an epoch."""
        pairs = self._pairs(rows)
        order = torch.randperm(len(pairs), generator=generator).numpy()[: self.system.pairs]
        yield from split(pairs[order], size)

    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        logits, wanted = self._compared(network, rows, device)
        return _cross_entropy(logits, wanted, MAX_INTENSITY)

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        """Of each row and the one after it, whomever they show."""
        return self._compared(network, np.stack([rows, np.roll(rows, -1)], axis=1), device)[0]

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        pairs = self._pairs(rows)
        if not len(pairs):
            return 0.0
        errors = []
        for part in in_parts(pairs[:: max(1, len(pairs) // 512)]):
            logits, wanted = self._compared(network, part, device)
            errors.append((read_values(logits) - wanted).abs().flatten())
        return -float(torch.cat(errors).nanmean())

    def _pairs(self, rows: Rows) -> Rows:
        return np.concatenate([_every_pair(rows[g]) for g in _groups(self.examples, rows)])

    def _compared(self, network: nn.Module, pairs: Rows, device: torch.device) -> tuple[Tensor, Tensor]:
        """Logits of Y_i - Y_j and its truth; the features of a row that is in several pairs are computed once."""
        every, place = np.unique(pairs, return_inverse=True)
        place = place.reshape(pairs.shape)
        with torch.no_grad():
            _, features = self.value.to(device)(self.pictures(every, device))
        first, second = (torch.from_numpy(place[:, k]).to(device) for k in (0, 1))
        values = self.intensities(every, device)
        logits: Tensor = network([level[first] - level[second] for level in features])
        return logits, values[first] - values[second]


def _cross_entropy(logits: Tensor, values: Tensor, offset: int) -> Tensor:
    """Mean over all labelled units; intensities between two classes count as the nearer one."""
    classes = torch.where(torch.isfinite(values), values.nan_to_num().round() + offset, _NOT_KNOWN).long()
    return functional.cross_entropy(logits.float().flatten(0, 1), classes.flatten(), ignore_index=_NOT_KNOWN)


def _groups(examples: Examples, rows: Rows) -> list[Rows]:
    """Positions in `rows` of each side of each recording."""
    key = examples.recordings()[rows] * 2 + examples.classes("side", rows)
    return [np.flatnonzero(key == k) for k in np.unique(key)]


def _every_pair(rows: Rows) -> Rows:
    """(n (n - 1) / 2, 2) every pair of distinct rows once, the order within a pair alternating."""
    i, j = np.triu_indices(len(rows), 1)
    turn = (i + j) % 2 == 1
    first, second = np.where(turn, j, i), np.where(turn, i, j)
    return np.stack([rows[first], rows[second]], axis=1)


def _labelled(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], frame: int) -> bool:
    return frame < len(values) and bool(np.isfinite(values[frame]).any())


def _published_size(cfg: DemConfig, backbone: str) -> DemConfig:
    return replace(cfg, backbone=backbone, width=64, dense=4096, levels=())
