"""What the image stages hand to the measuring stages: one face followed through one video, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

FACEMESH_POINTS = 478  # 468 of the mesh, then 5 of the right and 5 of the left iris (refined FaceMesh)


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face through one upright, unmirrored video of n frames; rows of frames without a face are NaN.

    Landmark coordinates are pixels of the upright frame (x right, y down) and z in the same pixels (FaceMesh's
    relative depth times the width). The subject's own left is on the image's right.
    """

    time_s: npt.NDArray[np.float64]  # (n,) seconds from the first frame, strictly increasing
    width: int  # pixels of the upright frame
    height: int
    detected: Bools  # (n,)
    landmarks: Floats  # (n, 478, 3) pixels
    five_points: Floats  # (n, 5, 2) pixels, as MTCNN orders them: left eye (image), right eye, nose, mouth corners
    box: Floats  # (n, 4) x0, y0, x1, y1 pixels
    faces: npt.NDArray[np.int16]  # (n,) faces seen when the detector last looked
    sharpness: Floats  # (n,) variance of the Laplacian of the face resized to 128 px wide
    brightness: Floats  # (n,) mean grey level of the face, 0-255

    @property
    def fps(self) -> float:
        """Median rate, frames per second; nan with fewer than two frames."""
        return float(1.0 / np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else float("nan")
