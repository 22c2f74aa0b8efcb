"""Pictures of scikit-image's public-domain portrait, moved as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np

WIDTH, HEIGHT = 640, 480


@cache
def portrait() -> np.ndarray:
    from skimage import data

    picture = data.astronaut()[0:360, 60:420]
    picture.setflags(write=False)
    return picture


def placed(
    dx: float = 0.0, dy: float = 0.0, *, scale: float = 1.6, width: int = WIDTH, height: int = HEIGHT
) -> np.ndarray:
    """The portrait on grey, its face near the middle, shifted by (dx, dy) pixels."""
    move = np.array([[scale, 0, width / 2 - 180 * scale + dx], [0, scale, height / 2 - 110 * scale + dy]])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(portrait(), move, (width, height), flags=interpolation, borderValue=(96, 96, 96))


def moving(n: int = 30, **place: float) -> list[np.ndarray]:
    """The head sways a few pixels."""
    return [placed(8 * np.sin(i / 5), 5 * np.sin(i / 3), **place) for i in range(n)]


def timed(pictures: list[np.ndarray], fps: float = 30.0) -> Iterator[tuple[float, np.ndarray]]:
    return ((i / fps, picture) for i, picture in enumerate(pictures))
