"""Child processes of the demonstration: started in groups of their own, ended for certain, restarted when they die."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_RESTARTS = 5
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One process group. `gently` is the signal that asks it to end."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, *, gently: signal.Signals = signal.SIGTERM, nice: int = 0
    ) -> None:
        self.name, self.command, self.log, self.gently, self.nice = name, list(command), log, gently, nice
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            self.process = self._popen(log)

    def _popen(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        nice = self.nice

        def before() -> None:
            os.nice(nice)
            if _libc is not None:  # should this process be killed outright, its children follow
                _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

        return subprocess.Popen(  # noqa: S603  # our own commands, no shell
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before,  # this process has one thread
        )

    @property
    def exit_status(self) -> int | None:
        return self.process.poll() if self.process else None

    def keep_running(self) -> bool:
        """Start again after an unexpected end; False when that has happened too often."""
        if self.exit_status is None:
            return True
        if self.starts > _RESTARTS:
            return False
        self.end_group()
        self.start()
        return True

    def ask_to_end(self) -> None:
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.gently)

    def end_group(self) -> None:
        """Whatever is left of the group, also the children of a process that is gone."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def end_all(children: Sequence[Child], *, within_s: float) -> None:
    """Ask all at once, wait together, then take down what is left."""
    for child in children:
        child.ask_to_end()
    until = time.monotonic() + within_s
    while any(c.process and c.process.poll() is None for c in children) and time.monotonic() < until:
        time.sleep(0.1)
    for child in children:
        child.end_group()
