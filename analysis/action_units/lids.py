"""Blinks in the lids' course: too short to be an exercise, and long enough to disturb what is read beside them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, grey_opening

from analysis.contracts import AU_NAMES
from analysis.faces.anatomy import Points

BLINK_S: Final = 0.42  # a closure shorter than this is a blink, not an exercise
_SHUT: Final = 1.0  # intensity by which lids close for a moment, from which the frame is taken for a blink's
_AROUND_S: Final = 0.08  # before and after it, while lids and brows still move
_FEWEST: Final = 3  # frames, below which there is no before and after
_RAISED: Final = 1.0  # intensity from which a brow counts as raised
_LIDS: Final = AU_NAMES.index("AU45")
_BROWS: Final = [AU_NAMES.index(name) for name in ("AU1", "AU2")]


def without_blinks(lids: Points, time_s: Points) -> Points:
    """Closure over time with every closure shorter than a blink taken out (grey opening)."""
    opened: Points = grey_opening(np.nan_to_num(lids), size=_frames(BLINK_S, time_s))
    return opened


def blinking(halves: tuple[Points, Points], time_s: Points) -> npt.NDArray[np.bool_]:
    """(n,) frames in which either eye blinks, and those just around; `halves` are (n, len(AU_NAMES)) each."""
    moments = np.zeros(len(time_s), dtype=bool)
    for half in halves:
        lids = np.nan_to_num(half[:, _LIDS])
        moments |= lids - without_blinks(lids, time_s) > _SHUT
    around: npt.NDArray[np.bool_] = binary_dilation(moments, iterations=_frames(_AROUND_S, time_s))
    return around


def brows_held(halves: tuple[Points, Points], time_s: Points) -> tuple[Points, Points]:
    """Raised brows stay raised through a blink; `halves` are (n, len(AU_NAMES)) each.

    FaceMesh draws the brows down with the lids, by half of a raise of the brows, where the brows themselves stand
    still: the lesser of what was seen just before and just after the blink counts instead, where it is more.
    """
    if len(time_s) < _FEWEST:
        return halves
    moments = blinking(halves, time_s)
    return _held(halves[0], moments), _held(halves[1], moments)


def _held(half: Points, moments: npt.NDArray[np.bool_]) -> Points:
    full = half.copy()
    edges = np.flatnonzero(np.diff(np.r_[False, moments, False].astype(np.int8)))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        if first and after < len(half):
            level = np.minimum(half[first - 1, _BROWS], half[after, _BROWS])
            raised = np.where(level >= _RAISED, level, -np.inf)
            full[first:after, _BROWS] = np.maximum(half[first:after, _BROWS], raised)
    return full


def _frames(seconds: float, time_s: Points) -> int:
    return max(1, round(seconds / float(np.median(np.diff(time_s)))))
