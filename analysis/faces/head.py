"""The head frame: landmarks with head pose, distance to the camera and place in the picture taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.faces.anatomy import INNER_CANTHUS, IRIS_RING, MIRROR, OUTER_CANTHUS, Points
from analysis.faces.pose import TEMPLATE, head_rotation
from analysis.faces.track import FaceTrack

IRIS_MM: Final = 11.7  # white-to-white corneal diameter, mean of published cohorts 11.64-11.80 mm
IRIS_RELATIVE_SD: Final = 0.04  # person-to-person spread (Ruefer 2005: 11.71 +- .42 mm), 1 SD

_STABLE: Final = np.array(list(TEMPLATE))
_CORNERS_LEFT: Final = np.array([OUTER_CANTHUS, INNER_CANTHUS])
_CORNERS_RIGHT: Final = MIRROR[_CORNERS_LEFT]


@dataclass(frozen=True, slots=True)
class HeadFrame:
    """Landmarks of one track in the head's own axes.

    `points` is (n, 478, 3): x to the subject's left, y up, z to the camera; origin at the centroid of the points that
    expression hardly moves; unit is the inter-ocular distance (eye-corner midpoint to eye-corner midpoint) of the
    same frame. Frames without a face are NaN.
    """

    time_s: Points  # (n,)
    points: Points
    mm_per_unit: float | None  # millimetres per inter-ocular distance, by the iris; None when no iris was seen

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        measured: npt.NDArray[np.bool_] = np.isfinite(self.points[:, 0, 0])
        return measured


def head_frame(track: FaceTrack) -> HeadFrame:
    """Rigid alignment of every frame to the frontal template of `analysis.faces.pose`, then inter-ocular scaling."""
    rotation = head_rotation(track)  # head -> camera
    points = track.landmarks.astype(np.float64) * np.array([1.0, -1.0, -1.0])
    points = points - points[:, _STABLE].mean(axis=1, keepdims=True)
    points = np.einsum("nji,npj->npi", rotation, points)
    apart = points[:, _CORNERS_LEFT].mean(axis=1) - points[:, _CORNERS_RIGHT].mean(axis=1)
    points /= np.linalg.norm(apart, axis=1)[:, None, None]
    return HeadFrame(time_s=track.time_s, points=points, mm_per_unit=_mm_per_unit(points))


def _mm_per_unit(points: Points) -> float | None:
    """11.7 mm over the median horizontal diameter of both irises, which lids cover less than the vertical one."""
    ring = np.array(IRIS_RING)
    across = [np.linalg.norm(points[:, r[0]] - points[:, r[2]], axis=1) for r in (ring, MIRROR[ring])]
    across_units = float(np.nanmedian(across)) if np.isfinite(across).any() else 0.0
    return IRIS_MM / across_units if across_units > 0 else None


def smoothed(frame: HeadFrame, sigma_s: float) -> HeadFrame:
    """Zero-phase Gaussian smoothing over time (standard deviation in seconds); never across a gap in the track."""
    return HeadFrame(frame.time_s, smooth(frame.points, frame.time_s, sigma_s), frame.mm_per_unit)


def smooth(values: Points, time_s: Points, sigma_s: float) -> Points:
    """Zero-phase Gaussian smoothing along the first axis by real timestamps; NaN rows stay NaN and weigh nothing."""
    reach = 3 * sigma_s
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat).all(axis=1)
    filled = np.where(known[:, None], flat, 0.0)
    total, weight = np.zeros_like(flat), np.zeros(len(flat))
    for shift in range(-_widest(time_s, reach), _widest(time_s, reach) + 1):
        here, there = _overlap(len(flat), shift)
        away = time_s[there] - time_s[here]
        w = np.exp(-0.5 * (away / sigma_s) ** 2) * known[there] * (np.abs(away) <= reach)
        total[here] += w[:, None] * filled[there]
        weight[here] += w
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight[:, None]
    mean[~known] = np.nan
    smoothed_values: Points = mean.reshape(values.shape)
    return smoothed_values


def _widest(time_s: Points, reach_s: float) -> int:
    """Frames that `reach_s` spans where frames are densest."""
    return (
        int(min(len(time_s) - 1, np.ceil(reach_s / max(float(np.diff(time_s).min()), 1e-3)))) if len(time_s) > 1 else 0
    )


def _overlap(n: int, shift: int) -> tuple[slice, slice]:
    """Slices `here`, `there` with there = here + shift, both inside 0..n."""
    return slice(max(0, -shift), n - max(0, shift)), slice(max(0, shift), n - max(0, -shift))


def rest_asymmetry(points: Points) -> Points:
    """(478, 3) left minus mirrored right of one face: zero for a symmetric one."""
    difference: Points = points - points[MIRROR] * np.array([-1.0, 1.0, 1.0])
    return difference
