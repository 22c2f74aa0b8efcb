"""What was seen in each frame, and the `FaceTrack` that it amounts to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.faces.boxes import Box
from analysis.faces.looks import Glance, Look
from analysis.faces.mesh import Mesh
from analysis.faces.mtcnn import Faces
from analysis.faces.track import FACEMESH_POINTS, Bools, FaceTrack, Floats

# MTCNN's five points by FaceMesh's: eyes as the middle of their corners (lids move), tip of the nose, mouth corners;
# the image's left eye is the subject's right one.
_FIVE = ((33, 133), (362, 263), (1, 1), (61, 61), (291, 291))


@dataclass(slots=True)
class Row:
    """One frame."""

    time_s: float
    glance: Glance
    faces: int  # when the detector last looked
    mesh: Mesh | None = None
    look: Look | None = None
    detected: Faces | None = None  # when the detector looked at this frame
    followed: int | None = None  # which of them is the one
    agrees: bool = False  # detector and landmarks


def box_of(mesh: Mesh) -> Box:
    """(4,) x0, y0, x1, y1: the landmarks' bounding box."""
    return np.concatenate([mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)])


def track_of(rows: list[Row], width: int, height: int, scale: float) -> FaceTrack:
    """The rows of one video as arrays in pixels of the upright frame, which is `scale` times the measured picture."""
    n = len(rows)
    landmarks = np.full((n, FACEMESH_POINTS, 3), np.nan, np.float32)
    sharpness, brightness = np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)
    detected = believed(rows)
    for i, row in enumerate(rows):
        if detected[i] and row.mesh is not None:
            landmarks[i] = row.mesh
            if row.look is not None:
                sharpness[i], brightness[i] = row.look.sharpness, row.look.brightness
    factor = np.float32(scale)
    return FaceTrack(
        time_s=np.array([row.time_s for row in rows], np.float64),
        width=width,
        height=height,
        detected=detected,
        landmarks=landmarks * factor,
        five_points=five_points(landmarks) * factor,
        box=_boxes(rows, landmarks) * factor,
        faces=np.array([row.faces for row in rows], np.int16),
        sharpness=sharpness,
        brightness=brightness,
    )


def believed(rows: list[Row]) -> Bools:
    """(n,) whether a frame's landmarks count: there are some, and the detector agreed when it looked before or after.

    FaceMesh goes on for a while on a picture that holds no face; between two looks that both found nothing of the
    kind its landmarks are dropped.
    """
    has_mesh = np.array([row.mesh is not None for row in rows])
    looked = np.array([i for i, row in enumerate(rows) if row.detected is not None and row.mesh is not None])
    if not len(looked):
        return np.zeros(len(rows), bool)
    agreed = np.array([rows[i].agrees for i in looked])
    index = np.arange(len(rows))
    before = np.clip(np.searchsorted(looked, index, side="right") - 1, 0, None)
    after = np.clip(np.searchsorted(looked, index, side="left"), None, len(looked) - 1)
    result: Bools = has_mesh & (agreed[before] | agreed[after])
    return result


def five_points(landmarks: Floats) -> Floats:
    """(..., 478, 3) landmarks -> (..., 5, 2) the points that MTCNN gives."""
    pairs = np.array(_FIVE)
    points: Floats = landmarks[..., pairs, :2].mean(axis=-2)
    return points


def _boxes(rows: list[Row], landmarks: Floats) -> Floats:
    """(n, 4) the detector's box, carried by the landmarks between its looks; the landmarks' own without any look.

    Where the detector's box lies within the landmarks' is taken as constant over a video (median of all looks).
    """
    low, high = landmarks[:, :, :2].min(axis=1), landmarks[:, :, :2].max(axis=1)
    size = high - low
    relative: list[npt.NDArray[np.float32]] = []
    for i, row in enumerate(rows):
        if row.agrees and row.detected is not None and row.followed is not None and np.isfinite(size[i]).all():
            corners = row.detected.boxes[row.followed].reshape(2, 2)
            relative.append((corners - low[i]) / np.maximum(size[i], 1))
    typical = np.median(relative, axis=0) if relative else np.array([[0.0, 0.0], [1.0, 1.0]])
    boxes: Floats = (low[:, None] + typical.astype(np.float32) * size[:, None]).reshape(-1, 4)
    return boxes
