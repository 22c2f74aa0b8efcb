"""Where the points of the smiling photograph lie in a resting face, and in another person's face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.synthetic.mesh import (
    LOWER_INNER,
    LOWER_LIP,
    LOWER_OUTER,
    UPPER_INNER,
    UPPER_LIP,
    UPPER_OUTER,
    Points,
    bell,
    smoothstep,
)

_SMILE_CORNER = 0.50  # its half width while smiling
_SEAM_Y = -1.025  # where closed lips meet, and
_CORNER_Y = -1.02  # where they end
_FOREHEAD = 0.13  # by which the fringe is lifted: in the photograph it hides one brow's way up
_UPPER_FULLNESS = 1.25  # a smile stretches the lips thin
_LOWER_FULLNESS = 1.15


@dataclass(frozen=True, slots=True)
class HeadShape:
    """Deviations from the photographed head; 0 is the photograph, about +-1 is as far as people usually differ."""

    face_width: float = 0.0
    jaw_width: float = 0.0
    chin_length: float = 0.0
    nose_width: float = 0.0
    nose_length: float = 0.0
    eye_spacing: float = 0.0
    eye_size: float = 0.0
    brow_height: float = 0.0
    brow_tilt: float = 0.0
    mouth_width: float = 0.0
    lip_fullness: float = 0.0
    cheeks: float = 0.0


def without_smile(points: Points) -> Points:
    """(n, 2) face-frame points of the photograph -> the same skin at rest; the lips are placed by `closed_lips`."""
    x, y = points[:, 0], points[:, 1]
    across = np.clip(np.abs(x) / _SMILE_CORNER, 0, 1) * bell(np.maximum(np.abs(x) - _SMILE_CORNER, 0), 0.20)
    near = np.hypot(np.abs(x) - _SMILE_CORNER, y + 0.90)
    cheek = np.hypot((np.abs(x) - 0.66) / 1.2, y + 0.50)
    moved = points.copy()
    moved[:, 0] -= np.sign(x) * 0.105 * across * bell(y + 0.93, 0.24)
    moved[:, 1] -= 0.115 * bell(near, 0.22) + 0.030 * bell(cheek, 0.22)
    return moved


def closed_lips(smiling: Points, resting: Points, fullness: float) -> Points:
    """`resting` (468+, 2) with the lips of the `smiling` photograph laid on each other; their x stays."""
    out = resting.copy()
    for lip, inner, outer, scale in (
        (UPPER_LIP, UPPER_INNER, UPPER_OUTER, _UPPER_FULLNESS),
        (LOWER_LIP, LOWER_INNER, LOWER_OUTER, _LOWER_FULLNESS),
    ):
        index = np.array(lip)
        edge = np.interp(smiling[index, 0], smiling[list(inner), 0], smiling[list(inner), 1])
        thickness = (smiling[index, 1] - edge) * scale * fullness
        rim = np.interp(smiling[index, 0], smiling[list(outer), 0], smiling[list(outer), 1])
        limit = np.abs(rim - edge) * scale * fullness
        out[index, 1] = seam(out[index, 0]) + np.clip(thickness, -limit, limit)
    return out


def seam(x: Points) -> Points:
    """Height at which closed lips meet: a shallow cupid's bow."""
    t = np.clip(np.abs(np.asarray(x)) / 0.4, 0, 1.2)
    return np.asarray(_SEAM_Y + (_CORNER_Y - _SEAM_Y) * t**2 + 0.008 * np.sin(np.pi * np.clip(t, 0, 1)))


def morph(points: Points, shape: HeadShape) -> Points:
    """(n, 2) resting face-frame points -> another head's; smooth, symmetric, and still far from the face."""
    x, y = points[:, 0], points[:, 1]
    side, off = np.sign(x), np.abs(x)
    near = bell(np.maximum(np.hypot(x, (y + 0.4) * 0.85) - 1.0, 0), 0.9)  # the head, not the shoulders
    dx, dy = np.zeros(len(x)), np.zeros(len(x))
    dy += _FOREHEAD * smoothstep(y, 0.36, 0.66) * smoothstep(y, 2.3, 0.9)
    dx += 0.055 * shape.face_width * x * near
    dx += 0.075 * shape.jaw_width * x * smoothstep(y, -0.5, -1.35) * near
    dx += 0.045 * shape.cheeks * side * bell(off - 0.85, 0.3) * bell(y + 0.55, 0.3)
    dy -= 0.11 * shape.chin_length * smoothstep(y, -1.05, -1.75) * near
    dx += 0.16 * shape.nose_width * x * bell(x, 0.32) * bell(y + 0.52, 0.17)
    dy -= 0.055 * shape.nose_length * bell(x, 0.42) * smoothstep(y, -0.1, -0.55) * smoothstep(y, -1.75, -0.8)
    dx += 0.030 * shape.eye_spacing * side * smoothstep(off, 0.1, 0.35) * bell(y - 0.05, 0.32) * near
    eye = bell(np.hypot(off - 0.5, y - 0.02), 0.17)
    dx += 0.08 * shape.eye_size * (off - 0.5) * side * eye
    dy += 0.10 * shape.eye_size * (y - 0.02) * eye
    brow = bell(y - 0.30, 0.13) * bell(np.maximum(off - 0.75, 0), 0.25)
    dy += (0.035 * shape.brow_height + 0.05 * shape.brow_tilt * (off - 0.5)) * brow
    mouth = bell(y - _SEAM_Y, 0.17)
    dx += 0.09 * shape.mouth_width * np.clip(x, -0.45, 0.45) * mouth * bell(np.maximum(off - 0.45, 0), 0.2)
    return points + np.stack([dx, dy], axis=1)
