"""What clinicians write down for each other, and what they and the patient write to each other. Nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient
from clinic.models.people import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class NoteQuerySet(models.QuerySet["Note"]):
    def readable_by(self, user: User | AnonymousUser) -> Self:
        """Clinicians of the care team; neither administrators nor the patient."""
        return self.filter(patient__in=Patient.objects.cared_for_by(user)).exclude(patient__user=user.pk)


class Note(Row):
    """A clinician's note on a patient: every wording of it is kept; a wrong note is struck through and stays."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    struck_because = models.CharField(max_length=200, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["patient", "-created_at"], name="note_of_patient")]

    def __str__(self) -> str:
        return f"note of {self.created_at:%Y-%m-%d}"


class NoteVersion(Row):
    """One wording of a note; the newest holds."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="versions")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"wording of {self.created_at:%Y-%m-%d %H:%M}"


class MessageQuerySet(models.QuerySet["Message"]):
    def readable_by(self, user: User | AnonymousUser) -> Self:
        """The patient, and the clinicians of the care team."""
        if not user.is_authenticated:
            return self.none()
        cared_for = Patient.objects.cared_for_by(user)
        return self.filter(models.Q(patient__user=user) | models.Q(patient__in=cared_for))

    def unread_by(self, user: User) -> Self:
        """From the other side, and not yet read by this person."""
        mine = models.Q(patient__user=user)
        other_side = models.Q(mine, from_patient=False) | models.Q(~mine, from_patient=True)
        return self.readable_by(user).filter(other_side).exclude(reads__reader=user)


class Message(Row):
    """One message between a patient and the care team; either side sees who wrote and who has read."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    from_patient = models.BooleanField()
    text = models.TextField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [models.Index(fields=["patient", "created_at"], name="message_of_patient")]

    def __str__(self) -> str:
        return f"message of {self.created_at:%Y-%m-%d %H:%M}"


class MessageRead(Row):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reads")
    reader = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "reader"], name="message_read_once")]

    def __str__(self) -> str:
        return f"read {self.created_at:%Y-%m-%d %H:%M}"
