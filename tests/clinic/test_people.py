"""Invitations, memberships, care teams."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from clinic.errors import ClinicError
from clinic.models import AuditEvent, Invitation, Membership, Role, User
from clinic.services import people
from tests.clinic import factories as make
from tests.clinic.cast import Cast

SITE = "https://clinic.example.org"


def invite(cast: Cast, **changes: Any) -> Invitation:
    given = {
        "organisation": cast.site,
        "email": "New.Person@Example.org",
        "name": "New Person",
        "role": Role.CLINICIAN,
        "invited_by": cast.administrator,
        "site": SITE,
    }
    return people.invite(**{**given, **changes})


def test_invitation_is_mailed_after_commit_with_its_link(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(cast)
        assert mail.outbox == []
    (message,) = mail.outbox
    assert message.to == ["new.person@example.org"]
    assert f"{SITE}/invitation/{invitation.token}/" in message.body
    assert "not a diagnosis" in message.body
    assert AuditEvent.objects.get(action="invite").organisation == cast.site


def test_mail_server_that_fails_does_not_lose_the_invitation(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr(people, "send_mail", fail)
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(cast)
    assert Invitation.objects.get(pk=invitation.pk).is_open


def test_second_invitation_ends_the_first(cast: Cast) -> None:
    first, second = invite(cast), invite(cast)
    first.refresh_from_db()
    assert (first.is_open, second.is_open) == (False, True)


def test_accepting_makes_account_membership_and_team(cast: Cast) -> None:
    person = people.accept(invitation=invite(cast, care_team=cast.team), password=make.PASSWORD)
    assert person.check_password(make.PASSWORD)
    assert (person.email, person.name) == ("new.person@example.org", "New Person")
    assert person.has_role(Role.CLINICIAN)
    assert person in cast.team.clinicians.all()
    assert AuditEvent.objects.get(action="accept").actor == person


def test_patient_who_accepts_is_tied_to_the_own_record(cast: Cast) -> None:
    record = make.PatientFactory(organisation=cast.site)
    person = people.accept(invitation=invite(cast, role=Role.PATIENT, patient=record), password=make.PASSWORD)
    record.refresh_from_db()
    assert record.user == person


def test_link_works_once(cast: Cast) -> None:
    invitation = invite(cast)
    people.accept(invitation=invitation, password=make.PASSWORD)
    with pytest.raises(ClinicError) as refused:
        people.accept(invitation=invitation, password=make.PASSWORD)
    assert refused.value.status == 404
    assert User.objects.filter(email="new.person@example.org").count() == 1


@pytest.mark.parametrize("token", ["", "nix", "é", "\x00", "a" * 5000])
def test_unknown_token_is_told_in_the_words_of_an_ended_one(db: None, token: str) -> None:
    ended = make.InvitationFactory(expires_at=timezone.now() - timedelta(minutes=1))
    words = set()
    for tried in (token, ended.token):
        with pytest.raises(ClinicError) as refused:
            people.open_invitation(tried)
        words.add((refused.value.status, refused.value.code, refused.value.message))
    assert len(words) == 1


def test_link_never_sets_the_password_of_an_existing_account(cast: Cast) -> None:
    invitation = invite(cast, email=cast.outsider.email)
    with pytest.raises(ClinicError) as refused:
        people.accept(invitation=invitation, password="another-long-pass")
    assert refused.value.code == "log_in_first"
    cast.outsider.refresh_from_db()
    assert cast.outsider.check_password(make.PASSWORD)
    assert Invitation.objects.get(pk=invitation.pk).is_open


def test_owner_of_an_existing_account_gets_the_further_role(cast: Cast) -> None:
    people.accept(invitation=invite(cast, email=cast.outsider.email), user=cast.outsider)
    assert Membership.objects.filter(user=cast.outsider, organisation=cast.site, role=Role.CLINICIAN).exists()


def test_somebody_else_who_is_logged_in_cannot_use_the_link(cast: Cast) -> None:
    for invitation in (invite(cast), invite(cast, email=cast.colleague.email, role=Role.ADMINISTRATOR)):
        with pytest.raises(ClinicError) as refused:
            people.accept(invitation=invitation, user=cast.outsider)
        assert refused.value.status == 403
    assert cast.outsider.memberships.count() == 1


@pytest.mark.parametrize("password", ["", "short", "0123456789012", "password1234", "newperson"])
def test_weak_password_is_refused_and_the_link_stays(cast: Cast, password: str) -> None:
    invitation = invite(cast)
    with pytest.raises(ClinicError) as refused:
        people.accept(invitation=invitation, password=password)
    assert refused.value.code == "weak_password"
    assert people.open_invitation(invitation.token) == invitation


def test_revoked_invitation_is_over(cast: Cast) -> None:
    invitation = invite(cast)
    people.revoke(invitation=invitation, by=cast.administrator)
    with pytest.raises(ClinicError):
        people.accept(invitation=invitation, password=make.PASSWORD)
    with pytest.raises(ClinicError):
        people.revoke(invitation=invitation, by=cast.administrator)
    assert AuditEvent.objects.filter(action="revoke").count() == 1


def test_invitations_that_make_no_sense_are_refused(cast: Cast) -> None:
    senseless: list[dict[str, Any]] = [
        {"role": "owner"},
        {"role": Role.PATIENT},
        {"patient": cast.patient},
        {"role": Role.PATIENT, "patient": cast.patient},  # has a log-in
        {"role": Role.PATIENT, "patient": cast.outside_patient},
        {"care_team": cast.outside_team},
        {"email": cast.clinician.email},
    ]
    for changes in senseless:
        with pytest.raises(ClinicError):
            invite(cast, **changes)
    assert not Invitation.objects.exists()


def test_clinician_who_leaves_loses_the_teams_of_that_clinic_only(cast: Cast) -> None:
    make.MembershipFactory(organisation=cast.other_site, user=cast.clinician)
    cast.outside_team.clinicians.add(cast.clinician)
    people.remove_member(membership=cast.clinician.memberships.get(organisation=cast.site), by=cast.administrator)
    assert list(cast.clinician.care_teams.all()) == [cast.outside_team]


def test_last_administrator_stays(cast: Cast) -> None:
    with pytest.raises(ClinicError) as refused:
        people.remove_member(membership=cast.administrator.memberships.get(), by=cast.administrator)
    assert refused.value.code == "last_administrator"
    second = make.MembershipFactory(organisation=cast.site, role=Role.ADMINISTRATOR)
    people.remove_member(membership=cast.administrator.memberships.get(), by=second.user)
    assert not cast.administrator.memberships.exists()


def test_care_team_takes_only_clinicians_of_its_clinic(cast: Cast) -> None:
    for stranger in (cast.outsider, cast.patient_user, cast.administrator):
        with pytest.raises(ClinicError) as refused:
            people.save_care_team(organisation=cast.site, name="New", clinicians=[stranger], by=cast.administrator)
        assert refused.value.code == "not_a_clinician"
    team = people.save_care_team(organisation=cast.site, name="New", clinicians=[cast.colleague], by=cast.administrator)
    assert list(team.clinicians.all()) == [cast.colleague]


def test_care_team_name_is_taken_once_a_clinic(cast: Cast) -> None:
    with pytest.raises(ClinicError) as refused:
        people.save_care_team(organisation=cast.site, name=cast.team.name, clinicians=[], by=cast.administrator)
    assert refused.value.status == 409
    people.save_care_team(
        organisation=cast.site, name=cast.team.name, clinicians=[], by=cast.administrator, team=cast.team
    )
    assert not cast.team.clinicians.exists()


def test_link_for_an_existing_account_asks_its_owner_to_log_in(cast: Cast, client: Client) -> None:
    invitation = make.InvitationFactory(organisation=cast.site, email=cast.outsider.email)
    where = reverse("invitation-accept", args=[invitation.token])
    for body in ({}, {"name": "N", "password": make.PASSWORD, "again": make.PASSWORD}):
        response = client.post(where, body)
        assert response.status_code in (200, 302, 422)
        assert "_auth_user_id" not in client.session
    client.force_login(cast.outsider)
    assert client.post(where).status_code == 302
    assert cast.outsider.memberships.filter(organisation=cast.site).exists()
