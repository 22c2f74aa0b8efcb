"""What people say of a course beside the machine: clinicians' grades, and patients' questionnaires."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.urls import reverse

from clinic.charts.rows import HandGrade, Reported
from clinic.models import ClinicianGrade, Patient, QuestionnaireScore
from clinic.models.questionnaires import Instrument
from clinic.selectors import courses

# Smallest change of one person beyond chance that is published; without one no change is judged.
SMALLEST_CHANGE = {Instrument.FACE: (17.6, "published smallest detectable change, fpsam.2020.0604")}


def hand_grades(patient: Patient, session_ids: Collection[UUID]) -> tuple[HandGrade, ...]:
    """Of these sessions, oldest first: the newest version of every rater."""
    given = ClinicianGrade.objects.current().filter(patient=patient)
    rows = given.select_related("session", "rater").order_by("session__recorded_at", "graded_at", "pk")
    wanted = set(session_ids)
    return tuple(
        HandGrade(
            on=courses.day_of(row.session.recorded_at),
            url=reverse("session-detail", args=[row.session_id]),
            scale=row.scale,
            value=row.value,
            by=row.rater_name,
            is_blind=row.blinded,
            is_reviewers=row.rater_id is not None and row.rater_id == row.session.reviewed_by_id,
        )
        for row in rows
        if row.session_id in wanted
    )


def reported(scores: Iterable[QuestionnaireScore], onset: date | None) -> tuple[Reported, ...]:
    """Oldest first; what was answered before this palsy belongs to another one."""
    kept = [score for score in scores if onset is None or score.answered_on >= onset]
    return tuple(_reported(score) for score in sorted(kept, key=lambda score: (score.answered_on, score.instrument)))


def _reported(score: QuestionnaireScore) -> Reported:
    mdc95, source = SMALLEST_CHANGE.get(Instrument(score.instrument), (None, ""))
    return Reported(score.answered_on, score.instrument, score.get_instrument_display(), score.score, mdc95, source)
