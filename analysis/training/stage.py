"""One network, trained once: what a system must say about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from analysis.training.examples import Examples
from analysis.training.protocols import Rows


@dataclass(frozen=True, slots=True)
class Tuner:
    """An optimiser with the schedule of its learning rate, which moves on after every epoch or every step."""

    optimiser: Optimizer
    schedule: LRScheduler | None = None
    every_step: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    epochs: int
    batch: int


LEAST_BATCH: Final = 2  # batch normalisation cannot learn from one example


class Stage(ABC):
    """Everything random is drawn from the generator that it is given, so that an epoch can be repeated exactly."""

    name: str
    pace: Pace

    def __init__(self, name: str, pace: Pace, examples: Examples) -> None:
        self.name, self.pace, self.examples = name, pace, examples

    @abstractmethod
    def build(self) -> nn.Module:
        """A fresh network, with whatever its loss learns beside it."""

    @abstractmethod
    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        """Optimisers; `steps` are those of the whole training."""

    @abstractmethod
    def loss(self, network: nn.Module, rows: Rows, generator: torch.Generator, device: torch.device) -> Tensor:
        """Scalar. `network` is in training mode."""

    @abstractmethod
    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        """(n, ...) what the network, in evaluation mode, says about these rows before anything is chosen from it."""

    @abstractmethod
    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        """How good the network is on rows it does not learn from; more is better."""

    def usable(self, rows: Rows) -> Rows:
        """The rows that this stage has a label for."""
        return rows

    def teaches(self, rows: Rows) -> bool:
        """Whether these rows show enough to learn from."""
        return len(self.usable(rows)) >= LEAST_BATCH

    def export(self, network: nn.Module) -> nn.Module:
        """The part that gives answers."""
        return network

    def batches(self, rows: Rows, size: int, generator: torch.Generator) -> Iterator[Rows]:
        """Every row once, in a random order; a last batch too small to learn from is left out."""
        order = torch.randperm(len(rows), generator=generator).numpy()
        yield from split(rows[order], size)


def split(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        if len(part) >= LEAST_BATCH:
            yield part


def evenly_drawn(rows: Rows, classes: Tensor, size: int, generator: torch.Generator) -> Iterator[Rows]:
    """As many rows as there are, drawn with replacement so that every class is as likely as any other."""
    counts = torch.bincount(classes).float()
    drawn = torch.multinomial((1 / counts)[classes], len(rows), replacement=True, generator=generator).numpy()
    yield from split(rows[drawn], size)
