"""What a rendered person looks like: shape of the head, colours, hair, age, all from one seed. Nobody is copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.synthetic.identity import Colour
from analysis.synthetic.mesh import Points

_TRAITS: Final = 60  # of the model's identities are used: the strongest ones
_SPREAD: Final = 0.8  # standard deviations; stronger mixes leave the range of real heads
_MOST: Final = 1.6
# Skin from light to dark, hair and irises as sRGB 0-255.
_SKIN: Final = ((238, 205, 185), (226, 186, 160), (208, 162, 132), (178, 128, 98), (128, 86, 64), (86, 56, 44))
_HAIR: Final = ((38, 28, 24), (60, 42, 32), (92, 66, 46), (130, 98, 66), (150, 145, 140), (28, 24, 24))
_IRIS: Final = ((86, 58, 36), (60, 40, 28), (98, 82, 50), (88, 112, 120), (96, 120, 140), (92, 104, 74))
_LIGHT_HAIR: Final = (0, 1, 1, 2, 2, 3, 4, 5)  # how often which hair, on light and on dark skin
_DARK_HAIR: Final = (0, 5, 5, 5, 4)
_ROLLING: Final = 0.75  # share of people who show Bell's phenomenon
_ROLL_DEG: Final = (5.0, 22.0)


@dataclass(frozen=True, slots=True)
class Look:
    """One person's appearance. Lengths are centimetres on the model's head, shares run from 0 to 1."""

    seed: int
    traits: Points  # (60,) standard deviations of the model's identities
    tone: float  # 0 light .. 1 dark
    skin: Colour  # sRGB 0-255, like all colours here
    hair: Colour
    iris: Colour
    cloth: Colour
    wall: Colour
    masculine: float
    age: float  # 0 smooth .. 1 lined
    redness: float
    lips: float  # how much their colour stands out
    beard: float
    freckles: float
    lashes: float
    brow_thickness: float
    brow_density: float
    brow_arch: float
    brow_shift: float  # of the painted brows against the model's, upwards
    hairline: float  # its height above the eyes' origin
    hair_length: float
    bald: bool
    pupil: float  # radius, share of the iris
    eye_roll: float  # radians by which the globes roll up when closure is commanded


def look(seed: int) -> Look:
    """The person of this seed; the same seed is the same person everywhere."""
    rng = np.random.default_rng([19, seed])
    traits = np.clip(rng.normal(0, _SPREAD, _TRAITS), -_MOST, _MOST)
    steps = float(rng.uniform(0, len(_SKIN) - 1))
    skin = tuple(float(np.interp(steps, range(len(_SKIN)), [s[c] for s in _SKIN])) for c in range(3))
    hair = _HAIR[int(rng.choice(_DARK_HAIR if steps > 3.2 else _LIGHT_HAIR))]
    iris = _IRIS[int(rng.integers(0, len(_IRIS) if steps < 2.2 else 2))]
    masculine = float(rng.uniform())
    grey, cloth = rng.uniform(70, 205), rng.uniform(25, 190)
    return Look(
        seed=int(rng.integers(1 << 30)),
        traits=traits,
        tone=steps / (len(_SKIN) - 1),
        skin=(skin[0], skin[1], skin[2]),
        hair=(float(hair[0]), float(hair[1]), float(hair[2])),
        iris=(float(iris[0]), float(iris[1]), float(iris[2])),
        cloth=_near(rng, float(cloth), 32, 10, 215),
        wall=_near(rng, float(grey), 11, 20, 225),
        masculine=masculine,
        age=float(rng.uniform(0.1, 1.0)),
        redness=float(rng.uniform(0.3, 1.0)),
        lips=float(rng.uniform(0.15, 0.9)),
        beard=float(max(0.0, rng.uniform(-0.6, 1.0))) if masculine > 0.5 else 0.0,
        freckles=float(max(0.0, rng.uniform(-1, 1))),
        lashes=float(rng.uniform(0.5, 1.0) * (1.1 - 0.5 * masculine)),
        brow_thickness=float(rng.uniform(0.5, 0.8) * (0.8 + 0.4 * masculine)),
        brow_density=float(rng.uniform(0.75, 1.0)),
        brow_arch=float(rng.uniform(-0.12, 0.22)),
        brow_shift=float(rng.uniform(-0.75, -0.4)),
        hairline=float(rng.uniform(9.4, 11.2)),
        hair_length=float(rng.uniform(0.25, 0.9)),
        bald=bool(rng.uniform() < 0.12),
        pupil=float(rng.uniform(0.28, 0.45)),
        eye_roll=float(np.radians(rng.uniform(*_ROLL_DEG))) if rng.uniform() < _ROLLING else 0.0,
    )


def _near(rng: np.random.Generator, grey: float, spread: float, low: float, high: float) -> Colour:
    a, b, c = (float(v) for v in np.clip(grey + rng.normal(0, spread, 3), low, high))
    return a, b, c
