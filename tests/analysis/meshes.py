"""A symmetric face of 478 points and tracks of it, for tests of what starts from landmarks."""

import numpy as np

from analysis.faces.anatomy import MIRROR
from analysis.faces.pose import TEMPLATE
from analysis.faces.track import FaceTrack
from tests.analysis.tracks import track_of

PIXELS = 150.0


def face() -> np.ndarray:
    """(478, 3) head axes (x to the subject's left, y up, z to the camera), exactly symmetric."""
    points = np.random.default_rng(3).uniform(-0.6, 0.6, (478, 3))
    points = (points + points[MIRROR] * [-1, 1, 1]) / 2
    for index, position in TEMPLATE.items():
        points[index] = position
    return points


def lopsided(strength: float = 0.05) -> np.ndarray:
    """The same face with a random movement, other on each half; the points that hold the head still are left alone."""
    moved = face()
    free = np.setdiff1d(np.arange(478), list(TEMPLATE))
    moved[free] += np.random.default_rng(4).normal(0, strength, (len(free), 3))
    return moved


def track_of_faces(faces: np.ndarray, *, fps: float = 25.0, rotation: np.ndarray | None = None) -> FaceTrack:
    """A track in pixels of (n, 478, 3) faces in head axes."""
    turned = faces if rotation is None else faces @ rotation.T
    landmarks = turned * [1, -1, -1] * PIXELS + [320, 240, 0]
    return track_of(landmarks.astype(np.float32), time_s=np.arange(len(faces)) / fps)


def visits(moved: np.ndarray, times: int = 6, hold: int = 10) -> np.ndarray:
    """Rest and a moved face in turn, starting and ending with rest."""
    still = face()
    turns = [still if k % 2 == 0 else moved for k in range(2 * times + 1)]
    return np.repeat(np.stack(turns), hold, axis=0)
