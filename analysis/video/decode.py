"""A stranger's video as upright RGB pictures with real times: the door through which every video comes in.

    with Video(path) as video:
        for time_s, picture in video: ...
    video.facts, video.problems

Decoding happens in a confined process (`child`), so a file that crashes, hangs or bloats the decoder is refused
like any other bad file. Memory stays bounded: one frame at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from analysis.contracts import Mirrored, Problem, VideoFacts
from analysis.video import wire
from analysis.video.picture import RGB
from analysis.video.policy import POLICY, Policy
from analysis.video.problems import REFUSALS, VideoRefused, warning
from analysis.video.process import DecodingProcess, OutOfTime, ProcessEnded
from analysis.video.sandbox import OUT_OF_MEMORY
from analysis.video.sniff import look

_CONTAINER_NAMES = {"mov": "mp4", "matroska": "matroska"}
_READABLE_SHARE = 1 / 3  # of the frames that the file promises; with less of them a session cannot be judged
_DAMAGED_SHARE = 0.25  # of the packets; what follows a damaged one is guessed until the next key frame
_GAP_S = 1.0
_CPU_LIMIT_STATUS = (-24, -9)  # SIGXCPU, SIGKILL


@dataclass(slots=True)
class _Progress:
    """What is known so far of the file, from messages."""

    shape: dict[str, Any] | None = None
    probed: dict[str, Any] | None = None
    done: dict[str, Any] | None = None
    decoded: int = 0
    last_s: float = 0.0
    ended: str | None = None  # the warning that explains why the file was not read to its end


class Video:
    """One pass over one file. Raises VideoRefused from `__enter__` or iteration; OSError when it cannot be opened."""

    def __init__(self, path: Path, *, mirrored: Mirrored = Mirrored.UNKNOWN, policy: Policy = POLICY) -> None:
        self.path, self.mirrored, self.policy = path, mirrored, policy
        self.expected_frames = 0
        self._seen = _Progress()
        self._gaps: list[float] = []
        self._stack = ExitStack()

    def __enter__(self) -> Video:
        self._container, self._sha256 = look(self.path, self.policy)
        flip = self.mirrored is Mirrored.YES
        self._process = self._stack.enter_context(
            DecodingProcess(self.path, self._container, self.policy, mirrored=flip)
        )
        try:
            self._probe()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _probe(self) -> None:
        try:
            kind, content, _ = self._process.receive()
        except ProcessEnded as ended:
            raise _crashed(ended) from ended
        except OutOfTime as late:
            raise VideoRefused("time_limit", "while probing") from late
        if kind == wire.REFUSED:
            raise _refused(content)
        self._seen.probed = content
        self.expected_frames = _measured_frames(content, self.policy)

    def __iter__(self) -> Iterator[tuple[float, RGB]]:
        """(seconds from the first frame, (h, w, 3) uint8 RGB) of each frame to measure; all frames have one size."""
        seen, before = self._seen, 0.0
        while seen.done is None and seen.ended is None:
            message = self._next()
            if message is None:
                break
            kind, content, picture = message
            if kind == wire.SHAPE:
                seen.shape = content
            elif kind == wire.DONE:
                seen.done, seen.decoded, seen.last_s = content, content["decoded"], content["last_s"]
            elif picture is not None:
                seen.decoded, seen.last_s = content["n"], content["t"]
                if content["t"] - before > _GAP_S:
                    self._gaps.append(before)
                before = content["t"]
                yield content["t"], picture
        self._check_amount()

    def _next(self) -> tuple[bytes, dict[str, Any], RGB | None] | None:
        """The next message; None when there will be none, with the reason in `ended`."""
        try:
            message = self._process.receive()
        except OutOfTime:
            self._seen.ended = "time_limit"
            return None
        except ProcessEnded as ended:
            self._seen.ended = "time_limit" if ended.code in _CPU_LIMIT_STATUS else "decode_errors"
            if self._seen.decoded == 0:
                raise _crashed(ended) from ended
            return None
        if message[0] == wire.REFUSED:
            raise _refused(message[1])
        return message

    def _check_amount(self) -> None:
        """Raises VideoRefused when too little of the file was readable."""
        seen, probed = self._seen, self._seen.probed
        assert probed is not None
        promised = max(probed["promised"], probed["packets"])
        if seen.decoded == 0:
            raise VideoRefused("no_frames", str(seen.done or seen.ended))
        short = seen.decoded < self.policy.min_frames or self._duration() < self.policy.min_duration_s - 0.05
        if short or seen.decoded < _READABLE_SHARE * promised:
            raise VideoRefused(self._why_short(), f"{seen.decoded} of {promised} frames")
        bad = (seen.done or {}).get("errors", 0) + (seen.done or {}).get("corrupt", 0)
        if bad > _DAMAGED_SHARE * promised:
            raise VideoRefused("decode_errors", f"{bad} of {promised} frames")

    def _why_short(self) -> str:
        assert self._seen.probed is not None
        if self._seen.ended == "time_limit" or (self._seen.done or {}).get("cut"):
            return "time_limit"
        return "truncated" if self._seen.probed["broke_off"] else "decode_errors"

    def _duration(self) -> float:
        step = self._seen.last_s / (self._seen.decoded - 1) if self._seen.decoded > 1 else 0.0
        return self._seen.last_s + min(step, 1.0)

    @property
    def facts(self) -> VideoFacts | None:
        """What decoding showed so far; None before the first frame."""
        seen = self._seen
        if seen.shape is None or seen.probed is None:
            return None
        return VideoFacts(
            sha256=self._sha256,
            container=_CONTAINER_NAMES[self._container],
            codec=str(seen.probed["codec"]),
            duration_s=round(self._duration(), 4),
            frame_count=seen.decoded,
            fps=round((seen.decoded - 1) / seen.last_s, 4) if seen.last_s > 0 else 0.0,
            width=seen.shape["width"],
            height=seen.shape["height"],
            rotation_deg=seen.shape["rotation_deg"],
            mirrored=self.mirrored,
        )

    @property
    def problems(self) -> list[Problem]:
        """Warnings about the file itself, complete after the last frame."""
        seen, found = self._seen, []
        probed, done = seen.probed or {}, seen.done or {}
        if seen.ended == "time_limit" or done.get("cut"):
            found.append(warning("time_limit", seen.last_s))
        elif probed.get("broke_off"):
            found.append(warning("truncated", seen.last_s))
        if seen.ended == "decode_errors" or done.get("errors") or done.get("corrupt"):
            found.append(warning("decode_errors"))
        if self._gaps:
            found.append(warning("gap", self._gaps[0]))
        if done.get("size_changes"):
            found.append(warning("picture_size_changes"))
        if (seen.shape or {}).get("mirror_matrix"):
            found.append(warning("laterality_uncertain"))
        return found


def _measured_frames(probed: dict[str, Any], policy: Policy) -> int:
    """How many frames will come, for a progress bar."""
    rate = min(policy.working_fps, policy.max_measured_frames / probed["duration_s"])
    return int(min(probed["packets"], rate * probed["duration_s"] + 1))


def _refused(content: dict[str, Any]) -> VideoRefused:
    code = content.get("code")
    return VideoRefused(code if code in REFUSALS else "unreadable", str(content.get("detail", "")))


def _crashed(ended: ProcessEnded) -> Exception:
    """A decoder that died on the file is the file's fault; a process that could not start is ours."""
    if ended.code == 1 and ended.log:  # Python's own end, before a byte of the file was looked at
        return RuntimeError(f"the decoding process failed: {ended.log}")
    if ended.code in _CPU_LIMIT_STATUS:
        return VideoRefused("time_limit", str(ended))
    if ended.code == OUT_OF_MEMORY:
        return VideoRefused("too_large_picture", "out of memory")
    return VideoRefused("unreadable", str(ended))
