"""Subjects for training sets, drawn at random: every one a new identity, all sides and severities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.contracts import AffectedSide, SynkinesisKind
from analysis.synthetic.patient import FOLLOWERS, PatientSpec, Resting, Synkinesis, Weakness
from analysis.synthetic.protocol import ORDER

CONDITION = "rendered"
_SEVERITY = ((0.10, 0.35), (0.30, 0.60), (0.50, 0.85), (0.80, 1.00))  # range of weakness; each as often as the others
_SIDES = {AffectedSide.NONE: 0.2, AffectedSide.LEFT: 0.4, AffectedSide.RIGHT: 0.4}
_SYNKINESIS = 0.25  # probability of each kind
_CHIN = 0.5  # probability of the habit to raise the chin
_APART = 100_003  # identities of different seeds do not meet
FRAME_RATES = (25, 30)  # in turn, when none is asked for


@dataclass(frozen=True, slots=True)
class Job:
    """One video to make."""

    spec: PatientSpec
    size: tuple[int, int]
    fps: int


def subject(number: int, seed: int) -> PatientSpec:
    """Subject `number` of the set `seed`; the same two numbers always give the same subject."""
    rng = np.random.default_rng([31, seed, number])
    name = f"rendered-{seed:04d}-{number:05d}"
    sides = list(_SIDES)
    side = sides[int(rng.choice(len(sides), p=list(_SIDES.values())))]
    gains = (_between(rng, 0.93, 1.0), _between(rng, 0.93, 1.0))
    order = tuple(ORDER[i] for i in rng.permutation(len(ORDER)))
    motion = _between(rng, 0.5, 1.5)
    weakness, resting, synkinesis = (Weakness(), Resting(), ()) if side is AffectedSide.NONE else _palsy(rng)
    chin = _between(rng, 0.25, 1.0) if rng.random() < _CHIN else 0.0
    return PatientSpec(
        video_id=name,
        subject_id=name,
        identity=seed * _APART + number,
        seed=seed * _APART + number,
        affected_side=side,
        weakness=weakness,
        resting=resting,
        synkinesis=synkinesis,
        side_gain=gains,
        chin=chin,
        exercises=order,
        motion=motion,
        condition=CONDITION,
    )


def _palsy(rng: np.random.Generator) -> tuple[Weakness, Resting, tuple[Synkinesis, ...]]:
    low, high = _SEVERITY[int(rng.integers(len(_SEVERITY)))]
    weakness = Weakness(_between(rng, low, high), _between(rng, 0.6 * low, high), _between(rng, low, high))
    droop = _between(rng, 0.1, 0.9) * high
    resting = Resting(round(droop, 2), round(0.9 * droop, 2), round(droop, 2))
    kinds: list[SynkinesisKind] = [kind for kind in FOLLOWERS if rng.random() < _SYNKINESIS]
    return weakness, resting, tuple(Synkinesis(kind, _between(rng, 0.2, 0.6)) for kind in kinds)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 2)
