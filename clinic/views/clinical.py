"""Who may open a clinician's page: strangers find nothing, patients are told that the page is not for them."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from clinic.models import Patient, Role, Session, User
from clinic.selectors.navigation import roles_of
from clinic.services import audit

STAFF = frozenset({Role.CLINICIAN, Role.ADMINISTRATOR})


def staff_only(user: User) -> None:
    if not roles_of(user) & STAFF:
        raise PermissionDenied


def staff_patient(user: User, pk: UUID) -> Patient:
    """404 for whom this person may not know, 403 for the own record."""
    patient = get_object_or_404(Patient.objects.visible_to(user).select_related("organisation"), pk=pk)
    if not Patient.objects.changeable_by(user).filter(pk=pk).exists():
        raise PermissionDenied
    return patient


def staff_session(user: User, pk: UUID) -> Session:
    sessions = Session.objects.visible_to(user).select_related("patient__organisation", "episode", "reviewed_by")
    session = get_object_or_404(sessions, pk=pk)
    if not Patient.objects.changeable_by(user).filter(pk=session.patient_id).exists():
        raise PermissionDenied
    return session


def note_look(request: HttpRequest, user: User, obj: Patient | Session) -> None:
    """Every look at clinical content is on the audit trail; asking for news of an open page is no new look."""
    if request.method == "GET":
        audit.record(actor=user, action="view", obj=obj)


def cares_for(user: User, patient: Patient) -> bool:
    """A clinician of the care team, and not the patient: administrators neither review nor write to patients."""
    return patient.user_id != user.pk and Patient.objects.cared_for_by(user).filter(pk=patient.pk).exists()


def team_patient(user: User, pk: UUID) -> Patient:
    """404 for whom this person may not know, 403 for who does not care for this patient."""
    patient = staff_patient(user, pk)
    if not cares_for(user, patient):
        raise PermissionDenied
    return patient


def team_session(user: User, pk: UUID) -> Session:
    session = staff_session(user, pk)
    if not cares_for(user, session.patient):
        raise PermissionDenied
    return session
