"""What a network learns from: arrays prepared once per recording, kept on disk and mapped into memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.training.protocols import Labels, Rows, Who

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Shard:
    """The examples of one recording: every array has the same number of rows."""

    person: str
    dataset: str
    recording: str
    inputs: Arrays  # pictures uint8, numbers float32
    targets: Arrays  # classes int64 (-1: not known), intensities float32 (NaN: not known)

    def __len__(self) -> int:
        return len(next(iter(self.targets.values())))


class Examples:
    """All shards as one table; rows are numbered through."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self.shards = [shard for shard in shards if len(shard)]
        if not self.shards:
            raise ValueError("no example could be prepared: no labelled frame showed a face")
        sizes = [len(shard) for shard in self.shards]
        self._shard = np.repeat(np.arange(len(sizes)), sizes)
        self._row = np.concatenate([np.arange(size) for size in sizes])

    def __len__(self) -> int:
        return len(self._row)

    def who(self, label: str) -> Who:
        """`label`: the target by which people are spread over folds; one of intensities is rounded at its largest."""
        owners = [self.shards[i] for i in self._shard]
        values = self.targets(label)
        if values.dtype.kind == "f":
            known = np.nan_to_num(values.reshape(len(values), -1), nan=-1.0)
            values = np.round(known.max(axis=1))
        return Who([s.person for s in owners], [s.dataset for s in owners], values.astype(np.int64))

    def recordings(self) -> npt.NDArray[np.intp]:
        """(n,) which recording each row belongs to."""
        return self._shard

    def targets(self, name: str, rows: Rows | None = None) -> npt.NDArray[Any]:
        every: npt.NDArray[Any] = np.concatenate([np.asarray(shard.targets[name]) for shard in self.shards])
        return every if rows is None else every[rows]

    def classes(self, name: str, rows: Rows | None = None) -> Labels:
        """Classes of a target, -1 where not known."""
        found: Labels = self.targets(name, rows).astype(np.int64)
        return found

    def gather(self, name: str, rows: Rows) -> npt.NDArray[Any]:
        """(len(rows), ...) one input; only these rows are read."""
        found: npt.NDArray[Any] = np.stack([self.shards[self._shard[i]].inputs[name][self._row[i]] for i in rows])
        return found


def save(shard: Shard, folder: Path) -> None:
    """Whole or not at all: written beside, then renamed."""
    beside = folder.with_name(folder.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for kind, arrays in (("inputs", shard.inputs), ("targets", shard.targets)):
        for name, values in arrays.items():
            np.save(beside / f"{kind}.{name}.npy", values)
    facts = {"person": shard.person, "dataset": shard.dataset, "recording": shard.recording}
    (beside / "shard.json").write_text(json.dumps(facts), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    beside.replace(folder)


def load(folder: Path) -> Shard:
    """Inputs are mapped, not read."""
    facts = json.loads((folder / "shard.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, npt.NDArray[Any]]] = {"inputs": {}, "targets": {}}
    for path in sorted(folder.glob("*.npy")):
        kind, name = path.stem.split(".", 1)
        found[kind][name] = np.load(path, mmap_mode="r" if kind == "inputs" else None, allow_pickle=False)
    return Shard(facts["person"], facts["dataset"], facts["recording"], found["inputs"], found["targets"])
