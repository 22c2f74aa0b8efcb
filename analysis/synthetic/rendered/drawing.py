"""Features drawn on the generic face: brows, lips, lid margins, the creases that deepen with movement."""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.synthetic.mesh import Points
from analysis.synthetic.rendered.canvas import Canvas, curve
from analysis.synthetic.rendered.look import Look

_SIDES: Final = np.array([1.0, -1.0])  # what is drawn for the subject's left is mirrored
_BROW_STEPS: Final = 400
_STROKES: Final = 900  # hairs of a brow


def brows(marks: Points, who: Look, rng: np.random.Generator) -> Canvas:
    """Brow hair along the model's brow points; marks: (68, 2) generic landmarks."""
    hairs, body = Canvas(), Canvas()
    spine = marks[22:27] + np.array([[0, 0], [0, 0], [0, 0.5 * who.brow_arch], [0, who.brow_arch], [0.1, -0.2]])
    path = curve(spine + np.array([0, who.brow_shift]), _BROW_STEPS)
    at = np.linspace(0, 1, _BROW_STEPS)
    width = who.brow_thickness * np.interp(at, [0, 0.12, 0.55, 1], [0.75, 1, 0.85, 0.18])
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    for mirror in _SIDES:
        flip = np.array([mirror, 1.0])
        for i in range(0, _BROW_STEPS, 4):
            body.dot(path[i] * flip, 1.0, 0.42 * width[i])
        for _ in range(int(_STROKES * who.brow_density)):
            i, place = int(rng.integers(0, _BROW_STEPS - 4)), rng.uniform(-0.5, 0.5)
            rise = np.interp(at[i], [0, 0.2, 1], [0.9, 0.45, -0.05]) - 0.5 * place
            way = along[i] + across[i] * rise + rng.normal(0, 0.15, 2)
            root = path[i] + across[i] * place * width[i]
            tip = root + way / np.linalg.norm(way) * rng.uniform(0.22, 0.42) + 0.06 * along[i]
            hairs.line(
                np.stack([root, (root + tip) / 2 + rng.normal(0, 0.01, 2), tip]) * flip, rng.uniform(0.5, 0.95), 0.03
            )
    hairs.soften(0.0125).plane *= 0.9
    hairs.plane += 0.45 * who.brow_density * body.soften(0.10).plane
    np.clip(hairs.plane, 0, 1, out=hairs.plane)
    return hairs


def lips(marks: Points) -> Canvas:
    """The red of both lips."""
    grow = np.zeros((12, 2))
    grow[[0, 6]] = [[-0.05, 0], [0.05, 0]]
    grow[1:6, 1] = 0.08, 0.10, 0.06, 0.10, 0.08
    grow[7:, 1] = -0.10, -0.14, -0.16, -0.14, -0.10
    outline = marks[48:60] + grow
    drawn = Canvas()
    drawn.patch(np.concatenate([curve(outline[:7]), curve(np.concatenate([outline[6:], outline[:1]]))]))
    return drawn.soften(0.06)


def seam(marks: Points) -> Canvas:
    """The dark line between closed lips."""
    middle = [(marks[a] + marks[b]) / 2 for a, b in ((61, 67), (62, 66), (63, 65))]
    drawn = Canvas()
    drawn.line(curve([marks[48], marks[60], *middle, marks[64], marks[54]]), 1.0, 0.09)
    return drawn.soften(0.04)


def lid_margins(marks: Points) -> Canvas:
    drawn = Canvas()
    inner, up_in, up_out, outer, low_out, low_in = marks[42:48]
    up = np.array([0.0, 1.0])
    upper = [inner, up_in + 0.06 * up, (up_in + up_out) / 2 + 0.1 * up, up_out + 0.06 * up, outer]
    lower = [inner, low_in, (low_in + low_out) / 2 - 0.03 * up, low_out, outer]
    for mirror in _SIDES:
        drawn.line(curve(lower) * (mirror, 1), 0.6, 0.07)
        drawn.line(curve(upper) * (mirror, 1), 1.0, 0.07)
    return drawn.soften(0.045)


def freckles(who: Look, rng: np.random.Generator) -> Canvas:
    drawn = Canvas()
    for _ in range(int(500 * who.freckles)):
        at = rng.normal((0, 0.8), (3.4, 1.8))
        drawn.dot(at, rng.uniform(0.1, 0.45), rng.uniform(0.015, 0.05))
    return drawn.soften(0.023)


def creases(rng: np.random.Generator) -> list[Canvas]:
    """Where the skin can fold: forehead; nasolabial fold; eye corner and lower lid; glabella and root of the nose."""
    forehead, fold, corner, glabella = (Canvas() for _ in range(4))
    for mirror in _SIDES:
        flip = np.array([mirror, 1.0])
        for y in np.linspace(7.3, 9.7, 4) + rng.normal(0, 0.06, 4):
            brow = [(-0.25, y - 0.08), (1.5, y + 0.1), (3.2, y + 0.12), (4.7, y - 0.25)]
            forehead.fading_line(curve(brow) * flip, rng.uniform(0.7, 1), 0.10)
        nose_to_mouth = [(1.75, -0.1), (2.25, -1.2), (2.95, -2.3), (3.35, -3.5), (3.3, -4.2)]
        fold.fading_line(curve(nose_to_mouth) * flip, 1.0, 0.13)
        fold.fading_line(curve([(2.75, -3.4), (2.95, -3.7), (2.9, -4.1)]) * flip, 0.6, 0.13)
        for turn in np.radians(np.array([22, 0, -24]) + rng.normal(0, 4, 3)):
            start, way = np.array([4.9, 3.35]), np.array([np.cos(turn), np.sin(turn)])
            corner.fading_line(curve([start, start + 0.55 * way + (0, 0.03), start + 1.25 * way]) * flip, 0.9, 0.07)
        corner.fading_line(curve([(1.9, 2.75), (2.8, 2.45), (3.9, 2.5), (4.6, 2.8)]) * flip, 0.7, 0.07)
        glabella.fading_line(curve([(0.55, 5.0), (0.62, 5.6), (0.5, 6.4)]) * flip, 1.0, 0.08)
        for y in (3.9, 3.4, 2.9):
            glabella.fading_line(curve([(0.05, y + 0.05), (0.5, y + 0.1), (1.0, y - 0.1)]) * flip, 0.6, 0.08)
    softness = ((forehead, 0.08), (fold, 0.104), (corner, 0.056), (glabella, 0.064))
    return [drawn.soften(sigma) for drawn, sigma in softness]
