"""One frame of a puppet: a resting person, muscle activations and a camera in; a picture and its true points out.

A frame is one `cv2.remap` of the resting picture. The map is computed on a coarse grid (camera, head and muscles are
smooth), enlarged, and refined column by column where lids and lips open and close.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.synthetic import muscles
from analysis.synthetic.folds import Folds
from analysis.synthetic.lids import Lids, LidState
from analysis.synthetic.lips import Lips, LipState
from analysis.synthetic.mesh import LEFT, LOWER_LIP, RIGHT, Points, smoothstep
from analysis.synthetic.pixels import Picture, Plane, enlarge, over, remap
from analysis.synthetic.sitter import ORIGIN, TEETH, UNIT, Sitter

_CELL = 8  # frame pixels per node of the coarse grid
_BEHIND = 0.9  # the neck's axis lies this far behind the eyes: points there do not move when the head turns
_NECK_Y = -2.0  # about which the head tilts, face frame
_ROUNDS = 3  # of q = p - displacement(q) for the head, whose field is gentle
_TO_TEXTURE = np.array([UNIT, -UNIT], np.float32)
_TEXTURE_ORIGIN = np.array(ORIGIN, np.float32) * UNIT  # in pixels, whose centres lie at whole numbers

Box = tuple[slice, slice]  # rows and columns of the frame, in whole cells


@dataclass(frozen=True, slots=True)
class View:
    """Camera and head in one frame."""

    scale: float  # pixels per inter-ocular distance
    centre: tuple[float, float]  # pixel that shows the point (0, -0.5) of the face frame
    roll: float = 0.0  # radians, of the head: its top tips to the subject's right
    yaw: float = 0.0  # radians: turns to the subject's left
    pitch: float = 0.0  # radians: nose down
    tilt: float = 0.0  # radians, of the camera


@dataclass(frozen=True, slots=True)
class Expression:
    """One frame's state of the face; per-side pairs are (left, right)."""

    muscles: Mapping[str, tuple[float, float]]  # action unit -> activation 0-1, smooth movers
    lids: tuple[LidState, LidState]
    lips: LipState
    drift: float = 0.0  # of the mouth's midline to the subject's left


@dataclass(frozen=True, slots=True)
class _Maps:
    """One frame on the coarse grid: where in the face frame each node looks."""

    rigid: Plane  # before any muscle moved
    skin: Plane  # in the resting face
    scale: float


@dataclass(frozen=True, slots=True)
class _Opening:
    """What shows between lids or lips."""

    box: Box
    colour: Plane  # (h, w, 3)
    share: Plane  # (h, w) of each pixel


class Puppet:
    """A sitter before a camera of a given picture size (width, height)."""

    def __init__(self, person: Sitter, size: tuple[int, int]) -> None:
        self.person, self.size = person, size
        self.skin = muscles.Musculature(person.points)
        self.lids = [Lids(person.points, side, person.who.iris, person.light) for side in (LEFT, RIGHT)]
        self.lips = Lips(person.points)
        self.folds = Folds(person.points)
        self._depth = _depth_field(person)
        self._nodes = _nodes(size)
        self._lower = np.isin(np.arange(468), LOWER_LIP)

    def render(self, face: Expression, view: View, background: Picture) -> Picture:
        """(H, W, 3) RGB over a background of the same size."""
        maps = self._maps(face, view)
        width, height = self.size
        whole = (slice(0, _whole(height)), slice(0, _whole(width)))
        source = _fine(maps.skin * _TO_TEXTURE + _TEXTURE_ORIGIN, whole)[:height, :width]
        openings = [self._eye(side, face.lids[side], source, maps) for side in (LEFT, RIGHT)]
        openings.append(self._mouth(face.lips, source, maps))
        picture = over(remap(self.person.texture, source), background)
        self._deepen(picture, face, source, maps)
        for opening in filter(None, openings):
            part = picture[opening.box]
            part[:] = part + (opening.colour - part) * opening.share[..., None]
        return picture

    def points_at_rest_pose(self, face: Expression) -> Points:
        """(468, 2) FaceMesh points with the expression but without head or camera motion, face frame."""
        points = self.person.points[:468]
        for lids, state in zip(self.lids, face.lids, strict=True):
            points = lids.carried(points, lids.margins(state))
        points = self.lips.carried(points, self.lips.edges(face.lips), self._lower)
        return points + self.skin.at(points, self._weights(face), face.drift)

    def to_frame(self, points: Points, view: View) -> Points:
        """(468, 2) face frame with expression -> pixels of the frame."""
        depth = self.person.depth[:468] + _BEHIND
        return _project(points + _head_shift(points, depth, view), view)

    def _weights(self, face: Expression) -> Points:
        return np.array([face.muscles.get(name, (0.0, 0.0)) for name in self.skin.names])

    def _maps(self, face: Expression, view: View) -> _Maps:
        camera = _unproject(self._nodes, view).astype(np.float32)
        rigid = camera
        for _ in range(_ROUNDS):
            rigid = camera - _head_shift(rigid, muscles.sample(self._depth, rigid), view).astype(np.float32)
        skin = muscles.undo(self.skin.field(self._weights(face), face.drift), rigid)
        return _Maps(rigid, np.asarray(skin, dtype=np.float32), view.scale)

    def _deepen(self, picture: Picture, face: Expression, source: Plane, maps: _Maps) -> None:
        """Darkens the lines that this expression brings, in place."""
        depth = self.folds.depth(face.muscles)
        box = self._box(maps, (-0.95, 0.95), (-1.4, 0.8)) if depth.max() > 0.05 else None
        if box is not None:
            change = remap(self.person.lines, source[box]) * _fine(muscles.sample(depth, maps.skin), box)
            picture[box] = np.clip(picture[box] * (1 + change)[..., None], 0, 255)

    def _eye(self, side: int, state: LidState, source: Plane, maps: _Maps) -> _Opening | None:
        """Slides the lids in `source` (in place); returns the eyeball between them."""
        lids = self.lids[side]
        margins = lids.margins(state)
        x0, x1 = lids.x[0] - 0.02, lids.x[-1] + 0.02
        low, high = lids.lower.min(), lids.upper.max()
        if (box := self._box(maps, (x0, x1), (low - 0.18, high + 0.24))) is None:
            return None
        x, y = _in_face(source[box])
        source[box][..., 1] = _TEXTURE_ORIGIN[1] - UNIT * lids.source_height(x, y, margins)
        if (box := self._box(maps, (x0, x1), (margins[1].min() - 0.02, margins[0].max() + 0.02))) is None:
            return None
        x, y = (_fine(maps.skin, box)[..., i] for i in (0, 1))
        share = _between(y, np.interp(x, lids.x, margins[1]), np.interp(x, lids.x, margins[0]), maps.scale)
        return _Opening(box, lids.eyeball(x, y, margins, state), share)

    def _mouth(self, state: LipState, source: Plane, maps: _Maps) -> _Opening | None:
        """Parts the lips in `source` (in place); returns the teeth between them."""
        lips, edges = self.lips, self.lips.edges(state)
        if not any(state.raised) and not any(state.lowered):
            return None
        across = (lips.x[0] - 0.02, lips.x[-1] + 0.02)
        if (box := self._box(maps, across, (lips.seam.min() - 0.52, lips.seam.max() + 0.26))) is None:
            return None
        x, y = _in_face(source[box])
        source[box][..., 1] = _TEXTURE_ORIGIN[1] - UNIT * lips.source_height(x, y, edges)
        if (box := self._box(maps, across, (edges[1].min() - 0.02, edges[0].max() + 0.02))) is None:
            return None
        x, y = (_fine(maps.skin, box)[..., i] for i in (0, 1))
        upper, lower = (np.interp(x, lips.x, edge) for edge in edges)
        share = _between(y, lower, upper, maps.scale) * smoothstep(upper - lower, 0.0, 0.012)
        return _Opening(box, self._teeth(_fine(maps.rigid, box), y, upper, lower), share.astype(np.float32))

    def _teeth(self, rigid: Plane, y: Points, upper: Points, lower: Points) -> Plane:
        """Teeth, which stay with the skull while the lips move, in the shadow of the lips."""
        (left, _), (_, top) = TEETH
        colour = remap(self.person.teeth, (rigid - np.array([left, top], np.float32)) * _TO_TEXTURE, outside="edge")
        shade = 1 - 0.55 * np.exp(-np.maximum(upper - y, 0) / 0.02) - 0.25 * np.exp(-np.maximum(y - lower, 0) / 0.012)
        return np.asarray(colour * np.clip(shade, 0.15, 1)[..., None], dtype=np.float32)

    def _box(self, maps: _Maps, across: tuple[float, float], height: tuple[float, float]) -> Box | None:
        """Whole cells of the frame in which a part of the resting face is seen; None when none is."""
        x, y = maps.skin[1:-1, 1:-1, 0], maps.skin[1:-1, 1:-1, 1]
        half = 0.5 * _CELL / maps.scale  # the part may lie between two nodes
        inside = (x > across[0] - half) & (x < across[1] + half) & (y > height[0] - half) & (y < height[1] + half)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not len(rows):
            return None
        width, height_px = (n // _CELL for n in self.size)  # whole cells only; a part of one at the edge is left
        top, bottom = max(int(rows[0]) - 1, 0), min(int(rows[-1]) + 2, height_px)
        left, right = max(int(columns[0]) - 1, 0), min(int(columns[-1]) + 2, width)
        if top >= bottom or left >= right:
            return None
        return slice(top * _CELL, bottom * _CELL), slice(left * _CELL, right * _CELL)


def _whole(pixels: int) -> int:
    return -(-pixels // _CELL) * _CELL


def _nodes(size: tuple[int, int]) -> Points:
    """(rows + 2, columns + 2, 2) pixel positions of the cells' centres, with one cell around the picture."""
    x, y = (_CELL * (np.arange(-1, _whole(n) // _CELL + 1) + 0.5) - 0.5 for n in size)
    return np.stack(np.meshgrid(x, y), axis=-1)


def _fine(coarse: Plane, box: Box) -> Plane:
    """(h, w, 2) of a coarse map for a box of whole cells."""
    rows, columns = (slice(s.start // _CELL, s.stop // _CELL + 2) for s in box)
    part = coarse[rows, columns]
    fine = enlarge(part, (part.shape[1] * _CELL, part.shape[0] * _CELL))
    return fine[_CELL:-_CELL, _CELL:-_CELL]


def _in_face(texture_pixels: Plane) -> tuple[Plane, Plane]:
    """x and y in the resting face of positions in the texture."""
    x = (texture_pixels[..., 0] - _TEXTURE_ORIGIN[0]) / UNIT
    y = (_TEXTURE_ORIGIN[1] - texture_pixels[..., 1]) / UNIT
    return x, y


def _depth_field(person: Sitter) -> Plane:
    """Depth over the neck's axis on the muscles' grid: that of the points, fading to 0 around the face."""
    from scipy.interpolate import RBFInterpolator

    points, depth = person.points[:468:3], person.depth[:468:3] + _BEHIND
    nodes = muscles.grid().reshape(-1, 2)
    raw = RBFInterpolator(points, depth, kernel="linear", smoothing=0.05)(nodes)
    radius = np.hypot(nodes[:, 0], (nodes[:, 1] + 0.5) * 0.86)
    fade = smoothstep(radius, 1.75, 1.05)
    return np.asarray((np.clip(raw, 0, None) * fade).reshape(muscles.SHAPE), dtype=np.float32)


def _head_shift(points: Points, depth: Points, view: View) -> Points:
    """How far head motion takes points of the face: turned about the neck, weak perspective, shoulders still."""
    x, y = points[..., 0], points[..., 1] - _NECK_Y
    head = smoothstep(points[..., 1], -2.3, -1.6)
    c, s = np.cos(view.roll), np.sin(view.roll)
    dx = head * ((c - 1 - 0.5 * view.yaw**2) * x - s * y) + depth * np.sin(view.yaw)
    dy = head * (s * x + (c - 1) * y) - depth * np.sin(view.pitch)
    return np.stack([dx, dy], axis=-1)


def _project(points: Points, view: View) -> Points:
    """Face frame -> pixels."""
    x, y = points[..., 0], points[..., 1] + 0.5
    c, s = np.cos(view.tilt) * view.scale, np.sin(view.tilt) * view.scale
    return np.stack([view.centre[0] + c * x - s * y, view.centre[1] - s * x - c * y], axis=-1)


def _unproject(pixels: Points, view: View) -> Points:
    u, v = pixels[..., 0] - view.centre[0], view.centre[1] - pixels[..., 1]
    c, s = np.cos(view.tilt) / view.scale, np.sin(view.tilt) / view.scale
    return np.stack([c * u + s * v, -s * u + c * v - 0.5], axis=-1)


def _between(y: Points, lower: Points, upper: Points, scale: float) -> Plane:
    """Share of each pixel that lies between two heights, 0-1."""
    top = np.clip((upper - y) * scale + 0.5, 0, 1)
    bottom = np.clip((y - lower) * scale + 0.5, 0, 1)
    return np.asarray(np.maximum(top + bottom - 1, 0), dtype=np.float32)
