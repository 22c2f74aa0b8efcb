"""Small video files made on the fly, with pictures whose corners tell how they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 180, 30), (30, 30, 200), (120, 120, 120)
CLOCK = 90_000


def corners(width: int = 240, height: int = 180) -> np.ndarray:
    """Red upper left, green upper right, blue lower left, grey lower right."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = RED, GREEN
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = BLUE, GREY
    return picture


def corner_names(picture: np.ndarray) -> str:
    """R, G, B and W (grey) of the four corners: upper left, upper right, lower left, lower right."""
    height, width, _ = picture.shape
    colours = np.array([RED, GREEN, BLUE, GREY])
    spots = [picture[y, x].astype(int) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return "".join("RGBW"[int(np.abs(colours - spot).sum(axis=1).argmin())] for spot in spots)


def write(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    fps: int = 30,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    transfer: int | None = None,
    container: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode RGB pictures; `times` are seconds (else regular), `matrix` the display matrix in FFmpeg's form."""
    with av.open(str(path), "w", options=container or {}) as output:
        stream = None
        for i, picture in enumerate(pictures):
            if stream is None:
                speed = {"preset": "ultrafast", "g": "10", "bf": "0"} if codec == "libx264" else {}
                stream = output.add_stream(codec, rate=fps, options=speed | (options or {}))
                stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], pix_fmt
                stream.time_base = stream.codec_context.time_base = Fraction(1, CLOCK)
                if matrix is not None:
                    stream.set_display_matrix(matrix)
                if aspect is not None:
                    stream.codec_context.sample_aspect_ratio = aspect
                if transfer is not None:
                    stream.codec_context.color_trc = transfer
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if transfer is not None:
                frame.color_trc = transfer
            frame.pts = round((times[i] if times is not None else i / fps) * CLOCK)
            frame.time_base = Fraction(1, CLOCK)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_sound(path: Path, seconds: float = 2.0) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16_000, layout="mono")
        for i in range(round(seconds * 16)):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, 1000 * i
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_with_sound(path: Path, pictures: Sequence[np.ndarray], *, fps: int = 30) -> Path:
    """Pictures and, in a second stream of the same file, a sound."""
    seen = write(path.with_stem(f"{path.stem}-seen"), pictures, fps=fps)
    heard = write_sound(path.with_stem(f"{path.stem}-heard"), len(pictures) / fps)
    with av.open(str(seen)) as video, av.open(str(heard)) as sound, av.open(str(path), "w") as output:
        parts = [(source, output.add_stream_from_template(source.streams[0])) for source in (video, sound)]
        for source, stream in parts:
            for packet in source.demux(0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
    return path
