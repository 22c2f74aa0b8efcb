"""From muscle activations to the face model's shapes: resting asymmetry, lids that meet, Bell's phenomenon, drag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from analysis.contracts import Exercise
from analysis.synthetic.expression import glances
from analysis.synthetic.mesh import LEFT, RIGHT, Points, smoothstep
from analysis.synthetic.patient import Activations, PatientSpec
from analysis.synthetic.protocol import Performance, wander
from analysis.synthetic.rendered.model import GLOBE_STEP, LIFT, SHUT, SUFFIX, TURN, FaceModel

# What each action unit moves: shape and weight at full activation.
SHAPES: Final[Mapping[str, tuple[tuple[str, float], ...]]] = {
    "AU1": (("browInnerUp", 1.0),),
    "AU2": (("browOuterUp", 1.0),),
    "AU4": (("browDown", 1.0),),
    "AU5": (("eyeWide", 1.0),),
    "AU6": (("cheekSquint", 1.0),),
    "AU7": (("eyeSquint", 1.0),),
    "AU9": (("noseSneer", 1.0),),
    "AU10": (("mouthUpperUp", 1.0),),
    "AU12": (("mouthSmile", 1.0),),
    "AU14": (("mouthDimple", 1.0),),
    "AU15": (("mouthFrown", 1.0),),
    "AU16": (("mouthLowerDown", 1.0),),
    "AU17": (("mouthShrugLower", 0.75), ("mouthShrugUpper", 0.45)),
    "AU18": (("mouthPucker", 1.0), ("mouthFunnel", 0.16)),
    "AU20": (("mouthStretch", 1.0),),
    "AU45": (("eyeBlink", 1.0),),
}


class Passive(NamedTuple):
    """What a resting asymmetry of 1 does to a unit of the affected side."""

    rest: str  # field of `Resting`
    unit: str
    amount: float
    fades: bool = False  # while the lids close


PASSIVE: Final = (
    Passive("brow_droop", "AU1", -0.35),
    Passive("brow_droop", "AU2", -0.50),
    Passive("wide_fissure", "AU5", 0.75, fades=True),
    Passive("wide_fissure", "AU7", -0.45, fades=True),
    Passive("mouth_droop", "AU15", 0.55),
    Passive("mouth_droop", "AU12", -0.20),
)
_SHIFT: Final = 0.14  # of a drooping mouth to the healthy side
_DRAG: Final = {"AU12": 0.28, "AU20": 0.12, "AU18": 0.30, "AU10": 0.10}  # the stronger side pulls the mouth's midline
_JAW: Final = {Exercise.SMILE_OPEN: 0.05}  # opening of the jaw at the apex
_PUFF: Final = (0.55, 1.0)  # how far people blow their cheeks up
_SYLLABLES_HZ: Final = (3.0, 5.0)
_SPOKEN: Final = {
    "jawOpen": 0.30,
    "mouthFunnel": 0.20,
    "mouthLowerDown": 0.20,
    "mouthUpperUp": 0.10,
}  # of a loud syllable
_TRAVEL: Final = 0.22  # a wide-open eye needs more of the lids to close
_LID_GLANCE: Final = 7.0  # weight of the lids' look per inter-ocular distance of the pupil's movement
_GLOBE_GLANCE: Final = 6.3 / 1.75 / GLOBE_STEP  # the same of the globe's: inter-ocular distance, radius in cm


@dataclass(frozen=True, slots=True)
class Face:
    """The face's state through a video; per-side columns are LEFT and RIGHT."""

    weights: Points  # (n, K) of the model's shapes
    active: Activations  # voluntary and synkinetic, with the jaw as AU26; (n, 2) each
    visible: Activations  # the same plus the resting shape
    closure: Points  # (n, 2) 1 = lids meet
    parting: Points  # (n,) of the lips, 0-1


@dataclass(frozen=True, slots=True)
class Eyes:
    """How the eyes of one identity close."""

    meet: tuple[float, float]  # as from `lids_meet_at`
    roll: float = 0.0  # radians by which both globes roll up when closure is commanded (Bell's phenomenon)


def face(spec: PatientSpec, performance: Performance, active: Activations, model: FaceModel, eyes: Eyes) -> Face:
    """Activations (n, 2) of a spec on the face model."""
    n = len(performance.time_s)
    jaw = _jaw(performance) + _SPOKEN["jawOpen"] * _spoken(spec, performance)
    active = {**active, "AU26": np.stack([jaw, jaw], axis=1)}
    visible = _with_rest(spec, active)
    weights = np.zeros((n, len(model.names)), np.float32)

    def add(shape: str, values: Points) -> None:
        weights[:, model.index[shape]] += values

    for side in (LEFT, RIGHT):
        end, closed = SUFFIX[side], active["AU45"][:, side]
        for unit, shapes in SHAPES.items():
            for shape, gain in shapes:
                add(shape + end, gain * visible[unit][:, side])
        wide = np.maximum(visible["AU5"][:, side], 0)
        add(f"eyeBlink{end}", (eyes.meet[side] - 1) * closed + _TRAVEL * wide * closed**2)
        rolled = smoothstep(np.minimum(performance.command["AU45"], 1.0)) * (eyes.roll > 0)
        add(LIFT + end, eyes.roll / GLOBE_STEP * rolled)
        add(SHUT + end, np.maximum(closed, rolled))  # the cornea would show through a lid that it moves behind
    puffed, spoken = _puffed(spec, performance), _spoken(spec, performance)
    for end in SUFFIX:
        add(f"cheekPuff{end}", puffed)
        for shape in ("mouthFunnel", "mouthLowerDown", "mouthUpperUp"):
            add(shape + end, _SPOKEN[shape] * spoken)
    drift = _drift(spec, active)
    add("mouthLeft", np.maximum(drift, 0))
    add("mouthRight", np.maximum(-drift, 0))
    add("jawOpen", jaw)
    for shape, values in _looks(spec, n).items():
        add(shape, values)
    parting = np.clip(sum(0.5 * (active[u][:, LEFT] + active[u][:, RIGHT]) for u in ("AU10", "AU16")), 0, 1)
    return Face(weights, active, visible, active["AU45"], np.asarray(parting))


def _with_rest(spec: PatientSpec, active: Activations) -> dict[str, Points]:
    visible = {unit: values.copy() for unit, values in active.items()}
    if (side := spec.affected) is not None:
        for rest, unit, amount, fades in PASSIVE:
            fading = 1 - active["AU45"][:, side] if fades else 1.0
            visible[unit][:, side] += amount * float(getattr(spec.resting, rest)) * fading
    return visible


def _drift(spec: PatientSpec, active: Activations) -> Points:
    """(n,) of the mouth's midline to the subject's left."""
    drift = np.zeros(len(active["AU12"]))
    for unit, share in _DRAG.items():
        drift += share * (active[unit][:, LEFT] - active[unit][:, RIGHT])
    if spec.affected is not None:
        drift += (_SHIFT if spec.affected == RIGHT else -_SHIFT) * spec.resting.mouth_droop
    return drift


def _jaw(performance: Performance) -> Points:
    jaw = np.zeros(len(performance.time_s))
    for act in performance.acts:
        opening = _JAW.get(act.exercise, 0.0) * act.effort * act.envelope(performance.time_s)
        jaw = np.maximum(jaw, opening)
    return jaw


def _puffed(spec: PatientSpec, performance: Performance) -> Points:
    """(n,) 0-1; the lips hold on both sides, an affected one lets no air escape."""
    rng = np.random.default_rng([41, spec.seed])
    puffed = np.zeros(len(performance.time_s))
    for act in performance.acts:
        if act.exercise is Exercise.CHEEK_PUFF:
            puffed = np.maximum(puffed, rng.uniform(*_PUFF) * act.envelope(performance.time_s))
    return puffed


def _spoken(spec: PatientSpec, performance: Performance) -> Points:
    """(n,) 0-1: syllables of changing rate and loudness, lips together between them."""
    rng = np.random.default_rng([43, spec.seed])
    time_s = performance.time_s
    spoken = np.zeros(len(time_s))
    for act in performance.acts:
        if act.exercise is Exercise.SPEECH:
            low, high = _SYLLABLES_HZ
            rate = np.clip(0.5 * (low + high) + 0.25 * (high - low) * wander(rng, time_s, 1.0), low, high)
            phase = np.cumsum(np.gradient(time_s) * rate)
            loud = np.clip(0.75 + 0.15 * wander(rng, time_s, 1.5), 0.4, 1.0)
            spoken = np.maximum(spoken, act.envelope(time_s) * loud * np.sin(np.pi * phase) ** 2)
    return spoken


def _looks(spec: PatientSpec, n: int) -> dict[str, Points]:
    """Both eyes look the same way: out on one side is in on the other."""
    pupil = glances(spec, n)
    across, up = (_LID_GLANCE * pupil).T
    to_left, to_right = np.maximum(across, 0), np.maximum(-across, 0)
    looks = {"eyeLookOut_L": to_left, "eyeLookIn_R": to_left, "eyeLookOut_R": to_right, "eyeLookIn_L": to_right}
    for end in SUFFIX:
        looks[f"eyeLookUp{end}"], looks[f"eyeLookDown{end}"] = np.maximum(up, 0), np.maximum(-up, 0)
        looks[TURN + end], looks[LIFT + end] = (_GLOBE_GLANCE * pupil).T
    return looks
