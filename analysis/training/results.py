"""Results as plain data: what the report page draws and `metrics.json` holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from analysis.training import metrics
from analysis.training.metrics import Classes, Floats

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % bootstrap interval over people."""

    value: float
    low: float | None = None
    high: float | None = None
    baseline: float | None = None  # the majority class of the training people, or their mean


@dataclass(frozen=True, slots=True)
class Result:
    title: str
    examples: int
    people: int
    figures: dict[str, Figure]
    confusion: list[list[int]] | None = None
    classes: list[str] = field(default_factory=list)
    per_person: dict[str, dict[str, float]] = field(default_factory=dict)
    table: dict[str, dict[str, float | None]] = field(default_factory=dict)  # rows of a further table
    curve: dict[str, float] = field(default_factory=dict)  # e.g. accuracy against the number of references


_CLASS_FIGURES: dict[str, Callable[[npt.NDArray[np.int64]], float]] = {
    "accuracy": metrics.accuracy,
    "macro F1": metrics.macro_f1,
    "weighted F1": metrics.weighted_f1,
    "macro precision": metrics.macro_precision,
    "macro recall": metrics.macro_recall,
}
_ORDINAL_FIGURES: dict[str, Callable[[npt.NDArray[np.int64]], float]] = {
    "within one": metrics.within_one,
    "quadratic kappa": metrics.quadratic_kappa,
}


def of_classes(
    title: str,
    classes: Sequence[str],
    truth: Classes,
    predicted: Classes,
    majority: Classes,
    persons: Sequence[str],
    *,
    ordinal: bool,
) -> Result:
    """`majority`: what the majority class of each row's fold would have said. Rows without truth must be left out."""
    k = len(classes)
    wanted = _CLASS_FIGURES | (_ORDINAL_FIGURES if ordinal else {})

    def figure(measure: Callable[[npt.NDArray[np.int64]], float]) -> Figure:
        def of(rows: Rows) -> float:
            return measure(metrics.confusion(truth[rows], predicted[rows], k))

        interval = metrics.interval_by_person(of, persons)
        low, high = interval or (None, None)
        baseline = measure(metrics.confusion(truth, majority, k))
        return Figure(of(np.arange(len(truth))), low, high, baseline)

    return Result(
        title=title,
        examples=len(truth),
        people=len(set(persons)),
        figures={name: figure(measure) for name, measure in wanted.items()},
        confusion=metrics.confusion(truth, predicted, k).tolist(),
        classes=list(classes),
        per_person=_each_person(truth, predicted, majority, persons, k),
    )


def _each_person(
    truth: Classes, predicted: Classes, majority: Classes, persons: Sequence[str], k: int
) -> dict[str, dict[str, float]]:
    who = np.array(persons)
    found = {}
    for person in sorted(set(persons)):
        rows = who == person
        counts = metrics.confusion(truth[rows], predicted[rows], k)
        base = metrics.confusion(truth[rows], majority[rows], k)
        found[person] = {
            "examples": float(rows.sum()),
            "weighted F1": metrics.weighted_f1(counts),
            "accuracy": metrics.accuracy(counts),
            "majority": metrics.accuracy(base),
        }
    return found


def of_intensities(
    title: str, units: Sequence[str], truth: Floats, predicted: Floats, baseline: Floats, persons: Sequence[str]
) -> Result:
    """Action unit intensities (n, units), NaN truth where not labelled; `baseline`: the training people's mean.

    MAE, ICC(3,1) and PCC are taken per unit over all frames and averaged over units; a unit that never varies has no
    correlation and is left out of that mean.
    """

    def row(column: int, rows: Rows, values: Floats) -> dict[str, float | None]:
        t, p = truth[rows, column], values[rows, column]
        known = np.isfinite(t) & np.isfinite(p)
        t, p = t[known], p[known]
        if len(t) < 2:
            return {"MAE": None, "ICC(3,1)": None, "PCC": None, "accuracy": None}
        correlated = {
            "ICC(3,1)": metrics.icc(np.stack([t, p], axis=1), "3,1"),
            "PCC": metrics.pearson(t, p),
        }
        finite = {name: value if np.isfinite(value) and t.std() > 0 else None for name, value in correlated.items()}
        same = float((np.round(t) == np.round(p)).mean())
        return {"MAE": metrics.mean_absolute_error(t, p), **finite, "accuracy": same}

    def mean(name: str, rows: Rows, values: Floats) -> float:
        each = [row(c, rows, values)[name] for c in range(len(units))]
        known = [v for v in each if v is not None]
        return float(np.mean(known)) if known else float("nan")

    every = np.arange(len(truth))
    figures = {}
    for name in ("MAE", "ICC(3,1)", "PCC", "accuracy"):
        interval = metrics.interval_by_person(partial(mean, name, values=predicted), persons, draws=200)
        low, high = interval or (None, None)
        base = mean(name, every, baseline)
        figures[name] = Figure(mean(name, every, predicted), low, high, base if np.isfinite(base) else None)
    table = {unit: row(c, every, predicted) for c, unit in enumerate(units)}
    return Result(title, len(truth), len(set(persons)), figures, table=table)
