"""Consent holds for one purpose and one text, is the person's own, and is taken back by a date."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template.loader import get_template
from django.utils import timezone

from clinic.errors import NotAllowed, Refused
from clinic.models import AuditEvent, Consent
from clinic.services import consents, runs
from tests.clinic.cast import Cast
from tests.clinic.factories import RunFactory, VideoFactory


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """As the shared one, but nobody has agreed to anything yet."""
    Consent.objects.all().delete()
    return cast


def test_giving_twice_is_giving_once(cast: Cast) -> None:
    first = consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    again = consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    assert first == again and consents.may_analyse(cast.patient)
    assert AuditEvent.objects.filter(action="consent", patient=cast.patient).count() == 1


def test_one_purpose_is_not_another(cast: Cast) -> None:
    consents.give(patient=cast.patient, purpose="research", by=cast.patient_user)
    assert not consents.may_analyse(cast.patient)


def test_withdrawal_keeps_the_row(cast: Cast) -> None:
    consent = consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    consents.withdraw(patient=cast.patient, purpose="care", by=cast.patient_user)
    consents.withdraw(patient=cast.patient, purpose="care", by=cast.patient_user)
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None and not consents.may_analyse(cast.patient)
    assert AuditEvent.objects.filter(action="withdraw consent").count() == 1


def test_changed_text_asks_again_and_ends_the_older_agreement(cast: Cast) -> None:
    old = Consent.objects.create(patient=cast.patient, purpose="care", text_version="2001-01")
    assert not consents.may_analyse(cast.patient)
    consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    old.refresh_from_db()
    assert old.withdrawn_at is not None and consents.may_analyse(cast.patient)


def test_nobody_agrees_for_another_person(cast: Cast) -> None:
    for act in (consents.give, consents.withdraw):
        with pytest.raises(NotAllowed):
            act(patient=cast.patient, purpose="care", by=cast.clinician)


def test_unknown_purpose_is_refused(cast: Cast) -> None:
    with pytest.raises(Refused):
        consents.give(patient=cast.patient, purpose="marketing", by=cast.patient_user)


@pytest.mark.parametrize(("purpose", "version"), consents.TEXT_VERSIONS.items())
def test_every_text_in_force_exists(purpose: str, version: str) -> None:
    assert get_template(f"clinic/consent/{purpose}-{version}.html").render({"clinic": "North Clinic"})


@pytest.mark.parametrize("state", ["queued", "running"])
def test_taking_back_care_ends_what_is_not_finished(cast: Cast, state: str) -> None:
    consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    lease = timezone.now() + timedelta(minutes=1) if state == "running" else None
    run = RunFactory.create(video=VideoFactory.create(session__patient=cast.patient), state=state, lease_until=lease)
    consents.withdraw(patient=cast.patient, purpose="care", by=cast.patient_user)
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "withdrawn") and "taken back" in run.failure
    with pytest.raises(runs.NoConsent):
        runs.retry(run=run, by=cast.clinician)


def test_taking_back_research_leaves_care_alone(cast: Cast) -> None:
    for purpose in ("care", "research"):
        consents.give(patient=cast.patient, purpose=purpose, by=cast.patient_user)
    run = RunFactory.create(video=VideoFactory.create(session__patient=cast.patient), state="queued")
    consents.withdraw(patient=cast.patient, purpose="research", by=cast.patient_user)
    run.refresh_from_db()
    assert run.state == "queued"
