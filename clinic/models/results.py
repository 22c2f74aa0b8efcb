"""Analysis runs (the state machine) and assessments (the numbers that pages draw)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from analysis.contracts import AffectedSide
from clinic import failures
from clinic.models.base import Row
from clinic.models.care import Episode, Patient, Session
from clinic.models.media import Video

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from clinic.models.people import User

MAX_ATTEMPTS = 3


class RunState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being analysed"
    DONE = "done", "Analysed"
    REFUSED = "refused", "Not usable"
    FAILED = "failed", "Failed"


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)


class AnalysisRunQuerySet(models.QuerySet["AnalysisRun"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(video__session__patient__in=Patient.objects.visible_to(user))


class AnalysisRun(Row):
    """One analysis of one video. This row is the truth; the broker's message only rings the bell.

    queued -> running by one conditional UPDATE that counts the attempt first; a heartbeat extends the lease while the
    attempt matches; the result and the end state are one transaction guarded by the attempt.
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the bell was last rung.")
    started_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    stage = models.CharField(max_length=40, blank=True, help_text="What is happening, in words.")
    progress = models.FloatField(default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    problems = models.JSONField(default=list, blank=True, help_text="[{code, message, at_s}] of the report.")
    error_code = models.CharField(max_length=40, blank=True)
    series = models.FileField(
        upload_to="series/", max_length=200, blank=True, help_text="Per-frame series, compressed."
    )
    correction = models.ForeignKey(
        "clinic.Correction", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs",
        help_text="What a clinician had put right before; empty for the original.",
    )  # fmt: skip

    objects = AnalysisRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(condition=models.Q(attempt__lte=MAX_ATTEMPTS), name="run_attempts_capped"),
            models.CheckConstraint(
                condition=~models.Q(state=RunState.RUNNING) | models.Q(lease_until__isnull=False),
                name="running_has_a_lease",
            ),
            models.UniqueConstraint(
                fields=["video"], condition=models.Q(state__in=OPEN_STATES), name="one_open_run_a_video"
            ),
        ]
        indexes = [
            models.Index(fields=["queued_at"], condition=models.Q(state__in=OPEN_STATES), name="open_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} (attempt {self.attempt})"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def failure(self) -> str:
        """Why it failed, as a sentence; empty unless it did."""
        return failures.explain(self.error_code) if self.state == RunState.FAILED else ""


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(patient__in=Patient.objects.visible_to(user))

    def open_to(self, user: User | AnonymousUser) -> Self:
        """Numbers for staff: patients see how their own runs went, not grades that no clinician has released."""
        return self.filter(patient__in=Patient.objects.changeable_by(user))


class Assessment(Row):
    """What one finished run measured: one row a run, everything a trend page draws. Sides are the patient's own.

    An asymmetry is (AM_left - AM_right) / max of the two active means of the region: 0 symmetric, -1 the left does not
    move, +1 the right does not move. Not measured is null.
    """

    run = models.OneToOneField(AnalysisRun, on_delete=models.CASCADE, related_name="assessment")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="assessments")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="assessments")
    episode = models.ForeignKey(Episode, null=True, on_delete=models.SET_NULL, related_name="assessments")
    recorded_at = models.DateTimeField()
    days_since_onset = models.IntegerField(null=True)
    is_current = models.BooleanField(default=True, help_text="The newest result of its video; older ones are kept.")

    hb_grade = models.PositiveSmallIntegerField(null=True)
    hb_probabilities = models.JSONField(null=True)
    brow_asymmetry = models.FloatField(null=True)
    eye_asymmetry = models.FloatField(null=True)
    mouth_asymmetry = models.FloatField(null=True)
    brow_delta_am = models.FloatField(null=True)
    eye_delta_am = models.FloatField(null=True)
    mouth_delta_am = models.FloatField(null=True)
    affected_side = models.CharField(max_length=5, null=True, choices=[(s.value, s.value) for s in AffectedSide])
    affected_confidence = models.FloatField(null=True)
    synkinesis_present = models.BooleanField(null=True)
    synkinesis_pairs = models.JSONField(default=list)
    sunnybrook = models.FloatField(null=True)
    quality_score = models.FloatField()
    errors = models.JSONField(default=dict, help_text="MDC95 per measure: {name: {mdc95, unit, origin}}.")
    problems = models.JSONField(default=list)
    report = models.JSONField(help_text="`seventh.report/1` without the per-frame parts.")
    details = models.JSONField(default=dict, help_text="Evidence and further measures, without per-frame curves.")
    method = models.CharField(max_length=80)
    origin = models.JSONField(help_text="The report's `origin`: code, device, weights and what they were trained on.")

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hb_grade__isnull=True) | models.Q(hb_grade__range=(1, 6)), name="hb_grade_in_range"
            ),
        ]
        indexes = [models.Index(fields=["patient", "recorded_at"], name="course_of_patient")]

    def __str__(self) -> str:
        return f"assessment of {self.recorded_at:%Y-%m-%d}"
