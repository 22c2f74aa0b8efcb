"""Real worker processes on the test's own database, broker and media folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


def environment(folder: Path) -> dict[str, str]:
    """For a process that shares this test's rows and files, with leases short enough to wait for."""
    return {
        **{k: v for k, v in os.environ.items() if k not in ("DJANGO_SETTINGS_MODULE",)},
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SEVENTH_REDIS_PREFIX": settings.BROKER_PREFIX,
        "SEVENTH_VAR_DIR": str(settings.VAR_DIR),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SEVENTH_DEMO": "yes",
        "SEVENTH_TEST_NOTES": str(folder),
        "SEVENTH_LEASE_S": "3",
        "SEVENTH_HEARTBEAT_S": "1",
        "SEVENTH_SWEEP_S": "1",
        "SEVENTH_BELL_S": "5",
        "OMP_NUM_THREADS": "1",
    }


def database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    word = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    return f"postgres://{values['USER']}{word}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


class Worker:
    """One `celery worker` with its children, in a process group of its own."""

    def __init__(self, folder: Path, name: str, *extra: str, app: str = "tests.tasks.worker_app") -> None:
        self.log_path = folder / f"{name}.log"
        options = ["-Q", "gpu,light", "-c", "1", "-n", f"{name}@test", "-l", "INFO", *extra]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", app, "worker", *options, *quiet],
                cwd=ROOT,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """To the worker and all its children."""
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self.process.wait(timeout=20)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")


def wait_for(true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
