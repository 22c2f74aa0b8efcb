"""Eyelids and the eyeball behind them: column by column, the lids slide over an eyeball that is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.synthetic.identity import Colour
from analysis.synthetic.mesh import EYE_CORNERS, LOWER_LID, UPPER_LID, Points, smoothstep

_SAMPLES = 65
_LASH = 0.022  # height of the lash line, which moves with the margin unstretched
_UPPER_REACH = 0.19  # skin above the margin that takes part in a blink
_LOWER_REACH = 0.15
IRIS = 0.096  # radius: 11.7 mm of a 61 mm inter-ocular distance


@dataclass(frozen=True, slots=True)
class LidState:
    closure: float  # 0 open as at rest .. 1 lids meet
    widening: float  # of the resting height; passive or AU5
    squint: float  # AU7, 0-1
    gaze: tuple[float, float]  # of the iris, face frame
    bell: float  # 0-1: upward roll of the globe while closing (Bell's phenomenon)


class Lids:
    """One eye of a face whose resting points are given."""

    def __init__(self, points: Points, side: int, iris: Colour, light: float = 1.0) -> None:
        outer, inner = (points[i] for i in EYE_CORNERS[side])
        self.x = np.linspace(min(outer[0], inner[0]), max(outer[0], inner[0]), _SAMPLES)
        self.upper = _contour(points[list(UPPER_LID[side])], self.x)
        self.lower = np.minimum(_contour(points[list(LOWER_LID[side])], self.x), self.upper)
        self.height = self.upper - self.lower
        self._closed = _closing_line(self.x, self.upper, self.lower)
        self.centre = np.array([0.5 * (outer[0] + inner[0]), float(np.mean(0.5 * (self.upper + self.lower)))])
        self.tallest = float(self.height.max())
        self._iris = np.array(iris, np.float32) * light
        self._white = np.array([214, 203, 198], np.float32) * light

    def margins(self, state: LidState) -> tuple[Points, Points]:
        """Heights of the upper and lower margin along `x`."""
        shape = np.sqrt(np.clip(self.height / self.tallest, 0, 1))
        low = self.lower + self.tallest * shape * (
            0.16 * state.squint * (1 - 0.6 * state.closure) - 0.10 * state.widening
        )
        low = low + state.closure * (self._closed - self.lower)
        high = self.upper + self.tallest * shape * (0.42 * state.widening - 0.06 * state.squint)
        high = high * (1 - state.closure) + low * state.closure
        return np.maximum(high, low), low

    def source_height(self, x: Points, y: Points, margins: tuple[Points, Points]) -> Points:
        """Where in the resting picture the skin shown at (x, y) comes from."""
        upper, lower = (np.interp(x, self.x, m) for m in margins)
        rest_up, rest_low = np.interp(x, self.x, self.upper), np.interp(x, self.x, self.lower)
        above = _stretch(y - upper, rest_up - upper, _UPPER_REACH, _LASH)
        below = -_stretch(lower - y, lower - rest_low, _LOWER_REACH, 0.008)
        middle = 0.5 * (upper + lower)
        return np.where(y >= middle, rest_up + above, rest_low + below)

    def carried(self, at: Points, margins: tuple[Points, Points]) -> Points:
        """(n, 2) resting points -> the same skin with the lids at `margins`; the inverse of `source_height`."""
        x, y = at[:, 0], at[:, 1]
        upper, lower = (np.interp(x, self.x, m) for m in margins)
        rest_up, rest_low = np.interp(x, self.x, self.upper), np.interp(x, self.x, self.lower)
        above = _unstretch(y - rest_up, rest_up - upper, _UPPER_REACH, _LASH)
        below = -_unstretch(rest_low - y, lower - rest_low, _LOWER_REACH, 0.008)
        lid = np.where(y >= 0.5 * (rest_up + rest_low), upper + above, lower + below)
        touched = (x > self.x[0]) & (x < self.x[-1]) & (y < rest_up + _UPPER_REACH) & (y > rest_low - _LOWER_REACH)
        return np.stack([x, np.where(touched, lid, y)], axis=1)

    def eyeball(self, x: Points, y: Points, margins: tuple[Points, Points], state: LidState) -> npt.NDArray[np.float32]:
        """(h, w, 3) RGB of the globe, shaded by the lid above it."""
        upper, lower = (np.interp(x, self.x, m).astype(np.float32) for m in margins)
        iris_x = self.centre[0] + state.gaze[0]
        iris_y = self.centre[1] + 0.012 + state.gaze[1] + 0.09 * state.bell
        r = np.hypot(x - iris_x, y - iris_y) / IRIS
        off = np.abs(x - self.centre[0]) / (0.5 * (self.x[-1] - self.x[0]))
        shade = (1 - 0.16 * off**2) * (1 - 0.50 * np.exp(-np.maximum(upper - y, 0) / 0.022))
        shade = np.maximum(shade * (1 - 0.22 * np.exp(-np.maximum(y - lower, 0) / 0.012)), 0.1)
        white = self._white * shade[..., None]
        ring = 0.55 + 0.45 * smoothstep(r, 1.02, 0.72) + 0.25 * smoothstep(iris_y - y, -0.04, 0.06)
        colour = self._iris * ring[..., None] * (1 - 0.86 * smoothstep(r, 0.46, 0.36))[..., None]
        out = white + (colour * shade[..., None] ** 0.6 - white) * smoothstep(r, 1.06, 0.94)[..., None]
        glint = smoothstep(np.hypot(x - iris_x + 0.028, y - iris_y - 0.034), 0.022, 0.010)
        return np.asarray(out + (238.0 - out) * 0.85 * glint[..., None], dtype=np.float32)


def _contour(points: Points, x: Points) -> Points:
    """A smooth height along x through lid points (either order)."""
    from scipy.interpolate import PchipInterpolator

    order = np.argsort(points[:, 0])
    line = np.asarray(PchipInterpolator(points[order, 0], points[order, 1])(x))
    kernel = np.bartlett(9)
    smooth = np.convolve(np.pad(line, 4, mode="edge"), kernel / kernel.sum(), mode="valid")
    fade = smoothstep(np.minimum(np.arange(len(x)), len(x) - 1 - np.arange(len(x))), 0, 8)
    return np.asarray(line + fade * (smooth - line))


def _closing_line(x: Points, upper: Points, lower: Points) -> Points:
    """Where the lids meet: a plain arc from corner to corner, close to the lower margin."""
    t = np.linspace(-1, 1, len(x))
    chord = np.interp(x, [x[0], x[-1]], [lower[0], lower[-1]])
    middle = slice(len(x) // 3, -len(x) // 3)
    depth = float(np.mean((chord - lower - 0.06 * (upper - lower))[middle]))
    return np.asarray(chord - depth * (1 - t**2) ** 0.8)


def _stretch(distance: Points, travel: Points, reach: float, rigid: float) -> Points:
    """Resting distance from the margin of skin now at `distance` from it, when the margin came `travel` nearer."""
    rest, now = reach - rigid, reach - rigid + travel
    beyond = np.clip((distance - rigid) / np.maximum(now, 1e-3), 0, None)
    inside = np.where(beyond < 1, rigid + beyond * rest, distance - travel)
    return np.maximum(np.where(distance < rigid, distance, inside), 0.0)


def _unstretch(distance: Points, travel: Points, reach: float, rigid: float) -> Points:
    rest, now = reach - rigid, reach - rigid + travel
    part = np.clip((distance - rigid) / rest, 0, None)
    inside = np.where(part < 1, rigid + part * now, distance + travel)
    return np.maximum(np.where(distance < rigid, distance, inside), 0.0)
