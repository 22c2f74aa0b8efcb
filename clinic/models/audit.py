"""Who looked at or changed what: rows are added, never changed."""

from __future__ import annotations

from typing import Any

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient
from clinic.models.people import Organisation, User


class AuditIsKept(TypeError):
    """Somebody tried to change or remove what happened."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> int:
        raise AuditIsKept("audit events are not changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AuditIsKept("audit events are not deleted")


class AuditEvent(Row):
    """Triggers in the database guard the same (migration 0002); only the person named in it may be forgotten."""

    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="audit_events")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    patient = models.ForeignKey(Patient, null=True, on_delete=models.SET_NULL, related_name="audit_events")
    action = models.CharField(max_length=40, help_text="view, play, upload, review, invite, export, change ...")
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    address = models.GenericIPAddressField(null=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="audit_of_patient"),
            models.Index(fields=["organisation", "-created_at"], name="audit_of_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_type}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AuditIsKept("audit events are not changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AuditIsKept("audit events are not deleted")
