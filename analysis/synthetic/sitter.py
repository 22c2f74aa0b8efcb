"""The photograph turned into a resting person of a given identity: done once, then animated frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import RBFInterpolator

from analysis.synthetic import paint
from analysis.synthetic.identity import Identity, identity
from analysis.synthetic.mesh import (
    LOWER_INNER,
    LOWER_LIP,
    LOWER_OUTER,
    OVAL,
    UPPER_INNER,
    UPPER_LIP,
    UPPER_OUTER,
    Points,
)
from analysis.synthetic.pixels import Picture, Plane, enlarge, remap
from analysis.synthetic.portrait import Portrait, portrait
from analysis.synthetic.shape import HeadShape, closed_lips, morph, seam, without_smile

UNIT = 110  # texture pixels per inter-ocular distance
ORIGIN = (5.0, 2.7)  # inter-ocular distances from the texture's left and top edge to the point between the eyes
EXTENT = (10.0, 8.4)  # width and height of the texture, inter-ocular distances
TEETH = ((-0.6, 0.6), (-1.55, -0.6))  # left and right, bottom and top of the picture of the teeth, face frame
MOUTH_Y = -1.025  # of the seam in a head of the photograph's shape
_STEP = 14  # texture pixels between the nodes at which the warp is evaluated exactly


@dataclass(frozen=True, slots=True)
class Sitter:
    who: Identity
    texture: Picture  # (H, W, 4) RGB premultiplied by alpha, and alpha
    lines: Plane  # (H, W) relative change of brightness where lines deepen with movement
    teeth: Picture  # (h, w, 3) RGB of what parted lips show, at the positions of `teeth_grid`
    light: float  # brightness of eyes and teeth
    points: Points  # (478, 2) FaceMesh points at rest, face frame
    depth: Points  # (478,) towards the camera


@lru_cache(maxsize=4)
def sitter(seed: int) -> Sitter:
    """The resting person of an identity seed; about one second, cached."""
    who = identity(seed)
    photo = portrait(flipped=who.flipped)
    points = resting_points(photo, who.shape)
    upper, lower = (_source_map(photo, points, who.shape, without) for without in (LOWER_LIP, UPPER_LIP))
    grid = texture_grid()
    below = grid[..., 1] < seam_of(who.shape, grid[..., 0])
    source = np.where(below[..., None], lower, upper).astype(np.float32)
    image = remap(photo.image, source, cubic=True, outside="edge")
    alpha = remap(photo.person, source)
    rgb, lines = paint.recolour(image, grid, points, seam_of(who.shape, grid[..., 0]), who)
    light = 0.55 + 0.45 * min(who.skin[0] / 175, 1.0)
    lift = float(points[[13, 14], 1].mean()) - MOUTH_Y + 0.03
    return Sitter(
        who, premultiplied(rgb, alpha), lines, paint.teeth(photo, teeth_grid(), lift, light), light, points, photo.depth
    )


def resting_points(photo: Portrait, shape: HeadShape) -> Points:
    """(478, 2) the photograph's landmarks at rest, lips closed, in the head `shape`."""
    fullness = 1.0 + 0.22 * shape.lip_fullness
    return morph(closed_lips(photo.points, without_smile(photo.points), fullness), shape)


def seam_of(shape: HeadShape, x: Points) -> Points:
    """Height of the closed lips' seam at x in the head `shape`."""
    at = np.linspace(-0.7, 0.7, 57)
    line = morph(np.stack([at, seam(at)], axis=1), shape)
    return np.asarray(np.interp(x, line[:, 0], line[:, 1]))


def texture_grid(step: int = 1) -> Points:
    """(H/step, W/step, 2) face-frame position of every texture pixel's (or block's) centre."""
    width, height = (int(e * UNIT) for e in EXTENT)
    x = ((np.arange(0, width, step) + (step - 1) / 2) / UNIT) - ORIGIN[0]
    y = ORIGIN[1] - ((np.arange(0, height, step) + (step - 1) / 2) / UNIT)
    return np.stack(np.meshgrid(x.astype(np.float32), y.astype(np.float32)), axis=-1)


def teeth_grid() -> Points:
    """(h, w, 2) positions of the pixels of `Sitter.teeth`."""
    (left, right), (bottom, top) = TEETH
    x, y = np.arange(left, right, 1 / UNIT), np.arange(top, bottom, -1 / UNIT)
    return np.stack(np.meshgrid(x, y), axis=-1)


def premultiplied(rgb: Picture, alpha: Plane) -> Picture:
    flat = rgb.astype(np.float32) * alpha[..., None]
    return np.dstack([flat, alpha * 255]).astype(np.uint8)


def _source_map(photo: Portrait, points: Points, shape: HeadShape, without: tuple[int, ...]) -> Points:
    """(H, W, 2) photograph pixel for each texture pixel: thin-plate spline through all points but one lip's.

    The lips overlap once closed, so each half of the face has a map of its own; they meet at the seam.
    """
    corners = {61, 291, 78, 308, 62, 292, 76, 306}
    keep = np.array([i for i in range(468) if i not in set(without) - corners])
    anchors = _anchors(photo)
    target = np.concatenate([points[keep], morph(anchors, shape)])
    source = np.concatenate([_inside_the_lips(photo.points)[keep], anchors])
    spline = RBFInterpolator(target, source, kernel="thin_plate_spline", smoothing=1e-6)
    nodes = texture_grid(_STEP)
    pixels = photo.frame.to_pixels(spline(nodes.reshape(-1, 2)).reshape(nodes.shape))
    rows, columns = nodes.shape[:2]
    whole = enlarge(pixels.astype(np.float32), (columns * _STEP, rows * _STEP), cubic=True)
    return whole[: int(EXTENT[1] * UNIT), : int(EXTENT[0] * UNIT)]  # whole steps reach beyond the texture


def _inside_the_lips(points: Points) -> Points:
    """The photograph's points with the lips' inner edge drawn into the lip, clear of teeth and shadow."""
    out = points.copy()
    for inner, outer in ((UPPER_INNER, UPPER_OUTER), (LOWER_INNER, LOWER_OUTER)):
        a, b = list(inner), list(outer)
        away = points[b, 1] - points[a, 1]
        out[a, 1] += 0.2 * away + np.sign(away) * 0.014
    corners = [61, 291, 78, 308, 62, 292, 76, 306]
    out[corners, 0] += 0.06 * np.sign(points[corners, 0])
    return out


def _anchors(photo: Portrait) -> Points:
    """Points of hair, ears, neck and shoulders, which follow the head but not the smile."""
    oval = photo.points[list(OVAL)]
    centre = oval.mean(axis=0)
    rings = [centre + scale * (oval - centre) for scale in (1.3, 1.7, 2.4, 4.0, 6.0)]
    return np.concatenate(rings)
