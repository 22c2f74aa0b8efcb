"""Error from repeats within a session: how much two doings of one exercise by one face, seconds apart, differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

import numpy as np

from analysis.contracts import Exercise, MeasurementError
from analysis.motion.recognise import Found
from analysis.symptoms.measures import Faces, measures
from analysis.symptoms.movement import movement

_left, _right = attrgetter("left"), attrgetter("right")
POINTS: Final = "points"  # of a hundred, of a healthy half's movement


@dataclass(frozen=True, slots=True)
class Sided:
    left: float | None
    right: float | None
    unit: str


def within_session(faces: Faces) -> dict[str, MeasurementError]:
    """MDC95 of every number whose exercise was done twice or more; empty where nothing was repeated.

    The variance between the doings, both halves pooled, over their number is the squared SEM of the session's value,
    and MDC95 = 1.96 sqrt(2) SEM. Few doings tell it roughly; light, pose and day are the same in all of them. What was
    concluded from all doings together would hide how much they differ, so lids are read one by one.
    """
    made = turns(faces.found)
    return errors([numbers(replace(faces, found=turn, patients=None)) for turn in made]) if len(made) > 1 else {}


def turns(found: Sequence[Found]) -> list[list[Found]]:
    """The first doing of every exercise, the second of those that have one, and so on."""
    made: list[list[Found]] = []
    for stretch in found:
        earlier = next(
            (i for i, turn in enumerate(made) if all(f.exercise is not stretch.exercise for f in turn)), None
        )
        if earlier is None:
            made.append([stretch])
        else:
            made[earlier].append(stretch)
    return made


def numbers(faces: Faces) -> dict[str, Sided]:
    """Every measure that belongs to an exercise, and the share of each exercise that a half achieves."""
    result: dict[str, Sided] = {
        name: Sided(m.left, m.right, m.unit) for name, m in measures(faces).items() if m.exercise is not Exercise.REST
    }
    for stretch in faces.found:
        if (done := movement(faces.units, stretch.exercise, stretch.apex)) is not None:
            left, right = (None if value is None else 100 * value for value in (done.left, done.right))
            result[share_of(stretch.exercise)] = Sided(left, right, POINTS)
    return result


def share_of(exercise: Exercise) -> str:
    """The name under which an exercise's share has its error."""
    return f"share_{exercise.value}"


def errors(doings: Sequence[Mapping[str, Sided]]) -> dict[str, MeasurementError]:
    found = {}
    for name in dict.fromkeys(name for doing in doings for name in doing):
        own = [doing[name] for doing in doings if name in doing]
        halves = [[v for one in own if (v := half(one)) is not None] for half in (_left, _right)]
        spread = [float(np.var(values, ddof=1)) / len(values) for values in halves if len(values) > 1]
        if spread:
            mdc95 = 1.96 * math.sqrt(2.0 * float(np.mean(spread)))
            found[name] = MeasurementError(round(mdc95, 4), own[0].unit, f"{len(own)} repetitions in this session")
    return found
