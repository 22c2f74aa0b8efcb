"""Trials: chosen recordings are read again with other weights beside those in use, before anybody approves them.

A trial's recordings are worked on one after the other, so that a new patient's video never waits behind a whole trial.
Their rows hold the answers; no assessment comes of them, so nothing of a trial can become a current result.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from clinic import dispatch
from clinic.errors import Conflict, Refused
from clinic.models import Consent, Organisation, TrialRecording, User, Video, WeightsFile, WeightsTrial
from clinic.models.care import ConsentPurpose
from clinic.models.weights import MAX_TRIES, OFF_UNLESS_CHOSEN, TrialState, WeightsState
from clinic.services import audit
from clinic.services.weights import in_use

MOST_RECORDINGS: Final = 40
LEASE: Final = timedelta(seconds=1080)  # above the hard limit of the work
_USABLE: Final = (WeightsState.READY, WeightsState.APPROVED, WeightsState.RETIRED)


def start(*, weights: WeightsFile, video_ids: Iterable[UUID], by: User) -> WeightsTrial:
    """Queue a trial against the weights in use. Raises Conflict before the check, Refused without usable recordings."""
    if weights.state not in _USABLE:
        raise Conflict("not_ready", "Only weights that were checked and fit can be tried.")
    videos = list(candidates(weights.organisation).filter(pk__in=set(video_ids))[:MOST_RECORDINGS])
    if not videos:
        raise Refused("no_recordings", "Please choose at least one recording.")
    with transaction.atomic():
        trial = WeightsTrial.objects.create(weights=weights, asked_by=by, **_active(weights))
        TrialRecording.objects.bulk_create(TrialRecording(trial=trial, video=video) for video in videos)
        audit.record(actor=by, action="try weights", obj=trial, organisation=weights.organisation)
        _ring_next(trial.pk)
    return trial


def _active(weights: WeightsFile) -> dict[str, Any]:
    """What recordings are read with now, or would be without these weights: other approved ones, else shipped ones."""
    row = next(row for row in in_use(weights.organisation) if row.system == weights.system)
    if weights.system in OFF_UNLESS_CHOSEN and not row.is_on:
        return {}
    if row.weights is not None and row.weights != weights:
        return {"against": row.weights}
    shipped = row.falls_back
    return {"shipped_name": shipped.name, "shipped_sha256": shipped.sha256} if shipped else {}


def candidates(organisation: Organisation) -> Any:
    """Measured recordings of people who agree to the analysis, the newest first."""
    agreed = Consent.objects.filter(purpose=ConsentPurpose.CARE, withdrawn_at=None).values("patient")
    return (
        Video.objects.filter(session__patient__organisation=organisation, runs__assessment__is_current=True)
        .filter(session__patient__in=agreed)
        .select_related("session__patient")
        .order_by("-session__recorded_at")
        .distinct()
    )


def claim(recording_id: str) -> TrialRecording | None:
    """Take one recording; None when it is done, held by another worker, or was tried too often."""
    free = Q(state=TrialState.QUEUED) | Q(state=TrialState.RUNNING, lease_until__lt=Now())
    taken = TrialRecording.objects.filter(free, pk=recording_id, attempt__lt=MAX_TRIES).update(
        state=TrialState.RUNNING, attempt=F("attempt") + 1, lease_until=Now() + LEASE
    )
    if not taken:
        return None
    return TrialRecording.objects.select_related("trial__weights", "trial__against", "video__session__episode").get(
        pk=recording_id
    )


def record(recording: TrialRecording, *, candidate: Any, active: Any) -> None:
    """The answers of both weights; `active` is None when none were in use."""
    _end(recording, TrialState.DONE, candidate=candidate, active=active, problem="")


def fail(recording: TrialRecording, problem: str) -> None:
    _end(recording, TrialState.FAILED, problem=problem[:500])


def give_back(recording: TrialRecording) -> None:
    """Storage or database away: another attempt later, by the sweep."""
    if recording.attempt >= MAX_TRIES:
        fail(recording, "It could not be read in three attempts.")
        return
    _held(recording).update(state=TrialState.QUEUED, lease_until=None, sent_at=None)


def ask_again() -> int:
    """Close what was tried too often, and ring for trials that nobody works on. Safe to run in parallel."""
    lost = TrialRecording.objects.filter(state=TrialState.RUNNING, lease_until__lt=Now())
    lost.filter(attempt__gte=MAX_TRIES).update(
        state=TrialState.FAILED, finished_at=Now(), problem="The worker stopped three times without finishing."
    )
    lost.update(state=TrialState.QUEUED, lease_until=None, sent_at=None)
    stale = timezone.now() - timedelta(seconds=settings.BELL_FRESH_S)
    unheard = Q(state=TrialState.QUEUED) & (Q(sent_at=None) | Q(sent_at__lt=stale))
    busy = TrialRecording.objects.filter(state=TrialState.RUNNING).values("trial")
    waiting = TrialRecording.objects.filter(unheard).exclude(trial__in=busy).order_by("created_at")
    rung, trials = 0, set()
    for row in waiting[:20]:
        if row.trial_id not in trials and TrialRecording.objects.filter(unheard, pk=row.pk).update(sent_at=Now()):
            trials.add(row.trial_id)
            rung += dispatch.publish(dispatch.TRY_WEIGHTS, recording_id=str(row.pk))
    return rung


def _end(recording: TrialRecording, state: TrialState, **values: Any) -> None:
    with transaction.atomic():
        if _held(recording).update(state=state, finished_at=Now(), lease_until=None, **values):
            _ring_next(recording.trial_id)


def _held(recording: TrialRecording) -> Any:
    return TrialRecording.objects.filter(pk=recording.pk, state=TrialState.RUNNING, attempt=recording.attempt)


def _ring_next(trial_id: UUID) -> None:
    waiting = TrialRecording.objects.filter(trial=trial_id, state=TrialState.QUEUED).order_by("created_at").first()
    if waiting is not None:
        row = TrialRecording.objects.filter(pk=waiting.pk, state=TrialState.QUEUED)
        dispatch.send(dispatch.TRY_WEIGHTS, recording_id=str(waiting.pk), then=lambda: row.update(sent_at=Now()))
