"""Who the puppet seems to be: head shape, colours, light and background, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analysis.synthetic.shape import HeadShape

Colour = tuple[float, float, float]

# Skin and hair as CIELAB (8-bit L 0-255, a and b around 128) means that the photograph's are moved to.
_SKINS: tuple[Colour, ...] = (
    (182, 142, 148),
    (176, 144, 151),
    (168, 145, 149),
    (158, 145, 154),
    (142, 146, 155),
    (124, 144, 151),
    (104, 142, 147),
)
_HAIRS: tuple[Colour, ...] = (
    (112, 136, 151),  # dark blond
    (90, 139, 146),  # brown
    (70, 137, 140),  # dark brown
    (50, 132, 133),  # black-brown
    (40, 130, 130),  # black
    (88, 147, 150),  # auburn
    (132, 130, 133),  # grey
    (112, 131, 138),  # grey-brown
)
_IRISES: tuple[Colour, ...] = (
    (84, 58, 40),
    (104, 78, 54),
    (100, 106, 86),
    (96, 112, 122),
    (112, 118, 120),
    (58, 42, 34),
)


@dataclass(frozen=True, slots=True)
class Identity:
    seed: int
    flipped: bool  # built on the mirror image of the photograph
    shape: HeadShape
    skin: Colour  # CIELAB, 8 bits
    hair: Colour
    iris: Colour  # RGB
    cloth_hue: float  # degrees, turn of the clothes' hue
    cloth_light: float  # factor
    wall: Colour  # RGB of the background
    light_angle: float  # radians; where the key light comes from, 0 = the image's right, counter-clockwise
    light_strength: float  # 0 flat .. 0.35 one side clearly darker
    warmth: float  # -1 cool .. 1 warm light
    beard: float  # 0 none .. 1 dark stubble
    age: float  # 0 smooth .. 1 lined


def identity(seed: int) -> Identity:
    """The person of this seed; the same seed is the same person everywhere, neighbouring seeds differ in all traits."""
    rng = np.random.default_rng([7, seed])
    shape = HeadShape(**{f.name: float(np.clip(rng.normal(0, 0.75), -1.5, 1.5)) for f in fields(HeadShape)})
    tone = int((seed * 3 + rng.integers(0, 2)) % len(_SKINS))
    hair = int(rng.integers(2, 5)) if tone >= 5 else int((seed * 5 + rng.integers(0, 2)) % len(_HAIRS))
    iris = int(rng.choice([0, 5])) if tone >= 5 else int(rng.integers(0, len(_IRISES)))
    base = rng.uniform(95, 200)
    return Identity(
        seed=seed,
        flipped=bool(seed % 2),
        shape=shape,
        skin=_near(rng, _SKINS[tone], 3.0),
        hair=_near(rng, _HAIRS[hair], 3.0),
        iris=_near(rng, _IRISES[iris], 6.0),
        cloth_hue=float((seed * 67 + rng.uniform(0, 40)) % 360),
        cloth_light=float(rng.uniform(0.5, 1.0)),
        wall=_near(rng, (base, base, base), 7.0),
        light_angle=float(rng.uniform(0.1, 0.9) * np.pi),
        light_strength=float(rng.uniform(0.03, 0.25)),
        warmth=float(rng.normal(0, 0.5)),
        beard=float(rng.uniform(0.3, 0.9)) if rng.random() < 0.45 else 0.0,
        age=float(rng.uniform(0, 1)),
    )


def _near(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    a, b, c = (float(v + d) for v, d in zip(colour, rng.normal(0, spread, 3), strict=True))
    return a, b, c
