"""Colour, light, age and teeth of a resting person: everything about a face that is not its shape."""

from __future__ import annotations

import cv2
import numpy as np

from analysis.synthetic import folds
from analysis.synthetic.identity import Identity
from analysis.synthetic.mesh import (
    ALA,
    LEFT,
    LOWER_INNER,
    LOWER_LID,
    LOWER_OUTER,
    MOUTH_CORNER,
    OUTWARD,
    OVAL,
    RIGHT,
    UPPER_INNER,
    UPPER_LID,
    UPPER_OUTER,
    Points,
    bell,
    smoothstep,
)
from analysis.synthetic.pixels import Picture, Plane, blur, lab_of, polygon, remap, rgb_of, turned_hue
from analysis.synthetic.portrait import Portrait


def recolour(image: Picture, grid: Points, points: Points, seam: Points, who: Identity) -> tuple[Picture, Plane]:
    """The resting picture (H, W, 3) in the colours of `who`, and its lines; `grid` (H, W, 2) places each pixel."""
    head = _head(grid, points)
    picture = _dressed(image, who)
    lines = np.zeros(image.shape[:2], np.float32)
    picture[head], lines[head] = _recoloured_head(image[head], picture[head], grid[head], points, seam[head], who)
    return np.clip(picture * _light(grid, who), 0, 255).astype(np.uint8), lines


def _head(grid: Points, points: Points) -> tuple[slice, slice]:
    """Rows and columns of the head and neck; below and beside it are clothes and nothing."""
    rows = np.flatnonzero(grid[:, 0, 1] > points[152, 1] - 0.9)
    columns = np.flatnonzero(np.abs(grid[0, :, 0]) < 2.4)
    return slice(0, int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _recoloured_head(
    image: Picture, dressed: Plane, grid: Points, points: Points, seam: Points, who: Identity
) -> tuple[Plane, Plane]:
    lab = lab_of(image)
    face = _inside(grid, points[list(OVAL)])
    lips = _inside(grid, points[[*UPPER_OUTER, *reversed(LOWER_OUTER)]])
    skin, hair, cloth = _masks(lab, grid, face, points)
    softer = _softer_folds(lab, grid, points, who.age)
    lost = np.clip(lab[..., 0] / np.maximum(softer[..., 0], 1) - 1, -0.5, 0.2)
    lab = _lighter_lids(softer, grid, points)
    lab = _even_lips(lab, lips, grid[..., 1] - seam, grid[..., 0] - points[0, 0])
    mean_skin = _mean(lab, bell(np.hypot(grid[..., 0], grid[..., 1] + 0.45), 0.35) * skin)
    lab = _towards(lab, skin, mean_skin, who.skin, 0.9)
    lab = _towards(lab, hair, _mean(lab, hair), who.hair, 0.6)
    rgb = rgb_of(lab).astype(np.float32)
    rgb += (dressed - rgb) * cloth[..., None]
    rgb *= 1 - _beard(grid, face, lips, who)[..., None] * np.array([0.85, 0.95, 1.0], np.float32)
    rgb += (_grain(grid.shape, who.seed) * (0.35 * skin + 0.65 * face))[..., None]
    return rgb, folds.lines(grid, points, lost, who.age) * skin


def teeth(photo: Portrait, grid: Points, lift: float, light: float) -> Picture:
    """(h, w, 3) what parted lips show at each position: the photograph's teeth, a lower row, gums and the dark."""
    x, y = grid[..., 0], grid[..., 1] - lift
    top, bottom = (photo.points[list(row)] for row in (UPPER_INNER, LOWER_INNER))
    high = np.interp(x, top[:, 0], top[:, 1]) - 0.030
    low = np.interp(x, bottom[:, 0], bottom[:, 1]) + 0.030
    high = np.maximum(high, low + 0.02)
    mirrored = low + np.clip(low - 0.012 - y, 0.0, None)
    wanted = np.where(y >= low, np.clip(y, low, high), np.minimum(mirrored, high))
    pixels = photo.frame.to_pixels(np.stack([x, wanted], axis=-1)).astype(np.float32)
    found = remap(photo.image, pixels).astype(np.float32)
    gum = smoothstep(y, high + 0.012, high + 0.05)[..., None]
    found = found * (1 - gum) + np.array([168.0, 96.0, 92.0]) * gum
    shade = np.where(y < low, 0.70, 1.0) * (1 - 0.75 * bell(y - low + 0.006, 0.009))
    shade *= 0.10 + 0.90 * smoothstep(np.abs(x), 0.46, 0.33)
    return np.asarray(np.clip(found * shade[..., None] * light * np.array([1.0, 0.96, 0.88]), 0, 255), dtype=np.uint8)


def _inside(grid: Points, outline: Points) -> Plane:
    """1 inside a polygon given in the face frame, soft at its edge."""
    origin, step = grid[0, 0], float(grid[0, 1, 0] - grid[0, 0, 0])
    pixels = np.stack([(outline[:, 0] - origin[0]) / step, (origin[1] - outline[:, 1]) / step], axis=1)
    return polygon(grid.shape, pixels, softness=2.0)


def _masks(lab: Plane, grid: Points, face: Plane, points: Points) -> tuple[Plane, Plane, Plane]:
    """Soft masks of skin, hair and clothes."""
    x, y = grid[..., 0], grid[..., 1]
    weight = np.array([0.5, 1.2, 1.0], np.float32)
    cheeks = bell(np.hypot(np.abs(x) - 0.6, y + 0.55), 0.15)
    crown = bell(np.hypot(x / 2, y - 1.35), 0.3)
    to_skin = np.linalg.norm((lab - _mean(lab, cheeks)) * weight, axis=2)
    to_hair = np.linalg.norm((lab - _mean(lab, crown)) * weight, axis=2)
    like_skin = blur(smoothstep(to_skin - to_hair, 14, -14).astype(np.float32), 2.0)
    brow_top = float(points[[105, 334], 1].mean()) + 0.06
    certain = face * smoothstep(y, brow_top + 0.10, brow_top)
    chin = float(points[152, 1])
    below = smoothstep(y, chin + 0.30, chin + 0.05) * (1 - certain)
    neck = smoothstep(lab[..., 0], 45, 75) * smoothstep(np.abs(x), 0.95, 0.80) * smoothstep(y, chin - 0.62, chin - 0.52)
    like_skin = np.maximum(like_skin, blur(neck.astype(np.float32), 1.5) * below)
    skin = np.maximum(certain, like_skin * smoothstep(y, chin - 0.75, chin - 0.45) * smoothstep(y, 0.9, 0.6))
    hair = (1 - skin) * (1 - below) * smoothstep(y, chin + 0.1, chin + 0.4)
    cloth = below * (1 - skin)
    return skin.astype(np.float32), hair.astype(np.float32), cloth.astype(np.float32)


def _mean(lab: Plane, mask: Points) -> Plane:
    return np.asarray((lab * mask[..., None]).sum(axis=(0, 1)) / max(float(mask.sum()), 1e-6), dtype=np.float32)


def _towards(lab: Plane, mask: Plane, mean: Plane, target: tuple[float, float, float], keep: float) -> Plane:
    """Where `mask` is 1: lightness scaled and hue shifted so that `mean` becomes `target`."""
    goal = np.array(target, np.float32)
    gain = goal[0] / max(float(mean[0]), 1.0)
    moved = np.empty_like(lab)
    moved[..., 0] = np.where(gain > 1, lab[..., 0] + goal[0] - mean[0], lab[..., 0] * gain)
    moved[..., 1:] = goal[1:] + keep * (lab[..., 1:] - mean[1:])
    return lab + (moved - lab) * mask[..., None]


def _softer_folds(lab: Plane, grid: Points, points: Points, age: float) -> Plane:
    """The smile's folds beside the mouth, faded; more of them stays in an older face."""
    x, y = grid[..., 0], grid[..., 1]
    zone = np.zeros(x.shape)
    for side in (LEFT, RIGHT):
        a, b = (
            points[ALA[side]] + (OUTWARD[side] * 0.10, -0.02),
            points[MOUTH_CORNER[side]] + (OUTWARD[side] * 0.09, 0.0),
        )
        t = np.clip(((x - a[0]) * (b - a)[0] + (y - a[1]) * (b - a)[1]) / float((b - a) @ (b - a)), -0.1, 1.15)
        zone = np.maximum(zone, bell(np.hypot(x - a[0] - t * (b - a)[0], y - a[1] - t * (b - a)[1]), 0.085))
    soft = blur(lab, 11)
    share = (0.85 - 0.45 * age) * smoothstep(zone, 0.1, 0.8)
    return np.asarray(lab + (soft - lab) * share[..., None], dtype=np.float32)


def _lighter_lids(lab: Plane, grid: Points, points: Points) -> Plane:
    """Less of the photograph's eye make-up, which a closing lid would smear over the eye, and a plain lash line."""
    x, y = grid[..., 0], grid[..., 1]
    zone, lash = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32)
    for upper, lower in zip(UPPER_LID, LOWER_LID, strict=True):
        above = y - _height(points, upper, x)
        below = _height(points, lower, x) - y
        across = bell(np.maximum(np.abs(x - points[upper[4], 0]) - 0.22, 0), 0.05)
        zone = np.maximum(zone, across * smoothstep(above, 0.010, 0.035) * smoothstep(above, 0.16, 0.10))
        zone = np.maximum(zone, across * smoothstep(below, 0.004, 0.020) * smoothstep(below, 0.17, 0.09))
        lash = np.maximum(lash, across * bell(above - 0.010, 0.009))
    light = cv2.dilate(lab[..., 0], np.ones((13, 13), np.uint8))
    out = lab.copy()
    out[..., 0] *= 1 - 0.55 * lash
    out[..., 0] += 0.75 * zone * np.clip(blur(light, 6) - lab[..., 0], 0, 70)
    return out


def _height(points: Points, row: tuple[int, ...], x: Points) -> Points:
    """Height at x of the line through a row of points."""
    line = points[list(row)][np.argsort(points[list(row), 0])]
    return np.asarray(np.interp(x, line[:, 0], line[:, 1]))


def _even_lips(lab: Plane, lips: Plane, above_seam: Points, x: Points) -> Plane:
    """Lips without the gloss that stretching smears, and the shadow in which they meet."""
    out = lab.copy()
    mean = _mean(lab, lips)
    off = lab - mean
    gloss = np.clip(off[..., 0], 0, None) + 0.5 * np.clip(off[..., 0], None, 0)
    out[..., 1:] -= 0.75 * off[..., 1:] * lips[..., None]
    out[..., 0] -= 0.7 * gloss * lips
    out[..., 1] += 5.0 * lips
    width = smoothstep(np.abs(x), 0.42, 0.30)
    out[..., 0] *= 1 - width * (0.40 * bell(above_seam, 0.010) + 0.12 * bell(above_seam - 0.02, 0.03))
    return out


def _beard(grid: Points, face: Plane, lips: Plane, who: Identity) -> Points:
    x, y = grid[..., 0], grid[..., 1]
    zone = np.maximum(smoothstep(y, -0.85, -1.35), smoothstep(np.hypot(x / 2.1, y + 0.88), 0.20, 0.10))
    zone = np.maximum(zone, smoothstep(np.abs(x), 0.62, 0.95) * smoothstep(y, -0.35, -0.9)) * smoothstep(
        y, -0.68, -0.78
    )
    speckled = 0.8 + 0.03 * _grain(x.shape, who.seed + 1)
    return np.asarray(0.32 * who.beard * zone * face * (1 - lips) * speckled)


def _grain(shape: tuple[int, ...], seed: int) -> Plane:
    """Fine texture of skin, which the small photograph lacks; standard deviation about 3 grey levels."""
    noise = np.random.default_rng([11, seed]).standard_normal(shape[:2]).astype(np.float32)
    return np.asarray(8.0 * blur(noise, 0.9), dtype=np.float32)


def _dressed(image: Picture, who: Identity) -> Plane:
    """The whole picture as if it were clothes, in this person's colours."""
    return np.asarray(18 + turned_hue(image, who.cloth_hue, 0.55) * np.float32(who.cloth_light), dtype=np.float32)


def _light(grid: Points, who: Identity) -> Plane:
    """(H, W, 3) factors: one side brighter than the other, and the colour of the lamp."""
    x, y = np.clip(grid[..., 0], -1.4, 1.4), np.clip(grid[..., 1] + 0.4, -1.5, 1.5)
    along = x * np.cos(who.light_angle) + y * np.sin(who.light_angle)
    factor = 1.0 + who.light_strength * along / 1.2
    lamp = np.array([1 + 0.05 * who.warmth, 1.0, 1 - 0.06 * who.warmth])
    return np.asarray(factor[..., None] * lamp, dtype=np.float32)
