"""The decoding process: `python -m analysis.video.child SETTINGS < VIDEO`, messages of `wire` on standard output.

SETTINGS is JSON: {"policy": {...}, "container": "mov"|"matroska", "mirrored": bool, "parent_pid": int}. The video is an
open file, not a path: by the time its first byte is read no other file can be opened.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
import traceback
from typing import Any

from analysis.video import sandbox, wire
from analysis.video.policy import Policy
from analysis.video.problems import VideoRefused


def main(settings: dict[str, Any]) -> None:
    policy = Policy.from_json(settings["policy"])
    sandbox.confine(memory_bytes=policy.memory_bytes, cpu_s=policy.cpu_s + 10, parent_pid=settings["parent_pid"])
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the messages

    import analysis.video.frames
    import analysis.video.probe  # noqa: F401 - the decoders' libraries, loaded within the limits, before the doors close

    sandbox.close_file_system()
    try:
        decode(out, policy, settings["container"], mirrored=settings["mirrored"])
    except VideoRefused as refused:
        send(out, wire.REFUSED, {"code": refused.code, "detail": refused.detail[:500]})
    except MemoryError:
        send(out, wire.REFUSED, {"code": "too_large_picture", "detail": "out of memory"})
    except BrokenPipeError:
        raise
    except Exception:  # whatever a strange file brings the libraries to say
        send(out, wire.REFUSED, {"code": "unreadable", "detail": traceback.format_exc()[-1000:]})


def decode(out: int, policy: Policy, container: str, *, mirrored: bool) -> None:
    """Once over the packets, then once over the frames."""
    from analysis.video import frames, probe

    with probe.open_container(container, policy) as opened:
        stream = probe.video_stream(opened, policy)
        probed, index = probe.probe(opened, stream, policy), stream.index
    send(out, wire.PROBED, dataclasses.asdict(probed))
    with probe.open_container(container, policy) as opened:
        stream = opened.streams[index]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        reader = frames.FrameReader(opened, stream, probed, policy, mirrored=mirrored)
        cut = send_frames(out, reader, policy)
    send(out, wire.DONE, {**dataclasses.asdict(reader.counts), "cut": cut})


def send_frames(out: int, reader: Any, policy: Policy) -> bool:
    """All frames, or those that fit the processor budget (True: cut short)."""
    announced = False
    for time_s, picture in reader:
        if not announced:
            send(out, wire.SHAPE, dataclasses.asdict(reader.shape))
            announced = True
        height, width, _ = picture.shape
        header = {"t": time_s, "w": width, "h": height, "n": reader.counts.decoded}
        send(out, wire.FRAME, header, picture.tobytes())
        if time.process_time() > policy.cpu_s:
            return True
    return False


def send(out: int, kind: bytes, content: dict[str, Any], pixels: bytes = b"") -> None:
    for part in (wire.pack(kind, content), pixels):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(out, rest) :]


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except BrokenPipeError:
        sys.exit(0)  # the parent has seen enough
