"""The training loop: epochs, checkpoints that survive a kill, early stopping, mixed precision, a log as CSV."""

from __future__ import annotations

import csv
import io
import math
import os
import time
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from analysis.devices import exactly
from analysis.training.protocols import Rows
from analysis.training.stage import Stage, Tuner


@dataclass(frozen=True, slots=True)
class Options:
    device: str = "cpu"  # as torch names it
    seed: int = 0
    epochs: int | None = None  # None: as published
    batch: int | None = None
    patience: int = 10  # epochs without improvement on held-out people before stopping; 0: never stop early
    mixed_precision: bool = True  # on a GPU only
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Where a network learns, and what its activations are kept in."""

    device: torch.device
    kept_in: torch.dtype = torch.float32

    def precision(self) -> torch.autocast:
        """Weights and losses stay in single precision; what bears half precision is computed in it."""
        is_mixed = self.kept_in is not torch.float32
        return torch.autocast(self.device.type, self.kept_in if is_mixed else torch.bfloat16, enabled=is_mixed)

    def scaler(self) -> torch.amp.GradScaler:
        """Half precision of five bits of exponent loses small gradients, unless they are scaled up."""
        return torch.amp.GradScaler(self.device.type, enabled=self.kept_in is torch.float16)


@dataclass(slots=True)
class Line:
    """One epoch in the log."""

    epoch: int
    loss: float
    score: float | None  # on held-out people
    learning_rate: float
    seconds: float


@dataclass(slots=True)
class Progress:
    """Everything that goes on in the next epoch."""

    epoch: int
    log: list[Line]
    best_score: float
    best_epoch: int
    best: dict[str, torch.Tensor] | None


def fit(stage: Stage, train: Rows, held_out: Rows, folder: Path, options: Options) -> nn.Module:
    """Train until the last epoch or until held-out people get no better; the best (else the last) network.

    A checkpoint is written after every epoch. An interrupted training goes on from it and ends in exactly the same
    network, because every epoch draws from a seed of its own.
    """
    with exactly(rounded=options.mixed_precision):
        return _fit(stage, train, held_out, folder, options)


def _fit(stage: Stage, train: Rows, held_out: Rows, folder: Path, options: Options) -> nn.Module:
    train, held_out = stage.usable(train), stage.usable(held_out)
    epochs, batch = options.epochs or stage.pace.epochs, options.batch or stage.pace.batch
    way = way_of(options)
    torch.manual_seed(_seed(options.seed, stage.name, -1))
    network = stage.build().to(way.device)
    tuners = stage.tune(network, epochs * math.ceil(len(train) / batch))
    scaler = way.scaler()
    path = folder / f"{stage.name}.checkpoint"
    progress = _resume(path, network, tuners, scaler) or Progress(0, [], -math.inf, -1, None)
    with tqdm(total=epochs, initial=progress.epoch, desc=stage.name, unit="epoch", disable=options.quiet) as bar:
        while progress.epoch < epochs and not _stalled(progress, options.patience):
            started = time.monotonic()
            generator = torch.Generator().manual_seed(_seed(options.seed, stage.name, progress.epoch))
            torch.manual_seed(_seed(options.seed, stage.name, progress.epoch))
            network.train()
            loss = one_pass(stage, network, tuners, scaler, stage.batches(train, batch, generator), generator, way)
            _note(progress, stage, network, held_out, loss, tuners, time.monotonic() - started, way.device)
            _write(path, network, tuners, scaler, progress)
            _write_log(folder / f"{stage.name}.csv", progress.log)
            bar.update()
            bar.set_postfix(loss=f"{loss:.4f}", score=progress.log[-1].score)
    if progress.best is not None:
        network.load_state_dict(progress.best)
    return network.eval()


def one_pass(
    stage: Stage,
    network: nn.Module,
    tuners: list[Tuner],
    scaler: torch.amp.GradScaler,
    batches: Iterable[Rows],
    generator: torch.Generator,
    way: Way,
) -> float:
    """One epoch; mean loss over its batches."""
    losses = []
    for rows in batches:
        for tuner in tuners:
            tuner.optimiser.zero_grad(set_to_none=True)
        with way.precision():
            loss = stage.loss(network, rows, generator, way.device)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        for tuner in tuners:
            scaler.step(tuner.optimiser)
            if tuner.schedule is not None and tuner.every_step:
                tuner.schedule.step()
        scaler.update()
        losses.append(loss.detach())
    for tuner in tuners:
        if tuner.schedule is not None and not tuner.every_step:
            tuner.schedule.step()
    return float(torch.stack(losses).mean()) if losses else math.nan


def _note(
    progress: Progress,
    stage: Stage,
    network: nn.Module,
    held_out: Rows,
    loss: float,
    tuners: list[Tuner],
    seconds: float,
    device: torch.device,
) -> None:
    """Score the epoch, keep its weights when they are the best, and enter it into the log."""
    score = None
    if len(held_out):
        network.eval()
        with torch.inference_mode():
            score = stage.score(network, held_out, device)
        if score > progress.best_score:
            progress.best_score, progress.best_epoch = score, progress.epoch
            progress.best = {name: value.detach().clone() for name, value in network.state_dict().items()}
    rate = float(tuners[0].optimiser.param_groups[0]["lr"])
    progress.log.append(Line(progress.epoch, loss, score, rate, seconds))
    progress.epoch += 1


def _stalled(progress: Progress, patience: int) -> bool:
    return bool(patience) and progress.best_epoch >= 0 and progress.epoch - progress.best_epoch > patience


def way_of(options: Options) -> Way:
    """Mixed precision on a GPU only: a processor gains little from it (README.md beside this file)."""
    device = torch.device(options.device)
    if not options.mixed_precision or device.type != "cuda":
        return Way(device)
    return Way(device, torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16)


def _seed(seed: int, stage: str, epoch: int) -> int:
    return zlib.crc32(f"{seed} {stage} {epoch}".encode())


def _write(
    path: Path, network: nn.Module, tuners: list[Tuner], scaler: torch.amp.GradScaler, progress: Progress
) -> None:
    """Whole or not at all, also when the machine stops in the middle."""
    state = {
        "network": network.state_dict(),
        "optimisers": [t.optimiser.state_dict() for t in tuners],
        "schedules": [t.schedule.state_dict() if t.schedule is not None else {} for t in tuners],
        "scaler": scaler.state_dict(),
        "progress": {**asdict(progress), "log": [asdict(line) for line in progress.log]},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _resume(path: Path, network: nn.Module, tuners: list[Tuner], scaler: torch.amp.GradScaler) -> Progress | None:
    if not path.is_file():
        return None
    # our own file of this run; tensors and plain values only
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
    network.load_state_dict(state["network"])
    for tuner, optimiser, schedule in zip(tuners, state["optimisers"], state["schedules"], strict=True):
        tuner.optimiser.load_state_dict(optimiser)
        if tuner.schedule is not None:
            tuner.schedule.load_state_dict(schedule)
    scaler.load_state_dict(state["scaler"])
    kept = state["progress"]
    return Progress(**{**kept, "log": [Line(**line) for line in kept["log"]]})


def _write_log(path: Path, log: list[Line]) -> None:
    text = io.StringIO()
    rows = csv.DictWriter(text, [*asdict(log[0])])
    rows.writeheader()
    rows.writerows(asdict(line) for line in log)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text.getvalue(), encoding="utf-8")
    beside.replace(path)
