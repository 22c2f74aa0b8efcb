"""Grades by hand over the API: for staff, read only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters as filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.api.filters import OfSession
from clinic.api.views import Read
from clinic.models import ClinicianGrade, User
from clinic.selectors import grades as selector
from clinic.services import audit
from clinic.views.clinical import staff_session


class GradeFilter(OfSession):
    graded = filters.IsoDateTimeFromToRangeFilter(field_name="graded_at")

    class Meta:
        model = ClinicianGrade
        fields = ["patient", "session", "episode", "scale", "is_current", "blinded"]


class GradeSerializer(serializers.ModelSerializer[ClinicianGrade]):
    """One clinician's final grade, or an earlier version of it (`is_current` false). Grades are never averaged."""

    rater = serializers.CharField(source="rater_name", read_only=True)
    words = serializers.SerializerMethodField()

    class Meta:
        model = ClinicianGrade
        fields = [
            "id",
            "session",
            "patient",
            "episode",
            "rater",
            "scale",
            "value",
            "words",
            "items",
            "blinded",
            "seen_before",
            "note",
            "graded_at",
            "version",
            "is_current",
        ]
        read_only_fields = fields

    def get_words(self, grade: ClinicianGrade) -> str:
        return selector.value_words(grade.scale, grade.value)


class RecordSerializer(serializers.Serializer[Any]):
    """What counts on one scale of one session; `machine` is advice beside it."""

    scale = serializers.CharField()
    state = serializers.ChoiceField(choices=["one", "differ", "none"])
    value = serializers.FloatField(allow_null=True)
    by = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    machine = serializers.CharField()
    sentence = serializers.CharField()


class GradeViewSet(Read):
    """Grades that clinicians gave by hand."""

    model = ClinicianGrade
    serializer_class = GradeSerializer
    filterset_class = GradeFilter
    ordering = ("-graded_at", "pk")

    def rows(self, user: User) -> QuerySet[ClinicianGrade]:
        return ClinicianGrade.objects.open_to(user).select_related("patient", "rater")


class SessionRecord(APIView):
    """What counts for this session on each graded scale, with the machine's value beside it."""

    @extend_schema(operation_id="sessions_record", responses=RecordSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        assert isinstance(request.user, User)
        session = staff_session(request.user, pk)
        audit.record(actor=request.user, action="view", obj=session)
        return Response(RecordSerializer(selector.records_of(session), many=True).data)
