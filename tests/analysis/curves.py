"""Action unit curves made by hand: exercises with plateaus, per side, for tests of what starts from units."""

from dataclasses import dataclass

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Exercise
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found, apex_of

FPS = 25
ORDER = tuple(prescriptions())


@dataclass(frozen=True)
class Session:
    units: SideActionUnits
    time_s: np.ndarray
    spans: list[tuple[Exercise, float, float]]

    @property
    def found(self) -> list[Found]:
        """The exercises as they were made, without recognition."""
        made = []
        for exercise, start_s, end_s in self.spans:
            first, last = np.searchsorted(self.time_s, [start_s, end_s])
            made.append(Found(exercise, int(first), int(last), apex_of(self.units, exercise, first, last), 1.0))
        return made


def session(
    order=ORDER, left: float = 1.0, right: float = 1.0, *, extra=(), hold_s: float = 1.6, rest_s: float = 0.8
) -> Session:
    """Each exercise in turn, `left` and `right` the share of its healthy apex that the halves reach.

    `extra`: (exercise, unit, side word, intensity) that comes along with an exercise on one half.
    """
    n = round((len(order) * (hold_s + rest_s) + rest_s) * FPS)
    time_s = np.arange(n) / FPS
    sides = {"left": np.zeros((n, len(AU_NAMES))), "right": np.zeros((n, len(AU_NAMES)))}
    spans = []
    for number, exercise in enumerate(order):
        start = rest_s + number * (hold_s + rest_s)
        course = np.clip(np.minimum(time_s - start, start + hold_s - time_s) / 0.4, 0, 1)
        for word, share in (("left", left), ("right", right)):
            sides[word] += share * course[:, None] * prescriptions()[exercise].apex
            for when, unit, side, intensity in extra:
                if when is exercise and side == word:
                    sides[word][:, AU_NAMES.index(unit)] += intensity * course
        spans.append((exercise, start, start + hold_s))
    for values in sides.values():
        values[:, AU_NAMES.index("AU43")] = values[:, AU_NAMES.index("AU45")]
    return Session(SideActionUnits(sides["left"], sides["right"]), time_s, spans)


def swapped(units: SideActionUnits) -> SideActionUnits:
    return SideActionUnits(units.right, units.left)
