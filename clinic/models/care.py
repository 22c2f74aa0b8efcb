"""Patients, their episodes of palsy, what was done about it, and the sessions they record."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from analysis.contracts import AffectedSide, Exercise
from clinic.models.base import Row
from clinic.models.people import CareTeam, Organisation, Role, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Own record; patients of the own care teams; for administrators every patient of the own clinic."""
        if not user.is_authenticated:
            return self.none()
        administered = Organisation.objects.with_member(user, Role.ADMINISTRATOR)
        return self.filter(models.Q(user=user) | _in_team_of(user) | models.Q(organisation__in=administered))

    def cared_for_by(self, user: User | AnonymousUser) -> Self:
        """Patients whose clinical content this user may read and change as a clinician."""
        return self.filter(_in_team_of(user)) if user.is_authenticated else self.none()

    def changeable_by(self, user: User | AnonymousUser) -> Self:
        """Records that this user may write to as staff; nobody writes the own one, double roles or not."""
        if not user.is_authenticated:
            return self.none()
        administered = Organisation.objects.with_member(user, Role.ADMINISTRATOR)
        return self.filter(_in_team_of(user) | models.Q(organisation__in=administered)).exclude(user=user)


def _in_team_of(user: User) -> models.Q:
    """Both must hold: the team's membership and the clinician role in the patient's own clinic."""
    shared = Patient.care_teams.through.objects.filter(
        careteam__clinicians=user,
        patient__organisation__in=Organisation.objects.with_member(user, Role.CLINICIAN),
    )
    return models.Q(pk__in=shared.values("patient_id"))


class Patient(Row):
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="patients")
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="patient", help_text="The own log-in."
    )
    name = models.CharField(max_length=120)
    record_number = models.CharField(max_length=40, help_text="The clinic's own number for this person.")
    birth_date = models.DateField(null=True, blank=True)
    care_teams = models.ManyToManyField(CareTeam, related_name="patients", blank=True)
    is_fictional = models.BooleanField(default=False, help_text="Made for demonstration, with synthetic videos.")

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "record_number"], name="record_number_once")]

    def __str__(self) -> str:
        return self.name


class Cause(models.TextChoices):
    BELL = "bell", "Bell's palsy"
    RAMSAY_HUNT = "ramsay_hunt", "Ramsay Hunt syndrome"
    VESTIBULAR_SCHWANNOMA = "vestibular_schwannoma", "Vestibular schwannoma surgery"
    PAROTID = "parotid", "Parotid surgery"
    TRAUMA = "trauma", "Trauma"
    STROKE = "stroke", "Stroke (central)"
    CONGENITAL = "congenital", "Congenital"
    VOLUNTEER = "volunteer", "Healthy volunteer"
    OTHER = "other", "Other"


class Episode(Row):
    """One palsy: its side, its first day, its cause. Days since onset count from here."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="episodes")
    side = models.CharField(max_length=5, choices=[(s.value, s.value.capitalize()) for s in AffectedSide])
    onset_date = models.DateField()
    cause = models.CharField(max_length=24, choices=Cause.choices)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-onset_date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(side__in=[s.value for s in AffectedSide]), name="episode_side_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}, {self.get_side_display().lower()}, since {self.onset_date}"

    def days_since_onset(self, on: date) -> int:
        return (on - self.onset_date).days


class TreatmentKind(models.TextChoices):
    STEROIDS = "steroids", "Steroids"
    ANTIVIRALS = "antivirals", "Antivirals"
    THERAPY = "therapy", "Facial therapy"
    BOTULINUM = "botulinum", "Botulinum toxin"
    SURGERY = "surgery", "Surgery"
    OTHER = "other", "Other"


class TreatmentEvent(Row):
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="treatments")
    kind = models.CharField(max_length=16, choices=TreatmentKind.choices)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    label = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["started_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gte=models.F("started_on")),
                name="treatment_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.get_kind_display()


class ConsentPurpose(models.TextChoices):
    CARE = "care", "Analysis for my care"
    RESEARCH = "research", "Research"
    TRAINING = "training", "Improving the measurement"
    IMAGES = "images", "Pictures of my face in reports"


class Consent(Row):
    """Given for one purpose under one text; withdrawn by a date, never by deleting the row."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=16, choices=ConsentPurpose.choices)
    text_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "purpose"], condition=models.Q(withdrawn_at__isnull=True), name="consent_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} ({self.text_version})"


class Protocol(Row):
    """The set of movements that patients of a clinic are asked for."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="protocols")
    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(is_default=True), name="protocol_default_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProtocolExercise(Row):
    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="exercises")
    position = models.PositiveSmallIntegerField()
    exercise = models.CharField(max_length=24, choices=[(e.value, e.value) for e in Exercise])
    instruction = models.CharField(max_length=200)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["protocol", "position"], name="protocol_position_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.exercise.replace('_', ' ')}"


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(patient__in=Patient.objects.visible_to(user))


class Session(Row):
    """One sitting of one patient: what was recorded on one occasion."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="sessions")
    episode = models.ForeignKey(Episode, null=True, blank=True, on_delete=models.SET_NULL, related_name="sessions")
    protocol = models.ForeignKey(Protocol, null=True, blank=True, on_delete=models.SET_NULL, related_name="sessions")
    recorded_at = models.DateTimeField(default=timezone.now, db_index=True)
    note = models.TextField(blank=True, help_text="What the patient wanted to say about this recording.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at"]
        indexes = [models.Index(fields=["patient", "-recorded_at"], name="session_of_patient")]

    def __str__(self) -> str:
        return f"{self.recorded_at:%Y-%m-%d}"
