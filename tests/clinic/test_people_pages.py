"""Inviting and being invited, in the browser's words; care teams by search."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from clinic.models import AuditEvent, CareTeam, Invitation, Membership, Role, User
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.pages import page

AsUser = Callable[[User | None], Client]
PASSWORD = "three quiet purple trains"


def invite(office: Client, **changes: object) -> Invitation:
    form = {"role": "clinician", "name": "Nora New", "email": "nora@example.org", **changes}
    response = office.post("/administration/people/invite/", form)
    assert (response.status_code, response["Location"]) == (302, "/administration/people/")
    return Invitation.objects.latest("created_at")


def accept(office: Client, invitation: Invitation, **changes: str) -> object:
    form = {"name": "Nora New", "password": PASSWORD, "again": PASSWORD, **changes}
    return office.post(f"/invitation/{invitation.token}/", form)


def test_link_is_shown_once_with_a_button_to_copy_it(office: Client) -> None:
    invitation = invite(office)
    first, second = page(office, "/administration/people/"), page(office, "/administration/people/")
    assert f'value="http://testserver/invitation/{invitation.token}/"' in first and "data-copy" in first
    assert invitation.token not in second and "nora@example.org" in second


def test_without_a_mail_server_nobody_is_told_that_a_mail_was_sent(office: Client, settings: Settings) -> None:
    invite(office)
    assert "The link was sent to nora@example.org" in page(office, "/administration/people/")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    form = page(office, "/administration/people/invite/")
    assert "you get the link to hand over" in form and "Send the invitation" not in form
    invite(office)
    shown = page(office, "/administration/people/")
    assert "nothing was sent" in shown and "The link was sent" not in shown


def test_invited_clinician_joins_team_and_is_logged_in(office: Client, cast: Cast) -> None:
    invitation = invite(office, care_team=cast.team.pk)
    guest = Client()
    assert "North Clinic" in page(guest, f"/invitation/{invitation.token}/")
    response = accept(guest, invitation)
    assert response.status_code == 302  # type: ignore[attr-defined]
    person = User.objects.get(email="nora@example.org")
    assert person in cast.team.clinicians.all() and person.check_password(PASSWORD)
    assert guest.session["_auth_user_id"] == str(person.pk)


def test_invited_patient_sees_the_own_record(office: Client, cast: Cast) -> None:
    record = make.PatientFactory(organisation=cast.site, name="Nora New")
    invitation = invite(office, role="patient", patient=record.pk)
    guest = Client()
    accept(guest, invitation)
    record.refresh_from_db()
    assert record.user.email == "nora@example.org" and "Hello, Nora" in page(guest, "/me/")


def test_patient_without_record_and_record_with_login_are_not_offered(office: Client, cast: Cast) -> None:
    assert cast.patient.record_number not in page(office, "/administration/people/invite/")
    form = {"role": "patient", "name": "N", "email": "n@example.org"}
    response = office.post("/administration/people/invite/", form)
    assert response.status_code == 422 and "choose the record" in response.content.decode()


def test_what_belongs_to_another_role_is_left_out(office: Client, cast: Cast) -> None:
    record = make.PatientFactory(organisation=cast.site)
    invitation = invite(office, role="administrator", patient=record.pk, care_team=cast.team.pk)
    assert (invitation.patient, invitation.care_team) == (None, None)


def test_refused_invitation_says_why_and_keeps_what_was_typed(office: Client, cast: Cast) -> None:
    form = {"role": "clinician", "name": "Typed Name", "email": cast.clinician.email}
    response = office.post("/administration/people/invite/", form)
    html = response.content.decode()
    assert response.status_code == 422 and "has this role already" in html and "Typed Name" in html


def test_mail_holds_the_link(
    office: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(office)
    assert f"http://testserver/invitation/{invitation.token}/" in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"again": "different words here"}, "differ"), ({"password": "short", "again": "short"}, "too short")],
)
def test_password_that_will_not_do_leaves_the_link_usable(office: Client, changes: dict[str, str], words: str) -> None:
    invitation = invite(office)
    response = accept(Client(), invitation, **changes)
    assert response.status_code == 422 and words in response.content.decode()  # type: ignore[attr-defined]
    assert accept(Client(), invitation).status_code == 302  # type: ignore[attr-defined]


@pytest.mark.parametrize("token", ["no-such-token", "x" * 500, "%00"])
def test_dead_link_is_one_plain_page(db: None, token: str) -> None:
    response = Client().get(f"/invitation/{token}/")
    assert response.status_code == 404 and "not valid" in response.content.decode()


def test_used_and_revoked_links_are_dead(office: Client) -> None:
    used = invite(office)
    accept(Client(), used)
    revoked = invite(office, email="other@example.org")
    assert office.post(f"/administration/invitations/{revoked.pk}/revoke/").status_code == 302
    for invitation in (used, revoked):
        assert Client().get(f"/invitation/{invitation.token}/").status_code == 404


def test_owner_of_an_account_logs_in_and_joins_without_a_new_password(
    office: Client, cast: Cast, as_user: AsUser
) -> None:
    invitation = invite(office, email=cast.outsider.email)
    path = f"/invitation/{invitation.token}/"
    assert f"/account/login/?next={path}" in page(Client(), path)
    assert 'name="password"' not in page(as_user(cast.outsider), path)
    as_user(cast.outsider).post(path)
    assert Membership.objects.filter(user=cast.outsider, organisation=cast.site, role=Role.CLINICIAN).exists()


def test_somebody_else_is_asked_to_log_out(office: Client, cast: Cast, as_user: AsUser) -> None:
    invitation = invite(office)
    assert "log out first" in page(as_user(cast.clinician), f"/invitation/{invitation.token}/")
    response = accept(as_user(cast.clinician), invitation)
    assert "log out first" in response.content.decode()  # type: ignore[attr-defined]
    assert not User.objects.filter(email="nora@example.org").exists()


def test_role_is_removed_and_the_last_administrator_stays(office: Client, cast: Cast) -> None:
    for person, left in ((cast.clinician, 0), (cast.administrator, 1)):
        membership = person.memberships.get()
        office.post(f"/administration/memberships/{membership.pk}/remove/")
        assert person.memberships.count() == left
    assert "keeps at least one administrator" in page(office, "/administration/people/")


def test_rows_of_another_clinic_are_not_found(office: Client, cast: Cast) -> None:
    foreign = make.InvitationFactory(organisation=cast.other_site)
    team, membership = cast.outside_team, cast.outsider.memberships.get()
    for path in (f"invitations/{foreign.pk}/revoke/", f"memberships/{membership.pk}/remove/"):
        assert office.post(f"/administration/{path}").status_code == 404
    assert office.get(f"/administration/care-teams/{team.pk}/").status_code == 404


def test_new_care_team_takes_clinicians_of_this_clinic_only(office: Client, cast: Cast) -> None:
    form = {"name": "Night team", "clinicians": [cast.clinician.pk]}
    response = office.post("/administration/care-teams/new/", form)
    team = CareTeam.objects.get(name="Night team")
    assert response["Location"] == f"/administration/care-teams/{team.pk}/"
    assert list(team.clinicians.all()) == [cast.clinician]
    form["clinicians"] = [cast.outsider.pk]
    assert office.post(f"/administration/care-teams/{team.pk}/", form).status_code == 422


def test_taken_name_is_said_at_the_name(office: Client, cast: Cast) -> None:
    response = office.post("/administration/care-teams/new/", {"name": cast.team.name})
    assert response.status_code == 422
    assert re.search(r'id_name_error">There is a care team with this name', response.content.decode())


def test_patient_is_found_added_and_removed(office: Client, cast: Cast) -> None:
    path = f"/administration/care-teams/{cast.team.pk}/"
    assert "Bruno Birch" in page(office, f"{path}?q=bir")
    assert "Olga Oak" not in page(office, f"{path}?q=oak")
    form = {"patient": cast.other_patient.pk, "action": "add", "q": "bir"}
    assert office.post(f"{path}patients/", form)["Location"] == f"{path}?q=bir#patients"
    assert cast.other_patient in cast.team.patients.all()
    office.post(f"{path}patients/", {**form, "action": "remove"})
    assert cast.other_patient not in cast.team.patients.all()
    actions = AuditEvent.objects.filter(patient=cast.other_patient).order_by("created_at")
    assert list(actions.values_list("action", flat=True)) == ["add to team", "remove from team"]


@pytest.mark.parametrize("which", ["outside", "garbage"])
def test_foreign_patient_cannot_be_added(office: Client, cast: Cast, which: str) -> None:
    patient = cast.outside_patient.pk if which == "outside" else "x"
    response = office.post(f"/administration/care-teams/{cast.team.pk}/patients/", {"patient": patient})
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["/administration/people/", "/administration/care-teams/"])
def test_list_costs_the_same_for_few_and_many(
    office: Client, cast: Cast, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def add() -> None:
        member = make.MembershipFactory(organisation=cast.site)
        make.CareTeamFactory(organisation=cast.site).clinicians.add(member.user)
        make.InvitationFactory(organisation=cast.site, invited_by=member.user)

    add()
    office.get(path)
    with django_assert_num_queries(20, exact=False) as one:
        office.get(path)
    for _ in range(4):
        add()
    with django_assert_num_queries(len(one.captured_queries)):
        office.get(path)
