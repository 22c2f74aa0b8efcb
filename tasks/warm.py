"""A process that will measure loads torch and MediaPipe while it waits for its first video."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from celery.signals import worker_process_init

from tasks.celery import app
from tasks.config import GPU

logger = logging.getLogger(__name__)


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """In a thread: Celery ends a child process that is not up within four seconds."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave the core to decoding
    if GPU in app.amqp.queues.consume_from:
        threading.Thread(target=_load, name="warm-up", daemon=True).start()


def _load() -> None:
    try:
        import analysis.report  # noqa: F401
    except ImportError:  # the first analysis will say so where people see it
        logger.exception("the pipeline cannot be loaded")
