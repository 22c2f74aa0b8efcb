"""Cohorts: a saved filter over a clinic's patients."""

from __future__ import annotations

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Cause
from clinic.models.people import Organisation


class Cohort(Row):
    """Patients by cause, side and onset window. Empty means any."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="cohorts")
    name = models.CharField(max_length=120)
    cause = models.CharField(max_length=24, choices=Cause.choices, blank=True)
    side = models.CharField(
        max_length=5, blank=True, choices=[("left", "Left"), ("right", "Right"), ("both", "Both"), ("none", "None")]
    )
    onset_from = models.DateField(null=True, blank=True)
    onset_to = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="cohort_name_once"),
            models.CheckConstraint(
                condition=models.Q(onset_from__isnull=True)
                | models.Q(onset_to__isnull=True)
                | models.Q(onset_to__gte=models.F("onset_from")),
                name="cohort_window_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name
