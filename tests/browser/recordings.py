"""Recordings whose frames can be told by their grey, at uneven times, and a drawn face to go with them."""

from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from django.core.files.base import ContentFile
from playwright.sync_api import Locator

from analysis import series
from analysis.contracts import Exercise, Frames, Movement, Segment, SegmentSource, SessionReport
from clinic.models import Session
from tests.analysis.tracks import track_of
from tests.clinic.measured import REPORT, measured

DARKEST, STEP = 30, 2  # of grey: frame i is DARKEST + STEP * i
WIDTH, HEIGHT = 320, 240
_CLOCK = 90_000


def uneven(count: int) -> list[float]:
    """Seconds of frames as phones take them: 20 ms and 60 ms apart in turn."""
    return [round(i * 0.04 + (0.02 if i % 2 else 0.0), 5) for i in range(count)]


def video(times: Sequence[float]) -> bytes:
    """Frame i is of one grey, shown from times[i] on."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "1", "crf": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _CLOCK)
        for i, time_s in enumerate(times):
            grey = np.full((HEIGHT, WIDTH, 3), DARKEST + STEP * i, np.uint8)
            grey[:, WIDTH // 2 + 40 :] //= 2  # the halves of the face differ, the middle tells the frame
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = round(time_s * _CLOCK), Fraction(1, _CLOCK)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


_GREY = """video => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1, 1];
    const context = canvas.getContext('2d');
    context.drawImage(video, 10, 10, 20, 20, 0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data[0];
}"""


def frame_on_screen(video_element: Locator) -> int:
    """Which frame the browser shows, read from its picture and from nothing that the page says."""
    return round((float(video_element.evaluate(_GREY)) - DARKEST) / STEP)


def smile(start: float, apex: float, end: float) -> Segment:
    return Segment(Exercise.SMILE_OPEN, start, end, apex, 0.9, SegmentSource.RECOGNISED, Movement(0.6, 1.0, -0.4))


def brow(start: float, apex: float, end: float) -> Segment:
    return Segment(Exercise.BROW_RAISE, start, end, apex, 0.9, SegmentSource.RECOGNISED, Movement(0.9, 1.0, -0.1))


def report(times: Sequence[float], segments: list[Segment], *, unseen: Sequence[int] = ()) -> SessionReport:
    """The left smile is 0.02 times the frame's number, so that every readout tells the frame."""
    units, count = REPORT.action_units, len(times)
    assert units is not None
    left = [None if i in unseen else [round(0.02 * i, 2), 0.0] for i in range(count)]
    curves = {f"{name}_{side}": [0.1 if side == "left" else 0.2] * count for name in _CURVES for side in _SIDES}
    extras = {
        **REPORT.details.extras,
        "scale": {"mm_per_iod": 60.0, "relative_sd": 0.04, "by": "iris"},
        "rest": {"source": "own", "frames": 5, "at_s": times[2]},
        series.KEYPOINTS: series.keypoints(track_of(_face(count, unseen), time_s=np.array(times))),
    }
    return dataclasses.replace(
        REPORT,
        frames=Frames(list(times), [i not in unseen for i in range(count)]),
        action_units=dataclasses.replace(units, left=left, right=[[0.5, 0.0]] * count),
        segments=segments,
        details=dataclasses.replace(REPORT.details, curves=curves, extras=extras),
    )


_CURVES = ("palpebral_fissure", "brow_height", "commissure_excursion")
_SIDES = ("left", "right")


def record(session: Session, times: Sequence[float], segments: list[Segment], *, unseen: Sequence[int] = ()) -> None:
    """A measured recording of this session, its series packed as a worker packs it."""
    made = report(times, segments, unseen=unseen)
    run = measured(session, report=made, content=video(times)).run
    run.series.save("series.json.gz", ContentFile(series.pack(made)))


# Middle and size of what is drawn of a face, in pixels of a picture of 640 x 480; the subject's left is on the right.
_SHAPES = {
    "right_eye": (270, 220, 22, 8),
    "left_eye": (370, 220, 22, 8),
    "right_brow": (270, 190, 26, 6),
    "left_brow": (370, 190, 26, 6),
    "outer_lips": (320, 320, 40, 14),
    "inner_lips": (320, 320, 30, 6),
    "nose": (320, 250, 4, 30),
    "right_nostril": (308, 280, 8, 4),
    "left_nostril": (332, 280, 8, 4),
    "jaw": (320, 260, 90, 120),
    "right_iris": (270, 220, 7, 7),
    "left_iris": (370, 220, 7, 7),
}


def _face(count: int, unseen: Sequence[int]) -> np.ndarray:
    """(n, 478, 3) a face of ellipses whose left corner of the mouth rises from frame to frame."""
    points = np.zeros((478, 3), np.float32)
    for name, ids in series.PARTS.items():
        x, y, wide, high = _SHAPES[name]
        for k, index in enumerate(ids):
            turn = math.pi + 2 * math.pi * k / len(ids)
            outwards = 1 if name.startswith("left") else -1  # the outer corner comes first
            points[index, :2] = (x + (-outwards) * wide * math.cos(turn), y - high * math.sin(turn))
    frames = np.repeat(points[None], count, axis=0)
    frames[:, 291, 1] -= np.arange(count) * 0.2
    frames[list(unseen)] = np.nan
    return frames
