"""Keeps a claimed run alive and its progress visible while the main thread measures."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection

from clinic.models import AnalysisRun
from clinic.services import runs

logger = logging.getLogger(__name__)


class Heartbeat:
    """Context manager around the work on one run, and the progress callback of that work.

    A thread extends the lease every few seconds until `longest_s`; after that the lease is left to end, so that work
    which hangs outside Celery's limits (the solo pool has none) is given up all the same.
    """

    def __init__(self, run: AnalysisRun, *, longest_s: float, worker: str, queue: str) -> None:
        self.run, self.worker, self.queue = run, worker, queue
        self.stage, self.progress = "starting", 0.0
        self._until = time.monotonic() + longest_s
        self._stop = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{run.pk}", daemon=True)

    def __call__(self, stage: str, progress: float) -> None:
        """Called by the work: remembers what to show. Raises LeaseLost when going on would be in vain."""
        self.stage, self.progress = stage, progress
        if self._lost:
            raise runs.LeaseLost

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.RUN_HEARTBEAT_S) and time.monotonic() < self._until:
                self._once()
        finally:
            connection.close()

    def _once(self) -> None:
        try:
            self._lost = not runs.heartbeat(self.run, stage=self.stage, progress=self.progress)
            runs.seen(worker=self.worker, queue=self.queue)
        except DatabaseError:  # a database that restarts: the lease is longer than several beats
            logger.warning("run %s: heartbeat not stored", self.run.pk, exc_info=True)
            connection.close()
