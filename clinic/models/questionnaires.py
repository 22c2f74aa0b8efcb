"""What patients say about their own face: scores of published questionnaires, worked out by the clinic."""

from __future__ import annotations

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient
from clinic.models.people import User


class Instrument(models.TextChoices):
    FACE = "face", "FaCE scale, total"
    FDI_PHYSICAL = "fdi_physical", "Facial Disability Index, physical"
    FDI_SOCIAL = "fdi_social", "Facial Disability Index, social"


class QuestionnaireScore(Row):
    """One instrument on one day, 0 (worst) to 100 (best). Items are not stored: their wording is licensed."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="questionnaire_scores")
    instrument = models.CharField(max_length=16, choices=Instrument.choices)
    answered_on = models.DateField()
    score = models.FloatField()
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["answered_on"]
        constraints = [
            models.UniqueConstraint(fields=["patient", "instrument", "answered_on"], name="questionnaire_once_a_day"),
            models.CheckConstraint(condition=models.Q(score__range=(0, 100)), name="questionnaire_score_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.get_instrument_display()} {self.score:g}"
