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


class PatientFilter(FilterSet):
    care_team = filters.UUIDFilter(field_name="care_teams__id")

    class Meta:
        model = Patient
        fields = ["record_number", "is_fictional", "care_team"]


class EpisodeFilter(FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    onset = filters.DateFromToRangeFilter(field_name="onset_date")

    class Meta:
        model = Episode
        fields = ["patient", "side", "cause", "onset"]


class SessionFilter(FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    episode = filters.UUIDFilter(field_name="episode_id")
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


class AssessmentFilter(FilterSet):
    patient = filters.UUIDFilter(field_name="patient_id")
    session = filters.UUIDFilter(field_name="session_id")
    episode = filters.UUIDFilter(field_name="episode_id")
    recorded = filters.IsoDateTimeFromToRangeFilter(field_name="recorded_at")
    quality_from = filters.NumberFilter(field_name="quality_score", lookup_expr="gte")

    class Meta:
        model = Assessment
        fields = ["patient", "session", "episode", "recorded", "is_current", "hb_grade", "quality_from"]
