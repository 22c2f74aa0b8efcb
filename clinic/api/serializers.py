"""What the API shows and takes: every field is listed. Sides are the patient's own; not measured is null."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analysis.contracts import AffectedSide, Mirrored
from clinic.models import AnalysisRun, Assessment, CareTeam, Episode, Patient, Session, User, Video
from clinic.models.people import Role

SIDES = [(side.value, side.value) for side in AffectedSide]
RESEARCH_USE = "Research use. Estimated measurements, not a diagnosis."


class OwnTeams(serializers.PrimaryKeyRelatedField[CareTeam]):
    """Care teams that the user may put a patient into; any other id is as unknown as one that never was."""

    def get_queryset(self) -> Any:
        user = self.context["request"].user if "request" in self.context else None
        if not isinstance(user, User):
            return CareTeam.objects.none()
        administered = CareTeam.objects.filter(
            organisation__memberships__user=user, organisation__memberships__role=Role.ADMINISTRATOR
        )
        return (administered | CareTeam.objects.filter(clinicians=user)).distinct()


@extend_schema_field(OpenApiTypes.UUID)
class OwnPatients(serializers.PrimaryKeyRelatedField[Patient]):
    """`scope` names the query of PatientQuerySet that decides."""

    def __init__(self, *, scope: str, **kwargs: Any) -> None:
        self.scope = scope
        super().__init__(**kwargs)

    def get_queryset(self) -> Any:
        user = self.context["request"].user if "request" in self.context else None
        return getattr(Patient.objects, self.scope)(user) if isinstance(user, User) else Patient.objects.none()


class PatientSerializer(serializers.ModelSerializer[Patient]):
    care_teams = OwnTeams(many=True, allow_empty=False)

    class Meta:
        model = Patient
        fields = ["id", "organisation", "name", "record_number", "birth_date", "care_teams", "is_fictional"]
        read_only_fields = ["id", "organisation", "is_fictional"]
        validators: list[Any] = []  # the service checks uniqueness within the clinic, in words


class EpisodeSerializer(serializers.ModelSerializer[Episode]):
    patient = OwnPatients(scope="changeable_by")
    side = serializers.ChoiceField(choices=SIDES)

    class Meta:
        model = Episode
        fields = ["id", "patient", "side", "onset_date", "cause", "note"]
        read_only_fields = ["id"]


class SessionSerializer(serializers.ModelSerializer[Session]):
    class Meta:
        model = Session
        fields = ["id", "patient", "episode", "protocol", "recorded_at", "note", "reviewed_at", "reviewed_by"]
        read_only_fields = fields


class VideoSerializer(serializers.ModelSerializer[Video]):
    patient = serializers.UUIDField(source="session.patient_id", read_only=True)
    play_url = serializers.SerializerMethodField()

    class Meta:
        model = Video
        fields = [
            "id",
            "created_at",
            "patient",
            "session",
            "display_name",
            "extension",
            "bytes",
            "sha256",
            "mirrored",
            "timeline",
            "is_synthetic",
            "facts",
            "play_url",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_play_url(self, video: Video) -> str:
        return reverse("video-play", args=[video.pk])


class UploadSerializer(serializers.Serializer[Any]):
    """multipart/form-data; `timeline` is a JSON text {"segments": [{"exercise", "start_s", "end_s"}]}."""

    patient = OwnPatients(scope="visible_to")
    file = serializers.FileField(use_url=False)
    recorded_at = serializers.DateTimeField(required=False, help_text="When it was recorded; now, if not given.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    mirrored = serializers.ChoiceField(required=False, choices=[(m.value, m.value) for m in Mirrored])
    timeline = serializers.JSONField(required=False, binary=True)


class RunSerializer(serializers.ModelSerializer[AnalysisRun]):
    """How far an analysis is, and in plain words what hinders it."""

    patient = serializers.UUIDField(source="video.session.patient_id", read_only=True)
    session = serializers.UUIDField(source="video.session_id", read_only=True)
    failure = serializers.CharField(read_only=True)

    class Meta:
        model = AnalysisRun
        fields = [
            "id",
            "patient",
            "session",
            "video",
            "state",
            "attempt",
            "stage",
            "progress",
            "problems",
            "error_code",
            "failure",
            "queued_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    """Numbers of one finished run. Asymmetry is (AM_left - AM_right) / max: 0 symmetric, -1 the left does not move."""

    research_use = serializers.SerializerMethodField()

    class Meta:
        model = Assessment
        fields = [
            "id",
            "research_use",
            "run",
            "session",
            "patient",
            "episode",
            "recorded_at",
            "days_since_onset",
            "is_current",
            "hb_grade",
            "hb_probabilities",
            "brow_asymmetry",
            "eye_asymmetry",
            "mouth_asymmetry",
            "brow_delta_am",
            "eye_delta_am",
            "mouth_delta_am",
            "affected_side",
            "affected_confidence",
            "synkinesis_present",
            "synkinesis_pairs",
            "sunnybrook",
            "quality_score",
            "errors",
            "problems",
            "method",
            "origin",
        ]
        read_only_fields = fields

    def get_research_use(self, _assessment: Assessment) -> str:
        return RESEARCH_USE


class AssessmentDetailSerializer(AssessmentSerializer):
    """With the whole `seventh.report/1` but its per-frame parts."""

    class Meta(AssessmentSerializer.Meta):
        fields = [*AssessmentSerializer.Meta.fields, "report", "details"]
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer[Any]):
    """Every refusal: a stable code and a sentence."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(required=False)  # type: ignore[assignment]  # the name is part of the contract
    session = serializers.UUIDField(required=False, help_text="Of a duplicate: the earlier session.")
