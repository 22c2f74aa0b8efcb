"""The light of one recording: a lamp, a fill from the other side, and what ceiling and floor throw back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.synthetic.mesh import Points
from analysis.synthetic.patient import PatientSpec

_LAMP = 1.6  # radiance, linear; the exposure is set to the face afterwards


@dataclass(frozen=True, slots=True)
class Light:
    """Unit directions towards the lights in the camera's axes, (3,); colours linear RGB, (3,)."""

    key: Points
    key_colour: Points
    fill: Points
    fill_colour: Points
    sky: Points
    ground: Points
    gloss: float  # how oily skin looks
    face_level: float  # brightness of a face of middle skin in the picture, share of the usual


def light(spec: PatientSpec) -> Light:
    """Where the light comes from in this video."""
    rng = np.random.default_rng([23, spec.seed])
    azimuth, height = rng.uniform(-50, 50), rng.uniform(8, 50)
    warmth = np.array([0.10, 0.0, -0.12]) * rng.normal(0, 0.8)
    across, low = -np.sign(azimuth) * rng.uniform(20, 65), rng.uniform(-5, 30)
    return Light(
        key=_direction(azimuth, height),
        key_colour=_LAMP * (1 + warmth),
        fill=_direction(across, low),
        fill_colour=_LAMP * rng.uniform(0.18, 0.7) * (1 - warmth),
        sky=np.array([0.52, 0.55, 0.60]) * rng.uniform(0.7, 1.25),
        ground=np.array([0.34, 0.29, 0.25]) * rng.uniform(0.6, 1.2),
        gloss=float(rng.uniform(0.5, 1.1)),
        face_level=float(rng.uniform(0.9, 1.08)),
    )


def _direction(azimuth_deg: float, height_deg: float) -> Points:
    """From the face to the light; azimuth + is the image's right, height + is up."""
    a, h = np.radians(azimuth_deg), np.radians(height_deg)
    return np.array([np.sin(a) * np.cos(h), np.sin(h), np.cos(a) * np.cos(h)])
