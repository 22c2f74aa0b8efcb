"""The painted head: colour, gloss, hair, lips, cloth and creases at every texel, from the look alone, no photograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from analysis.synthetic.identity import Colour
from analysis.synthetic.mesh import Points
from analysis.synthetic.pixels import Picture, Plane
from analysis.synthetic.rendered import drawing
from analysis.synthetic.rendered.canvas import Noise
from analysis.synthetic.rendered.look import Look

FACE: Final = 5.0  # what lies in front of this z (cm) belongs to the front of the face
_BLEED: Final = 6  # texels by which colours run over the edges of the texture's charts


@dataclass(frozen=True, slots=True)
class Chart:
    """A square texture: which texels lie on the head, and where."""

    source: npt.NDArray[np.int32]  # (h, w) row of `positions`; near the edges the nearest one, -1 far from the head
    positions: Points  # (k, 3) of the covered texels, generic resting head

    @classmethod
    def of(cls, unwrapped: Plane) -> Chart:
        """From (h, w, 4) positions and whether a texel is covered."""
        covered = unwrapped[..., 3] > 0.5
        row = np.cumsum(covered).reshape(covered.shape) - 1
        distance, nearest = distance_transform_edt(~covered, return_indices=True)
        source = np.where(distance <= _BLEED, row[tuple(nearest)], -1).astype(np.int32)
        return cls(source, unwrapped[covered][:, :3])

    def filled(self, values: Points) -> Picture:
        """(h, w, c) 8-bit texture of (k, c) values 0-1."""
        rows = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
        black = np.zeros_like(rows[:1])  # the last row, which is what -1 means
        return np.asarray(np.concatenate([rows, black])[self.source])


@dataclass(frozen=True, slots=True)
class Coat:
    """A painted chart."""

    colour: Picture  # (h, w, 3) sRGB
    matter: Picture  # (h, w, 4) gloss, hair, lip, cloth


def coat(chart: Chart, marks: Points, who: Look) -> Coat:
    """Paint a chart; marks: (68, 2) landmarks of the generic head from the front."""
    painter = _Painter(chart.positions, marks, who)
    return Coat(chart.filled(painter.colour), chart.filled(painter.matter))


def creases(chart: Chart, who: Look) -> Picture:
    """(h, w, 4) where forehead, nasolabial fold, eye corner and glabella can crease."""
    drawn = drawing.creases(np.random.default_rng([who.seed, 2]))
    return chart.filled(np.stack([one.on(chart.positions, 3.0) for one in drawn], axis=1))


def hair_share(positions: Points, who: Look, noise: Noise) -> Points:
    """(k,) 1 on the hairy scalp, 0 on skin and ears."""
    x, y, z = np.abs(positions[:, 0]), positions[:, 1], positions[:, 2]
    rough = 0.15 * noise(7, 1.1, 3)
    corner = 0.9 * np.exp(-(((x - 4.6) / 1.5) ** 2)) * who.masculine  # a receding corner
    front = y - (who.hairline - 0.012 * x**2 + corner + rough)
    temple = 3.3 - z + rough + 0.35 * np.clip(y - 5, 0, 9)
    side = np.minimum(temple, y - (1.6 + 0.25 * np.clip(0.5 - z, -9, 9)))
    side = np.where(z < -2.5, y + 4.0, side)
    ear = (x > 7.5) & (y > -3.2) & (y < 4.7) & (z > -4.5) & (z < 2.2)
    return np.clip(np.where(ear, -1, np.maximum(front, side)) / 0.45 + 0.5, 0, 1)


def hair_length(positions: Points, who: Look, noise: Noise) -> Points:
    """(k,) cm; shorter at the hairline and the sides."""
    even = who.hair_length * (1 + 0.25 * noise(31, 0.3, 2))
    return np.maximum(even * np.clip(0.25 + 0.10 * np.clip(positions[:, 1] - 3, 0, 9), 0, 1), 0)


class _Painter:
    """Layers of colour on (k, 3) positions, from the skin outwards."""

    def __init__(self, positions: Points, marks: Points, who: Look) -> None:
        self.at, self.who, self.marks = positions, who, marks
        self.x, self.y, self.z = positions.T
        self.noise = Noise(positions, who.seed)
        self.rng = np.random.default_rng([who.seed, 1])
        self.fine, self.middling = self.noise(3, 9.0, 2), self.noise(2, 1.7, 3)
        self.lip = drawing.lips(marks).on(positions, 7.8)
        self.hair = hair_share(positions, who, self.noise) * (0.35 if who.bald else 1.0)
        self.colour = np.tile(_unit(who.skin), (len(positions), 1))
        self._blood()
        self._eyes()
        self._spots()
        if who.beard > 0:
            self._beard()
        self._mouth()
        self.brow = drawing.brows(marks, who, self.rng).on(positions, FACE)
        self._hair()
        self.cloth = self._collar()
        shine = 0.25 * self._near(0, 1.2, 1.6, 2.5) + 0.22 * self._near(0, 8.3, 3.5, 1.6) + 0.12 * self.middling
        gloss = 0.42 + shine + 0.35 * self.lip - 0.8 * self.cloth - 0.6 * self.hair - 0.3 * self.brow
        self.matter = np.stack([gloss, self.hair, self.lip, self.cloth], axis=1)

    def _near(self, x: float, y: float, wide: float, high: float) -> Points:
        """A soft spot on both sides of the front of the face."""
        spot = np.exp(-(((np.abs(self.x) - x) / wide) ** 2) - ((self.y - y) / high) ** 2)
        return np.asarray(spot * (self.z > 3))

    def _darken(self, share: Points, colour: Colour = (1.0, 1.0, 1.0)) -> None:
        self.colour *= 1 - share[:, None] * np.array(colour)

    def _cover(self, share: Points, colour: Points) -> None:
        self.colour += share[:, None] * (colour - self.colour)

    def _blood(self) -> None:
        coarse = self.noise(1, 0.35, 3)
        cheeks, nose, chin = (
            self._near(3.9, -0.4, 2.0, 1.7),
            self._near(0, 0.4, 1.4, 1.3),
            self._near(0, -6.3, 1.6, 1.0),
        )
        ears = (np.abs(self.x) > 7.45) & (self.y > -3.2) & (self.y < 4.9) & (self.z > -4.5) & (self.z < 3.0)
        red = 0.9 * cheeks + 0.8 * nose + 0.35 * chin + 0.25 * ears + 0.25 * coarse + 0.10 * self.middling
        flush = np.array([0.08, -0.056, -0.048]) * (1 - 0.55 * self.who.tone) * self.who.redness
        self.colour *= 1 + red[:, None] * flush
        self.colour *= (1 + 0.03 * coarse + 0.03 * self.middling + 0.035 * self.fine)[:, None]

    def _eyes(self) -> None:
        hollow = 0.16 * self._near(2.6, 2.5, 1.3, 0.5) + 0.14 * self._near(2.2, 3.7, 0.7, 0.9)
        self._darken(hollow + 0.10 * self._near(3.2, 4.3, 1.5, 0.45), (0.8, 1.0, 1.0))
        margin = drawing.lid_margins(self.marks).on(self.at, 7.5)
        self._darken(0.55 * np.clip(margin, 0, 1), (0.85, 1.0, 1.0))

    def _spots(self) -> None:
        if self.who.freckles > 0:
            self._darken(drawing.freckles(self.who, self.rng).on(self.at, 4.0), (0.25, 0.45, 0.5))
        for _ in range(int(self.rng.integers(0, 5))):
            x, y = self.rng.uniform((-6, -6), (6, 9))
            mole = np.exp(-((self.x - x) ** 2 + (self.y - y) ** 2) / self.rng.uniform(0.006, 0.02)) * (self.z > 4)
            self._darken(0.6 * mole)

    def _beard(self) -> None:
        grows = 1.3 * self._near(0, -5.6, 4.6, 2.2) + self._near(0, -1.9, 2.1, 0.5) + self._near(5.2, -3.6, 1.4, 2.2)
        bare = drawing.lips(self.marks).soften(0.14).on(self.at, -99.0)
        share = np.clip(grows, 0, 1) * np.clip(1 - 1.4 * bare, 0, 1) * (self.y < -1.3)
        dense = self.who.beard * np.clip(0.75 + 0.5 * self.fine, 0, 1.4)
        self._cover(0.45 * share * dense, _unit(self.who.hair))

    def _mouth(self) -> None:
        red = (0.93, 0.62, 0.62) if self.who.masculine > 0.5 else (0.90, 0.56, 0.58)
        colour = _unit(self.who.skin) * red * (1 - 0.12 * self.who.tone)
        ridges = 1 + 0.08 * self.noise(5, 2.0, 2, stretch=(4.0, 0.8, 1.0))
        self._cover(self.lip * (0.45 + 0.5 * self.who.lips), colour * ridges[:, None])
        self._darken(0.45 * drawing.seam(self.marks).on(self.at, 7.8))
        nostril = self._near(0.75, -0.85, 0.38, 0.26) * (self.z < 11.9)
        self._darken(0.55 * np.clip(nostril, 0, 1))

    def _hair(self) -> None:
        colour = _unit(self.who.hair)
        pale = 0.72 if max(self.who.hair) > 120 else 1.0  # brows are darker than light hair
        self._cover(0.93 * self.brow, colour * 0.77 * pale)
        self._cover(0.88 * self.hair, colour * 0.8 * (0.75 + 0.25 * self.fine)[:, None])

    def _collar(self) -> Points:
        """Paints the collar on the model's own neck; returns its share."""
        around = np.hypot(self.x, self.z + 1.0)
        share = np.clip((-(self.y + 12.2) + (around - 6.6) * 0.75) / 0.25, 0, 1) * (self.y < -10.8)
        weave = 1 + 0.08 * self.noise(11, 6.0, 2, stretch=(1.0, 3.0, 1.0))
        self._cover(share, _unit(self.who.cloth) * weave[:, None])
        return np.asarray(share)


def _unit(colour: Colour) -> Points:
    return np.array(colour) / 255
