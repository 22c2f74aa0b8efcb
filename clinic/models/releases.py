"""Results are held until a clinician decides that the patient may see a summary of them."""

from __future__ import annotations

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Session
from clinic.models.people import User
from clinic.models.results import Assessment


class Release(Row):
    """What a patient was told about one session, word for word: a later analysis changes none of it.

    Withdrawn by a date, never by deleting the row: who told what, and when, stays known.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="releases")
    assessment = models.ForeignKey(Assessment, null=True, on_delete=models.SET_NULL, related_name="releases")
    baseline = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The released session that this one is compared with; withdrawn with it, the comparison is hidden.",
    )
    released_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField(blank=True, help_text="What the clinician adds in own words.")
    summary = models.JSONField(help_text="The sentences that the patient reads: {measured: [], changes: [], ...}.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(withdrawn_at__isnull=True), name="release_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.created_at:%Y-%m-%d}"
