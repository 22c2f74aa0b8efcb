"""Who looked at what, who changed what. One row for each, written in the transaction of what it tells about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from clinic.models import AuditEvent, Organisation, Patient, User

# Set by clinic.middleware for the request in progress, so that no caller can forget it; None in a worker or a command.
address_in_progress: ContextVar[str | None] = ContextVar("address_in_progress", default=None)


def record(
    *,
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    patient: Patient | None = None,
    organisation: Organisation | None = None,
    address: str | None = None,
) -> AuditEvent:
    """Add one event. Patient and clinic are found from `obj` when they are not given."""
    patient = patient or patient_of(obj)
    return AuditEvent.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=str(obj.pk),
        patient=patient,
        organisation_id=organisation.pk if organisation else _organisation_id(obj, patient),
        address=address or address_in_progress.get(),
    )


def record_views(*, actor: User, objects: Sequence[Model], patient: Patient) -> None:
    """One event for each of several things of one patient that a page shows together."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=actor,
            action="view",
            object_type=obj._meta.model_name or "",
            object_id=str(obj.pk),
            patient=patient,
            organisation_id=patient.organisation_id,
            address=address_in_progress.get(),
        )
        for obj in objects
    )


def record_list(*, actor: User, model: type[Model], patient_ids: Iterable[UUID]) -> None:
    """One event for each patient whose rows stood in a list; for people who read their own, none."""
    patients = Patient.objects.filter(pk__in=set(patient_ids)).exclude(user=actor)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor=actor,
            action="list",
            object_type=model._meta.model_name or "",
            object_id="",
            patient=patient,
            organisation_id=patient.organisation_id,
            address=address_in_progress.get(),
        )
        for patient in patients
    )


def patient_of(obj: Model) -> Patient | None:
    """Whom a row is about, by the ways in which rows hang together; None for rows about no patient."""
    for _ in range(4):  # treatment -> episode -> patient; run -> video -> session -> patient
        if isinstance(obj, Patient):
            return obj
        step = next((name for name in ("patient", "session", "episode", "video", "run") if hasattr(obj, name)), None)
        if step is None or (following := getattr(obj, step)) is None:
            return None
        obj = following
    return None


def _organisation_id(obj: Model, patient: Patient | None) -> UUID | None:
    return patient.organisation_id if patient else getattr(obj, "organisation_id", None)
