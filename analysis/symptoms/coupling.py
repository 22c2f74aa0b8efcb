"""Typed synkinesis as coupling: how much of a unit that was not asked for comes along with the movement that was."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.action_units.lids import without_blinks
from analysis.action_units.personal import FULL_EFFORT, effort
from analysis.contracts import AU_NAMES, Exercise, Side, SynkinesisKind, SynkinesisPair
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame, smooth
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found
from analysis.motion.rest import Rest, rest_course
from analysis.symptoms import geometry

FULL: Final = 5.0  # intensity of a full movement
NEVER: Final = 9.0  # a threshold that no strength reaches: the kind is not reported
_GEOMETRY_SCALE: Final = 20.0  # inter-ocular displacement to about the units' range
_SMOOTHING_S: Final = 0.045
_LAG_FROM: Final = 0.2  # strength from which there is a follower whose lag can be told
_LAGS_S: Final = np.arange(-0.3, 0.301, 0.02)
_LIDS: Final = AU_NAMES.index("AU45")


@dataclass(frozen=True, slots=True)
class Rule:
    kind: SynkinesisKind
    triggers: tuple[Exercise, ...]
    follower: str
    watched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SynkinesisModel:
    """Per kind: signed strength (+ left) = weights . watched differences; reported from `least` on."""

    weights: Mapping[SynkinesisKind, Points]
    least: Mapping[SynkinesisKind, float]
    origin: str

    def to_json(self) -> dict[str, Any]:
        rows = {
            rule.kind.value: {
                "watched": list(rule.watched),
                "weights": np.round(self.weights[rule.kind], 4).tolist(),
                "least": round(self.least[rule.kind], 3),
            }
            for rule in rules()
        }
        return {"origin": self.origin, "kinds": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SynkinesisModel:
        """Raises ValueError when it was written for other differences."""
        rows = {rule: data["kinds"][rule.kind.value] for rule in rules()}
        for rule, row in rows.items():
            if tuple(row["watched"]) != rule.watched:
                raise ValueError(f"the model of {rule.kind} synkinesis watches something else")
        weights = {rule.kind: np.array(row["weights"]) for rule, row in rows.items()}
        return cls(weights, {rule.kind: float(row["least"]) for rule, row in rows.items()}, data["origin"])


@dataclass(frozen=True, slots=True)
class Coupling:
    """One trigger -> follower curve of one half over one stretch.

    `strength` is per unit of trigger, so that a bigger smile is not more synkinesis; 0 none, 1 the follower moves as
    fully as the trigger. Only the half with the greater follower has a strength above 0.
    """

    kind: SynkinesisKind
    side: Side
    exercise: Exercise
    moved: str
    followed: str
    strength: float
    lag_s: float | None  # of the follower behind the trigger; None when there is nothing to compare
    trigger: tuple[float, ...]  # share of a full movement of the stronger half, per frame of the stretch
    follower: tuple[float, ...]  # this half's follower over the other half's, share of a full movement


@cache
def rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(SynkinesisKind(row["name"]), tuple(map(Exercise, row["triggers"])), row["follower"], tuple(row["watched"]))
        for row in _table()["kind"]
    )


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "synkinesis.toml").read_text(encoding="utf-8"))


def unmeasured(model: SynkinesisModel) -> dict[str, str]:
    """Kinds that are not judged, and why."""
    return {kind.value: _table()["unreliable"] for kind, least in model.least.items() if least >= NEVER}


@cache
def shipped() -> SynkinesisModel:
    path = Path(__file__).parent / "synkinesis_model.json"
    return SynkinesisModel.from_json(json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Differences:
    """Left minus right of everything watched, per frame; (n,) each, blinks taken out of the lids."""

    values: Mapping[str, Points]
    raw: SideActionUnits
    time_s: Points

    def at(self, stretch: Found, watched: tuple[str, ...]) -> Points:
        """(watched,) median over the stretch's apex, per unit of what the exercise asks of its main units."""
        prescription = prescriptions()[stretch.exercise]
        asked = float(prescription.apex[prescription.main_columns].mean()) / FULL
        done = min(1.0, effort(self.raw, stretch.exercise, stretch.apex) / FULL_EFFORT)
        shown = np.array([_median(self.values[name][stretch.apex]) for name in watched])
        scaled: Points = shown / FULL / (asked * max(done, 0.2))
        return scaled


def _median(values: Points) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0


def differences(frame: HeadFrame, rest: Rest, raw: SideActionUnits) -> Differences:
    units = [np.nan_to_num(raw.side(side)) for side in SIDES]
    for half in units:
        half[:, _LIDS] = without_blinks(half[:, _LIDS], frame.time_s)
    values = {name: units[0][:, k] - units[1][:, k] for k, name in enumerate(AU_NAMES)}
    shown = smooth(frame.points, frame.time_s, _SMOOTHING_S)
    still = rest_course(HeadFrame(frame.time_s, shown, frame.mm_per_unit), rest)
    for name in ("brow_height", "commissure_height", "commissure_lateral", "palpebral_fissure"):
        series = geometry.LENGTHS[name]
        moved = [geometry.of_side(series, shown, s) - geometry.of_side(series, still, s) for s in SIDES]
        values[name] = _GEOMETRY_SCALE * (moved[0] - moved[1])
    return Differences(values, raw, frame.time_s)


def couplings(seen: Differences, found: list[Found], model: SynkinesisModel) -> list[Coupling]:
    """Every rule that can be relied on, on every stretch of one of its triggers, on both halves."""
    reliable = [rule for rule in rules() if model.least[rule.kind] < NEVER]
    return [c for rule in reliable for c in _curves(rule, seen, found, model)]


def unjudged(seen: Differences, found: list[Found], model: SynkinesisModel) -> list[Coupling]:
    """The same of the rules that cannot be relied on: curves to look at, never a finding."""
    unreliable = [rule for rule in rules() if model.least[rule.kind] >= NEVER]
    return [c for rule in unreliable for c in _curves(rule, seen, found, model)]


def _curves(rule: Rule, seen: Differences, found: list[Found], model: SynkinesisModel) -> Iterator[Coupling]:
    for stretch in (f for f in found if f.exercise in rule.triggers):
        signed = float(model.weights[rule.kind] @ seen.at(stretch, rule.watched))
        for side, strength in zip(SIDES, (max(signed, 0.0), max(-signed, 0.0)), strict=True):
            yield _coupling(rule, seen, stretch, side, strength, min(model.least[rule.kind], _LAG_FROM))


def _coupling(rule: Rule, seen: Differences, stretch: Found, side: Side, strength: float, least: float) -> Coupling:
    inside = slice(stretch.first, stretch.last + 1)
    moved = prescriptions()[stretch.exercise].main[0]
    trigger = np.max([np.nan_to_num(seen.raw.of(moved, s)[inside]) for s in SIDES], axis=0) / FULL
    follower = (1 if side is Side.LEFT else -1) * seen.values[rule.follower][inside] / FULL
    lag = _lag(trigger, follower, seen.time_s[inside]) if strength >= least else None
    curves = (tuple(np.round(np.nan_to_num(c), 3).tolist()) for c in (trigger, follower))
    return Coupling(rule.kind, side, stretch.exercise, moved, rule.follower, strength, lag, *curves)


def _lag(trigger: Points, follower: Points, time_s: Points) -> float | None:
    """Seconds by which the follower's best match with the trigger comes later (greatest correlation within 0.3 s)."""
    if len(time_s) < 5 or trigger.std() < 1e-6 or follower.std() < 1e-6:
        return None
    scores = [np.corrcoef(np.interp(time_s - lag, time_s, trigger), follower)[0, 1] for lag in _LAGS_S]
    return round(float(_LAGS_S[int(np.nanargmax(scores))]), 2)


def strengths(found: list[Coupling]) -> dict[tuple[SynkinesisKind, Side], float]:
    """Per kind and half, the mean over its triggers of the mean over their repetitions; opposite halves cancel."""
    signed: dict[SynkinesisKind, dict[Exercise, list[float]]] = {}
    for c in found:
        value = c.strength if c.side is Side.LEFT else -c.strength
        signed.setdefault(c.kind, {}).setdefault(c.exercise, []).append(2.0 * value)  # every stretch is listed twice
    means = {kind: float(np.mean([np.mean(values) for values in by.values()])) for kind, by in signed.items()}
    left = {(kind, Side.LEFT): max(value, 0.0) for kind, value in means.items()}
    return left | {(kind, Side.RIGHT): max(-value, 0.0) for kind, value in means.items()}


def pairs(found: list[Coupling], model: SynkinesisModel) -> list[SynkinesisPair]:
    """Couplings strong enough to be called synkinesis, one per kind, strongest first."""
    result = []
    for (kind, side), strength in strengths(found).items():
        if strength < model.least[kind]:
            continue
        shown = max((c for c in found if (c.kind, c.side) == (kind, side)), key=lambda c: c.strength)
        result.append(SynkinesisPair(side, shown.moved, shown.followed, round(strength, 3), kind))
    return sorted(result, key=lambda pair: -pair.strength)
