"""What leaves the clinic on paper or as a file: letterheads, reports and research exports, made by a worker and kept.

An issued file is never rewritten: newer numbers make a new report with the next number.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.utils import timezone

from clinic.models.base import Row
from clinic.models.care import Episode, Patient
from clinic.models.cohorts import Cohort
from clinic.models.people import Organisation, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

MOST_ATTEMPTS = 3


class PaperState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    MAKING = "making", "Being made"
    ISSUED = "issued", "Issued"
    FAILED = "failed", "Failed"


class Wording(models.TextChoices):
    CLINICAL = "clinical", "Clinical letter"
    PATIENT = "patient", "For the patient"
    RESEARCH = "research", "Research"


class IssuedIsKept(TypeError):
    """Somebody tried to change a paper that was handed out."""


class Paper(Row):
    """A file that a worker makes: queued -> making -> issued or failed. The row is the truth, as with analysis runs.

    Taken by one conditional UPDATE that counts the attempt; issued by another one that is guarded by the attempt.
    """

    state = models.CharField(max_length=8, choices=PaperState.choices, default=PaperState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the bell was last rung.")
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by_name = models.CharField(max_length=120, help_text="As it stands on the paper.")
    issued_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(upload_to="papers/", max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state in (PaperState.QUEUED, PaperState.MAKING)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and self.state == PaperState.ISSUED:
            raise IssuedIsKept("what was issued is not changed")
        super().save(*args, **kwargs)


def _constraints(name: str) -> list[models.BaseConstraint]:
    issued = models.Q(issued_at__isnull=False) & ~models.Q(file="") & ~models.Q(sha256="")
    return [
        models.CheckConstraint(condition=models.Q(state__in=PaperState.values), name=f"{name}_state_known"),
        models.CheckConstraint(condition=models.Q(attempt__lte=MOST_ATTEMPTS), name=f"{name}_attempts_capped"),
        models.CheckConstraint(
            condition=~models.Q(state=PaperState.MAKING) | models.Q(lease_until__isnull=False),
            name=f"{name}_making_has_a_lease",
        ),
        models.CheckConstraint(condition=~models.Q(state=PaperState.ISSUED) | issued, name=f"{name}_issued_is_whole"),
    ]


class Letterhead(Row):
    """What stands at the top and the foot of a clinic's reports."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="letterhead")
    heading = models.CharField(max_length=120, blank=True, help_text="Empty: the name of the clinic.")
    address = models.TextField(max_length=400, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    footer = models.CharField(max_length=200, blank=True)
    wording = models.CharField(max_length=8, choices=Wording.choices, default=Wording.CLINICAL)
    logo = models.FileField(upload_to="letterheads/", max_length=200, blank=True)

    def __str__(self) -> str:
        return f"letterhead of {self.organisation}"


class ReportQuerySet(models.QuerySet["Report"]):
    def open_to(self, user: User | AnonymousUser) -> Self:
        """For staff who may read the patient's numbers; a patient gets a report from the own clinician."""
        return self.filter(patient__in=Patient.objects.changeable_by(user))


class Report(Paper):
    """One report about a patient's course or one session: who asked for what, and the file as it was issued."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reports")
    episode = models.ForeignKey(Episode, null=True, blank=True, on_delete=models.SET_NULL, related_name="reports")
    number = models.PositiveIntegerField(help_text="Counts the reports about this patient.")
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="newer")
    wording = models.CharField(max_length=8, choices=Wording.choices)
    sections = models.JSONField(default=list, help_text="What was chosen, by name.")
    sessions = models.JSONField(default=list, help_text="Ids of the sessions that were chosen.")
    comment = models.TextField(max_length=4000, blank=True, help_text="The clinician's own words.")
    pages = models.PositiveSmallIntegerField(default=0)
    holds_images = models.BooleanField(default=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            *_constraints("report"),
            models.CheckConstraint(condition=models.Q(wording__in=Wording.values), name="report_wording_known"),
            models.UniqueConstraint(fields=["patient", "number"], name="report_number_once"),
        ]

    def __str__(self) -> str:
        return f"report {self.number}"


def new_salt() -> str:
    return secrets.token_hex(32)


class ResearchExport(Paper):
    """Measurements of a cohort for research: pseudonyms made with a salt that stays here."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="research_exports")
    cohort = models.ForeignKey(Cohort, null=True, on_delete=models.SET_NULL, related_name="exports")
    cohort_name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=200, blank=True, help_text="What it is for, in the manifest.")
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    manifest = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = _constraints("research_export")

    def __str__(self) -> str:
        return f"research export of {self.cohort_name}"
