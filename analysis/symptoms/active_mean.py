"""Active mean and its difference between the halves (Niu et al., equations 4-6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.faces.anatomy import Points

ACTIVE: Final = 0.5  # intensity above which a unit is active


@dataclass(frozen=True, slots=True)
class ActiveMean:
    """Mean intensity 0-5 of one unit over the frames in which either half shows it; None when neither ever does."""

    left: float | None
    right: float | None
    frames: int

    @property
    def difference(self) -> float:
        """Delta AM, left minus right (equation 6); 0 for a unit that was never active."""
        return 0.0 if self.left is None or self.right is None else self.left - self.right


def active_mean(left: Points, right: Points, allowed: npt.NDArray[np.bool_] | None = None) -> ActiveMean:
    """Equations 4 and 5: S is the set of frames in which the left or the right intensity exceeds `ACTIVE`.

    `allowed` narrows S to some frames. NaN frames are left out.
    """
    seen = np.isfinite(left) & np.isfinite(right)
    if allowed is not None:
        seen = seen & allowed
    active = seen & ((np.nan_to_num(left) > ACTIVE) | (np.nan_to_num(right) > ACTIVE))
    if not active.any():
        return ActiveMean(None, None, 0)
    return ActiveMean(float(left[active].mean()), float(right[active].mean()), int(active.sum()))
