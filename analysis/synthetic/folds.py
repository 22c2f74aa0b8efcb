"""Lines that come with movement: forehead, crow's feet, frown and the folds beside the mouth, each side its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from analysis.synthetic import muscles
from analysis.synthetic.mesh import EYE_CORNERS, LEFT, OUTWARD, RIGHT, Points, bell, smoothstep
from analysis.synthetic.pixels import Plane

# Which action units deepen a line, and how much of it each brings.
_DEEPENED_BY: Final[Mapping[str, Mapping[str, float]]] = {
    "forehead": {"AU1": 0.5, "AU2": 0.5},
    "crow": {"AU6": 0.9, "AU12": 0.3},
    "frown": {"AU4": 1.0, "AU9": 0.4},
    "mouth": {"AU12": 1.0, "AU9": 0.6, "AU10": 0.5},
}


def lines(grid: Points, points: Points, lost_at_mouth: Plane, age: float) -> Plane:
    """(H, W) relative change of brightness with every line fully deepened.

    lost_at_mouth: what smoothing took from the photograph's folds beside the mouth, in the same unit.
    """
    x, y = grid[..., 0], grid[..., 1]
    off = np.abs(x)
    strength = 0.6 + 0.6 * age
    brow = float(points[[105, 334], 1].mean())
    wave = bell(np.mod(y - 0.05 * off**2 - brow - 0.12, 0.085) - 0.042, 0.017)
    out = -0.10 * strength * wave * smoothstep(y, brow + 0.06, brow + 0.12) * smoothstep(off, 0.72, 0.5)
    for side in (LEFT, RIGHT):
        cx, cy = points[EYE_CORNERS[side][0]]
        dx, dy = OUTWARD[side] * (x - cx) + 0.02, y - cy
        ray = bell(np.mod(np.arctan2(dy, dx) + 0.15, 0.42) - 0.21, 0.06)
        fan = smoothstep(dx, 0.05, 0.09) * smoothstep(np.hypot(dx, dy), 0.24, 0.13) * (np.abs(dy) < dx)
        out = out - 0.15 * strength * ray * fan
    out = out - 0.16 * bell(off - 0.085, 0.014) * bell(y - brow + 0.06, 0.055)
    return np.asarray(out + lost_at_mouth, dtype=np.float32)


class Folds:
    """How deep the lines are where, for one face."""

    def __init__(self, points: Points) -> None:
        nodes = muscles.grid()
        x, y = nodes[..., 0], nodes[..., 1]
        brow = float(points[[105, 334], 1].mean())
        mouth = float(points[[13, 14], 1].mean())
        zones = {
            "forehead": smoothstep(y, brow + 0.02, brow + 0.08),
            "crow": smoothstep(np.abs(x), 0.62, 0.70) * bell(y, 0.2),
            "frown": bell(x, 0.16) * bell(y - brow + 0.05, 0.1),
            "mouth": smoothstep(y, -0.30, -0.42) * smoothstep(y, mouth - 0.45, mouth - 0.3),
        }
        self._names = list(_DEEPENED_BY)
        self._zones = np.stack(
            [zones[name] * muscles.half(x, side) for name in self._names for side in (LEFT, RIGHT)]
        ).astype(np.float32)

    def depth(self, active: Mapping[str, tuple[float, float]]) -> Plane:
        """(rows, columns) 0-1 on the muscles' grid."""
        weights = [
            min(1.0, max(0.0, sum(share * active.get(unit, (0.0, 0.0))[side] for unit, share in by.items())))
            for by in _DEEPENED_BY.values()
            for side in (LEFT, RIGHT)
        ]
        return np.asarray(np.tensordot(np.array(weights, np.float32), self._zones, axes=1))
