"""Dense landmarks by MediaPipe's FaceMesh (Kartynnik et al. 2019; attention mesh, Grishchenko et al. 2020)."""

from __future__ import annotations

import os
import threading
from types import TracebackType

import numpy as np
import numpy.typing as npt

from analysis.faces.track import FACEMESH_POINTS
from analysis.video.picture import RGB

Mesh = npt.NDArray[np.float32]  # (478, 3) pixels; z in the same pixels, smaller is nearer


class MeshTracker:
    """One face from picture to picture. FaceMesh is not safe between threads: used where it was made, or RuntimeError.

    Landmarks come as the network gives them: tracking only says where to look next, nothing is smoothed in time.
    """

    def __init__(self, *, static: bool = False) -> None:
        for name in ("GLOG_minloglevel", "TF_CPP_MIN_LOG_LEVEL"):
            os.environ.setdefault(name, "2")
        from mediapipe.python.solutions.face_mesh import FaceMesh

        self._thread = threading.get_ident()
        self._mesh = FaceMesh(static_image_mode=static, max_num_faces=1, refine_landmarks=True)

    def __enter__(self) -> MeshTracker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._mesh.close()

    def track(self, picture: RGB, origin: tuple[int, int] = (0, 0)) -> Mesh | None:
        """Landmarks of a (part of a) picture whose upper left corner lies at `origin`; None when no face is there."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a MeshTracker belongs to the thread that made it")
        faces = self._mesh.process(np.ascontiguousarray(picture)).multi_face_landmarks
        if not faces:
            return None
        height, width, _ = picture.shape
        points = np.array([(p.x, p.y, p.z) for p in faces[0].landmark], np.float32)
        assert points.shape == (FACEMESH_POINTS, 3)
        points *= np.array([width, height, width], np.float32)
        points[:, :2] += np.array(origin, np.float32)
        return points

    def reset(self) -> None:
        """Forget where the face was (20-50 ms)."""
        self._mesh.reset()
