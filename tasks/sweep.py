"""Look after runs that nobody works on."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_ready

from clinic import dispatch
from clinic.services import media, papers, playback, runs, trials, weights
from tasks.base import idempotent_task
from tasks.config import SWEEP

logger = logging.getLogger(__name__)


@idempotent_task(name=dispatch.SWEEP_RUNS, limits=SWEEP)
def sweep_runs() -> None:
    """Queue again or close runs without a live lease, announce what waits unheard; safe to run in parallel."""
    done = {**runs.sweep(), "playback_asked_again": playback.ask_again(), "papers_looked_after": papers.sweep()}
    done |= {"weights_asked_again": weights.ask_again(), "trials_asked_again": trials.ask_again()}
    media.remove_abandoned_uploads()
    runs.forget_old_workers()
    if any(done.values()):
        logger.info("sweep: %s", ", ".join(f"{count} {what}" for what, count in done.items() if count))


@worker_ready.connect
def sweep_at_start(**_: Any) -> None:
    """What the last worker left is looked at once a new one is up, without waiting for the clock."""
    dispatch.publish(dispatch.SWEEP_RUNS)
