"""One experiment: a system, data sets, a protocol; folds trained one after the other, each kept when it is done."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from analysis.devices import exactly
from analysis.training import protocols
from analysis.training.examples import Examples
from analysis.training.loop import Options, fit
from analysis.training.protocols import Fold, SplitError, Who
from analysis.training.results import Result
from analysis.training.systems.base import Predictions, System
from analysis.version import code_version

PROTOCOLS = ("loso", "kfold", "holdout")


@dataclass(frozen=True, slots=True)
class Protocol:
    kind: str = "kfold"  # one of PROTOCOLS
    folds: int = 5  # of kfold
    most_folds: int | None = None  # train no more than these, evenly chosen; None: all
    by_frame: bool = False  # "as in the paper" of Niu et al.: the test sees faces that were learnt

    def split(self, who: Who, seed: int) -> list[Fold]:
        """Raises SplitError when people would be on both sides."""
        if self.by_frame:
            return protocols.by_frame_as_in_the_paper(who, seed)
        if self.kind == "loso":
            folds = protocols.leave_one_person_out(who)
        elif self.kind == "kfold":
            folds = protocols.k_fold(who, self.folds, seed)
        else:
            folds = protocols.hold_out(who, seed)
        for fold in folds:
            protocols.check(fold, who)
        if self.most_folds is not None and self.most_folds < len(folds):
            folds = [folds[i] for i in np.round(np.linspace(0, len(folds) - 1, self.most_folds)).astype(int)]
        return folds

    @property
    def words(self) -> str:
        if self.by_frame:
            return "split by frame, as in the paper: tested on faces that were learnt, so the figures say little"
        names = {
            "loso": "leave one person out",
            "kfold": f"{self.folds} folds by person",
            "holdout": "one fifth of the people held out",
        }
        some = f", {self.most_folds} of the folds" if self.most_folds is not None else ""
        return names[self.kind] + some


class RunError(ValueError):
    """A folder holds another experiment, or none."""


def run(
    system: System, examples: Examples, protocol: Protocol, folder: Path, options: Options, *, resume: bool = False
) -> list[Result]:
    """Train and test every fold and judge them together; `folder` then holds weights, logs, predictions and figures.

    Raises RunError when the folder holds something and `resume` was not asked for, or another experiment;
    SplitError for a split that leaks.
    """
    who = examples.who(system.spread_by)
    folds = protocol.split(who, options.seed)
    _begin(folder, facts(system, examples, protocol, options), resume=resume)
    for fold in folds:
        if not (folder / fold.name / "predictions.npz").is_file():
            train_fold(system, examples, who, fold, folder / fold.name, options)
    return judge(system, folder)


def facts(system: System, examples: Examples, protocol: Protocol, options: Options) -> dict[str, Any]:
    """What makes this experiment this experiment, as JSON."""
    people = {shard.person for shard in examples.shards}
    return {
        "system": system.name,
        "configuration": system.stated(),
        "protocol": protocol.words,
        "datasets": sorted({shard.dataset for shard in examples.shards}),
        "people": len(people),
        "examples": len(examples),
        "seed": options.seed,
        "epochs": options.epochs,
        "batch": options.batch,
        "patience": options.patience,
    }


def train_fold(system: System, examples: Examples, who: Who, fold: Fold, folder: Path, options: Options) -> None:
    """Raises SplitError when the training people show too little to learn from."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_people(who, fold, folder)
    device = torch.device(options.device)
    train, held_out = fold.train, fold.train[:0]
    if options.patience:
        train, held_out = protocols.validation(who, fold.train, options.seed)
    networks: dict[str, nn.Module] = {}
    for name in system.stage_names:
        stage = system.stage(name, examples, train, networks)
        if stage.teaches(train):
            networks[name] = stage.export(fit(stage, train, held_out, folder, options)).eval()
    if not networks:
        raise SplitError(f"{fold.name}: the training people show one class only")
    for name, network in networks.items():
        save_file({k: v.contiguous().cpu() for k, v in network.state_dict().items()}, folder / f"{name}.safetensors")
    lesson = system.lesson(examples, fold.train)
    _write_predictions(system, networks, examples, fold.test, folder, device, lesson)
    for path in folder.glob("*.checkpoint"):
        path.unlink()


def test(
    system: System, networks: dict[str, nn.Module], examples: Examples, folder: Path, *, device: str, lesson_of: Path
) -> None:
    """Predictions on all examples into `folder`, with what the fold in `lesson_of` learnt from as the baseline."""
    with np.load(lesson_of / "predictions.npz", allow_pickle=False) as kept:
        lesson = {n.removeprefix("lesson."): kept[n] for n in kept.files if n.startswith("lesson.")}
    placed = {name: network.to(device).eval() for name, network in networks.items()}
    _write_predictions(system, placed, examples, np.arange(len(examples)), folder, torch.device(device), lesson)


def _write_predictions(
    system: System,
    networks: dict[str, nn.Module],
    examples: Examples,
    rows: protocols.Rows,
    folder: Path,
    device: torch.device,
    lesson: Predictions,
) -> None:
    with torch.inference_mode(), exactly():
        predictions = dict(system.predict(networks, examples, rows, device))
    persons = examples.who(system.spread_by).person
    predictions["person"] = np.array([persons[i] for i in rows])
    owners = [examples.shards[i] for i in examples.recordings()[rows]]
    predictions["recording"] = np.array([f"{shard.dataset}/{shard.recording}" for shard in owners])
    beside = folder / "predictions.part.npz"
    np.savez_compressed(beside, **predictions, **{f"lesson.{name}": values for name, values in lesson.items()})
    beside.replace(folder / "predictions.npz")


def _write_people(who: Who, fold: Fold, folder: Path) -> None:
    """Whom this fold learns from: a later test must not show them."""
    sources = sorted({who.dataset[i] for i in fold.train})
    people = {"learnt": sorted({who.person[i] for i in fold.train}), "datasets": sources}
    (folder / "people.json").write_text(json.dumps(people, indent=1), encoding="utf-8")


def judge(system: System, folder: Path) -> list[Result]:
    """The figures of all finished folds, also written to `metrics.json`. Raises RunError when none is finished."""
    paths = sorted(folder.glob("*/predictions.npz"))
    if not paths:
        raise RunError(f"no finished fold in {folder}")
    folds: list[dict[str, Any]] = []
    for path in paths:
        with np.load(path, allow_pickle=False) as kept:
            folds.append(dict(kept))
    names = [n for n in folds[0] if not n.startswith("lesson.") and all(n in fold for fold in folds)]
    joined: dict[str, Any] = {name: np.concatenate([fold[name] for fold in folds]) for name in names}
    joined["fold"] = np.repeat(np.arange(len(folds)), [len(fold["person"]) for fold in folds])
    learnt: list[Predictions] = [
        {name.removeprefix("lesson."): values for name, values in fold.items() if name.startswith("lesson.")}
        for fold in folds
    ]
    results = system.judge(joined, learnt)
    text = json.dumps([dataclasses.asdict(result) for result in results], indent=1)
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    return results


def read_facts(folder: Path) -> dict[str, Any]:
    """Raises RunError when the folder is not one that `run` made."""
    path = folder / "run.json"
    if not path.is_file():
        raise RunError(f"{folder} is not the folder of a training run")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def logs(folder: Path) -> dict[str, Sequence[Path]]:
    """Stage -> the CSV logs of its folds."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*/*.csv")):
        found.setdefault(path.stem, []).append(path)
    return dict(found)


def _begin(folder: Path, stated: dict[str, Any], *, resume: bool) -> None:
    path = folder / "run.json"
    if path.is_file():
        if not resume:
            raise RunError(f"{folder} holds a run already: go on with it (--resume) or choose another folder")
        before = read_facts(folder)
        changed = [name for name, value in stated.items() if before.get(name) != value]
        if changed:
            raise RunError(f"{folder} holds another run: {', '.join(changed)} differ")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**stated, "code": code_version()}, indent=1), encoding="utf-8")
