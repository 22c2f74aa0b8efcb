"""How fast the published systems' networks learn and answer on a device, and how far its answers are a processor's."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from analysis.devices import exactly
from analysis.training.examples import Examples
from analysis.training.loop import Options, Way, one_pass, way_of
from analysis.training.protocols import Rows
from analysis.training.stage import Stage, split
from analysis.training.systems.base import System

PROCESSOR: Final = Way(torch.device("cpu"))
# Largest difference of a network's outputs to the processor's, as a share of the largest of them.
SAME, SAME_ROUNDED = 1e-3, 5e-2  # single precision; mixed precision, whose bfloat16 has eight bits of fraction
_SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Speed:
    """One network, one way."""

    network: str
    way: Way
    learnt_per_s: float  # examples: clips, half faces, pairs of them, sequences, frames
    answered_per_s: float
    away: float  # from what the processor says in single precision, as SAME
    memory_mib: float | None  # the most that a GPU held at a time; None for a processor

    @property
    def allowed(self) -> float:
        return SAME if self.way.kept_in is torch.float32 else SAME_ROUNDED

    @property
    def is_same(self) -> bool:
        return self.away <= self.allowed


def ways_to(device: str) -> list[Way]:
    """The processor, which the others are compared with, then the device in single and in mixed precision."""
    if torch.device(device).type == "cpu":
        return [PROCESSOR, Way(PROCESSOR.device, torch.bfloat16)]
    return [PROCESSOR, Way(torch.device(device)), way_of(Options(device=device))]


def compare(system: System, examples: Examples, ways: Sequence[Way], *, batch: int, batches: int) -> Iterator[Speed]:
    """Each network of a system, each way, in turn; the first way is what the answers of the others are compared with.

    Every way has learnt and answered a batch before its clock starts. Pictures are gathered, changed and moved to the
    device as in training, so that is part of the time.
    """
    everybody = np.arange(len(examples))
    done: dict[str, nn.Module] = {}
    for name in system.stage_names:
        stage = system.stage(name, examples, everybody, done)
        if not stage.teaches(everybody):
            continue
        torch.manual_seed(_SEED)
        network = stage.build()
        usable = stage.usable(everybody)
        work = _Work(stage, np.resize(usable, max(len(usable), batch)), batch, batches)
        work.learn(network, PROCESSOR, 1)  # so that its normalisation has seen faces
        reference = None
        for way in ways:
            with exactly(rounded=way.kept_in is not torch.float32):
                speed, said = work.timed(f"{system.name} {name}", copy.deepcopy(network), way)
            reference = said if reference is None else reference
            yield replace(speed, away=_away(said, reference))
        done[name] = stage.export(network).eval()


@dataclass(frozen=True, slots=True)
class _Work:
    stage: Stage
    rows: Rows  # at least one batch
    batch: int
    batches: int

    def timed(self, name: str, network: nn.Module, way: Way) -> tuple[Speed, Tensor]:
        """Answers come first, from the weights that every way has."""
        on_gpu = way.device.type == "cuda"
        if on_gpu:
            torch.cuda.reset_peak_memory_stats(way.device)
        network = network.to(way.device)
        asked = list(split(np.resize(self.rows, self.batch * self.batches), self.batch))
        self.answer(network, way, asked[0])
        started = time.perf_counter()
        said = torch.cat([self.answer(network, way, rows) for rows in asked])
        answered = len(said) / (time.perf_counter() - started)
        self.learn(network, way, 1)
        started = time.perf_counter()
        learnt = self.learn(network, way, self.batches) / (time.perf_counter() - started)
        memory = torch.cuda.max_memory_allocated(way.device) / 2**20 if on_gpu else None
        return Speed(name, way, learnt, answered, 0.0, memory), said

    def answer(self, network: nn.Module, way: Way, rows: Rows) -> Tensor:
        with torch.inference_mode(), way.precision():
            return self.stage.outputs(network.eval(), rows, way.device).float().cpu()

    def learn(self, network: nn.Module, way: Way, batches: int) -> int:
        """The number of examples that were learnt from."""
        torch.manual_seed(_SEED)
        generator = torch.Generator().manual_seed(_SEED)
        drawn = list(islice(cycle(self.stage.batches(self.rows, self.batch, generator)), batches))
        one_pass(self.stage, network.train(), self.stage.tune(network, 1), way.scaler(), drawn, generator, way)
        return sum(map(len, drawn))


def _away(said: Tensor, reference: Tensor) -> float:
    return float((said - reference).abs().max() / reference.abs().max())
