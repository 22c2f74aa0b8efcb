"""Grades that clinicians give by hand: the record. The machine's numbers are advice beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from clinic.models.base import Row
from clinic.models.care import Episode, Patient, Session
from clinic.models.people import Organisation, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class GradingScale(models.TextChoices):
    HOUSE_BRACKMANN = "house_brackmann", "House-Brackmann"
    SUNNYBROOK = "sunnybrook", "Sunnybrook"
    EFACE = "eface", "eFACE"


class ClinicianGradeQuerySet(models.QuerySet["ClinicianGrade"]):
    def open_to(self, user: User | AnonymousUser) -> Self:
        """For staff, as the machine's numbers are: patients read no clinical number that nobody explained to them."""
        return self.filter(patient__in=Patient.objects.changeable_by(user))

    def current(self) -> Self:
        return self.filter(is_current=True)


class ClinicianGrade(Row):
    """One clinician's final grade of one session on one scale, or an earlier version of it.

    A correction is a new version; the old one stays, with who and when. `value` is the grade 1-6 or the composite;
    grades of several raters are never averaged.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="grades")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="grades")
    episode = models.ForeignKey(Episode, null=True, blank=True, on_delete=models.SET_NULL, related_name="grades")
    rater = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="grades_given")
    scale = models.CharField(max_length=16, choices=GradingScale.choices)
    items = models.JSONField(default=dict, help_text="{item: points}; House-Brackmann has the one item `grade`.")
    value = models.FloatField(help_text="House-Brackmann grade 1-6, or the composite score.")
    blinded = models.BooleanField(help_text="The machine's values were hidden on the page until this was saved.")
    seen_before = models.BooleanField(
        default=False, help_text="The rater had opened the measured results of this session before, by the audit trail."
    )
    note = models.TextField(blank=True)
    graded_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveSmallIntegerField(default=1)
    is_current = models.BooleanField(default=True, help_text="The newest version of this rater.")

    objects = ClinicianGradeQuerySet.as_manager()

    class Meta:
        ordering = ["graded_at", "version"]
        constraints = [
            models.CheckConstraint(condition=models.Q(scale__in=GradingScale.values), name="grade_scale_known"),
            models.CheckConstraint(
                condition=~models.Q(scale="house_brackmann") | models.Q(value__in=[1, 2, 3, 4, 5, 6]),
                name="house_brackmann_in_range",
            ),
            models.UniqueConstraint(
                fields=["session", "rater", "scale"],
                condition=models.Q(is_current=True),
                name="one_current_grade_a_rater",
            ),
            models.UniqueConstraint(fields=["session", "rater", "scale", "version"], name="grade_version_once"),
        ]
        indexes = [models.Index(fields=["patient", "scale", "graded_at"], name="grades_of_patient")]

    def __str__(self) -> str:
        return f"{self.get_scale_display()} of {self.session} by {self.rater_name}"

    @property
    def rater_name(self) -> str:
        return str(self.rater) if self.rater else "a former colleague"


class GradeDraft(Row):
    """What a rater has filled in so far: nobody else sees it, and nothing is read from it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="grade_drafts")
    rater = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scale = models.CharField(max_length=16, choices=GradingScale.choices)
    items = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "rater", "scale"], name="one_draft_a_rater")]

    def __str__(self) -> str:
        return f"draft: {self.get_scale_display()} of {self.session}"


class GradingPreference(Row):
    """Whether the machine's values are hidden until the own grade is saved: one person's choice, or a clinic's.

    The person's own goes before the clinic's; without either they are hidden.
    """

    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="grading_preference"
    )
    organisation = models.OneToOneField(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="grading_preference"
    )
    blinded = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(organisation__isnull=True),
                name="preference_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user or self.organisation}: {'hidden' if self.blinded else 'shown'} until graded"
