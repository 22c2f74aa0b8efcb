"""Celery's settings, made from Django's. The database holds the state, so most of Celery stays switched off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from kombu import Queue

from clinic import dispatch
from tasks import bells

GPU, LIGHT = "gpu", "light"  # analysis; sweep, playback copies, reports
ROUTES = {
    dispatch.ANALYSE_VIDEO: GPU,
    dispatch.MAKE_PLAYBACK: LIGHT,
    dispatch.MAKE_STILLS: LIGHT,
    dispatch.MAKE_REPORT: LIGHT,
    dispatch.MAKE_EXPORT: LIGHT,
    dispatch.CHECK_WEIGHTS: GPU,
    dispatch.TRY_WEIGHTS: GPU,
    dispatch.SWEEP_RUNS: LIGHT,
}


@dataclass(frozen=True)
class Limits:
    soft_s: int  # the task may still tidy up
    hard_s: int  # its process is killed

    def __post_init__(self) -> None:
        assert self.soft_s < self.hard_s < VISIBILITY_TIMEOUT_S


VISIBILITY_TIMEOUT_S = 1800  # above every hard limit, else Redis delivers a running task a second time
ANALYSIS = Limits(soft_s=900, hard_s=960)
PLAYBACK = Limits(soft_s=300, hard_s=330)
PAPERS = Limits(soft_s=240, hard_s=300)  # shorter than the lease of a paper
SWEEP = Limits(soft_s=60, hard_s=90)


def configuration() -> dict[str, Any]:
    bells.register()
    url = settings.BROKER_URL or f"{bells.SCHEME}://localhost"
    return {
        "broker_url": url,
        "broker_transport_options": _transport_options(url),
        "broker_connection_timeout": 2,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the lease says whose the run is
        "result_backend": None,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [Queue(GPU), Queue(LIGHT)],
        "task_default_queue": LIGHT,
        "task_routes": {name: {"queue": queue} for name, queue in ROUTES.items()},
        "task_create_missing_queues": False,
        "worker_prefetch_multiplier": 1,
        "worker_lost_wait": 1.0,  # no results travel by message, so there is none to wait for after a child has died
        "worker_max_tasks_per_child": 20,  # MediaPipe and torch keep memory
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": not url.startswith(bells.SCHEME),
        "beat_scheduler": "celery.beat:Scheduler",  # in memory: a sweep that was missed need not be caught up with
        "beat_schedule": {
            "sweep": {
                "task": dispatch.SWEEP_RUNS,
                "schedule": settings.SWEEP_EVERY_S,
                "options": {"expires": settings.SWEEP_EVERY_S},
            }
        },
        "imports": [
            "tasks.analyse",
            "tasks.papers",
            "tasks.playback",
            "tasks.stills",
            "tasks.sweep",
            "tasks.systems",
            "tasks.warm",
        ],
        "timezone": settings.TIME_ZONE,
    }


def _transport_options(url: str) -> dict[str, Any]:
    if url.startswith(bells.SCHEME):
        return {"folder": str(settings.VAR_DIR / "queue"), "polling_interval": 0.3}
    if url.startswith(("redis", "unix")):
        return {
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,  # else lost messages are looked for every 100 s only
            "socket_timeout": 2.0,  # a broker that has gone silent must not hold up a request
            "socket_connect_timeout": 1.0,
            "socket_keepalive": True,
            "retry_on_timeout": False,
            "health_check_interval": 10,
            "global_keyprefix": settings.BROKER_PREFIX,
        }
    return {"confirm_publish": True, "socket_timeout": 2.0} if url.startswith(("amqp", "pyamqp")) else {}
