"""The real Celery application with a pipeline that does what the "video" says: for worker processes of tests.

The file's text is `<what> <where>`: `plain`; `slow <seconds>`; `die <point>` (once); `poison <point>` (every time);
`deaf <seconds>`: does not listen to the soft limit, the first time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import types
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init
from django.conf import settings

from tasks.celery import app

__all__ = ["app"]

NOTES = Path(os.environ["SEVENTH_TEST_NOTES"])  # a folder: one file a fault that happened, one line a measurement
settings.SHIPPED_WEIGHTS = NOTES / "shipped"  # none: what ships would bring torch, seconds before a limit of seconds


def analyse(path: Path, *, progress: Any, **_: Any) -> Any:
    from tests.tasks.reports import measured

    with (NOTES / "measured").open("a") as notes:
        notes.write(f"{path.parent.name}\n")
    what, _, where = path.read_text().partition(" ")
    until = time.monotonic() + (float(where) if what == "slow" else 0.0)
    while time.monotonic() < until:
        progress("Measuring", 0.5)
        time.sleep(0.05)
    if what == "deaf":
        sleep_through(path, float(where))
    point("measuring", path)
    return measured()


def sleep_through(path: Path, seconds: float) -> None:
    """Like a C function that never returns to look for signals."""
    happened = NOTES / f"{path.parent.name}.deaf"
    if not happened.exists():
        happened.touch()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})  # Celery's soft limit
        time.sleep(seconds)


def point(name: str, path: Path) -> None:
    """Die here, as in a power cut, when the file says so."""
    what, _, where = path.read_text().partition(" ")
    if where != name or what not in ("die", "poison"):
        return
    happened = NOTES / f"{path.parent.name}.{name}"
    if what == "die" and happened.exists():
        return
    happened.touch()
    os.kill(os.getpid(), signal.SIGKILL)


@worker_process_init.connect
def set_traps(**_: Any) -> None:
    from clinic.services import results, runs
    from tasks import analyse as task

    module = types.ModuleType("analysis.report")
    module.analyse = analyse  # type: ignore[attr-defined]
    sys.modules["analysis.report"] = module
    trap(runs, "claim", "claimed", lambda run, *_, **__: run)
    trap(task, "write_series", "stored", lambda _, run, *__: run)
    trap(results, "assess", "recording", lambda _, run, **__: run)  # inside the transaction
    trap(runs, "record", "recorded", lambda _, run, *__: run)


def trap(module: Any, name: str, where: str, run_of: Any) -> None:
    real = getattr(module, name)

    def with_trap(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if (run := run_of(result, *args, **kwargs)) is not None:
            point(where, Path(run.video.file.path))
        return result

    setattr(module, name, with_trap)
