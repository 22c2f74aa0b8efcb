"""68 points in the usual order (jaw, brows, nose, eyes, lips), each as the FaceMesh point that lies nearest to it.

Chosen by anatomy for the subject's left half; the right half is its mirror image, so that a mirrored face gives
exactly the mirrored points.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from analysis.faces import anatomy
from analysis.faces.anatomy import MIRROR

# The subject's left half, from the ear to the chin; then the chin itself.
_JAW: Final = (454, 323, 361, 288, 397, 365, 379, 377)
_BROW: Final = (300, 293, 334, 296, 336)  # outer to inner
_NOSTRIL: Final = (327, 326)  # outer to inner
_EYE: Final = (263, 387, 385, 362, 380, 373)  # outer corner, upper lid, inner corner, lower lid
_LIP_UPPER: Final = (291, 270, 267)  # corner to middle
_LIP_LOWER: Final = (405, 314)  # towards the middle
_INNER: Final = (308, 311, 402)  # corner, upper, lower


def _right(points: tuple[int, ...]) -> list[int]:
    return [int(MIRROR[p]) for p in points]


def _points() -> tuple[int, ...]:
    """As the 68-point scheme counts: from the subject's right (image left) to the left."""
    jaw = [*_right(_JAW), anatomy.CHIN, *reversed(_JAW)]
    brows = [*_right(_BROW), *reversed(_BROW)]
    nose = [168, 197, 5, 4, *_right(_NOSTRIL), 2, *reversed(_NOSTRIL)]
    o, u1, u2, i, l1, l2 = _EYE
    eyes = [*_right(_EYE), i, u2, u1, o, l2, l1]
    outer = [*_right(_LIP_UPPER), 0, *reversed(_LIP_UPPER), *_LIP_LOWER, 17, *reversed(_right(_LIP_LOWER))]
    c, u, low = _INNER
    rc, ru, rl = _right(_INNER)
    inner = [rc, ru, 13, u, c, low, 14, rl]
    return (*jaw, *brows, *nose, *eyes, *outer, *inner)


POINTS: Final = _points()  # (68,) FaceMesh indices
assert len(POINTS) == 68
assert len(set(POINTS)) == 68

CHAINS: Final = (  # contours, as indices into the 68
    tuple(range(17)),
    tuple(range(17, 22)),
    tuple(range(22, 27)),
    tuple(range(27, 31)),
    tuple(range(31, 36)),
    (*range(36, 42), 36),
    (*range(42, 48), 42),
    (*range(48, 60), 48),
    (*range(60, 68), 60),
)
MIRROR68: Final = tuple(POINTS.index(int(MIRROR[p])) for p in POINTS)  # index of every point's mirror image
SEGMENTS: Final = sum(len(list(pairwise(chain))) for chain in CHAINS)
