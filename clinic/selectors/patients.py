"""Everything that the patient page shows, in a constant number of queries, and the token by which it knows of news."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone

from analysis.contracts import Region
from clinic.charts import change, headline
from clinic.charts.rows import Course, CoursePoint, Statement, Treatment, Unmeasured
from clinic.models import (
    AnalysisRun,
    Assessment,
    Episode,
    Patient,
    PinnedRest,
    QuestionnaireScore,
    Session,
    TreatmentEvent,
    Video,
)
from clinic.models.results import RunState
from clinic.selectors import beside, courses, flags, recovery
from clinic.selectors.flags import Flag


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    pk: UUID
    cause: str
    side: str
    onset: date
    days: int  # since onset, today
    note: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class TreatmentLine:
    pk: UUID
    kind: str
    label: str
    started_on: date
    ended_on: date | None
    day: int


@dataclass(frozen=True, slots=True)
class SessionLine:
    pk: UUID
    recorded_at: datetime
    day: int | None  # since onset
    run: AnalysisRun | None  # the newest
    why: str  # the first reason when it is refused or failed
    note: str
    reviewed_at: datetime | None
    is_synthetic: bool
    point: CoursePoint | None
    flags: tuple[Flag, ...]

    @property
    def state(self) -> str:
        return self.run.state if self.run else "empty"

    @property
    def grade_share(self) -> float | None:
        if self.point is None or not self.point.probabilities or self.point.grade is None:
            return None
        return self.point.probabilities[self.point.grade - 1]

    @property
    def asymmetry(self) -> list[tuple[str, float | None]]:
        """Region and share -1..1, for the table."""
        values = self.point.asymmetry if self.point else {}
        return [(region.value, _share(values.get(region))) for region in Region]


@dataclass(frozen=True, slots=True)
class PatientPage:
    episodes: tuple[EpisodeLine, ...]
    episode: EpisodeLine | None
    treatments: tuple[TreatmentLine, ...]
    sessions: tuple[SessionLine, ...]  # newest first
    course: Course
    headline: tuple[str, ...]  # sentences, the grade first
    concern: str  # what to look at next; empty when nothing stands out
    changes: tuple[Statement, ...]
    questionnaires: tuple[QuestionnaireScore, ...]  # newest first
    rest: PinnedRest | None
    token: str

    @property
    def summary(self) -> str:
        """One line in words; the page sets its first sentence apart."""
        return " ".join(self.headline)

    @property
    def side_conflicts(self) -> tuple[SessionLine, ...]:
        """Sessions whose measured side contradicts the record, newest first."""
        return tuple(line for line in self.sessions if any(f.code == flags.SIDE_CONFLICT.code for f in line.flags))

    @property
    def mirror_unknown(self) -> int:
        """Measured sessions that a selfie camera may have mirrored."""
        return sum(point.taken.mirrored_unknown for point in self.course.points)

    @property
    def rest_day(self) -> int | None:
        if self.rest is None or self.rest.session is None or self.episode is None:
            return None
        return (courses.day_of(self.rest.session.recorded_at) - self.episode.onset).days

    @property
    def unreviewed(self) -> int:
        return sum(line.reviewed_at is None for line in self.sessions)


def page(*, patient: Patient, episode_id: UUID | None = None) -> PatientPage:
    """The course of one episode: the named one, else the latest. Sessions of no episode belong to every course."""
    token = news_token(patient)  # before the rest: what arrives in between is then news again
    episodes = list(patient.episodes.order_by("-onset_date", "pk"))
    episode = next((e for e in episodes if e.pk == episode_id), episodes[0] if episodes else None)
    treatments = list(episode.treatments.order_by("started_on", "pk")) if episode else []
    sessions = [s for s in _sessions(patient) if episode is None or s.episode_id in (None, episode.pk)]
    measured = _assessments(patient)
    scores = list(patient.questionnaire_scores.order_by("-answered_on", "instrument"))
    side = episode.side if episode else None
    points = {pk: [courses.point(row, side) for row in rows] for pk, rows in measured.items()}
    lines = tuple(_session_line(s, measured.get(s.pk, []), points.get(s.pk, []), episode) for s in sessions)
    course = _course(patient, episode, treatments, sessions, lines, points, scores)
    return PatientPage(
        episodes=tuple(_episode_line(e, episode) for e in episodes),
        episode=_episode_line(episode, episode) if episode else None,
        treatments=tuple(_treatment_line(t, episode) for t in treatments if episode),
        sessions=lines,
        course=course,
        headline=headline.headline(course),
        concern=headline.concern(course, today=timezone.localdate()),
        changes=change.headlines(course),
        questionnaires=tuple(scores),
        rest=PinnedRest.objects.filter(patient=patient).select_related("session", "chosen_by").first(),
        token=token,
    )


def news_token(patient: Patient) -> str:
    """Changes when a run appears or changes its state, and with every new result; progress alone changes nothing."""
    runs = AnalysisRun.objects.filter(video__session__patient=patient).order_by("pk").values_list("pk", "state")
    results = Assessment.objects.filter(patient=patient, is_current=True).order_by("pk").values_list("pk", flat=True)
    return hashlib.sha256(repr([list(runs), list(results)]).encode()).hexdigest()[:16]


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _sessions(patient: Patient) -> list[Session]:
    runs = Prefetch("runs", AnalysisRun.objects.order_by("-created_at"))
    videos = Video.objects.only("id", "session_id", "is_synthetic", "created_at").order_by("-created_at")
    return list(
        patient.sessions.order_by("-recorded_at", "pk").prefetch_related(
            Prefetch("videos", videos.prefetch_related(runs))
        )
    )


def _assessments(patient: Patient) -> dict[UUID, list[dict[str, Any]]]:
    rows = courses.current(Assessment.objects.filter(patient=patient))
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows.values(*dict.fromkeys((*courses.COURSE_FIELDS, *flags.FIELDS))):
        found.setdefault(row["session_id"], []).append(row)
    return found


def _session_line(
    session: Session, rows: Sequence[Mapping[str, Any]], points: Sequence[CoursePoint], episode: Episode | None
) -> SessionLine:
    videos = list(session.videos.all())
    run = max((r for v in videos for r in v.runs.all()), key=lambda r: r.created_at, default=None)
    row = rows[-1] if rows else None
    return SessionLine(
        pk=session.pk,
        recorded_at=session.recorded_at,
        day=episode.days_since_onset(courses.day_of(session.recorded_at)) if episode else None,
        run=run,
        why=_why(run),
        note=session.note,
        reviewed_at=session.reviewed_at,
        is_synthetic=any(v.is_synthetic for v in videos),
        point=points[-1] if points else None,
        flags=flags.of_assessment(row, episode.side if episode else None) if row else (),
    )


def _why(run: AnalysisRun | None) -> str:
    if run is None or run.state not in (RunState.REFUSED, RunState.FAILED):
        return ""
    told = [str(p["message"]) for p in run.problems if p.get("message")]
    return run.failure or (told[0] if told else "no reason was recorded")


def _episode_line(episode: Episode, shown: Episode | None) -> EpisodeLine:
    return EpisodeLine(
        pk=episode.pk,
        cause=episode.get_cause_display(),
        side=episode.side,
        onset=episode.onset_date,
        days=episode.days_since_onset(timezone.localdate()),
        note=episode.note,
        is_shown=shown is not None and shown.pk == episode.pk,
    )


def _treatment_line(treatment: TreatmentEvent, episode: Episode) -> TreatmentLine:
    return TreatmentLine(
        pk=treatment.pk,
        kind=treatment.get_kind_display(),
        label=treatment.label,
        started_on=treatment.started_on,
        ended_on=treatment.ended_on,
        day=episode.days_since_onset(treatment.started_on),
    )


def _course(
    patient: Patient,
    episode: Episode | None,
    treatments: Sequence[TreatmentEvent],
    sessions: Sequence[Session],
    lines: Sequence[SessionLine],
    points: Mapping[UUID, Sequence[CoursePoint]],
    scores: Sequence[QuestionnaireScore],
) -> Course:
    drawn = [point for session in reversed(sessions) for point in points.get(session.pk, ())]
    return Course(
        onset=episode.onset_date if episode else None,
        points=tuple(sorted(drawn, key=lambda point: point.on)),
        treatments=tuple(Treatment(str(t), t.get_kind_display(), t.started_on, t.ended_on) for t in treatments),
        unmeasured=tuple(_unmeasured(line) for line in lines if line.point is None),
        side=episode.side if episode else None,
        hand_grades=beside.hand_grades(patient, [session.pk for session in sessions]),
        reported=beside.reported(scores, episode.onset_date if episode else None),
        recovery=recovery.recovery_of(episode, is_fictional=patient.is_fictional) if episode else None,
    )


def _unmeasured(line: SessionLine) -> Unmeasured:
    waiting = line.run.get_state_display().lower() if line.run else "no video"
    url = reverse("session-detail", args=[line.pk])
    return Unmeasured(courses.day_of(line.recorded_at), url, line.why or waiting)
