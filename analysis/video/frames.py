"""Inside the decoding process: packets to upright pictures of one size, with strictly increasing times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import av
from av.video.reformatter import VideoReformatter

from analysis.video.picture import RGB, Orientation, fit, orientation_of, to_rgb
from analysis.video.policy import Policy
from analysis.video.probe import Probe, shown_size
from analysis.video.problems import VideoRefused

_MIRROR = Orientation(a=-1)


@dataclass(frozen=True, slots=True)
class Shape:
    """The first frame, upright with square pixels, which fixes the size of all that follow."""

    width: int
    height: int
    working_width: int
    working_height: int
    rotation_deg: int
    mirror_matrix: bool


@dataclass(slots=True)
class Counts:
    """What happened on the way; `decoded` counts every good frame shown, also those thinned out."""

    decoded: int = 0
    corrupt: int = 0
    errors: int = 0
    size_changes: int = 0
    last_s: float = 0.0  # of the frames decoded
    first_pts_s: float | None = None


class FrameReader:
    """Reads one stream once: `for time_s, picture in reader`, after which `counts` is complete."""

    def __init__(self, opened: Any, stream: Any, probe: Probe, policy: Policy, *, mirrored: bool) -> None:
        self.opened, self.stream, self.policy, self.mirrored = opened, stream, policy, mirrored
        self.shape: Shape | None = None
        self.counts = Counts()
        self._step = 1.0 / probe.fps
        self._rate = working_rate(probe, policy)
        self._due = 0.0
        self._scaler = VideoReformatter()
        self._stored: tuple[int, int] | None = None
        self._orientation = Orientation()

    def __iter__(self) -> Iterator[tuple[float, RGB]]:
        for frame in self._decoded():
            if frame.is_corrupt:
                self.counts.corrupt += 1
                continue
            time = self._time_of(frame)
            self.counts.decoded += 1
            self.counts.last_s = time
            if self._rate is None or time >= self._due - 0.5 * self._step:
                self._due = max(self._due, time - 1.0) + 1.0 / (self._rate or 1.0)
                yield time, self._upright(frame)

    def _decoded(self) -> Iterator[Any]:
        """Every frame the decoder gives; a packet it cannot read is counted and passed over."""
        try:
            for packet in self.opened.demux(self.stream):
                try:
                    yield from packet.decode()
                except av.EOFError:
                    return
                except av.FFmpegError:
                    self.counts.errors += 1
        except av.FFmpegError:
            self.counts.errors += 1

    def _time_of(self, frame: Any) -> float:
        """Seconds from the first frame; one that has no time, or one that goes back, is put a quarter frame on."""
        counts = self.counts
        shown = None if frame.pts is None else float(frame.pts * frame.time_base)
        if counts.first_pts_s is None:
            counts.first_pts_s = shown or 0.0
            return 0.0
        if shown is None:
            return counts.last_s + self._step
        return max(shown - counts.first_pts_s, counts.last_s + 0.25 * self._step)

    def _upright(self, frame: Any) -> RGB:
        if frame.width * frame.height > self.policy.max_pixels:
            raise VideoRefused("too_large_picture", f"{frame.width}x{frame.height} within the stream")
        orientation = self._orientation_of(frame)
        width, height = shown_size(frame.width, frame.height, self.stream.sample_aspect_ratio)
        if self.shape is None:
            self.shape = _shape(width, height, orientation, self.policy)
        scale = self._scale(width, height, orientation)
        picture = to_rgb(frame, max(2, round(width * scale)), max(2, round(height * scale)), self._scaler)
        picture = orientation.apply(picture)
        if self.mirrored:
            picture = _MIRROR.apply(picture)
        target = (self.shape.working_width, self.shape.working_height)
        return picture if (picture.shape[1], picture.shape[0]) == target else fit(picture, *target)

    def _scale(self, width: int, height: int, orientation: Orientation) -> float:
        """So that a frame of any size lies within the working picture."""
        assert self.shape is not None
        if orientation.swaps_axes:
            width, height = height, width
        return min(self.shape.working_width / width, self.shape.working_height / height)

    def _orientation_of(self, frame: Any) -> Orientation:
        """Read where the stored size is new: looking at a frame's side data keeps its pixels in memory."""
        size = (frame.width, frame.height)
        if size != self._stored:
            self.counts.size_changes += self._stored is not None
            self._stored = size
            side_data = frame.side_data.get("DISPLAYMATRIX")
            self._orientation = orientation_of(bytes(side_data) if side_data else None)
        return self._orientation


def working_rate(probe: Probe, policy: Policy) -> float | None:
    """Frames per second that are measured; None when every frame is.

    Most fast recordings (120, 240) thin out to every second or fourth frame; a long one to what fits the budget.
    """
    rate = min(policy.working_fps, policy.max_measured_frames / probe.duration_s)
    return None if probe.fps <= 1.1 * rate else rate


def _shape(width: int, height: int, orientation: Orientation, policy: Policy) -> Shape:
    if orientation.swaps_axes:
        width, height = height, width
    scale = policy.working_scale(width, height)
    shape = Shape(width, height, 0, 0, orientation.clockwise_deg, orientation.mirrors)
    return replace(shape, working_width=round(width * scale), working_height=round(height * scale))
