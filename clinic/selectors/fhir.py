"""A patient's record for a FHIR bundle, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from clinic.errors import Missing
from clinic.fhir.rows import Graded, Numbers, Palsy, Person, Record, Recording, Sitting
from clinic.models import AnalysisRun, Assessment, ClinicianGrade, Episode, Patient, Session, Video
from clinic.models.results import OPEN_STATES
from clinic.services import media

FIELDS = (
    *("pk", "session_id", "run__video_id", "hb_grade", "hb_probabilities", "brow_asymmetry", "eye_asymmetry"),
    *("mouth_asymmetry", "affected_side", "synkinesis_present", "synkinesis_pairs", "sunnybrook", "quality_score"),
    *("errors", "method", "origin", "report__measures", "report__scales"),
)


def record_of(patient: Patient, episode: Episode | None = None) -> Record:
    """Everything, or what belongs to one episode; sessions of no episode belong to every one."""
    palsies = [episode] if episode else list(patient.episodes.order_by("onset_date", "pk"))
    sessions = [s for s in _sessions(patient) if episode is None or s.episode_id in (None, episode.pk)]
    numbers = _numbers(patient)
    grades = _grades(patient)
    return Record(
        person=_person(patient),
        palsies=tuple(Palsy(e.pk, e.cause, e.get_cause_display(), e.side, e.onset_date) for e in palsies),
        sittings=tuple(_sitting(s, numbers.get(s.pk, []), grades.get(s.pk, [])) for s in sessions),
        made_at=timezone.now(),
        base=settings.FHIR_SYSTEM,
        with_snomed=settings.FHIR_SNOMED,
    )


def episode_of(patient: Patient, pk: str) -> Episode:
    """Raises Missing for what is no episode of this patient."""
    try:
        return patient.episodes.get(pk=UUID(pk))
    except (ValueError, Episode.DoesNotExist) as error:
        raise Missing("no_episode", "This patient has no such episode.") from error


def _person(patient: Patient) -> Person:
    return Person(
        pk=patient.pk,
        organisation_pk=patient.organisation_id,
        organisation=patient.organisation.name,
        name=patient.name,
        record_number=patient.record_number,
        birth_date=patient.birth_date,
        is_fictional=patient.is_fictional,
    )


def _sessions(patient: Patient) -> list[Session]:
    runs = Prefetch("runs", AnalysisRun.objects.order_by("-created_at"))
    videos = Video.objects.order_by("created_at", "pk").prefetch_related(runs)
    return list(patient.sessions.order_by("recorded_at", "pk").prefetch_related(Prefetch("videos", videos)))


def _numbers(patient: Patient) -> dict[UUID, list[Numbers]]:
    rows = Assessment.objects.filter(patient=patient, is_current=True).order_by("recorded_at", "pk")
    found: dict[UUID, list[Numbers]] = {}
    for row in rows.values(*FIELDS):
        found.setdefault(row["session_id"], []).append(_one(row))
    return found


def _one(row: Mapping[str, Any]) -> Numbers:
    sunnybrook = (row["report__scales"] or {}).get("sunnybrook") or {}
    return Numbers(
        pk=row["pk"],
        recording=row["run__video_id"],
        grade=row["hb_grade"],
        probabilities=tuple(row["hb_probabilities"] or ()),
        asymmetry={region: row[f"{region}_asymmetry"] for region in ("brow", "eye", "mouth")},
        side=row["affected_side"],
        synkinesis=row["synkinesis_present"],
        pairs=tuple(row["synkinesis_pairs"] or ()),
        sunnybrook=row["sunnybrook"],
        sunnybrook_missing=tuple(sunnybrook.get("missing") or ()),
        quality=row["quality_score"],
        measures=row["report__measures"] or {},
        errors=row["errors"] or {},
        method=row["method"],
        origin=row["origin"] or {},
    )


def _grades(patient: Patient) -> dict[UUID, list[Graded]]:
    rows = ClinicianGrade.objects.filter(patient=patient, is_current=True).select_related("rater")
    found: dict[UUID, list[Graded]] = {}
    for grade in rows.order_by("graded_at", "pk"):
        given = Graded(grade.pk, grade.scale, grade.get_scale_display(), grade.value, grade.rater_name, grade.graded_at)
        found.setdefault(grade.session_id, []).append(given)
    return found


def _sitting(session: Session, numbers: Sequence[Numbers], grades: Sequence[Graded]) -> Sitting:
    videos = list(session.videos.all())
    run = max((r for v in videos for r in v.runs.all()), key=lambda r: r.created_at, default=None)
    is_waiting = run is not None and run.state in OPEN_STATES
    return Sitting(
        pk=session.pk,
        episode=session.episode_id,
        recorded_at=timezone.localtime(session.recorded_at),
        is_reviewed=session.reviewed_at is not None,
        why="" if numbers else _why(run),
        is_waiting=is_waiting,
        recordings=tuple(_recording(video) for video in videos),
        numbers=tuple(numbers),
        grades=tuple(grades),
    )


def _recording(video: Video) -> Recording:
    return Recording(
        pk=video.pk,
        content_type=media.content_type(video.file),
        bytes=video.bytes,
        sha256=video.sha256,
        uploaded_at=video.created_at,
        facts=video.facts or {},
        is_synthetic=video.is_synthetic,
    )


def _why(run: AnalysisRun | None) -> str:
    if run is None:
        return "no video"
    told = [str(problem["message"]) for problem in run.problems if problem.get("message")]
    return run.failure or (told[0] if told else run.get_state_display().lower())
