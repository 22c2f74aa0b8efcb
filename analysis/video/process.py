"""The parent's end of the decoding process: start it, read its messages with a time limit, end it for certain."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from analysis.video import wire
from analysis.video.picture import RGB
from analysis.video.policy import Policy

_ROOT = Path(__file__).resolve().parents[2]
_PIPE_BYTES = 1024 * 1024
_ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class ProcessEnded(Exception):
    """The pipe closed before the message was whole; `code` is the exit status, negative for a signal."""

    def __init__(self, code: int | None, log: str) -> None:
        super().__init__(f"exit status {code}: {log}")
        self.code = code
        self.log = log


class OutOfTime(Exception):
    """Nothing came within the time allowed."""


class DecodingProcess:
    """Context manager around one `analysis.video.child`; `receive` gives (kind, content, picture or None)."""

    def __init__(self, path: Path, container: str, policy: Policy, *, mirrored: bool) -> None:
        self.policy = policy
        self._deadline = time.monotonic() + policy.wall_s
        settings = {
            "policy": dataclasses.asdict(policy),
            "container": container,
            "mirrored": mirrored,
            "parent_pid": os.getpid(),
        }
        # Closed in __exit__.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        with path.open("rb") as video:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-s", "-m", "analysis.video.child", json.dumps(settings)],
                stdin=video,
                stdout=subprocess.PIPE,
                stderr=self._log,
                cwd=_ROOT,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        self._ready = select.poll()
        self._ready.register(self._pipe, select.POLLIN)
        _widen(self._pipe)

    def __enter__(self) -> DecodingProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def receive(self) -> tuple[bytes, dict[str, Any], RGB | None]:
        """Raises ProcessEnded, OutOfTime, or ValueError when the message is not one of ours."""
        kind, length = wire.HEADER.unpack(self._read(wire.HEADER.size))
        if length > wire.MAX_JSON:
            raise ValueError(f"message of {length} bytes")
        content = json.loads(self._read(length))
        return kind, content, self._picture(content["w"], content["h"]) if kind == wire.FRAME else None

    def _picture(self, width: int, height: int) -> RGB:
        longest = self.policy.working_side_px
        if not (0 < width <= longest and 0 < height <= longest):
            raise ValueError(f"picture of {width}x{height}")
        picture = np.empty((height, width, 3), np.uint8)
        self._fill(picture.data.cast("B"))
        return picture

    def _read(self, size: int) -> bytes:
        buffer = bytearray(size)
        self._fill(memoryview(buffer))
        return bytes(buffer)

    def _fill(self, rest: memoryview) -> None:
        while rest:
            patience = min(self.policy.silence_s, self._deadline - time.monotonic())
            if patience <= 0 or not self._ready.poll(1000 * patience):
                raise OutOfTime
            count = os.readv(self._pipe, [rest])
            if count == 0:
                raise ProcessEnded(self._exit_status(), self._log_text())
            rest = rest[count:]

    def _exit_status(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=5)
        return None

    def _log_text(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace").strip()


def _widen(pipe: int) -> None:
    """A pipe that holds a frame or so spares switches between the two processes; Linux only, and only a wish."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
