"""The session a puppet performs: exercises one after the other, and what each commands of the muscles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.contracts import Exercise, Region
from analysis.synthetic.mesh import Points, smoothstep
from analysis.synthetic.patient import REGION_OF, PatientSpec

# Command to a healthy side at the apex. Lid closure (AU45) is commanded above 1: gentle closure has a reserve of 15 %,
# closure with effort of 45 %.
COMMANDS: Final[Mapping[Exercise, Mapping[str, float]]] = {
    Exercise.BROW_RAISE: {"AU1": 0.95, "AU2": 0.95, "AU5": 0.30},
    Exercise.EYE_CLOSURE_GENTLE: {"AU45": 1.15},
    Exercise.EYE_CLOSURE_TIGHT: {"AU45": 1.45, "AU7": 0.80, "AU6": 0.75, "AU4": 0.55, "AU9": 0.12},
    Exercise.SMILE_CLOSED: {"AU12": 0.70, "AU6": 0.30, "AU14": 0.20},
    Exercise.SMILE_OPEN: {"AU12": 0.90, "AU10": 0.40, "AU20": 0.25, "AU16": 0.40, "AU6": 0.50},
    Exercise.PUCKER: {"AU18": 0.95},
    Exercise.LOWER_LIP_DEPRESS: {"AU16": 1.00, "AU20": 0.35, "AU15": 0.30},
    Exercise.SNARL: {"AU9": 0.95, "AU10": 0.85, "AU4": 0.20},
}
ORDER: Final = tuple(COMMANDS)
BESIDE: Final = (Exercise.CHEEK_PUFF, Exercise.SPEECH)  # no exercise of the set; only rendered faces can do them
# Where the chin of those who have that habit (`PatientSpec.chin`) comes along.
CHIN: Final = (Exercise.PUCKER, Exercise.SMILE_CLOSED, Exercise.EYE_CLOSURE_TIGHT, Exercise.SNARL)

# The region each exercise tests, the action units that do it, and the geometric measure that shows it.
TESTS: Final[Mapping[Exercise, tuple[Region, tuple[str, ...], str]]] = {
    Exercise.BROW_RAISE: (Region.BROW, ("AU1", "AU2"), "brow_height"),
    Exercise.EYE_CLOSURE_GENTLE: (Region.EYE, ("AU45",), "eye_aperture"),
    Exercise.EYE_CLOSURE_TIGHT: (Region.EYE, ("AU45",), "eye_aperture"),
    Exercise.SMILE_CLOSED: (Region.MOUTH, ("AU12",), "mouth_corner_excursion"),
    Exercise.SMILE_OPEN: (Region.MOUTH, ("AU12",), "mouth_corner_excursion"),
    Exercise.PUCKER: (Region.MOUTH, ("AU18",), "mouth_corner_excursion"),
    Exercise.LOWER_LIP_DEPRESS: (Region.MOUTH, ("AU16",), "lower_lip_height"),
    Exercise.SNARL: (Region.MOUTH, ("AU9", "AU10"), "upper_lip_height"),
}

_FIRST_REST_S = 1.3
_BLINK_COMMAND = 1.2


@dataclass(frozen=True, slots=True)
class Act:
    """One exercise, or a rest, in seconds from the first frame; apex times equal start and end for a rest."""

    exercise: Exercise
    start_s: float
    apex_start_s: float
    apex_end_s: float
    end_s: float
    effort: float = 1.0

    def envelope(self, time_s: Points) -> Points:
        """0 outside, 1 at the apex, smooth onset and offset."""
        if self.exercise is Exercise.REST:
            return np.zeros_like(time_s)
        up = smoothstep(time_s, self.start_s, self.apex_start_s)
        return np.minimum(up, smoothstep(time_s, self.end_s, self.apex_end_s))


@dataclass(frozen=True, slots=True)
class Performance:
    time_s: Points  # (n,)
    acts: tuple[Act, ...]
    command: Mapping[str, Points]  # action unit -> (n,) command, the same for both sides
    blinks: tuple[tuple[float, float], ...]  # start and end of spontaneous blinks, seconds


def perform(spec: PatientSpec, fps: float) -> Performance:
    """The session of a spec at a frame rate (1/s)."""
    rng = np.random.default_rng([3, spec.seed])
    acts = _acts(rng, spec.exercises or ORDER, spec.pace)
    time_s = np.arange(int(np.ceil(acts[-1].end_s * fps))) / fps
    command = {unit: np.zeros(len(time_s)) for unit in REGION_OF}
    for act in acts:
        shape = act.envelope(time_s)
        wobble = 1 + 0.025 * wander(rng, time_s, 1.2)
        for unit, peak in COMMANDS.get(act.exercise, {}).items():
            strength = peak if unit == "AU45" else peak * act.effort * wobble
            command[unit] = np.maximum(command[unit], shape * strength)
        if act.exercise in CHIN:
            command["AU17"] = np.maximum(command["AU17"], spec.chin * shape * act.effort * wobble)
    blinks = _blinks(rng, acts, spec.pace)
    for start, closed, opening, end in blinks:
        shape = np.minimum(smoothstep(time_s, start, closed), smoothstep(time_s, end, opening))
        command["AU45"] = np.maximum(command["AU45"], _BLINK_COMMAND * shape)
    return Performance(time_s, acts, command, tuple((b[0], b[3]) for b in blinks))


def wander(rng: np.random.Generator, time_s: Points, fastest_hz: float = 0.35, waves: int = 5) -> Points:
    """Slow random motion of about unit standard deviation: a few sines of random frequency and phase."""
    out = np.zeros(len(time_s))
    for _ in range(waves):
        frequency, phase = rng.uniform(0.03, fastest_hz), rng.uniform(0, 2 * np.pi)
        out += rng.normal() * np.sin(2 * np.pi * frequency * time_s + phase)
    return np.asarray(out / np.sqrt(waves / 2))


def _acts(rng: np.random.Generator, exercises: Sequence[Exercise], pace: float) -> tuple[Act, ...]:
    at = _FIRST_REST_S * max(pace, 0.5)
    acts = [Act(Exercise.REST, 0.0, 0.0, at, at)]
    for exercise in exercises:
        onset, hold, offset = rng.uniform(0.35, 0.55), rng.uniform(0.60, 0.85), rng.uniform(0.32, 0.5)
        start, apex, apex_end, end = _marks(at, pace * onset, pace * hold, pace * offset)
        acts.append(Act(exercise, start, apex, apex_end, end, effort=round(float(rng.uniform(0.92, 1.04)), 3)))
        at = end + pace * float(rng.uniform(0.22, 0.40))
        acts.append(Act(Exercise.REST, acts[-1].end_s, acts[-1].end_s, round(at, 4), round(at, 4)))
    return tuple(acts)


def _blinks(rng: np.random.Generator, acts: Sequence[Act], pace: float) -> list[tuple[float, float, float, float]]:
    """Start, closed, opening, end of each; never during an eye exercise nor in the first second."""
    eyes = (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT)
    busy = [(a.start_s - 0.5, a.end_s + 0.3) for a in acts if a.exercise in eyes]
    out: list[tuple[float, float, float, float]] = []
    at = float(rng.uniform(1.1, 2.0)) * pace
    while at < acts[-1].end_s - 0.5:
        if not any(a <= at <= b for a, b in busy):
            close, hold, open_ = rng.uniform(0.09, 0.13), rng.uniform(0.04, 0.08), rng.uniform(0.15, 0.22)
            out.append(_marks(at, close, hold, open_))
        at += float(rng.uniform(2.2, 5.0)) * pace
    return out


def _marks(at: float, rising: float, holding: float, falling: float) -> tuple[float, float, float, float]:
    """Start, apex start, apex end and end in seconds."""
    times = np.round(at + np.cumsum([0.0, rising, holding, falling]), 4).tolist()
    return times[0], times[1], times[2], times[3]
