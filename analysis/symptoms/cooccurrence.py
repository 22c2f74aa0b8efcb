"""Co-occurrence of action units within and across the halves (Niu et al., equations 7-9, algorithm 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Matrices, Side
from analysis.faces.anatomy import Points
from analysis.symptoms.active_mean import ACTIVE

DIFFERENCE: Final = 0.3  # beyond which a pair differs between the halves
NORMAL: Final = 0.5  # co-occurrence in unaffected faces above which a pair is no sign


@dataclass(frozen=True, slots=True)
class Pair:
    """A unit that follows on one half and not on the other, while another unit is active on that half."""

    side: Side
    given: str
    follows: str
    difference: float  # how much more often it follows on this half than on the other


def co_occurrence(rows: Points, given: Points) -> Points:
    """P(unit i of `rows` active | unit j of `given` active), equation 7; NaN where j is never active. (k, k).

    Both are (n, k) intensities of the same frames; frames without any measured unit are left out.
    """
    known = np.isfinite(np.c_[rows, given]).any(axis=1)
    i, j = (np.nan_to_num(side[known]) > ACTIVE for side in (rows, given))
    together = i.T.astype(float) @ j.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        chance: Points = together / j.sum(axis=0)[None]
    return chance


@dataclass(frozen=True, slots=True)
class CoOccurrence:
    """The four matrices and the two differences; all (k, k) over AU_NAMES, NaN where a column's unit never acted."""

    left_left: Points
    left_right: Points
    right_left: Points
    right_right: Points

    @property
    def right_minus_left(self) -> Points:
        """CM_(right-left|left), equation 8."""
        return self.right_left - self.left_left

    @property
    def left_minus_right(self) -> Points:
        """CM_(left-right|right), equation 9."""
        return self.left_right - self.right_right

    def to_matrices(self) -> Matrices:
        names = ("left_left", "left_right", "right_left", "right_right", "right_minus_left", "left_minus_right")
        return Matrices(**{name: _listed(getattr(self, name)) for name in names})


def matrices(units: SideActionUnits) -> CoOccurrence:
    left, right = units.left, units.right
    return CoOccurrence(
        left_left=co_occurrence(left, left),
        left_right=co_occurrence(left, right),
        right_left=co_occurrence(right, left),
        right_right=co_occurrence(right, right),
    )


def flagged_pairs(found: CoOccurrence) -> list[Pair]:
    """Pairs that survive the mask and differ by more than `DIFFERENCE` in favour of the same half (algorithm 2)."""
    allowed = ~normal_mask()
    pairs = []
    for side, difference in ((Side.LEFT, found.right_minus_left), (Side.RIGHT, found.left_minus_right)):
        stronger_here = np.where(allowed, -np.nan_to_num(difference), 0.0)
        for i, j in np.argwhere(stronger_here > DIFFERENCE):
            if i != j:
                pairs.append(Pair(side, AU_NAMES[j], AU_NAMES[i], float(stronger_here[i, j])))
    return sorted(pairs, key=lambda pair: -pair.difference)


@cache
def normal_mask() -> npt.NDArray[np.bool_]:
    """(k, k) True where unaffected faces show unit i with unit j more often than `NORMAL`: no sign of synkinesis."""
    table = json.loads((Path(__file__).parent / "normal_cooccurrence.json").read_text(encoding="utf-8"))
    assert tuple(table["names"]) == AU_NAMES
    chance = np.array([[np.nan if value is None else value for value in row] for row in table["probability"]])
    mask: npt.NDArray[np.bool_] = np.nan_to_num(chance) > NORMAL
    return mask


def _listed(matrix: Points) -> list[list[float | None]]:
    return [[None if np.isnan(value) else round(float(value), 4) for value in row] for row in matrix]
