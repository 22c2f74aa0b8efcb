"""FaceMesh's points by name, and the face frame in which a puppet is described.

Face frame: origin midway between the eyes, x to the subject's own left (the image's right), y up, unit = inter-ocular
distance (midpoint of the right eye's corners to midpoint of the left eye's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating[Any]]

LEFT: Final = 0  # column of the subject's left side in every per-side array
RIGHT: Final = 1
OUTWARD: Final = (1.0, -1.0)  # direction of x that points away from the midline, per side

# Lid margins from the outer corner to the inner one, corners included; per side.
UPPER_LID: Final = (
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
)
LOWER_LID: Final = (
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
)
BROW: Final = ((300, 293, 334, 296, 336, 276, 283, 282, 295, 285), (70, 63, 105, 66, 107, 46, 53, 52, 65, 55))
EYE_CORNERS: Final = ((263, 362), (33, 133))  # outer, inner
MOUTH_CORNER: Final = (291, 61)
ALA: Final = (358, 129)  # side of the nostril
# Lips from the right corner to the left one, corners included.
UPPER_INNER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
UPPER_OUTER: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_UPPER_MIDDLES: Final = (
    62,
    183,
    42,
    41,
    38,
    12,
    268,
    271,
    272,
    407,
    292,
    76,
    184,
    74,
    73,
    72,
    11,
    302,
    303,
    304,
    408,
    306,
)
_LOWER_MIDDLES: Final = (
    62,
    96,
    89,
    179,
    86,
    15,
    316,
    403,
    319,
    325,
    292,
    76,
    77,
    90,
    180,
    85,
    16,
    315,
    404,
    320,
    307,
    306,
)
UPPER_LIP: Final = tuple(sorted({*UPPER_INNER, *UPPER_OUTER, *_UPPER_MIDDLES}))
LOWER_LIP: Final = tuple(sorted({*LOWER_INNER, *LOWER_OUTER, *_LOWER_MIDDLES}))
OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """Similarity between a picture's pixels and the face frame."""

    origin: Points  # (2,) pixel of the origin
    unit: float  # pixels per inter-ocular distance
    angle: float  # radians by which the line through the eyes dips towards the subject's left in the picture

    @classmethod
    def of(cls, pixels: Points) -> FaceFrame:
        """From FaceMesh points (>= 468, 2+) in pixels."""
        left, right = (pixels[list(EYE_CORNERS[side]), :2].mean(axis=0) for side in (LEFT, RIGHT))
        across = left - right
        return cls((left + right) / 2, float(np.hypot(*across)), float(np.arctan2(across[1], across[0])))

    def to_face(self, pixels: Points) -> Points:
        """(..., 2) pixels -> face frame."""
        d = (pixels - self.origin) / self.unit
        c, s = np.cos(self.angle), np.sin(self.angle)
        return np.stack([c * d[..., 0] + s * d[..., 1], s * d[..., 0] - c * d[..., 1]], axis=-1)

    def to_pixels(self, face: Points) -> Points:
        """(..., 2) face frame -> pixels."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        x, y = face[..., 0], face[..., 1]
        return np.asarray(self.origin + self.unit * np.stack([c * x + s * y, s * x - c * y], axis=-1))


def smoothstep(t: npt.ArrayLike, low: float | Points = 0.0, high: float | Points = 1.0) -> Points:
    """0 below `low`, 1 above `high`, cubic and monotone between (either order of the two)."""
    u = np.clip((np.asarray(t) - low) / (high - low), 0.0, 1.0)
    return np.asarray(u * u * (3.0 - 2.0 * u))


def bell(distance: npt.ArrayLike, width: float) -> Points:
    """Gaussian of a distance, 1 at 0."""
    return np.asarray(np.exp(-0.5 * (np.asarray(distance) / width) ** 2))
