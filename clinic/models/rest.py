"""Which session shows a patient's face at rest: what later sessions are measured against beside their own rest."""

from __future__ import annotations

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient, Session
from clinic.models.people import User


class PinnedRest(Row):
    """One a patient, chosen by a clinician. Without it every video is measured against its own rest alone.

    A rest of its own in every video hides what changes at rest: a cheek that stiffens, an eye that narrows.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="pinned_rest")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="pinned_by")
    chosen_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"rest of {self.session}"
