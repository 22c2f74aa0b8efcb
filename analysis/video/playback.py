"""A copy of a recording that every browser plays and that tells nothing beyond its pictures.

Upright, unmirrored where that is known, without sound, place, device or title; 8-bit H.264 4:2:0 with its index in
front so that playing starts at once. Times are the original's, so curves and pictures stay together.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from analysis.contracts import Mirrored
from analysis.video.decode import Video
from analysis.video.picture import RGB
from analysis.video.policy import POLICY, Policy

_CLOCK = 90_000  # ticks a second, as MPEG counts
_OPTIONS = {"crf": "23", "preset": "veryfast", "g": "30", "threads": "2"}  # a key frame a second: stepping stays quick


def write_playback(
    source: Path,
    target: Path,
    *,
    mirrored: Mirrored = Mirrored.UNKNOWN,
    policy: Policy = POLICY,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write the copy of `source` to `target` (.mp4); returns the number of frames.

    Raises VideoRefused when the source cannot be decoded, OSError when the target cannot be written.
    """
    with (
        Video(source, mirrored=mirrored, policy=policy) as video,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart", "fflags": "bitexact"}) as output,
    ):
        stream: Any = None
        count = 0
        for time_s, picture in video:
            if stream is None:
                stream = _stream(output, picture)
            output.mux(stream.encode(_frame(picture, time_s)))
            count += 1
            if progress is not None:
                progress(min(1.0, count / max(1, video.expected_frames)))
        output.mux(stream.encode(None))
    return count


def _stream(output: Any, picture: RGB) -> Any:
    height, width = (side - side % 2 for side in picture.shape[:2])  # 4:2:0 halves the colour
    stream = output.add_stream("libx264", rate=30, options=_OPTIONS)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, _CLOCK)
    stream.codec_context.max_b_frames = 0
    return stream


def _frame(picture: RGB, time_s: float) -> Any:
    height, width = (side - side % 2 for side in picture.shape[:2])
    frame = av.VideoFrame.from_ndarray(picture[:height, :width].copy(), format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = round(time_s * _CLOCK), Fraction(1, _CLOCK)
    return frame
