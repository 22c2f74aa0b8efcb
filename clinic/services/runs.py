"""The life of an analysis run: requested, claimed, kept alive, recorded, swept. The row is the truth.

Every step is one compare-and-set on state and attempt, so any message may arrive twice, late or never. Leases are
compared with the database's clock, because the machines' clocks may differ.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from analysis.contracts import ReportStatus, SessionReport
from clinic import dispatch, failures
from clinic.errors import Conflict
from clinic.models import AnalysisRun, Correction, User, Video, WorkerBeat
from clinic.models.results import MAX_ATTEMPTS, RunState
from clinic.services import audit, consents, first_rest, playback, results

logger = logging.getLogger(__name__)

Errors = tuple[type[BaseException], ...]


class LeaseLost(Exception):
    """Somebody else has the run now, or it is closed: what this worker still does is in vain."""


class NoConsent(Conflict):
    def __init__(self) -> None:
        super().__init__("no_consent", "The person has not agreed to the analysis, or has taken the agreement back.")


class CannotRetry(Conflict):
    def __init__(self) -> None:
        super().__init__("cannot_retry", "This analysis is finished or still under way, so it cannot be tried again.")


def request(*, video: Video, correction: Correction | None = None) -> AnalysisRun:
    """A queued run of this video, announced after commit. Raises IntegrityError when one is open already.

    `correction`: what a clinician put right in it; without one, what stands by the video's current result goes on to.
    """
    run = AnalysisRun.objects.create(video=video, correction=correction or standing_correction(video))
    _announce(run)
    return run


def standing_correction(video: Video) -> Correction | None:
    """The correction that the current result of this video was measured with."""
    return Correction.objects.filter(runs__video=video, runs__assessment__is_current=True).first()


def retry(*, run: AnalysisRun, by: User) -> AnalysisRun:
    """A new run beside the failed one, on a person's word.

    Raises CannotRetry unless the run failed or was refused, NoConsent while the patient does not agree to the analysis.
    """
    if run.state not in (RunState.FAILED, RunState.REFUSED):
        raise CannotRetry
    if not consents.may_analyse(run.video.session.patient):
        raise NoConsent
    try:
        with transaction.atomic():
            again = request(video=run.video, correction=run.correction)
            audit.record(actor=by, action="retry", obj=again, patient=run.video.session.patient)
    except IntegrityError as error:  # one_open_run_a_video: somebody was faster
        raise CannotRetry from error
    return again


def claim(run_id: str, *, worker: str) -> AnalysisRun | None:
    """Take the run: attempts are counted before the work. None: done already, held by another, or tried too often."""
    free = Q(state=RunState.QUEUED) | Q(state=RunState.RUNNING, lease_until__lt=Now())
    with transaction.atomic():
        taken = AnalysisRun.objects.filter(free, pk=run_id, attempt__lt=MAX_ATTEMPTS).update(
            state=RunState.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=_lease(),
            started_at=Now(),
            worker=worker,
            stage="",
            progress=0.0,
            error_code="",
        )
        if not taken:
            return None
        return AnalysisRun.objects.select_related(
            "video__session__patient", "video__session__episode", "correction"
        ).get(pk=run_id)


def heartbeat(run: AnalysisRun, *, stage: str, progress: float) -> bool:
    """Extend the lease and show the progress; False when the run is no longer this worker's."""
    kept = _held(run).update(lease_until=_lease(), stage=stage[:40], progress=min(max(progress, 0.0), 1.0))
    return bool(kept)


def record(run: AnalysisRun, report: SessionReport, series_path: str) -> None:
    """Result and end state in one transaction. Raises LeaseLost, and stores nothing, when the run is another's.

    `series_path` is the stored name of this attempt's frame series, empty when there is none.
    """
    measured = report.status is ReportStatus.MEASURED
    state = RunState.DONE if measured else RunState.REFUSED
    try:
        with transaction.atomic():
            _end(run, state, series=series_path, problems=report.to_json()["problems"], progress=1.0)
            if report.video is not None:
                Video.objects.filter(pk=run.video_id).update(facts=report.to_json()["video"])
                playback.request(video=run.video)
            if measured:
                results.assess(run=run, report=report)
                first_rest.pin(run.video.session.patient)
            transaction.on_commit(partial(_discard_other_series, run, series_path), robust=True)
    except LeaseLost:
        if series_path and not AnalysisRun.objects.filter(pk=run.pk, series=series_path).exists():
            default_storage.delete(series_path)
        raise


@contextmanager
def settled(
    run: AnalysisRun, *, retry_on: Errors = (), codes: Mapping[type[BaseException], str] | None = None
) -> Iterator[None]:
    """Whatever the body raises ends in the row: queued again while attempts remain (`retry_on`), else failed.

    `codes` says which failure code an exception class stands for; the traceback goes to the log only.
    """
    try:
        yield
    except LeaseLost:
        logger.warning("run %s attempt %s: lease lost, result discarded", run.pk, run.attempt)
    except retry_on as error:
        logger.warning("run %s attempt %s: will be tried again", run.pk, run.attempt, exc_info=error)
        _give_back(run, _code(error, codes))
    except Exception as error:
        logger.exception("run %s attempt %s failed", run.pk, run.attempt)
        _fail(run, _code(error, codes))
    except (SystemExit, KeyboardInterrupt):  # the worker is told to stop: another may go on at once
        _give_back(run, failures.WORKER_LOST)
        raise


def sweep() -> dict[str, int]:
    """Close or queue again what has no live lease, and announce again what waits unheard. Safe to run in parallel."""
    lost = AnalysisRun.objects.filter(state=RunState.RUNNING, lease_until__lt=Now())
    over = {"state": RunState.FAILED, "error_code": failures.WORKER_LOST, "finished_at": Now(), "lease_until": None}
    back = {"state": RunState.QUEUED, "queued_at": Now(), "sent_at": None, "lease_until": None, "stage": ""}
    return {
        "failed": lost.filter(attempt__gte=MAX_ATTEMPTS).update(**over),
        "queued_again": lost.filter(attempt__lt=MAX_ATTEMPTS).update(**back),
        "announced_again": sum(_announce_again(run) for run in _unheard()),
    }


def seen(*, worker: str, queue: str) -> None:
    """Note for the administrator that this worker gets work done."""
    if not WorkerBeat.objects.filter(pk=worker).update(seen_at=Now(), queue=queue):
        WorkerBeat.objects.bulk_create([WorkerBeat(worker=worker, queue=queue, seen_at=Now())], ignore_conflicts=True)


def forget_old_workers() -> int:
    """Names of workers change with their machines; those that have been silent for a month are gone."""
    return WorkerBeat.objects.filter(seen_at__lt=Now() - timedelta(days=30)).delete()[0]


def _lease() -> Any:
    return Now() + timedelta(seconds=settings.RUN_LEASE_S)


def _held(run: AnalysisRun) -> QuerySet[AnalysisRun]:
    return AnalysisRun.objects.filter(pk=run.pk, state=RunState.RUNNING, attempt=run.attempt)


def _end(run: AnalysisRun, state: RunState, **values: Any) -> None:
    if not _held(run).update(state=state, finished_at=Now(), lease_until=None, stage="", **values):
        raise LeaseLost


def _give_back(run: AnalysisRun, code: str) -> None:
    if run.attempt >= MAX_ATTEMPTS:
        _fail(run, code)
        return
    with transaction.atomic():
        if _held(run).update(state=RunState.QUEUED, queued_at=Now(), sent_at=None, lease_until=None, stage=""):
            _announce(run)


def _fail(run: AnalysisRun, code: str) -> None:
    try:
        _end(run, RunState.FAILED, error_code=code)
    except LeaseLost:
        logger.warning("run %s attempt %s: failed after it lost its lease", run.pk, run.attempt)


def _code(error: BaseException, codes: Mapping[type[BaseException], str] | None) -> str:
    table = {
        **(codes or {}),
        MemoryError: failures.MEMORY,
        OSError: failures.STORAGE,
    }  # the caller's are looked at first
    return next((code for kind, code in table.items() if isinstance(error, kind)), failures.INTERNAL)


def _announce(run: AnalysisRun) -> None:
    sent = AnalysisRun.objects.filter(pk=run.pk, state=RunState.QUEUED)
    dispatch.send(dispatch.ANALYSE_VIDEO, run_id=str(run.pk), then=lambda: sent.update(sent_at=Now()))


def _unheard() -> QuerySet[AnalysisRun]:
    """The oldest queued runs without a fresh bell: a few more than can be worked on, lest bells pile up."""
    busy = AnalysisRun.objects.filter(state=RunState.RUNNING).count()
    return AnalysisRun.objects.filter(_stale()).order_by("queued_at")[: 4 + 2 * busy]


def _stale() -> Q:
    fresh_from = Now() - timedelta(seconds=settings.BELL_FRESH_S)
    return Q(state=RunState.QUEUED) & (Q(sent_at__isnull=True) | Q(sent_at__lt=fresh_from))


def _announce_again(run: AnalysisRun) -> bool:
    """Only the sweep that makes `sent_at` fresh sends; when the broker refuses, the next one may try."""
    if not AnalysisRun.objects.filter(_stale(), pk=run.pk).update(sent_at=Now()):
        return False
    if dispatch.publish(dispatch.ANALYSE_VIDEO, run_id=str(run.pk)):
        return True
    AnalysisRun.objects.filter(pk=run.pk, state=RunState.QUEUED).update(sent_at=None)
    return False


def _discard_other_series(run: AnalysisRun, kept: str) -> None:
    """Earlier attempts may have stored a series before they were lost."""
    folder = f"series/{run.pk}"
    try:
        names = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for name in names:
        if f"{folder}/{name}" != kept:
            default_storage.delete(f"{folder}/{name}")
