"""Records, episodes, treatments, reviews: what follows from a change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.errors import ClinicError
from clinic.models import AuditEvent, Patient
from clinic.services import patients, sessions
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast


def create(cast: Cast, **changes: Any) -> Patient:
    given = {
        "organisation": cast.site,
        "by": cast.clinician,
        "name": "Nora New",
        "record_number": "N-1",
        "care_teams": [cast.team],
    }
    return patients.create(**{**given, **changes})


def test_new_patient_is_seen_by_the_own_team_alone(cast: Cast) -> None:
    patient = create(cast)
    seen = {user: patient in Patient.objects.visible_to(user) for user in (cast.clinician, cast.colleague)}
    assert seen == {cast.clinician: True, cast.colleague: False}
    assert AuditEvent.objects.get(action="create").patient == patient


def test_record_number_is_taken_once_a_clinic(cast: Cast) -> None:
    create(cast)
    with pytest.raises(ClinicError) as refused:
        create(cast, name="Other")
    assert refused.value.status == 409
    create(cast, organisation=cast.other_site, care_teams=[cast.outside_team], by=cast.outsider)


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"name": "x" * 121}, {"record_number": ""}, {"birth_date": "no date"}]
)
def test_values_that_cannot_be_are_refused(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(ClinicError) as refused:
        create(cast, **changes)
    assert refused.value.status == 400
    assert not Patient.objects.filter(record_number="N-1").exists()


def test_clinician_keeps_an_own_team_on_the_record(cast: Cast) -> None:
    with pytest.raises(ClinicError, match="your own care teams"):
        create(cast, care_teams=[cast.other_team])
    with pytest.raises(ClinicError, match="same clinic"):
        create(cast, care_teams=[cast.team, cast.outside_team])
    create(cast, care_teams=[cast.other_team], by=cast.administrator)


def test_edit_takes_only_the_named_fields(cast: Cast) -> None:
    patients.edit(patient=cast.patient, by=cast.clinician, name="Anna Acorn")
    with pytest.raises(TypeError):
        patients.edit(patient=cast.patient, by=cast.clinician, organisation=cast.other_site)
    cast.patient.refresh_from_db()
    assert (cast.patient.name, cast.patient.organisation) == ("Anna Acorn", cast.site)


def test_changed_first_day_counts_all_measured_days_anew(cast: Cast, case: Case) -> None:
    before = case.assessment.days_since_onset
    patients.edit_episode(
        episode=case.episode, by=cast.clinician, onset_date=case.episode.onset_date - timedelta(days=5)
    )
    case.assessment.refresh_from_db()
    assert case.assessment.days_since_onset == before + 5


def test_new_episode_takes_in_the_sessions_since_then_that_had_none(cast: Cast) -> None:
    early = make.SessionFactory(patient=cast.patient, recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    late = make.SessionFactory(patient=cast.patient, recorded_at=datetime(2026, 2, 10, 12, tzinfo=UTC))
    measured = make.AssessmentFactory(run__video__session=late)
    episode = patients.add_episode(
        patient=cast.patient, by=cast.clinician, side="right", onset_date=date(2026, 2, 1), cause="bell"
    )
    for row in (early, late, measured):
        row.refresh_from_db()
    assert (early.episode, late.episode, measured.episode) == (None, episode, episode)
    assert measured.days_since_onset == 9


def test_treatment_cannot_end_before_it_begins(cast: Cast, case: Case) -> None:
    begins = date(2026, 4, 1)
    with pytest.raises(ClinicError) as refused:
        patients.add_treatment(
            episode=case.episode, by=cast.clinician, kind="therapy", started_on=begins, ended_on=date(2026, 3, 1)
        )
    assert refused.value.status == 400
    treatment = patients.add_treatment(episode=case.episode, by=cast.clinician, kind="therapy", started_on=begins)
    with pytest.raises(ClinicError):
        patients.edit_treatment(treatment=treatment, by=cast.clinician, ended_on=date(2026, 3, 1))


def test_deleted_treatment_stays_on_the_audit_trail(cast: Cast, case: Case) -> None:
    key = str(case.treatment.pk)
    patients.delete_treatment(treatment=case.treatment, by=cast.clinician)
    event = AuditEvent.objects.get(action="delete")
    assert (event.object_type, event.object_id, event.patient) == ("treatmentevent", key, cast.patient)


def test_first_review_stays_on_record(cast: Cast, case: Case) -> None:
    first = sessions.mark_reviewed(session=case.session, by=cast.clinician).reviewed_at
    again = sessions.mark_reviewed(session=case.session, by=cast.colleague)
    assert (again.reviewed_by, again.reviewed_at) == (cast.clinician, first)
    assert AuditEvent.objects.filter(action="review").count() == 1
