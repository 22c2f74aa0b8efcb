"""Fitting how strongly a follower comes along, from left-right differences of faces whose synkinesis is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import AffectedSide, SynkinesisKind
from analysis.evaluation.truth import Truth
from analysis.faces.anatomy import Points
from analysis.motion.recognise import Found
from analysis.symptoms.coupling import NEVER, Differences, Rule, SynkinesisModel, rules

ASKED_FOR: Final = (
    0.2  # strength from which a pair should be found; fainter ones are neither asked for nor held against
)
_RIDGE: Final = 0.3
_PRESENT_WEIGHT: Final = 4.0  # faces with the synkinesis are few: each counts as this many without
_LEASTS: Final = np.arange(0.12, 0.50, 0.01)  # thresholds that are tried
_PRECISION: Final = 0.8  # share of reported pairs that must be true
_FOUND: Final = 0.5  # share of the pairs asked for that must be reported: a kind that is mostly missed is not
_SIGN: Final = {AffectedSide.LEFT: 1.0, AffectedSide.RIGHT: -1.0}

Watched = tuple[Truth, Differences, list[Found]]


def signed_strength(truth: Truth, kind: SynkinesisKind) -> float:
    """+ on the left half, - on the right one, 0 when it is not there."""
    known = {pair["name"]: float(pair["strength"]) for pair in truth.raw["synkinesis_pairs"]}
    return _SIGN.get(truth.affected_side, 0.0) * known.get(kind.value, 0.0)


def fit(seen: Sequence[Watched]) -> SynkinesisModel:
    """Ridge regression per kind, odd in left and right; thresholds by leaving one subject out."""
    weights, least = {}, {}
    for rule in rules():
        x, y, owner = _rows(rule, seen)
        weights[rule.kind] = _ridge(x, y)
        least[rule.kind] = _threshold(*_left_out(x, y, owner))
    return SynkinesisModel(weights, least, f"{len(seen)} rendered synthetic videos, cross-fitted by subject")


def _rows(rule: Rule, seen: Sequence[Watched]) -> tuple[Points, Points, npt.NDArray[np.str_]]:
    x, y, owner = [], [], []
    for truth, differences, found in seen:
        for stretch in (f for f in found if f.exercise in rule.triggers):
            x.append(differences.at(stretch, rule.watched))
            y.append(signed_strength(truth, rule.kind))
            owner.append(truth.subject_id)
    return np.array(x), np.array(y), np.array(owner)


def _ridge(x: Points, y: Points) -> Points:
    weight = np.where(y != 0, _PRESENT_WEIGHT, 1.0)
    normal = (x * weight[:, None]).T @ x + 5 * _RIDGE * float(x.var(axis=0).mean()) * np.eye(x.shape[1])
    solved: Points = np.linalg.solve(normal, (x * weight[:, None]).T @ y)
    return solved


def _left_out(x: Points, y: Points, owner: npt.NDArray[np.str_]) -> tuple[Points, Points]:
    """(subjects,) measured and true signed strength, each subject by a fit without it."""
    measured, true = [], []
    for subject in np.unique(owner):
        own = owner == subject
        measured.append(float((x[own] @ _ridge(x[~own], y[~own])).mean()))
        true.append(float(y[own][0]))
    return np.array(measured), np.array(true)


def _threshold(measured: Points, true: Points) -> float:
    """The middle of the thresholds with the greatest F1 for the pairs asked for, false alarms being held down.

    `NEVER` where no threshold reaches `_PRECISION` and `_FOUND`: landmarks do not show that kind well enough.
    """
    wanted, faint = np.abs(true) >= ASKED_FOR, (np.abs(true) > 0) & (np.abs(true) < ASKED_FOR)
    scores = []
    for least in _LEASTS:
        reported = np.abs(measured) >= least
        hits = (reported & wanted & (np.sign(measured) == np.sign(true))).sum()
        told = (reported & ~faint).sum()
        enough = hits >= _PRECISION * max(1, told) and hits >= _FOUND * wanted.sum()
        scores.append(2 * hits / (wanted.sum() + told) if enough else 0.0)
    if max(scores) == 0.0:
        return NEVER
    best = np.flatnonzero(np.array(scores) >= max(scores) - 1e-9)
    return float(_LEASTS[best[len(best) // 2]])
