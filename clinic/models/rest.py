"""Which session shows a patient's face at rest: what later sessions are measured against beside their own rest."""

from __future__ import annotations

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient, Session
from clinic.models.people import User


class PinnedRest(Row):
    """One a patient: the first accepted session's until a clinician chooses another one, or none.

    Without it every video is measured against its own rest alone, which hides what changes at rest: a cheek that
    stiffens, an eye that narrows.
    """

    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="pinned_rest")
    session = models.ForeignKey(Session, null=True, on_delete=models.CASCADE, related_name="pinned_by")  # None: none
    chosen_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    is_automatic = models.BooleanField(default=False)  # the first accepted session; nobody chose it

    def __str__(self) -> str:
        return f"rest of {self.session}" if self.session else "each video's own rest"
