"""What patients see of their own recordings: how far each has come, in plain words, and what was released to them.

Results are held until a clinician releases a summary, so nothing here reads an assessment: a release holds the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from clinic.models import AnalysisRun, Patient, ProtocolExercise, Session, Video
from clinic.models.results import RunState
from clinic.selectors import released
from clinic.selectors.released import Result

WEEKS_SHOWN = 12


class Stage(StrEnum):
    """How far a recording has come; the value is the word that the patient reads."""

    RECEIVED = "Received"
    WAITING = "Waiting its turn"
    RUNNING = "Being analysed"
    DONE = "Analysed"
    AGAIN = "Please record again"
    STUCK = "Not finished"
    SEEN = "Seen by your clinician"


LOOKS = {  # badge, icon
    Stage.RECEIVED: ("info", "check"),
    Stage.WAITING: ("info", "clock"),
    Stage.RUNNING: ("brand", "pulse"),
    Stage.DONE: ("ok", "check"),
    Stage.AGAIN: ("warn", "repeat"),
    Stage.STUCK: ("warn", "alert"),
    Stage.SEEN: ("ok", "eye"),
}

_OF_RUN = {
    RunState.QUEUED: Stage.WAITING,
    RunState.RUNNING: Stage.RUNNING,
    RunState.DONE: Stage.DONE,
    RunState.REFUSED: Stage.AGAIN,
    RunState.FAILED: Stage.STUCK,
}


_ART = {  # problem code -> the drawing that shows how to do it better
    "too_dark": "light",
    "too_bright": "light",
    "flicker": "light",
    "face_too_small": "distance",
    "blurred": "distance",
    "low_quality": "distance",
    "no_face": "straight",
    "face_lost": "straight",
    "turned_away": "straight",
    "wrong_orientation": "straight",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, or to do better next time; `art` names a drawing in templates/art/, or is empty."""

    message: str
    art: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one analysis has come, as the fragment shows it."""

    stage: Stage
    advice: list[Advice]

    @property
    def look(self) -> str:
        return LOOKS[self.stage][0]

    @property
    def icon(self) -> str:
        return LOOKS[self.stage][1]


@dataclass(frozen=True, slots=True)
class OwnSession:
    pk: UUID
    recorded_at: datetime
    progress: Progress
    note: str
    reviewed_at: datetime | None
    run: AnalysisRun | None
    videos: list[Video]
    result: Result | None  # what a clinician has released

    @property
    def is_open(self) -> bool:
        return self.run is not None and self.run.is_open

    @property
    def is_synthetic(self) -> bool:
        return any(video.is_synthetic for video in self.videos)


@dataclass(frozen=True, slots=True)
class Week:
    first_day: date
    recordings: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How regularly somebody records: counts and weeks, no measurements."""

    weeks: list[Week]
    total: int
    seen: int
    last: datetime | None

    @property
    def active_weeks(self) -> int:
        return sum(week.recordings > 0 for week in self.weeks)


def sessions_of(patient: Patient) -> QuerySet[Session]:
    """The own sessions with everything that `told` reads, in a constant number of queries."""
    runs = AnalysisRun.objects.defer("series").order_by("-created_at")
    videos = Video.objects.defer("timeline", "facts").prefetch_related(Prefetch("runs", runs))
    return Session.objects.filter(patient=patient).prefetch_related(Prefetch("videos", videos))


def told(sessions: Iterable[Session]) -> list[OwnSession]:
    rows = list(sessions)
    results = released.open_results([session.pk for session in rows])
    return [_told(session, results.get(session.pk)) for session in rows]


def rhythm_of(patient: Patient) -> Rhythm:
    """The last weeks, this one last; weeks begin on Monday."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS_SHOWN - 1)
    own = Session.objects.filter(patient=patient)
    counts = own.aggregate(total=Count("pk"), seen=Count("pk", filter=Q(reviewed_at__isnull=False)))
    newest = own.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    days = own.annotate(day=TruncDate("recorded_at")).filter(day__gte=first).values_list("day", flat=True)
    per_week = [0] * WEEKS_SHOWN
    for day in days:
        per_week[min((day - first).days // 7, WEEKS_SHOWN - 1)] += 1
    weeks = [Week(first + timedelta(weeks=i), count) for i, count in enumerate(per_week)]
    return Rhythm(weeks=weeks, total=counts["total"], seen=counts["seen"], last=newest)


def movements_of(patient: Patient) -> list[ProtocolExercise]:
    """The movements that the clinic asks for, in their order; empty when it has not set any."""
    asked = ProtocolExercise.objects.filter(protocol__organisation=patient.organisation_id, protocol__is_default=True)
    return list(asked.order_by("position"))


def progress_of(run: AnalysisRun | None, *, is_reviewed: bool = False) -> Progress:
    if run is None:
        return Progress(Stage.RECEIVED, [])
    stage = _OF_RUN[RunState(run.state)]
    return Progress(Stage.SEEN if is_reviewed and stage is Stage.DONE else stage, _advice(run))


def _told(session: Session, result: Result | None) -> OwnSession:
    videos = list(session.videos.all())
    run = max((run for video in videos for run in video.runs.all()), key=lambda r: r.created_at, default=None)
    return OwnSession(
        pk=session.pk,
        recorded_at=session.recorded_at,
        progress=progress_of(run, is_reviewed=session.reviewed_at is not None),
        note=session.note,
        reviewed_at=session.reviewed_at,
        run=run,
        videos=videos,
        result=result,
    )


def _advice(run: AnalysisRun) -> list[Advice]:
    """The failure, or what was found wrong with the video; each sentence once."""
    if run.failure:
        return [Advice(run.failure, "")]
    found = {p["message"]: Advice(p["message"], _ART.get(p.get("code", ""), "")) for p in run.problems}
    return list(found.values())
