"""What the landmark estimator sees of one side of one face: `landmark-features/2`."""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.contracts import Side
from analysis.faces.anatomy import MIRROR, Points, side_view
from analysis.faces.head import HeadFrame, smoothed
from analysis.motion.rest import Rest, rest_course

PREPROCESS: Final = "landmark-features/2"
SMOOTHING_S: Final = 0.045  # zero-phase; FaceMesh's own jitter falls by half, a 0.3 s blink loses under 10 %

# Points of the left half and the midline: brows, lids, lips and what skin they move.
POINTS: Final = np.array(
    [
        263, 466, 388, 387, 386, 385, 384, 398, 362, 249, 390, 373, 374, 380, 381, 382,  # lids
        300, 293, 334, 296, 336, 276, 283, 282, 295, 285, 9, 8, 337, 333, 299,  # brow, glabella, forehead
        255, 339, 254, 253, 252, 256, 450, 449, 451, 448, 261, 340, 346, 347, 348, 349, 350, 280, 330, 329,  # cheek
        358, 279, 420, 429, 437, 343, 412, 327, 326, 2, 197,  # side of the nose
        291, 308, 409, 270, 269, 267, 0, 415, 310, 311, 312, 13, 375, 321, 405, 314, 17, 324, 318, 402, 317, 14,  # lips
        426, 425, 266, 371, 355, 423, 410, 322, 287, 432, 434, 430, 422, 424, 418, 421, 406, 335, 313, 18, 200, 199,
    ]
)  # fmt: skip
WIDTH: Final = 2 * 2 * len(POINTS)


def side_features(frame: HeadFrame, rest: Rest, side: Side) -> Points:
    """(n, WIDTH) displacement from rest of this half's points and, beside it, of the other half's.

    Rest is the calm frames around each moment, so that slow drift (pose, light) is no displacement. Both halves go in
    because FaceMesh pulls a face towards symmetry: what the other half does is needed to undo that pull. Inter-ocular
    units; x outwards, y up on both halves. FaceMesh's depth is left out: with it, faces that were not fitted did
    worse. Frames without a face are NaN.
    """
    shown = smoothed(frame, SMOOTHING_S)
    moved = shown.points - rest_course(shown, rest)
    seen = side_view(moved, side)
    own = seen[:, POINTS, :2]
    other = seen[:, MIRROR[POINTS], :2] * np.array([-1.0, 1.0])
    both: Points = np.concatenate([own, other], axis=1).reshape(len(seen), WIDTH)
    return both
