"""What patients say of their face: entered, drawn, taken out again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.errors import Conflict, Refused
from clinic.models import AuditEvent, QuestionnaireScore, User
from clinic.selectors import patients
from clinic.services import questionnaires
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast

As = Callable[[User | None], Client]
DAY = date(2026, 4, 1)


def test_score_is_kept_with_who_entered_it(cast: Cast) -> None:
    made = questionnaires.add(patient=cast.patient, by=cast.clinician, instrument="face", answered_on=DAY, score=61.5)
    assert (made.score, made.entered_by) == (61.5, cast.clinician)
    assert AuditEvent.objects.get(action="create").patient == cast.patient


@pytest.mark.parametrize("score", [-0.1, 100.1, float("nan"), float("inf")])
def test_score_that_cannot_be_is_refused(score: float, cast: Cast) -> None:
    with pytest.raises(Refused):
        questionnaires.add(patient=cast.patient, by=cast.clinician, instrument="face", answered_on=DAY, score=score)
    assert not QuestionnaireScore.objects.exists()


def test_unknown_instrument_and_days_to_come_are_refused(cast: Cast) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    for instrument, day in (("other", DAY), ("face", tomorrow)):
        with pytest.raises(Refused):
            questionnaires.add(
                patient=cast.patient, by=cast.clinician, instrument=instrument, answered_on=day, score=50
            )


def test_second_score_of_a_day_is_a_conflict_and_the_database_agrees(cast: Cast) -> None:
    make.QuestionnaireScoreFactory(patient=cast.patient, answered_on=DAY)
    with pytest.raises(Conflict):
        questionnaires.add(patient=cast.patient, by=cast.clinician, instrument="face", answered_on=DAY, score=50)
    with pytest.raises(IntegrityError):
        make.QuestionnaireScoreFactory(patient=cast.patient, answered_on=DAY)


def test_score_is_added_in_place_and_drawn(case: Case, cast: Cast, as_user: As) -> None:
    given = {"instrument": "fdi_physical", "answered_on": "2026-04-01", "score": "72.5"}
    where = reverse("questionnaire-new", args=[cast.patient.pk])
    page = as_user(cast.clinician).post(where, given, headers={"HX-Request": "true"}).content.decode()
    assert "The score is saved." in page
    assert "Facial Disability Index, physical: 72.5" in page
    assert 'id="figure-questionnaires"' in page


def test_wrong_score_comes_back_in_place_with_the_reason(case: Case, cast: Cast, as_user: As) -> None:
    given = {"instrument": "face", "answered_on": "2026-04-01", "score": "150"}
    where = reverse("questionnaire-new", args=[cast.patient.pk])
    answer = as_user(cast.clinician).post(where, given, headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#questionnaire-form"
    assert "100" in answer.content.decode()


def test_score_is_removed(case: Case, cast: Cast, as_user: As) -> None:
    answer = as_user(cast.clinician).post(reverse("questionnaire-delete", args=[case.questionnaire.pk]))
    assert answer.status_code == 302
    assert not QuestionnaireScore.objects.exists()
    assert AuditEvent.objects.filter(action="delete").exists()


def test_scores_before_this_palsy_are_listed_and_not_drawn(case: Case, cast: Cast) -> None:
    make.QuestionnaireScoreFactory(patient=cast.patient, answered_on=case.episode.onset_date - timedelta(days=1))
    page = patients.page(patient=cast.patient)
    assert len(page.questionnaires) == 2
    assert [told.on for told in page.course.reported] == [case.questionnaire.answered_on]
