"""FaceMesh's points by anatomical name, given once for the subject's left half; the right half is its mirror image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import Side

Points = npt.NDArray[np.float64]
SIDES: Final = (Side.LEFT, Side.RIGHT)


def _mirror() -> npt.NDArray[np.intp]:
    table = json.loads((Path(__file__).parent / "mirror.json").read_text(encoding="utf-8"))
    mirror = np.empty(2 * len(table["right_left"]) + len(table["midline"]), dtype=np.intp)
    for right, left in table["right_left"]:
        mirror[right], mirror[left] = left, right
    mirror[table["midline"]] = table["midline"]
    return mirror


MIRROR: Final = _mirror()  # (478,) index of every point's mirror image; its own inverse

# The subject's left half. Lids and brows run from the outer end to the inner one.
OUTER_CANTHUS: Final = 263
INNER_CANTHUS: Final = 362
UPPER_LID: Final = (466, 388, 387, 386, 385, 384, 398)
LOWER_LID: Final = (249, 390, 373, 374, 380, 381, 382)
BROW_UPPER: Final = (300, 293, 334, 296, 336)
BROW_LOWER: Final = (276, 283, 282, 295, 285)
IRIS_CENTRE: Final = 473
IRIS_RING: Final = (474, 475, 476, 477)
MOUTH_CORNER: Final = 291
UPPER_LIP_OUTER: Final = (409, 270, 269, 267)  # from the corner to the middle
LOWER_LIP_OUTER: Final = (375, 321, 405, 314)
UPPER_LIP_INNER: Final = (415, 310, 311, 312)
LOWER_LIP_INNER: Final = (324, 318, 402, 317)
ALA: Final = 358
FOLD: Final = (423, 426, 436)  # course of the nasolabial fold, from the ala downwards
# The midline, from the forehead to the chin.
FOREHEAD: Final = 10
NASION: Final = 168
NOSE_TIP: Final = 4
SUBNASALE: Final = 2
PHILTRUM: Final = 164
UPPER_LIP_MID: Final = (0, 13)  # outer, inner
LOWER_LIP_MID: Final = (17, 14)
CHIN: Final = 152


def side_view(points: Points, side: Side) -> Points:
    """(..., 478, 3) head-frame points as if `side` were the left: x grows outwards on the half that is looked at.

    Every per-side measure is written once, for the left half, and read for the right half through this mirror;
    a mirrored track therefore swaps left and right exactly.
    """
    if side is Side.LEFT:
        return points
    mirrored: Points = points[..., MIRROR, :] * np.array([-1.0, 1.0, 1.0])
    return mirrored
