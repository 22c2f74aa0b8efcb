"""Who belongs to a clinic, who is invited, and who looks after whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from clinic.models import CareTeam, Invitation, Membership, Organisation, Patient, Role, User

FOUND_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Member:
    user: User
    memberships: list[Membership]
    teams: list[CareTeam]


def members_of(organisation: Organisation, *, without_patients: bool = False) -> list[Member]:
    """One row a person, with all roles in this clinic; two queries beside the teams."""
    rows = Membership.objects.filter(organisation=organisation).select_related("user").order_by("user__name", "role")
    if without_patients:
        rows = rows.exclude(role=Role.PATIENT)
    by_user: dict[User, list[Membership]] = {}
    for row in rows:
        by_user.setdefault(row.user, []).append(row)
    teams = _teams_by_user(organisation)
    return [Member(user, own, teams.get(user.pk, [])) for user, own in by_user.items()]


def _teams_by_user(organisation: Organisation) -> dict[object, list[CareTeam]]:
    found: dict[object, list[CareTeam]] = {}
    for team in organisation.care_teams.prefetch_related("clinicians"):
        for user in team.clinicians.all():
            found.setdefault(user.pk, []).append(team)
    return found


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    open_now = organisation.invitations.filter(accepted_at=None, expires_at__gt=timezone.now())
    return open_now.select_related("patient", "care_team", "invited_by")


def patients_without_login(organisation: Organisation) -> QuerySet[Patient]:
    return Patient.objects.filter(organisation=organisation, user=None)


def teams_of(organisation: Organisation) -> QuerySet[CareTeam]:
    counted = {"clinician_count": Count("clinicians", distinct=True), "patient_count": Count("patients", distinct=True)}
    return organisation.care_teams.annotate(**counted)


def patients_in(team: CareTeam) -> QuerySet[Patient]:
    return Patient.objects.filter(care_teams=team)


def patients_found(team: CareTeam, words: str) -> list[Patient]:
    """Patients of the clinic outside the team whose name or number has these words; nothing for no words."""
    if not words.strip():
        return []
    like = Q(name__icontains=words.strip()) | Q(record_number__icontains=words.strip())
    others = Patient.objects.filter(like, organisation=team.organisation_id).exclude(care_teams=team)
    return list(others[:FOUND_AT_MOST])
