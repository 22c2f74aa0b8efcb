"""Face detection by facenet-pytorch's MTCNN (Zhang et al. 2016), behind one door; torch is loaded at the first use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from analysis.faces.facenet import mtcnn_class
from analysis.video.picture import RGB

DETECTOR_SIDE_PX = 320  # a third of the time of the default settings per face found, boxes agree to IoU 0.94
FINER_SIDE_PX = 640
_SMALLEST_SHARE = 1 / 8  # of the longer side: the smallest face looked for
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Faces:
    """What was found in one picture, in its pixels; k may be 0."""

    boxes: npt.NDArray[np.float32]  # (k, 4) x0, y0, x1, y1
    scores: npt.NDArray[np.float32]  # (k,) 0-1
    points: npt.NDArray[np.float32]  # (k, 5, 2) left eye (image), right eye, nose, mouth corners left and right

    def __len__(self) -> int:
        return len(self.boxes)


NO_FACES = Faces(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))


Rescore = Callable[[RGB, Faces], Faces]


class FaceDetector:
    """MTCNN on pictures shrunk to `side_px`, batched. Not for several threads at once."""

    def __init__(
        self,
        *,
        side_px: int = DETECTOR_SIDE_PX,
        min_score: float = 0.9,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.7),
        device: str = "cpu",
        rescore: Rescore | None = None,
    ) -> None:
        """`rescore` gives the faces of one picture another score before `min_score` counts, e.g. the fused one of
        `analysis.systems.detection`.
        """
        self.side_px, self.min_score, self._rescore = side_px, min_score, rescore
        self._mtcnn = _load(max(20, round(side_px * _SMALLEST_SHARE)), thresholds, device)

    def detect(self, pictures: Sequence[RGB]) -> list[Faces]:
        """Faces of each picture, largest first; all pictures of one call have the same size."""
        if not pictures:
            return []
        height, width, _ = pictures[0].shape
        scale = min(1.0, self.side_px / max(height, width))
        size = (round(width * scale), round(height * scale))
        shrunk = np.stack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in pictures])
        with _few_threads():
            found = self._mtcnn.detect(shrunk, landmarks=True)
        every = [_faces(b, s, p, scale) for b, s, p in zip(*found, strict=True)]
        if self._rescore is not None:
            every = [self._rescore(picture, faces) for picture, faces in zip(pictures, every, strict=True)]
        return [self._sure(faces) for faces in every]

    def _sure(self, faces: Faces) -> Faces:
        kept = faces.scores >= self.min_score
        return Faces(faces.boxes[kept], faces.scores[kept], faces.points[kept])


def _faces(boxes: Any, scores: Any, points: Any, scale: float) -> Faces:
    if boxes is None:
        return NO_FACES
    return Faces(
        np.asarray(boxes, np.float32) / np.float32(scale),
        np.asarray(scores, np.float32),
        np.asarray(points, np.float32) / np.float32(scale),
    )


@contextmanager
def _few_threads() -> Iterator[None]:
    """Small networks on small pictures: beyond a few threads they only wait for each other."""
    import torch

    before = torch.get_num_threads()
    if before <= _MOST_THREADS:
        yield
        return
    torch.set_num_threads(_MOST_THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _load(min_face_px: int, thresholds: tuple[float, float, float], device: str) -> Any:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # two busy-waiting threads beside other load are 5-8 x slower
    return mtcnn_class()(
        keep_all=True, min_face_size=min_face_px, thresholds=list(thresholds), device=device, post_process=False
    )
