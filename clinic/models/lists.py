"""How each clinician works through the list of patients, and how often a patient is expected to record."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient
from clinic.models.people import User


class ListLook(models.Model):
    """When this clinician last declared the list looked through; what came in since then is new."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="list_look")
    looked_at = models.DateTimeField()
    before = models.DateTimeField(null=True, blank=True, help_text="The time before that, for taking it back.")

    def __str__(self) -> str:
        return f"{self.user} at {self.looked_at:%Y-%m-%d %H:%M}"


class SavedFilter(Row):
    """A filter of the list that a clinician comes back to: the address's query, checked when it is saved."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name


class FollowUp(models.Model):
    """How often a recording is expected. No row: the patient's own usual rhythm; no days: none is expected."""

    patient = models.OneToOneField(Patient, primary_key=True, on_delete=models.CASCADE, related_name="follow_up")
    every_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(730)]
    )
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"every {self.every_days} days" if self.every_days else "no recordings expected"
