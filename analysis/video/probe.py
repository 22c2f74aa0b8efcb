"""Inside the decoding process: open the container, choose the stream, and read what its packets really hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from analysis.video.policy import Policy
from analysis.video.problems import VideoRefused

_DECODERS = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,libdav1d,libaom-av1,av1,mpeg4,h263,aac,opus,vorbis,mp3,flac"
_LONGEST_LAST_FRAME_S = 1.0
_SHORT_BY = 0.02  # share of the promised frames that may be missing before the file is called cut off


@dataclass(frozen=True, slots=True)
class Probe:
    """One stream as its packets tell it, before anything is decoded."""

    codec: str
    packets: int
    promised: int  # frames by the index; 0 when it has none
    duration_s: float
    fps: float
    broke_off: bool  # reading ended with an error, or much before what the index promises


def open_container(container: str, policy: Policy) -> Any:
    """The file on standard input as a PyAV container; FFmpeg may use no other protocol. Raises VideoRefused."""
    os.lseek(0, 0, os.SEEK_SET)
    options = {
        "fd": "0",
        "protocol_whitelist": "fd",
        "max_streams": str(4 * policy.max_streams),
        "codec_whitelist": _DECODERS,
    }
    try:
        return av.open("fd:", format=container, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise VideoRefused("unreadable", str(error)) from error


def video_stream(opened: Any, policy: Policy) -> Any:
    """The video that a player would show: of the real ones (a cover is none) the one marked as default, else the first.

    Raises VideoRefused.
    """
    if len(opened.streams) > policy.max_streams:
        raise VideoRefused("too_many_streams", str(len(opened.streams)))
    streams = [s for s in opened.streams.video if not _is_picture(s)]
    if not streams:
        raise VideoRefused("no_video_stream")
    return next((s for s in streams if Disposition(s.disposition) & Disposition.default), streams[0])


def _is_picture(stream: Any) -> bool:
    return bool(Disposition(stream.disposition) & (Disposition.attached_pic | Disposition.still_image))


def codec_of(stream: Any, policy: Policy) -> str:
    """FFmpeg's name of the codec. Raises VideoRefused when it is not on the list."""
    context = stream.codec_context
    name = context.codec.canonical_name if context is not None else "unknown"
    if name == "unknown":
        raise VideoRefused("unreadable", "no codec")
    if name not in policy.video_codecs:
        raise VideoRefused("unsupported_codec", name)
    return str(name)


def check_picture(width: int, height: int, policy: Policy) -> None:
    """Raises VideoRefused when a shown picture of this size is not measured."""
    longer, shorter = max(width, height), min(width, height)
    if width * height > policy.max_pixels or longer > policy.max_side_px:
        raise VideoRefused("too_large_picture", f"{width}x{height}")
    if shorter < policy.min_side_px or longer > policy.max_aspect * shorter:
        raise VideoRefused("too_small_picture", f"{width}x{height}")


def shown_size(width: int, height: int, aspect: Any) -> tuple[int, int]:
    """Stored size with square pixels; a senseless sample aspect ratio counts as 1."""
    ratio = float(aspect) if aspect else 1.0
    return (round(width * ratio), height) if 0.25 <= ratio <= 4.0 else (width, height)


def probe(opened: Any, stream: Any, policy: Policy) -> Probe:
    """Count and time the packets of a stream: no header value is believed. Raises VideoRefused."""
    codec = codec_of(stream, policy)
    context = stream.codec_context
    check_picture(*shown_size(context.width, context.height, stream.sample_aspect_ratio), policy)
    times, last, hidden, broke_off = _packet_times(opened, stream, policy)
    if len(times) == 0 or (broke_off and len(times) == 1):
        raise VideoRefused("no_frames")
    duration = float(times[-1] - times[0]) + min(last or _typical_step(times), _LONGEST_LAST_FRAME_S)
    promised = max(stream.frames, 0)
    broke_off = broke_off or len(times) + hidden < (1.0 - _SHORT_BY) * promised
    fps = (len(times) - 1) / float(times[-1] - times[0]) if times[-1] > times[0] else 0.0
    _check_amount(len(times), duration, fps, broke_off, policy)
    return Probe(codec, len(times), promised, duration, fps, broke_off)


def _packet_times(opened: Any, stream: Any, policy: Policy) -> tuple[Any, float, int, bool]:
    """Sorted presentation times of the packets that are shown, the last one's length (0: unknown), how many packets
    an edit list hides, and whether reading broke off. Stops as soon as a limit is passed."""
    times: list[float] = []
    last, low, high, hidden = 0.0, np.inf, -np.inf, 0
    try:
        for packet in opened.demux(stream):
            ticks = packet.pts if packet.pts is not None else packet.dts
            if packet.has_sidedata("encryption_info"):
                raise VideoRefused("undecodable", "encrypted")
            if packet.size == 0 or ticks is None or packet.is_discard:
                hidden += packet.size > 0
                continue
            time = float(ticks * stream.time_base)
            low, high = min(low, time), max(high, time)
            last = float((packet.duration or 0) * stream.time_base)
            times.append(time)
            if high - low > policy.max_duration_s:
                raise VideoRefused("too_long", f"over {high - low:.0f} s")
            if len(times) > policy.max_frames:
                raise VideoRefused("frame_rate", f"over {policy.max_frames} frames")
    except av.FFmpegError:
        return np.sort(times), last, hidden, True
    return np.sort(times), last, hidden, False


def _typical_step(times: Any) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def _check_amount(packets: int, duration: float, fps: float, broke_off: bool, policy: Policy) -> None:
    if duration > policy.max_duration_s:
        raise VideoRefused("too_long", f"{duration:.1f} s")
    if duration < policy.min_duration_s - 0.005:
        raise VideoRefused("truncated" if broke_off else "too_short", f"{duration:.2f} s")
    rate = packets / duration
    if rate > policy.max_fps or rate < policy.min_fps or fps > policy.max_fps:
        raise VideoRefused("frame_rate", f"{rate:.1f} frames/s")
    if packets < policy.min_frames:
        raise VideoRefused("truncated" if broke_off else "too_few_frames", str(packets))
