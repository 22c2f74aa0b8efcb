"""Drawn faces with FaceMesh's numbering, whose left and right half can be told to move."""

from dataclasses import dataclass

import cv2
import numpy as np

from analysis.faces import anatomy
from analysis.faces.anatomy import MIRROR
from analysis.grading.fusion.points68 import CHAINS, POINTS


@dataclass(frozen=True)
class Look:
    """Movement of the subject's left and right half, 0-1, and what makes the person."""

    smile: tuple[float, float] = (0.0, 0.0)
    brow: tuple[float, float] = (0.0, 0.0)
    closed: tuple[float, float] = (0.0, 0.0)
    seed: int = 0  # of the person's proportions


def landmarks(look: Look, *, width: int = 120, height: int = 120, iod_px: float = 30.0) -> np.ndarray:
    """(478, 3) pixels; the subject's left is on the image's right."""
    rng = np.random.default_rng(look.seed)
    shape = 1 + 0.06 * rng.standard_normal(4)
    left, right = (_half(*moved, shape) for moved in zip(look.smile, look.brow, look.closed, strict=True))
    right = right[MIRROR] * np.array([-1, 1])
    both = np.nanmean(np.stack([left, right]), axis=0)  # the midline belongs to both
    points = np.zeros((478, 3))
    points[:, :2] = both * iod_px + np.array([width / 2, height * 0.38])
    return points


def _half(smile: float, brow: float, closed: float, shape: np.ndarray) -> np.ndarray:
    """(478, 2) the subject's left half and the midline; NaN where a point belongs to the other half."""
    half = np.full((478, 2), np.nan)
    _draw_half(half, smile, brow, closed, shape)
    unread = np.isnan(half[:, 0]) & np.isnan(half[MIRROR, 0])
    half[unread & (np.arange(478) == MIRROR)] = (0.0, 0.5)
    half[unread & (np.arange(478) > MIRROR)] = (0.5, 0.5)
    return half


def _draw_half(p: np.ndarray, smile: float, brow: float, closed: float, shape: np.ndarray) -> None:
    """The subject's left half (and the midline), x outwards, y down, unit: inter-ocular distance."""
    a = anatomy
    p[a.OUTER_CANTHUS], p[a.INNER_CANTHUS] = (0.75, 0), (0.25, 0)
    x = np.linspace(0.68, 0.32, 7)
    arc = np.sin(np.linspace(0.3, np.pi - 0.3, 7))
    p[list(a.UPPER_LID)] = np.stack([x, -0.16 * (1 - closed) * arc + 0.02], 1)
    p[list(a.LOWER_LID)] = np.stack([x, 0.10 * arc * (1 - 0.6 * closed) + 0.02], 1)
    rise = 0.25 * brow
    bx = np.linspace(0.85, 0.2, 5)
    by = -0.42 * shape[0] - rise - 0.08 * np.sin(np.linspace(0.2, np.pi - 0.4, 5))
    p[list(a.BROW_UPPER)] = np.stack([bx, by], 1)
    p[list(a.BROW_LOWER)] = np.stack([bx, by + 0.08], 1)
    p[a.FOREHEAD], p[a.NASION], p[a.NOSE_TIP], p[a.SUBNASALE] = (0, -1.1), (0, 0), (0, 0.62 * shape[1]), (0, 0.8)
    p[1], p[5], p[197], p[a.PHILTRUM], p[a.ALA] = (0, 0.6 * shape[1]), (0, 0.5), (0, 0.25), (0, 0.9), (0.24, 0.7)
    p[327], p[326] = (0.18, 0.76), (0.09, 0.79)
    corner = np.array([0.42 * shape[2] + 0.22 * smile, 1.18 - 0.2 * smile])
    p[a.MOUTH_CORNER] = corner
    top, bottom = np.array([0.0, 1.08]), np.array([0.0, 1.32])
    upper, lower = np.array([0.0, 1.14]), np.array([0.0, 1.26])
    for k, share in enumerate((0.2, 0.45, 0.7, 0.9)):
        p[a.UPPER_LIP_OUTER[k]] = corner * (1 - share) + top * share
        p[a.LOWER_LIP_OUTER[k]] = corner * (1 - share) + bottom * share
        p[a.UPPER_LIP_INNER[k]] = corner * (1 - share) + upper * share
        p[a.LOWER_LIP_INNER[k]] = corner * (1 - share) + lower * share
    p[308] = corner * 0.95
    p[a.UPPER_LIP_MID[0]], p[a.UPPER_LIP_MID[1]], p[a.LOWER_LIP_MID[0]], p[a.LOWER_LIP_MID[1]] = (
        top,
        upper,
        bottom,
        lower,
    )
    jaw = (454, 323, 361, 288, 397, 365, 379, 377)
    angle = np.linspace(0.0, 1.35, len(jaw))
    p[list(jaw)] = np.stack([1.15 * shape[3] * np.cos(angle), 0.1 + 1.75 * np.sin(angle)], 1)
    p[a.CHIN] = (0, 1.85)
    for i in (*a.IRIS_RING, a.IRIS_CENTRE):
        p[i] = (0.5, 0.0)


def picture(points: np.ndarray, *, width: int = 120, height: int = 120) -> np.ndarray:
    """(height, width, 3) the face's lines on skin."""
    canvas = np.full((height, width, 3), (200, 170, 150), np.uint8)
    xy = points[np.array(POINTS), :2]
    for chain in CHAINS:
        line = np.round((xy[list(chain)] - 0.5) * 16).astype(np.int32)
        cv2.polylines(canvas, [line], False, (40, 20, 20), 2, cv2.LINE_AA, 4)
    return canvas


def mirrored(points: np.ndarray, width: int = 120) -> np.ndarray:
    """Landmarks of the mirror image of a picture, with left and right exchanged (pixel edges at 0 and width)."""
    flipped = points[MIRROR].copy()
    flipped[:, 0] = width - flipped[:, 0]
    return flipped


def five(points: np.ndarray) -> np.ndarray:
    """(5, 2) as MTCNN orders them."""
    pairs = np.array([(33, 133), (362, 263), (1, 1), (61, 61), (291, 291)])
    return points[pairs, :2].mean(axis=1)
