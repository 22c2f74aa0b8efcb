"""Which videos are measured at all, and how much work one may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one upload. The web's own checks of size and name use the same figures."""

    min_bytes: int = 1024
    max_bytes: int = 500 * 1024 * 1024
    min_duration_s: float = 1.0
    max_duration_s: float = 300.0
    min_frames: int = 24
    max_frames: int = 300 * 240
    min_side_px: int = 160  # shorter side of the shown picture
    max_side_px: int = 4096
    max_pixels: int = 3840 * 2160
    max_aspect: float = 4.0
    min_fps: float = 10.0
    max_fps: float = 241.0
    max_streams: int = 16
    video_codecs: tuple[str, ...] = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "h263")

    # Longer side of the picture that is measured. A face of a sixth of it is 160 px wide, and its landmarks lie within
    # 0.3 % of its width of those at 240-290 px (two videos); FaceMesh itself sees 192 x 192.
    working_side_px: int = 960
    working_fps: float = 60.0  # faster recordings are thinned to about this; a blink lasts a tenth of a second
    max_measured_frames: int = 7500  # longer recordings are thinned further: 300 s are measured at 25 frames/s

    memory_bytes: int = 2 * 1024**3  # address space of the decoding process
    cpu_s: int = 90  # processor seconds of the decoding process; what was decoded by then is measured
    wall_s: float = 300.0  # the same by the clock, for a machine that is busy with other things
    silence_s: float = 60.0  # a decoding process that says nothing for so long is stopped

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Policy:
        """The inverse of `dataclasses.asdict` by way of JSON, which has no tuples."""
        return cls(**{**fields, "video_codecs": tuple(fields["video_codecs"])})

    def working_scale(self, width: int, height: int) -> float:
        """Factor, at most 1, from an upright frame of this size to the picture that is measured."""
        return min(1.0, self.working_side_px / max(width, height))


POLICY = Policy()
