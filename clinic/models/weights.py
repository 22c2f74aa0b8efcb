"""Weights of the published systems: imported files and their cards, who approved them, trials against each other."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from analysis.contracts import PublishedSystem
from clinic.models.base import Row
from clinic.models.media import Video
from clinic.models.people import Organisation, User

MAX_TRIES = 3
SYSTEM_TITLES = {
    PublishedSystem.PALSYNET: "3DPalsyNet",
    PublishedSystem.DEM: "Difference Ensemble Method",
    PublishedSystem.PHCNN_LSTM: "PHCNN-LSTM",
    PublishedSystem.FUSION: "Multimodal fusion",
    PublishedSystem.INTEGRATED: "Integrated Deep Model",
}
OFF_UNLESS_CHOSEN = frozenset({PublishedSystem.INTEGRATED})  # it changes how faces are found, so somebody must want it
SYSTEM_CHOICES = [(system.value, title) for system, title in SYSTEM_TITLES.items()]


class WeightsState(models.TextChoices):
    CHECKING = "checking", "Being checked"
    REFUSED = "refused", "Does not fit"
    READY = "ready", "Checked"
    APPROVED = "approved", "In use"
    RETIRED = "retired", "Retired"


class WeightsFile(Row):
    """One safetensors file and what its card says. Nothing is computed from it until an administrator approved it.

    Stored under its own hash, so that workers fetch exactly what was checked; a file is never replaced.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="weights")
    system = models.CharField(max_length=16, choices=SYSTEM_CHOICES)
    name = models.CharField(max_length=80, help_text="The id on its card.")
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="weights/", max_length=200)
    bytes = models.PositiveBigIntegerField()
    card = models.JSONField(help_text="The card as it was written beside the file.")
    tensors = models.PositiveIntegerField(help_text="How many named tensors the file holds.")
    state = models.CharField(max_length=8, choices=WeightsState.choices, default=WeightsState.CHECKING)
    imported_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    check_message = models.TextField(blank=True, help_text="What the worker's strict loading said.")
    checked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was last asked to check it.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=WeightsState.values), name="weights_state_known"),
            models.UniqueConstraint(fields=["organisation", "sha256"], name="weights_file_once"),
            models.UniqueConstraint(
                fields=["organisation", "system"],
                condition=models.Q(state=WeightsState.APPROVED),
                name="weights_approved_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WeightsDecision(models.TextChoices):
    IMPORTED = "imported", "Imported"
    APPROVED = "approved", "Approved"
    RETIRED = "retired", "Retired"


class WeightsApproval(Row):
    """Who decided what about a file, and when; rows are added only."""

    weights = models.ForeignKey(WeightsFile, on_delete=models.CASCADE, related_name="approvals")
    decision = models.CharField(max_length=8, choices=WeightsDecision.choices)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.weights} {self.decision}"


class SystemSwitch(Row):
    """Whether a published system is run on a clinic's recordings, and whether with the weights that ship.

    Without a row it is, except those in OFF_UNLESS_CHOSEN; shipped weights are used where none are approved.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="system_switches")
    system = models.CharField(max_length=16, choices=SYSTEM_CHOICES)
    is_on = models.BooleanField(default=True)
    uses_shipped = models.BooleanField(default=True, help_text="Whether shipped weights run where none are approved.")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["system"]
        constraints = [models.UniqueConstraint(fields=["organisation", "system"], name="system_switch_once")]

    def __str__(self) -> str:
        return f"{self.system} {'on' if self.is_on else 'off'}"


class WeightsTrial(Row):
    """Chosen recordings read again with other weights beside those in use; nothing of it reaches a patient's course."""

    weights = models.ForeignKey(WeightsFile, on_delete=models.CASCADE, related_name="trials")
    against = models.ForeignKey(WeightsFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    shipped_name = models.CharField(max_length=80, blank=True, help_text="Shipped weights that it is compared with.")
    shipped_sha256 = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"trial of {self.weights}"

    @property
    def against_name(self) -> str:
        """What was in use when it was asked for; empty for nothing."""
        return self.against.name if self.against else self.shipped_name


class TrialState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Being read"
    DONE = "done", "Read"
    FAILED = "failed", "Failed"


class TrialRecording(Row):
    """One recording of a trial. `candidate` and `active` are `analysis.contracts.SystemResult`s as JSON."""

    trial = models.ForeignKey(WeightsTrial, on_delete=models.CASCADE, related_name="recordings")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=TrialState.choices, default=TrialState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    candidate = models.JSONField(null=True, blank=True)
    active = models.JSONField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "video"], name="trial_recording_once"),
            models.CheckConstraint(condition=models.Q(state__in=TrialState.values), name="trial_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.video} in {self.trial}"

    @property
    def is_open(self) -> bool:
        return self.state in (TrialState.QUEUED, TrialState.RUNNING)
