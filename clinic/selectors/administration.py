"""The administrator's overview: what is there, what is under way, what needs a hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum
from django.utils import timezone

from clinic.models import AnalysisRun, Membership, Organisation, Patient, Role, Session, Video, WorkerBeat
from clinic.models.results import OPEN_STATES, RunState
from clinic.services import media

SILENT_AFTER = timedelta(minutes=2)  # workers show themselves several times a minute
SHOWN = 20
LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Counts:
    patients: int
    clinicians: int
    sessions: int
    unseen_sessions: int  # measured, and no clinician has looked yet


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    seen_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Storage:
    video_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Analyses under way. `oldest`: when the one that waits longest was sent in."""

    open_runs: list[AnalysisRun]
    open_count: int
    oldest: datetime | None
    failed_runs: list[AnalysisRun]
    failed_count: int


@dataclass(frozen=True, slots=True)
class Refusal:
    message: str
    videos: int


def counts(organisation: Organisation) -> Counts:
    sessions = Session.objects.filter(patient__organisation=organisation)
    measured = sessions.filter(assessments__is_current=True, reviewed_at=None).distinct()
    clinicians = Membership.objects.filter(organisation=organisation, role=Role.CLINICIAN)
    return Counts(
        patients=Patient.objects.filter(organisation=organisation).count(),
        clinicians=clinicians.count(),
        sessions=sessions.count(),
        unseen_sessions=measured.count(),
    )


def workers() -> list[Worker]:
    """Those seen within the last days, the newest first. They serve every clinic of the installation."""
    now = timezone.now()
    beats = WorkerBeat.objects.filter(seen_at__gt=now - timedelta(days=7))[:5]
    return [Worker(b.worker, b.seen_at, now - b.seen_at < SILENT_AFTER) for b in beats]


def storage(organisation: Organisation) -> Storage:
    used = Video.objects.filter(session__patient__organisation=organisation).aggregate(total=Sum("bytes"))["total"]
    return Storage(video_bytes=used or 0, free_bytes=media.free_bytes())


def queue(organisation: Organisation) -> Queue:
    own = _runs_of(organisation)
    still_open = own.filter(state__in=OPEN_STATES)
    summary = still_open.aggregate(count=Count("pk"), oldest=Min("created_at"))
    failed = _failed_for_good(own)
    return Queue(
        open_runs=list(still_open.order_by("created_at")[:SHOWN]),
        open_count=summary["count"],
        oldest=summary["oldest"],
        failed_runs=list(failed.order_by("-finished_at")[:SHOWN]),
        failed_count=failed.count(),
    )


def refusals(organisation: Organisation) -> list[Refusal]:
    """Why videos of the last weeks could not be measured, the most frequent reason first."""
    since = timezone.now() - LOOKED_BACK
    refused = _runs_of(organisation).filter(state=RunState.REFUSED, finished_at__gt=since)
    found: Counter[str] = Counter()
    for problems in refused.values_list("problems", flat=True):
        found.update({problem["message"] for problem in problems})
    return [Refusal(message, videos) for message, videos in found.most_common(6)]


def _runs_of(organisation: Organisation) -> QuerySet[AnalysisRun]:
    runs = AnalysisRun.objects.filter(video__session__patient__organisation=organisation)
    return runs.select_related("video__session__patient")


def _failed_for_good(runs: QuerySet[AnalysisRun]) -> QuerySet[AnalysisRun]:
    """Failed, and nobody has asked for another attempt since."""
    newer = AnalysisRun.objects.filter(video=OuterRef("video"), created_at__gt=OuterRef("created_at"))
    return runs.filter(~Exists(newer), state=RunState.FAILED)
