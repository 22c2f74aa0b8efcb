"""Face tracks made of numbers, for tests of what starts from a `FaceTrack`."""

import numpy as np

from analysis.faces.track import FACEMESH_POINTS, FaceTrack


def track_of(landmarks: np.ndarray | None = None, n: int = 1, **given) -> FaceTrack:
    """A track whose unnamed fields are an ordinary, well-lit, sharp face of 640x480 at 30 frames a second."""
    landmarks = np.full((n, FACEMESH_POINTS, 3), 240.0, np.float32) if landmarks is None else landmarks
    n = len(landmarks)
    fields = {
        "time_s": np.arange(n) / 30,
        "width": 640,
        "height": 480,
        "detected": np.ones(n, bool),
        "landmarks": landmarks,
        "five_points": np.full((n, 5, 2), 240.0, np.float32),
        "box": np.tile(np.array([200.0, 120.0, 440.0, 420.0], np.float32), (n, 1)),
        "faces": np.ones(n, np.int16),
        "sharpness": np.full(n, 400.0, np.float32),
        "brightness": np.full(n, 130.0, np.float32),
    }
    return FaceTrack(**(fields | given))
