"""Lips that part over teeth: column by column around the seam of the closed mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.synthetic.mesh import LEFT, LOWER_INNER, LOWER_OUTER, RIGHT, UPPER_INNER, UPPER_OUTER, Points, bell
from analysis.synthetic.muscles import half

_SAMPLES = 81
_UPPER_REACH = 0.24  # skin above the seam that follows the upper lip
_LOWER_REACH = 0.50


@dataclass(frozen=True, slots=True)
class LipState:
    raised: tuple[float, float]  # height of the upper lip's edge above the seam, per side, inter-ocular distances
    lowered: tuple[float, float]


class Lips:
    def __init__(self, points: Points) -> None:
        line = 0.5 * (points[list(UPPER_INNER)] + points[list(LOWER_INNER)])
        self.x = np.linspace(line[0, 0], line[-1, 0], _SAMPLES)
        self.seam = np.interp(self.x, line[:, 0], line[:, 1])
        self.middle = float(line[5, 0])
        upper, lower = points[list(UPPER_OUTER)], points[list(LOWER_OUTER)]
        self.upper_lip = np.maximum(np.interp(self.x, upper[:, 0], upper[:, 1]) - self.seam, 0.005)
        self.lower_lip = np.maximum(self.seam - np.interp(self.x, lower[:, 0], lower[:, 1]), 0.005)
        t = np.linspace(-1, 1, _SAMPLES)
        taper = np.clip(1 - np.abs(t) ** 2.2, 0, 1) ** 0.8
        self._share = [
            half(self.x - self.middle, side) * taper * (0.55 + 0.45 * _lobe(t, side)) for side in (LEFT, RIGHT)
        ]

    def edges(self, state: LipState) -> tuple[Points, Points]:
        """Heights of the upper lip's and the lower lip's inner edge along `x`."""
        left, right = self._share
        up = state.raised[LEFT] * left + state.raised[RIGHT] * right
        down = state.lowered[LEFT] * left + state.lowered[RIGHT] * right
        return self.seam + up, self.seam - down

    def source_height(self, x: Points, y: Points, edges: tuple[Points, Points]) -> Points:
        """Where in the resting picture (mouth closed) the skin shown at (x, y) comes from."""
        seam = np.interp(x, self.x, self.seam)
        up, down = (np.abs(np.interp(x, self.x, e - self.seam)) for e in edges)
        upper_lip, lower_lip = np.interp(x, self.x, self.upper_lip), np.interp(x, self.x, self.lower_lip)
        above = _uncarry(y - seam, up, upper_lip, _UPPER_REACH)
        below = _uncarry(seam - y, down, lower_lip, _LOWER_REACH)
        return np.where(y >= seam + 0.5 * (up - down), seam + above, seam - below)

    def carried(self, at: Points, edges: tuple[Points, Points], lower: npt.NDArray[np.bool_]) -> Points:
        """(n, 2) resting points -> the same skin with parted lips; `lower` marks points of the lower lip."""
        x, y = at[:, 0], at[:, 1]
        inside = (x > self.x[0]) & (x < self.x[-1])
        seam = np.interp(x, self.x, self.seam)
        up, down = (np.abs(np.interp(x, self.x, e - self.seam)) * inside for e in edges)
        upper_lip, lower_lip = np.interp(x, self.x, self.upper_lip), np.interp(x, self.x, self.lower_lip)
        below = lower | ((y < seam - 0.02) & inside)
        high = seam + _carry(y - seam, up, upper_lip, _UPPER_REACH)
        low = seam - _carry(seam - y, down, lower_lip, _LOWER_REACH)
        return np.stack([x, np.where(below, low, high)], axis=1)


def _lobe(t: Points, side: int) -> Points:
    return bell(t - (0.45 if side == LEFT else -0.45), 0.35)


def _carry(distance: Points, moved: Points, rigid: Points, reach: float) -> Points:
    """New distance from the seam: the lip moves whole, the skin behind it is squeezed up to `reach`."""
    part = np.clip((distance - rigid) / (reach - rigid), 0, 1)
    return np.asarray(distance + moved * np.where(distance <= rigid, 1.0, 1 - part))


def _uncarry(distance: Points, moved: Points, rigid: Points, reach: float) -> Points:
    squeeze = (reach - rigid) / np.maximum(reach - rigid - moved, 1e-3)
    behind = rigid + (distance - rigid - moved) * squeeze
    out = np.where(distance <= rigid + moved, distance - moved, np.where(distance < reach, behind, distance))
    return np.maximum(out, 0.0)
