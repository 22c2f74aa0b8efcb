"""What each action unit does to resting skin: displacement fields per side over the face frame.

Only smooth movement is here. What opens or closes (lids, lips) is in `lids` and `lips`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.synthetic.mesh import ALA, BROW, LEFT, MOUTH_CORNER, OUTWARD, RIGHT, Points, bell, smoothstep
from analysis.synthetic.pixels import Plane, remap

LEFT_TOP = (-1.92, 1.98)  # corner of the grid of fields, face frame
STEP = 0.06  # its spacing
SHAPE = (78, 65)  # rows, columns
_SIDE_SOFTNESS = 0.07  # the two halves blend over the midline with this width

Mover = Callable[["Anatomy", Points, Points, int], tuple[Points, Points]]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Where things are in this face, per side (row LEFT, row RIGHT), face frame."""

    brow: Points  # (2, 2) middle of the brow
    corner: Points  # (2, 2) mouth corner
    ala: Points  # (2, 2) side of the nostril
    lips: Points  # (2,) middle of the closed mouth

    @classmethod
    def of(cls, points: Points) -> Anatomy:
        return cls(
            np.stack([points[list(BROW[s])].mean(axis=0) for s in (LEFT, RIGHT)]),
            points[list(MOUTH_CORNER)],
            points[list(ALA)],
            points[[13, 14]].mean(axis=0),
        )


def half(x: Points, side: int) -> Points:
    """1 on this side of the face, 0 on the other, soft over the midline."""
    return np.asarray(1.0 / (1.0 + np.exp(-OUTWARD[side] * np.asarray(x) / _SIDE_SOFTNESS)))


def _brow(inner: float) -> Mover:
    def move(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
        off, top = OUTWARD[side] * x, a.brow[side, 1]
        height = smoothstep(y, 0.13, top - 0.01) * smoothstep(y, 1.0, top + 0.10)
        lateral = smoothstep(off, 0.20, 0.66)
        share = (1 - 0.81 * lateral) * inner + (0.19 + 0.81 * lateral) * (1 - inner)
        return np.zeros_like(x), 0.150 * share * height * bell(np.maximum(off - 0.85, 0), 0.2)

    return move


def _frown(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    off, top = OUTWARD[side] * x, a.brow[side, 1]
    height = smoothstep(y, 0.10, top) * smoothstep(y, 0.85, top)
    return -OUTWARD[side] * 0.040 * height * bell(off - 0.25, 0.22), -0.080 * height * bell(off - 0.35, 0.32)


def _cheek(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    return np.zeros_like(x), 0.070 * _on_cheek(a, x, y, side)


def _on_cheek(a: Anatomy, x: Points, y: Points, side: int) -> Points:
    cx, cy = a.corner[side] + (OUTWARD[side] * 0.18, 0.46)
    return bell(np.hypot(x - cx, y - cy), 0.23)


def _nose(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    wing = bell(np.hypot(x - a.ala[side, 0], y - a.ala[side, 1]), 0.15)
    return OUTWARD[side] * 0.025 * wing, 0.085 * wing + 0.04 * _on_cheek(a, x, y, side)


def _upper_lip(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    fold = bell(np.hypot(x - a.ala[side, 0] - OUTWARD[side] * 0.08, y - a.ala[side, 1] + 0.10), 0.14)
    return np.zeros_like(x), 0.055 * fold + 0.035 * _near_corner(a, x, y, side)


def _reach(a: Anatomy, x: Points, y: Points, side: int) -> Points:
    """0 at the middle of the mouth, 1 at its corner, fading beyond it: how far a pull at the corner is felt."""
    wide = abs(a.corner[side, 0] - a.lips[0])
    off = OUTWARD[side] * (x - a.lips[0])
    return np.asarray(np.clip(off / wide, 0, 1) * bell(np.maximum(off - wide, 0), 0.20) * bell(y - a.lips[1], 0.22))


def _near_corner(a: Anatomy, x: Points, y: Points, side: int) -> Points:
    return bell(np.hypot(x - a.corner[side, 0], y - a.corner[side, 1]), 0.20)


def _smile(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    near, cheek = _near_corner(a, x, y, side), _on_cheek(a, x, y, side)
    out = 0.135 * _reach(a, x, y, side) + 0.02 * cheek
    return OUTWARD[side] * out, 0.135 * near + 0.05 * cheek


def _dimple(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    return OUTWARD[side] * 0.03 * _reach(a, x, y, side), 0.01 * _near_corner(a, x, y, side)


def _corner_down(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    return np.zeros_like(x), -0.110 * _near_corner(a, x, y, side)


def _stretch(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    return OUTWARD[side] * 0.075 * _reach(a, x, y, side), -0.025 * _near_corner(a, x, y, side)


def _pucker(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    full = (y - a.lips[1]) * bell(y - a.lips[1], 0.12) * bell(x - a.lips[0], 0.22)
    return -OUTWARD[side] * 0.135 * _reach(a, x, y, side), 0.42 * full


def _lower_lip(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    chin = bell(np.hypot(x - OUTWARD[side] * 0.2, y - a.lips[1] + 0.32), 0.18)
    return np.zeros_like(x), -0.03 * chin - 0.03 * _near_corner(a, x, y, side)


def _chin(a: Anatomy, x: Points, y: Points, side: int) -> tuple[Points, Points]:
    """The chin's boss and the lower lip go up, the closed upper lip gives way."""
    boss = bell(np.hypot(x - OUTWARD[side] * 0.12, 0.8 * (y - a.lips[1] + 0.42)), 0.20)
    lips = bell(x - a.lips[0], 0.26) * bell(y - a.lips[1] + 0.06, 0.14)
    return np.zeros_like(x), 0.085 * boss + 0.045 * lips


MOVERS: dict[str, Mover] = {
    "AU1": _brow(1.0),
    "AU2": _brow(0.0),
    "AU4": _frown,
    "AU6": _cheek,
    "AU9": _nose,
    "AU10": _upper_lip,
    "AU12": _smile,
    "AU14": _dimple,
    "AU15": _corner_down,
    "AU16": _lower_lip,
    "AU17": _chin,
    "AU18": _pucker,
    "AU20": _stretch,
}


class Musculature:
    """Displacement of one face's skin as a weighted sum of fields, one per action unit and side, plus the drift."""

    def __init__(self, points: Points) -> None:
        self.anatomy = Anatomy.of(points)
        self.names = list(MOVERS)
        nodes = grid()
        self._fields = self._basis(nodes[..., 0], nodes[..., 1]).astype(np.float32)
        self._at_points = self._basis(points[:468, 0], points[:468, 1])

    def field(self, weights: Points, drift: float) -> Plane:
        """(rows, columns, 2) displacement for (names, 2) weights and the drift of the mouth's midline."""
        flat = np.append(weights.ravel(), drift).astype(np.float32)
        return np.asarray(np.tensordot(flat, self._fields, axes=1))

    def at(self, positions: Points, weights: Points, drift: float) -> Points:
        """(n, 2) displacement at positions, by interpolation in the field."""
        return sample(self.field(weights, drift), positions)

    def _basis(self, x: Points, y: Points) -> Points:
        a = self.anatomy
        fields = []
        for name in self.names:
            for side in (LEFT, RIGHT):
                dx, dy = MOVERS[name](a, x, y, side)
                fields.append(np.stack([dx, dy], axis=-1) * half(x, side)[..., None])
        drift = bell(x - a.lips[0], 0.32) * bell(y - a.lips[1], 0.22)
        fields.append(np.stack([0.10 * drift, np.zeros_like(drift)], axis=-1))
        return np.stack(fields)


def grid() -> Points:
    """(rows, columns, 2) positions of the nodes."""
    rows, columns = SHAPE
    x = LEFT_TOP[0] + STEP * np.arange(columns)
    y = LEFT_TOP[1] - STEP * np.arange(rows)
    return np.stack(np.meshgrid(x, y), axis=-1)


def sample(field: Plane, positions: Points) -> Points:
    """A field (rows, columns, k) at (..., 2) positions; 0 outside the grid."""
    x = ((positions[..., 0] - LEFT_TOP[0]) / STEP).astype(np.float32)
    y = ((LEFT_TOP[1] - positions[..., 1]) / STEP).astype(np.float32)
    at = np.stack([x, y], axis=-1)
    return remap(field, at) if x.ndim > 1 else remap(field, at[None])[0]


def undo(field: Plane, moved: Points, rounds: int = 3) -> Points:
    """The positions q with q + field(q) = moved, by Newton's method with the diagonal of the Jacobian."""
    slope_x = np.gradient(field[..., 0], STEP, axis=1)
    slope_y = np.gradient(field[..., 1], -STEP, axis=0)
    jacobian = 1.0 + np.clip(np.stack([slope_x, slope_y], axis=-1), -0.6, 3.0).astype(np.float32)
    both = np.concatenate([field, jacobian], axis=-1)
    q = moved
    for _ in range(rounds):
        found = sample(both, q)
        q = q - (q + found[..., :2] - moved) / np.maximum(found[..., 2:], 0.4)
    return q
