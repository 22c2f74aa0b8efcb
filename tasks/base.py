"""The one way to declare a task: acknowledged late, limited, ignorant of results, safe to deliver twice."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import wraps

from celery import current_task

from clinic.services import runs
from tasks.celery import app
from tasks.config import ROUTES, Limits


def idempotent_task(*, name: str, limits: Limits) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `function` under `name` on the queue that the name is routed to. Arguments are ids, by keyword.

    The message is acknowledged when the function has returned or failed. A child process that died takes its message
    along: its run's lease ends, and the sweep decides what follows.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(**ids: str) -> None:
            runs.seen(worker=worker_name(), queue=ROUTES[name])
            function(**ids)

        app.task(
            name=name,
            acks_late=True,
            acks_on_failure_or_timeout=True,
            reject_on_worker_lost=False,
            ignore_result=True,
            soft_time_limit=limits.soft_s,
            time_limit=limits.hard_s,
        )(run)
        return function

    return register


def worker_name() -> str:
    """The Celery node that runs this task, e.g. celery@host; the host's name outside a worker."""
    node = current_task.request.hostname if current_task else None
    return str(node or socket.gethostname())[:120]
