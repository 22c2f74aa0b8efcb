"""Who belongs to a clinic: invitations, memberships, care teams."""

from __future__ import annotations

import logging
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from clinic.errors import Conflict, Missing, NotAllowed, Refused
from clinic.models import CareTeam, Invitation, Membership, Organisation, Patient, Role, User
from clinic.services import audit

logger = logging.getLogger(__name__)


def invite(
    *,
    organisation: Organisation,
    email: str,
    name: str,
    role: str,
    invited_by: User,
    site: str,
    patient: Patient | None = None,
    care_team: CareTeam | None = None,
) -> Invitation:
    """Make a one-time link and send it after commit; earlier open invitations for the same purpose end.

    `site` is scheme and host of this installation, e.g. "https://clinic.example.org". Raises Conflict, Refused.
    """
    email = User.objects.normalize_email(email).lower()
    _check_invitation(organisation, email, role, patient, care_team)
    with transaction.atomic():
        now = timezone.now()
        Invitation.objects.filter(
            organisation=organisation, email=email, role=role, accepted_at=None, expires_at__gt=now
        ).update(expires_at=now)
        invitation = Invitation.objects.create(
            organisation=organisation,
            email=email,
            name=name,
            role=role,
            patient=patient,
            care_team=care_team,
            invited_by=invited_by,
        )
        audit.record(actor=invited_by, action="invite", obj=invitation, patient=patient, organisation=organisation)
        transaction.on_commit(partial(_send, invitation, site), robust=True)
    return invitation


def mails_leave() -> bool:
    """False while mails are only printed to the log, as they are until EMAIL_URL names a server."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.console.EmailBackend"


def link_of(invitation: Invitation, site: str) -> str:
    return f"{site.rstrip('/')}/invitation/{invitation.token}/"


def open_invitation(token: str) -> Invitation:
    """Raises Missing, in the same words whether the link never was, is used, or has ended."""
    found = Invitation.objects.filter(token=token) if token.isascii() and token.isprintable() else ()
    invitation = found.select_related("organisation", "patient").first() if found else None
    if invitation is None or not invitation.is_open:
        raise Missing(
            "invitation_over", "This invitation is not valid (any more). Please ask the clinic for a new one."
        )
    return invitation


def account_for(invitation: Invitation) -> User | None:
    """The account that exists already under the invited address: its owner logs in instead of setting a password."""
    return User.objects.filter(email=invitation.email).first()


def accept(*, invitation: Invitation, name: str = "", password: str = "", user: User | None = None) -> User:
    """Use the link once: a new account with this password, or a further role for the logged-in `user`.

    A link never changes the password of an account that exists. Raises Missing, NotAllowed, Refused, Conflict.
    """
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=timezone.now())
        if not taken.update(accepted_at=timezone.now()):
            raise Missing("invitation_over", "This invitation is not valid (any more). Please ask the clinic.")
        person = _account(invitation, name, password, user)
        Membership.objects.get_or_create(organisation=invitation.organisation, user=person, role=invitation.role)
        if invitation.patient is not None:
            _tie(invitation.patient, person)
        if invitation.care_team is not None and invitation.role == Role.CLINICIAN:
            invitation.care_team.clinicians.add(person)
        audit.record(actor=person, action="accept", obj=invitation, organisation=invitation.organisation)
    return person


def revoke(*, invitation: Invitation, by: User) -> None:
    """End an open invitation now. Raises Conflict when it was used or is over."""
    now = timezone.now()
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now)
    with transaction.atomic():
        if not still_open.update(expires_at=now):
            raise Conflict("invitation_over", "This invitation was used already or has ended.")
        audit.record(actor=by, action="revoke", obj=invitation, organisation=invitation.organisation)


def remove_member(*, membership: Membership, by: User) -> None:
    """Take a role away; care teams of that clinic go with the clinician's role. The last administrator stays."""
    organisation = membership.organisation
    with transaction.atomic():
        list(Organisation.objects.select_for_update().filter(pk=organisation.pk))
        administrators = organisation.memberships.filter(role=Role.ADMINISTRATOR)
        if membership.role == Role.ADMINISTRATOR and administrators.count() <= 1:
            raise Conflict("last_administrator", "A clinic keeps at least one administrator.")
        if membership.role == Role.CLINICIAN:
            for team in organisation.care_teams.filter(clinicians=membership.user):
                team.clinicians.remove(membership.user)
        audit.record(actor=by, action="remove", obj=membership, organisation=organisation)
        membership.delete()


def save_care_team(
    *, organisation: Organisation, name: str, clinicians: list[User], by: User, team: CareTeam | None = None
) -> CareTeam:
    """Make or change a team. Raises Refused for anybody who is no clinician here, Conflict for a taken name."""
    allowed = set(organisation.memberships.filter(role=Role.CLINICIAN).values_list("user_id", flat=True))
    if any(person.pk not in allowed for person in clinicians):
        raise Refused("not_a_clinician", "Only clinicians of this clinic can be in a care team.")
    taken = organisation.care_teams.filter(name=name)
    if (taken.exclude(pk=team.pk) if team else taken).exists():
        raise Conflict("name_taken", "There is a care team with this name already.")
    with transaction.atomic():
        action = "change" if team else "create"
        team = team or CareTeam(organisation=organisation)
        team.name = name
        team.save()
        team.clinicians.set(clinicians)
        audit.record(actor=by, action=action, obj=team, organisation=organisation)
    return team


def add_to_team(*, team: CareTeam, patient: Patient, by: User) -> None:
    """The team's clinicians see this patient from now on. Raises Refused for a patient of another clinic."""
    if patient.organisation_id != team.organisation_id:
        raise Refused("other_clinic", "A care team looks after patients of its own clinic.")
    with transaction.atomic():
        patient.care_teams.add(team)
        audit.record(actor=by, action="add to team", obj=team, patient=patient)


def remove_from_team(*, team: CareTeam, patient: Patient, by: User) -> None:
    """The team's clinicians see this patient no longer; twice changes nothing."""
    with transaction.atomic():
        patient.care_teams.remove(team)
        audit.record(actor=by, action="remove from team", obj=team, patient=patient)


def _check_invitation(
    organisation: Organisation, email: str, role: str, patient: Patient | None, care_team: CareTeam | None
) -> None:
    if role not in Role.values:
        raise Refused("unknown_role", "This role does not exist.")
    if any(row is not None and row.organisation_id != organisation.pk for row in (patient, care_team)):
        raise Refused("other_clinic", "Patient and care team must be of the same clinic.")
    if (role == Role.PATIENT) != (patient is not None):
        raise Refused("patient_record", "A patient is invited for the own record, and nobody else is.")
    if patient is not None and patient.user_id is not None:
        raise Conflict("has_account", "This patient has a log-in already.")
    if Membership.objects.filter(organisation=organisation, user__email=email, role=role).exists():
        raise Conflict("is_member", "This person has this role already.")


def _account(invitation: Invitation, name: str, password: str, user: User | None) -> User:
    existing = account_for(invitation)
    if existing is not None:
        if user is None or user.pk != existing.pk:
            raise NotAllowed("log_in_first", "There is an account for this address. Please log in, then open the link.")
        return existing
    if user is not None:
        raise NotAllowed("other_account", "You are logged in as somebody else. Please log out, then open the link.")
    person = User(email=invitation.email, name=name or invitation.name)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused("weak_password", " ".join(error.messages)) from error
    person.set_password(password)
    person.save()
    return person


def _tie(patient: Patient, person: User) -> None:
    if Patient.objects.filter(user=person).exclude(pk=patient.pk).exists():
        raise Conflict("has_record", "This account belongs to another record already. Please ask the clinic.")
    if not Patient.objects.filter(pk=patient.pk, user=None).update(user=person):
        raise Conflict("has_account", "This record has a log-in already. Please ask the clinic.")


def _send(invitation: Invitation, site: str) -> None:
    """A mail that cannot be sent is not an error of the invitation: the administrator sees the link as well."""
    text = render_to_string("clinic/mail/invitation.txt", {"invitation": invitation, "link": link_of(invitation, site)})
    try:
        send_mail("Seventh: your invitation", text, None, [invitation.email])
    except (SMTPException, OSError) as error:
        logger.warning("invitation %s was not mailed: %s", invitation.pk, type(error).__name__)
