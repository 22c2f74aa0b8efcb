"""Drawing on a face seen from the front, and noise in space: what the painted skin is made of.

Positions are those of the generic resting head (model frame, cm); a drawing is projected onto the head from the front.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import map_coordinates

from analysis.synthetic.mesh import Points
from analysis.synthetic.pixels import Plane, blur, remap

_LEFT, _TOP, _RIGHT, _BOTTOM = -8.0, 12.0, 8.0, -9.0  # of the drawing, model frame
DOTS: Final = 64  # pixels per cm
_FINE: Final = 4  # bits of sub-pixel position
_LATTICE: Final = 32  # of the noise; it repeats after so many lumps

_SCALE: Final = np.array([DOTS, -DOTS], np.float32)
_ORIGIN: Final = np.array([_LEFT * DOTS, -_TOP * DOTS], np.float32)

_cv: Final[Any] = cv2


class Canvas:
    """A drawing of values 0-1 in front of the face."""

    def __init__(self) -> None:
        self.plane: Plane = np.zeros((int((_TOP - _BOTTOM) * DOTS), int((_RIGHT - _LEFT) * DOTS)), np.float32)

    def line(self, points: Points, value: float, width_cm: float) -> None:
        """A polyline through (k, 2)."""
        width = max(1, int(width_cm * DOTS))
        _cv.polylines(self.plane, [_fine(points)], False, float(value), width, cv2.LINE_AA, shift=_FINE)

    def fading_line(self, points: Points, value: float, width_cm: float) -> None:
        """A line through (k, 2) that is faint at both ends."""
        strength = value * np.sin(np.linspace(0, np.pi, len(points))) ** 0.6
        for i in range(len(points) - 1):
            self.line(points[i : i + 2], strength[i], width_cm)

    def dot(self, at: Points, value: float, radius_cm: float) -> None:
        x, y = _pixel(at).astype(int).tolist()
        _cv.circle(self.plane, (x, y), max(1, int(radius_cm * DOTS)), float(value), -1, cv2.LINE_AA)

    def patch(self, outline: Points) -> None:
        _cv.fillPoly(self.plane, [_fine(outline)], 1.0, shift=_FINE)

    def soften(self, sigma_cm: float) -> Canvas:
        self.plane = np.asarray(blur(self.plane, sigma_cm * DOTS), dtype=np.float32)
        return self

    def on(self, positions: Points, behind_cm: float) -> Points:
        """(k,) the drawing at (k, 3) positions; nothing where z is less than `behind_cm`."""
        source = _pixel(positions[:, :2]).astype(np.float32)
        rows = 1024  # remap takes pictures, whose sides are limited
        padded = np.zeros((-(-len(source) // rows) * rows, 2), np.float32)
        padded[: len(source)] = source
        drawn = remap(self.plane, padded.reshape(-1, rows, 2)).reshape(-1)[: len(source)]
        return np.asarray(drawn * (positions[:, 2] > behind_cm))


def curve(points: Any, steps: int = 120) -> Points:
    """(steps, 2) smooth line through the given points."""
    through = np.asarray(points, float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(through, axis=0), axis=1))])
    return np.asarray(CubicSpline(along, through)(np.linspace(0, along[-1], steps)))


class Noise:
    """Lumpy noise at fixed positions, mean 0, standard deviation about 1; the same seed gives the same noise."""

    def __init__(self, positions: Points, seed: int) -> None:
        self._at, self._seed = np.ascontiguousarray(positions.T, np.float32), seed

    def __call__(
        self, name: int, per_cm: float, octaves: int = 1, stretch: tuple[float, float, float] = (1, 1, 1)
    ) -> Points:
        """(k,) lumps of 1/per_cm cm, and with more octaves finer ones on them; `name` tells noises apart."""
        rng = np.random.default_rng([self._seed, name])
        out, power = np.zeros(self._at.shape[1], np.float32), 0.0
        for octave in range(octaves):
            lattice = rng.standard_normal((_LATTICE,) * 3).astype(np.float32)
            at = self._at * np.array(stretch, np.float32)[:, None] * np.float32(per_cm * 2**octave)
            at += rng.uniform(0, _LATTICE, (3, 1)).astype(np.float32)
            height = 0.5**octave
            out += height * map_coordinates(lattice, at, order=1, mode="grid-wrap", output=np.float32)
            power += height**2
        return np.asarray(out / np.sqrt(power))


def _pixel(points: Points) -> Points:
    return np.asarray(points) * _SCALE - _ORIGIN


def _fine(points: Points) -> Points:
    return np.asarray(np.round(_pixel(points) * 2**_FINE).astype(np.int32))
