"""Query parameters. Ids are compared as ids, so a foreign one finds nothing instead of telling that it exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_filters as filters

from clinic.models import AnalysisRun, Assessment, Episode, Patient, Session, Video

if TYPE_CHECKING:

    class FilterSet:  # django-filter has no type information
        pass
else:
    from django_filters.rest_framework import FilterSet


class OfPatient(FilterSet):
    """Rows that name their patient."""

    patient = filters.UUIDFilter(field_name="patient_id")


class OfEpisode(OfPatient):
    """Rows that name their patient and the episode too."""

    episode = filters.UUIDFilter(field_name="episode_id")


class OfSession(OfEpisode):
    """Rows that name the session as well."""

    session = filters.UUIDFilter(field_name="session_id")


class PatientFilter(FilterSet):
    care_team = filters.UUIDFilter(field_name="care_teams__id")

    class Meta:
        model = Patient
        fields = ["record_number", "is_fictional", "care_team"]


class EpisodeFilter(OfPatient):
    onset = filters.DateFromToRangeFilter(field_name="onset_date")

    class Meta:
        model = Episode
        fields = ["patient", "side", "cause", "onset"]


class SessionFilter(OfEpisode):
    recorded = filters.IsoDateTimeFromToRangeFilter(field_name="recorded_at")
    reviewed = filters.BooleanFilter(field_name="reviewed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Session
        fields = ["patient", "episode", "recorded", "reviewed"]


class VideoFilter(FilterSet):
    patient = filters.UUIDFilter(field_name="session__patient_id")
    session = filters.UUIDFilter(field_name="session_id")

    class Meta:
        model = Video
        fields = ["patient", "session", "sha256", "is_synthetic"]


class RunFilter(FilterSet):
    patient = filters.UUIDFilter(field_name="video__session__patient_id")
    video = filters.UUIDFilter(field_name="video_id")

    class Meta:
        model = AnalysisRun
        fields = ["patient", "video", "state"]


class AssessmentFilter(OfSession):
    recorded = filters.IsoDateTimeFromToRangeFilter(field_name="recorded_at")
    quality_from = filters.NumberFilter(field_name="quality_score", lookup_expr="gte")

    class Meta:
        model = Assessment
        fields = ["patient", "session", "episode", "recorded", "is_current", "hb_grade", "quality_from"]
