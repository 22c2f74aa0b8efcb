"""Figures of merit, each named with its exact form; numpy only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def confusion(truth: Classes, predicted: Classes, classes: int) -> npt.NDArray[np.int64]:
    """(classes, classes) counts; rows are the truth."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, predicted), 1)
    return counts


def accuracy(counts: npt.NDArray[np.int64]) -> float:
    return float(np.trace(counts) / counts.sum())


def per_class(counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each class; precision 0 where never predicted, recall NaN where without truth."""
    right = np.diag(counts).astype(float)
    truth, predicted = counts.sum(axis=1), counts.sum(axis=0)
    precision = np.where(predicted > 0, right / np.maximum(predicted, 1), 0.0)
    recall = np.where(truth > 0, right / np.maximum(truth, 1), np.nan)
    total = precision + recall
    f1 = np.where(total > 0, 2 * precision * recall / np.where(total > 0, total, 1), np.where(truth > 0, 0.0, np.nan))
    return precision, recall, f1


def macro_f1(counts: npt.NDArray[np.int64]) -> float:
    """Mean F1 over the classes that occur in the truth."""
    return float(np.nanmean(per_class(counts)[2]))


def macro_precision(counts: npt.NDArray[np.int64]) -> float:
    """Mean precision over the classes that occur in the truth."""
    return float(per_class(counts)[0][counts.sum(axis=1) > 0].mean())


def macro_recall(counts: npt.NDArray[np.int64]) -> float:
    """Mean recall over the classes that occur in the truth (balanced accuracy)."""
    return float(np.nanmean(per_class(counts)[1]))


def weighted_f1(counts: npt.NDArray[np.int64]) -> float:
    """Mean F1 weighted by how often each class occurs."""
    f1, support = np.nan_to_num(per_class(counts)[2]), counts.sum(axis=1)
    return float((f1 * support).sum() / support.sum())


def quadratic_kappa(counts: npt.NDArray[np.int64]) -> float:
    """Cohen's kappa with squared distances as weights; 0 when truth and prediction are all one class."""
    n = counts.sum()
    k = len(counts)
    grid = np.arange(k)
    weights = (grid[:, None] - grid[None, :]) ** 2 / max(1, (k - 1) ** 2)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chance = (weights * expected).sum()
    return 0.0 if chance == 0 else float(1 - (weights * counts).sum() / chance)


def within_one(counts: npt.NDArray[np.int64]) -> float:
    """Share of predictions at most one class away."""
    grid = np.arange(len(counts))
    near = np.abs(grid[:, None] - grid[None, :]) <= 1
    return float(counts[near].sum() / counts.sum())


def mean_absolute_error(truth: Floats, predicted: Floats) -> float:
    return float(np.abs(truth - predicted).mean())


def pearson(truth: Floats, predicted: Floats) -> float:
    """NaN when either does not vary."""
    a, b = truth - truth.mean(), predicted - predicted.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / scale) if scale > 0 else float("nan")


def icc(ratings: Floats, form: str) -> float:
    """Intraclass correlation of (targets, raters), `form` "1,1", "2,1", "3,1", "1,k", "2,k" or "3,k".

    Shrout and Fleiss 1979. Action unit papers report ICC(3,1) with truth and prediction as the two raters. NaN when
    nothing varies. Raises ValueError for another form.
    """
    n, k = ratings.shape
    grand = ratings.mean()
    between = k * ((ratings.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    within = ((ratings - ratings.mean(axis=1, keepdims=True)) ** 2).sum() / (n * (k - 1))
    raters = n * ((ratings.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    error = (within * n * (k - 1) - raters * (k - 1)) / ((n - 1) * (k - 1))
    parts = {
        "1,1": (between - within, between + (k - 1) * within),
        "2,1": (between - error, between + (k - 1) * error + k * (raters - error) / n),
        "3,1": (between - error, between + (k - 1) * error),
        "1,k": (between - within, between),
        "2,k": (between - error, between + (raters - error) / n),
        "3,k": (between - error, between),
    }
    if form not in parts:
        raise ValueError(f"no form {form!r} of the intraclass correlation")
    above, below = parts[form]
    return float(above / below) if below > 0 else float("nan")


def interval_by_person(
    measure: Callable[[npt.NDArray[np.intp]], float], persons: Sequence[str], *, draws: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """95 % bootstrap interval of `measure(rows)`: people are drawn with replacement, with all that is theirs.

    None with fewer than three people, where drawing people says nothing.
    """
    names = sorted(set(persons))
    if len(names) < 3:
        return None
    where = np.array(persons)
    rows = {name: np.flatnonzero(where == name) for name in names}
    rng = np.random.default_rng(seed)
    values = [measure(np.concatenate([rows[n] for n in rng.choice(names, len(names))])) for _ in range(draws)]
    finite = [v for v in values if np.isfinite(v)]
    if not finite:
        return None
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)
