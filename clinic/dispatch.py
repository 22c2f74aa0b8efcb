"""Names of the tasks and the one way to send them: by name, after commit. `clinic` never imports a task.

A message is a doorbell, the row is the truth: one that cannot be sent is logged and left to the sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from celery import current_app
from django.db import transaction

ANALYSE_VIDEO = "seventh.analyse_video"  # run_id
MAKE_PLAYBACK = "seventh.make_playback"  # video_id
MAKE_REPORT = "seventh.make_report"  # report_id
MAKE_EXPORT = "seventh.make_export"  # export_id
CHECK_WEIGHTS = "seventh.check_weights"  # weights_id
TRY_WEIGHTS = "seventh.try_weights"  # recording_id
MAKE_STILLS = "seventh.make_stills"  # video_id
SWEEP_RUNS = "seventh.sweep_runs"
TASK_NAMES = (
    ANALYSE_VIDEO,
    MAKE_PLAYBACK,
    MAKE_REPORT,
    MAKE_EXPORT,
    CHECK_WEIGHTS,
    TRY_WEIGHTS,
    MAKE_STILLS,
    SWEEP_RUNS,
)

logger = logging.getLogger(__name__)


def send(name: str, *, then: Callable[[], object] | None = None, **ids: str) -> None:
    """Send task `name` with these ids once the current transaction is committed; `then` runs when it was sent."""
    transaction.on_commit(partial(_ring, name, ids, then), robust=True)


def publish(name: str, **ids: str) -> bool:
    """Send now. False when the broker did not take it: that never fails or holds up what the caller is doing.

    One attempt, and the broker settings have short socket timeouts, so that a silent broker costs a second or two.
    """
    try:
        current_app.send_task(name, kwargs=ids, retry=False, ignore_result=True)
    except Exception as error:  # every transport has errors of its own, and none of them may lose an upload
        logger.warning("%s not sent, the sweep will send it again: %s", name, type(error).__name__)
        return False
    return True


def _ring(name: str, ids: dict[str, str], then: Callable[[], object] | None) -> None:
    if publish(name, **ids) and then is not None:
        then()
