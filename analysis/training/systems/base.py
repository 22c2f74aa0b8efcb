"""What a published system is to the trainer."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from analysis.training.examples import Arrays, Examples
from analysis.training.prepare import Seen
from analysis.training.protocols import Rows
from analysis.training.recording import Recording
from analysis.training.results import Result
from analysis.training.stage import Stage

Predictions = Mapping[str, npt.NDArray[Any]]
_TOGETHER = 32


class System(ABC):
    """A frozen dataclass of its configuration; small enough to be compared, changed and written down."""

    name: ClassVar[str]
    title: ClassVar[str]
    published: ClassVar[str]  # the figures of the paper, in a sentence
    spread_by: ClassVar[str]  # the target by which people are spread over folds
    stage_names: ClassVar[tuple[str, ...]]
    ablations: ClassVar[tuple[str, ...]]
    titles: ClassVar[Mapping[str, str]] = {}  # network -> how its results are titled, where there are several

    def stated(self) -> dict[str, Any]:
        """The whole configuration, as JSON."""
        found: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=str))  # type: ignore[call-overload]
        return found

    @abstractmethod
    def preparation(self) -> str:
        """Changes whenever `cut` would give something else."""

    @abstractmethod
    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        """Inputs and targets of one recording; None without a label."""

    @abstractmethod
    def stage(self, name: str, examples: Examples, train: Rows, done: Mapping[str, nn.Module]) -> Stage:
        """A network to train, after those in `done`."""

    @abstractmethod
    def predict(
        self, networks: Mapping[str, nn.Module], examples: Examples, rows: Rows, device: torch.device
    ) -> Predictions:
        """Arrays with a row per tested row, truth among them; networks are in evaluation mode."""

    @abstractmethod
    def judge(self, predictions: Predictions, learnt: Sequence[Predictions]) -> list[Result]:
        """Figures over all folds. `predictions` also holds person and fold; `learnt`: per fold what it learnt from."""

    @abstractmethod
    def lesson(self, examples: Examples, train: Rows) -> Predictions:
        """What the majority baseline needs of a fold's training rows."""

    @abstractmethod
    def variants(self, ablation: str) -> dict[str, Self]:
        """The rows of one of the paper's tables. Raises ValueError for an ablation it does not have."""

    @abstractmethod
    def small(self) -> Self:
        """The same architecture, narrow enough for a laptop."""


def in_parts(rows: Rows) -> list[Rows]:
    return [rows[i : i + _TOGETHER] for i in range(0, len(rows), _TOGETHER)]


def tensor(values: npt.NDArray[Any], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(device, non_blocking=True)
