"""Boxes around faces, and which of several faces is the one that is followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.faces.mtcnn import Faces
from analysis.video.picture import RGB

Box = npt.NDArray[np.float32]  # (4,) x0, y0, x1, y1 pixels

_NEAR_WIDTHS = 1.0  # how far a face may have moved between two looks, in its own widths
_LIKE_SIZE = 1.8  # and how much it may have grown or shrunk


def width_of(box: Box) -> float:
    return float(box[2] - box[0])


def centre_of(box: Box) -> npt.NDArray[np.float32]:
    return (box[:2] + box[2:]) / np.float32(2)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0-1."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / (float(np.prod(a[2:] - a[:2])) + float(np.prod(b[2:] - b[:2])) - shared + 1e-9)


def first_choice(faces: Faces, width: int, height: int) -> int | None:
    """The face to follow: the largest, where one in the middle counts up to twice one at the edge."""
    if not len(faces):
        return None
    areas = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
    centres = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    off = np.abs(centres / np.array([width, height]) - 0.5).max(axis=1) * 2
    return int(np.argmax(areas * (2.0 - np.clip(off, 0, 1))))


def alike(box: Box, last: Box) -> bool:
    """Whether a face in `box` may be the one that was in `last` a moment ago."""
    apart = float(np.linalg.norm(centre_of(box) - centre_of(last)))
    ratio = width_of(box) / max(width_of(last), 1e-3)
    return apart < _NEAR_WIDTHS * width_of(last) and 1 / _LIKE_SIZE < ratio < _LIKE_SIZE


def same_face(faces: Faces, last: Box) -> int | None:
    """The face that continues the one last seen in box `last`, None when no face is near enough and like enough."""
    near = [i for i, box in enumerate(faces.boxes) if alike(box, last)]
    return min(near, key=lambda i: float(np.linalg.norm(centre_of(faces.boxes[i]) - centre_of(last))), default=None)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the picture in which landmarks are looked for; it stays where it is while the face moves little."""

    x0: int
    y0: int
    x1: int
    y1: int

    def cut(self, picture: RGB) -> RGB:
        return picture[self.y0 : self.y1, self.x0 : self.x1]

    def drifted_from(self, other: Window) -> bool:
        """Whether the two lie further apart than a quarter of their size."""
        apart = np.abs(np.subtract(self.edges, other.edges)).max()
        return bool(apart > max(other.x1 - other.x0, other.y1 - other.y0) / 4)

    @property
    def edges(self) -> tuple[int, int, int, int]:
        return self.x0, self.y0, self.x1, self.y1


def window_around(box: Box, width: int, height: int, *, times: float = 2.4) -> Window:
    """A square of `times` the face's longer side about it, as far as the picture goes."""
    half = times * float(max(box[2] - box[0], box[3] - box[1])) / 2
    x, y = (float(v) for v in centre_of(box))
    x0, y0 = max(0, round(x - half)), max(0, round(y - half))
    return Window(x0, y0, min(width, max(x0 + 2, round(x + half))), min(height, max(y0 + 2, round(y + half))))
