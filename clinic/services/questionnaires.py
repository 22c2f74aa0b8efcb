"""Scores of questionnaires that patients answered. Every change leaves an audit row."""

from __future__ import annotations

import math
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.errors import Conflict, Refused
from clinic.models import Patient, QuestionnaireScore, User
from clinic.models.questionnaires import Instrument
from clinic.services import audit


def add(*, patient: Patient, by: User, instrument: str, answered_on: date, score: float) -> QuestionnaireScore:
    """Raises Refused for a score outside 0-100, a day to come or an unknown instrument; Conflict for a second one."""
    if instrument not in Instrument.values:
        raise Refused("unknown_instrument", "This questionnaire is not known here.")
    if not math.isfinite(score) or not 0 <= score <= 100:
        raise Refused("score_range", "A score lies between 0 and 100.")
    if answered_on > timezone.localdate():
        raise Refused("future", "This day lies in the future.")
    try:
        with transaction.atomic():
            made = QuestionnaireScore.objects.create(
                patient=patient, instrument=instrument, answered_on=answered_on, score=score, entered_by=by
            )
            audit.record(actor=by, action="create", obj=made)
    except IntegrityError as error:
        raise Conflict("entered", "A score of this questionnaire is entered for this day; remove it first.") from error
    return made


def remove(*, score: QuestionnaireScore, by: User) -> None:
    with transaction.atomic():
        audit.record(actor=by, action="delete", obj=score)
        score.delete()
