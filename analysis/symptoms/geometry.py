"""Distances and angles of each half face, frame by frame, in the head frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from analysis.contracts import Side
from analysis.faces.anatomy import (
    ALA,
    BROW_UPPER,
    CHIN,
    FOLD,
    INNER_CANTHUS,
    IRIS_CENTRE,
    LOWER_LID,
    LOWER_LIP_INNER,
    LOWER_LIP_MID,
    LOWER_LIP_OUTER,
    MIRROR,
    MOUTH_CORNER,
    NASION,
    OUTER_CANTHUS,
    PHILTRUM,
    UPPER_LID,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
    Points,
    side_view,
)

_MIDDLE_LIDS: Final = slice(2, 5)  # the three pairs of lid points over the iris
# Inter-ocular distances, 2 mm; a corner at rest is read to wander by .014 (95th percentile of a video, median of 208).
LEAST_WAY: Final = 0.03
_X, _Y = 0, 1


def _eye_y(p: Points) -> Points:
    """Height of the line through the eyes: the mean of the four corners, which lids and brows hardly move."""
    corners = [OUTER_CANTHUS, INNER_CANTHUS, int(MIRROR[OUTER_CANTHUS]), int(MIRROR[INNER_CANTHUS])]
    height: Points = p[..., corners, _Y].mean(axis=-1)
    return height


def _midline_x(p: Points) -> Points:
    """The facial midline: between the inner eye corners."""
    x: Points = p[..., [INNER_CANTHUS, int(MIRROR[INNER_CANTHUS])], _X].mean(axis=-1)
    return x


def palpebral_fissure(p: Points) -> Points:
    """Upper minus lower lid margin over the iris, mean of three pairs."""
    gap: Points = (p[..., UPPER_LID, _Y] - p[..., LOWER_LID, _Y])[..., _MIDDLE_LIDS].mean(axis=-1)
    return np.maximum(gap, 0.0)


def mrd1(p: Points) -> Points:
    """Margin reflex distance 1: iris centre to the upper lid margin."""
    distance: Points = p[..., UPPER_LID, _Y][..., _MIDDLE_LIDS].mean(axis=-1) - p[..., IRIS_CENTRE, _Y]
    return distance


def brow_height(p: Points) -> Points:
    """Eye line to the upper edge of the brow, mean of five points."""
    height: Points = p[..., BROW_UPPER, _Y].mean(axis=-1) - _eye_y(p)
    return height


def commissure_height(p: Points) -> Points:
    """Eye line to the mouth corner; negative, a drooping corner is more negative."""
    height: Points = p[..., MOUTH_CORNER, _Y] - _eye_y(p)
    return height


def commissure_lateral(p: Points) -> Points:
    """Facial midline to the mouth corner, outwards."""
    distance: Points = p[..., MOUTH_CORNER, _X] - _midline_x(p)
    return distance


def commissure_position(p: Points) -> Points:
    """Where the midline crosses the lower lip's edge to the mouth corner (Emotrics' static position)."""
    corner = p[..., MOUTH_CORNER, :2]
    crossing = np.stack([_midline_x(p), p[..., LOWER_LIP_MID[0], _Y]], axis=-1)
    distance: Points = np.linalg.norm(corner - crossing, axis=-1)
    return distance


def smile_angle(p: Points) -> Points:
    """Degrees between the midline downwards and the line from its crossing with the lower lip to the mouth corner."""
    up = p[..., MOUTH_CORNER, _Y] - p[..., LOWER_LIP_MID[0], _Y]
    out = p[..., MOUTH_CORNER, _X] - _midline_x(p)
    angle: Points = 90.0 + np.degrees(np.arctan2(up, np.maximum(out, 1e-9)))
    return angle


def dental_show(p: Points) -> Points:
    """Gap of the inner lips half-way between the corner and the midline."""
    gap: Points = p[..., UPPER_LIP_INNER[2], _Y] - p[..., LOWER_LIP_INNER[2], _Y]
    return np.maximum(gap, 0.0)


def upper_lip_height(p: Points) -> Points:
    """Eye line to the upper lip's edge beside the midline; negative."""
    height: Points = p[..., UPPER_LIP_OUTER[2:], _Y].mean(axis=-1) - _eye_y(p)
    return height


def lower_lip_height(p: Points) -> Points:
    """Eye line to the lower lip's edge beside the midline; negative."""
    height: Points = p[..., LOWER_LIP_OUTER[2:], _Y].mean(axis=-1) - _eye_y(p)
    return height


def fold_height(p: Points) -> Points:
    """Eye line to the middle of the nasolabial fold's course; negative. Its depth is not seen by landmarks."""
    height: Points = p[..., FOLD, _Y].mean(axis=-1) - _eye_y(p)
    return height


def fold_angle(p: Points) -> Points:
    """Degrees of the nasolabial fold's course off the vertical, outwards."""
    course = p[..., FOLD[-1], :] - p[..., ALA, :]
    angle: Points = np.degrees(np.arctan2(course[..., _X], -course[..., _Y]))
    return angle


Series = Callable[[Points], Points]
LENGTHS: Final[dict[str, Series]] = {
    "palpebral_fissure": palpebral_fissure,
    "mrd1": mrd1,
    "brow_height": brow_height,
    "commissure_height": commissure_height,
    "commissure_lateral": commissure_lateral,
    "commissure_position": commissure_position,
    "dental_show": dental_show,
    "upper_lip_height": upper_lip_height,
    "lower_lip_height": lower_lip_height,
    "fold_height": fold_height,
}


def of_side(measure: Series, points: Points, side: Side) -> Points:
    """One measure of one half; inter-ocular units, or degrees for angles."""
    return measure(side_view(points, side))


def corner_way(points: Points, rest: Points, side: Side) -> Points:
    """How far the mouth corner is from its place at rest, in the plane of the face."""
    both = (commissure_lateral, commissure_height)
    lateral, height = (of_side(series, points, side) - of_side(series, rest, side) for series in both)
    way: Points = np.hypot(lateral, height)
    return way


def corner_direction(points: Points, rest: Points, side: Side) -> Points:
    """Degrees of the mouth corner's way from rest above the horizontal, outwards; negative is downwards.

    NaN where the way is under `LEAST_WAY`: what hardly moves has no direction.
    """
    both = (commissure_lateral, commissure_height)
    lateral, height = (of_side(series, points, side) - of_side(series, rest, side) for series in both)
    angle: Points = np.where(np.hypot(lateral, height) < LEAST_WAY, np.nan, np.degrees(np.arctan2(height, lateral)))
    return angle


def philtral_deviation(points: Points) -> Points:
    """Philtrum off the line from the nasion to between the eyes' inner corners, + to the subject's left."""
    deviation: Points = points[..., PHILTRUM, _X] - _midline_x(points)
    return deviation


def chin_deviation(points: Points) -> Points:
    """Chin off the facial midline, + to the subject's left; a turned jaw shows here, not a palsy."""
    deviation: Points = points[..., CHIN, _X] - points[..., NASION, _X]
    return deviation
