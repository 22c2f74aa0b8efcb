"""Frames to an H.264 mp4 that says in its own metadata that it is synthetic."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av

from analysis.synthetic.pixels import Picture

COMMENT = "Synthetic face made by Seventh from a public-domain portrait; not a person, not a patient."


def write_mp4(
    path: Path,
    frames: Iterable[Picture],
    *,
    size: tuple[int, int],
    fps: int,
    crf: int = 23,
    comment: str = COMMENT,
) -> int:
    """Write (H, W, 3) RGB frames as yuv420p H.264 with the index in front; returns how many. Sizes must be even."""
    options = {"preset": "veryfast", "crf": str(crf), "threads": "1"}
    count = 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata.update(title="Synthetic face", comment=comment)
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, fps)
        for count, picture in enumerate(frames, start=1):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = count - 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return count
