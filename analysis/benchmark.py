"""How fast the pipeline reads a video, against the plain way, MediaPipe's own loop and decoding alone, in one run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from analysis.faces.facenet import mtcnn_class
from analysis.faces.follow import follow_frames
from analysis.faces.mesh import MeshTracker
from analysis.video.decode import Video
from analysis.video.picture import RGB

PIPELINE, NAIVE, TRACKING, DECODING = "pipeline", "naive", "tracking", "decoding"
MEANING: Final = {
    PIPELINE: "decoding, detection twice a second, landmarks tracked, quality figures",
    NAIVE: "decoding, default MTCNN and static FaceMesh in every frame",
    TRACKING: "decoding, FaceMesh tracking, nothing else",
    DECODING: "decoding in its confined process, start included",
}
_NAIVE_FRAMES: Final = 40


@dataclass(frozen=True, slots=True)
class Speed:
    name: str
    frames: int
    seconds: float

    @property
    def fps(self) -> float:
        return self.frames / self.seconds


def compare(video: Path, naive_frames: int = _NAIVE_FRAMES) -> list[Speed]:
    """Frames per second of each way; libraries and models are loaded before the clock starts.

    The plain way is timed on the first `naive_frames` frames only. Raises VideoRefused for a bad video.
    """
    _warm_up(video)
    return [
        _timed(PIPELINE, video, lambda frames: len(follow_frames(frames)[0])),
        _timed(TRACKING, video, _track),
        _timed(DECODING, video, lambda frames: sum(1 for _ in frames)),
        _timed(NAIVE, video, lambda frames: _naive(itertools.islice(frames, naive_frames))),
    ]


def ratio(speeds: list[Speed]) -> float:
    """How many times the plain way's speed the pipeline has."""
    fps = {speed.name: speed.fps for speed in speeds}
    return fps[PIPELINE] / fps[NAIVE]


def _timed(name: str, video: Path, way: Callable[[Iterator[tuple[float, RGB]]], int]) -> Speed:
    start = time.perf_counter()
    with Video(video) as opened:
        frames = way(iter(opened))
    return Speed(name, frames, time.perf_counter() - start)


def _warm_up(video: Path) -> None:
    with Video(video) as opened:
        follow_frames(itertools.islice(opened, 3))


def _track(frames: Iterator[tuple[float, RGB]]) -> int:
    with MeshTracker() as mesh:
        return sum(mesh.track(picture) is not None or 1 for _, picture in frames)


def _naive(frames: Iterator[tuple[float, RGB]]) -> int:
    detector = mtcnn_class()(keep_all=True)
    with ExitStack() as stack:
        mesh = stack.enter_context(MeshTracker(static=True))
        count = 0
        for _, picture in frames:
            detector.detect(np.ascontiguousarray(picture), landmarks=True)
            mesh.track(picture)
            count += 1
    return count


def write_sample(path: Path, *, seconds: float = 10.0, fps: int = 30, width: int = 640, height: int = 480) -> None:
    """A 640x480 H.264 video of scikit-image's public-domain portrait, moved and turned a little."""
    import av
    import cv2
    from skimage import data

    face: RGB = data.astronaut()[0:360, 60:420]  # type: ignore[no-untyped-call]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(round(seconds * fps)):
            t = i / fps
            move = cv2.getRotationMatrix2D((180, 180), 2.5 * float(np.sin(1.7 * t)), 1.6 * height / 480)
            drift = (width / 2 - 180 + 10 * np.sin(2.1 * t), height / 2 - 110 + 6 * np.sin(3.3 * t))
            move = np.column_stack([move[:, :2], move[:, 2] + drift])
            picture = cv2.warpAffine(face, move, (width, height), borderValue=(96, 96, 96)).astype(np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode())
