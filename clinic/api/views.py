"""API v1. Every query starts from what the user may see; every look at clinical content is on the audit trail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.http import JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from clinic.api import filters, serializers
from clinic.fhir import bundle
from clinic.models import AnalysisRun, Assessment, Episode, Patient, Session, User, Video
from clinic.selectors import fhir
from clinic.services import audit, patients, runs, sessions, videos

if TYPE_CHECKING:
    Scoped = viewsets.GenericViewSet[Any]
else:
    Scoped = viewsets.GenericViewSet

PROBLEM = OpenApiResponse(serializers.ProblemSerializer, "Refused: a code and a sentence.")


class Read(mixins.ListModelMixin, mixins.RetrieveModelMixin, Scoped, ABC):
    """List and one; `audited` when the rows hold clinical content."""

    model: type[Model]
    audited = True
    ordering: tuple[str, ...] = ("-created_at", "pk")

    @abstractmethod
    def rows(self, user: User) -> QuerySet[Any]:
        """What this person may see; every list and every single row starts from it."""

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # the schema is written without a user
            return self.model._default_manager.none()
        return self.rows(self.user).order_by(*self.ordering)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        patient = audit.patient_of(row)
        if self.audited and patient is not None and patient.user_id != self.user.pk:
            audit.record(actor=self.user, action="view", obj=row, patient=patient)
        return Response(self.get_serializer(row).data)

    def paginate_queryset(self, queryset: QuerySet[Any] | Any) -> list[Any] | None:
        page = super().paginate_queryset(queryset)
        if self.audited and page:
            ids = [patient.pk for row in page if (patient := audit.patient_of(row))]
            audit.record_list(actor=self.user, model=type(page[0]), patient_ids=ids)
        return page

    def _may_change(self, row: Model) -> None:
        """Whoever sees a row and may not write to it gets 403, whoever does not see it got 404 before."""
        patient = audit.patient_of(row)
        if patient is None or not Patient.objects.changeable_by(self.user).filter(pk=patient.pk).exists():
            raise PermissionDenied


@extend_schema_view(create=extend_schema(responses={201: serializers.PatientSerializer, 400: PROBLEM, 409: PROBLEM}))
class PatientViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, Read):
    """Patients whom you may see: of your care teams, of the clinic that you administer, or yourself."""

    model = Patient
    serializer_class = serializers.PatientSerializer
    filterset_class = filters.PatientFilter
    ordering = ("name", "pk")
    http_method_names = ["get", "post", "patch", "head", "options"]

    def rows(self, user: User) -> QuerySet[Patient]:
        return Patient.objects.visible_to(user).prefetch_related("care_teams")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        values = dict(serializer.validated_data)
        teams = values["care_teams"]
        serializer.instance = patients.create(organisation=teams[0].organisation, by=self.user, **values)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert isinstance(serializer.instance, Patient)
        self._may_change(serializer.instance)
        patients.edit(patient=serializer.instance, by=self.user, **serializer.validated_data)

    @extend_schema(
        parameters=[OpenApiParameter("episode", OpenApiTypes.UUID, description="Only what belongs to this episode.")],
        responses={(200, "application/fhir+json"): OpenApiTypes.OBJECT, 403: PROBLEM, 404: PROBLEM},
    )
    @action(detail=True, methods=["get"])
    def fhir(self, request: Request, *args: Any, **kwargs: Any) -> JsonResponse:
        """The record as a FHIR R4B Bundle; for staff, since it holds measurements that nobody explained yet."""
        patient = self.get_object()
        self._may_change(patient)
        wanted = request.query_params.get("episode")
        episode = fhir.episode_of(patient, wanted) if wanted else None
        audit.record(actor=self.user, action="export", obj=episode or patient, patient=patient)
        made = bundle.bundle(fhir.record_of(patient, episode))
        return JsonResponse(made, content_type=bundle.CONTENT_TYPE)


class EpisodeViewSet(mixins.CreateModelMixin, mixins.UpdateModelMixin, Read):
    """Palsies: side, cause and the first day, from which days since onset count."""

    model = Episode
    serializer_class = serializers.EpisodeSerializer
    filterset_class = filters.EpisodeFilter
    ordering = ("-onset_date", "pk")
    http_method_names = ["get", "post", "patch", "head", "options"]

    def rows(self, user: User) -> QuerySet[Episode]:
        return Episode.objects.filter(patient__in=Patient.objects.visible_to(user)).select_related("patient")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = patients.add_episode(by=self.user, **serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert isinstance(serializer.instance, Episode)
        self._may_change(serializer.instance)
        changes = {k: v for k, v in serializer.validated_data.items() if k != "patient"}  # an episode does not move
        patients.edit_episode(episode=serializer.instance, by=self.user, **changes)


class SessionViewSet(Read):
    """What was recorded on one occasion, and whether a clinician has reviewed it."""

    model = Session
    serializer_class = serializers.SessionSerializer
    filterset_class = filters.SessionFilter
    ordering = ("-recorded_at", "pk")

    def rows(self, user: User) -> QuerySet[Session]:
        return Session.objects.visible_to(user).select_related("patient")

    @extend_schema(request=None, responses=serializers.SessionSerializer)
    @action(detail=True, methods=["post"])
    def review(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The clinician has looked at this session."""
        session = self.get_object()
        if not Patient.objects.cared_for_by(self.user).filter(pk=session.patient_id).exists():
            raise PermissionDenied
        return Response(self.get_serializer(sessions.mark_reviewed(session=session, by=self.user)).data)


class VideoViewSet(Read):
    """Recordings, what is known of them, and the address that plays each."""

    model = Video
    serializer_class = serializers.VideoSerializer
    filterset_class = filters.VideoFilter
    parser_classes = [MultiPartParser]

    def rows(self, user: User) -> QuerySet[Video]:
        return Video.objects.visible_to(user).select_related("session__patient")

    @extend_schema(
        request={"multipart/form-data": serializers.UploadSerializer},
        responses={201: serializers.VideoSerializer} | dict.fromkeys((400, 409, 413, 429, 507), PROBLEM),
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a recording: it becomes a new session of the patient and is queued for analysis."""
        upload = serializers.UploadSerializer(data=request.data, context=self.get_serializer_context())
        upload.is_valid(raise_exception=True)
        video = videos.accept_upload(uploaded_by=self.user, **upload.validated_data)
        return Response(self.get_serializer(video).data, status=status.HTTP_201_CREATED)


class RunViewSet(Read):
    """Analyses of videos: state, progress and advice, no measurements."""

    model = AnalysisRun
    serializer_class = serializers.RunSerializer
    filterset_class = filters.RunFilter
    audited = False  # asked again and again while an analysis runs; states and advice, no measurements

    def rows(self, user: User) -> QuerySet[AnalysisRun]:
        return AnalysisRun.objects.visible_to(user).select_related("video__session__patient")

    @extend_schema(request=None, responses={201: serializers.RunSerializer, 400: PROBLEM, 403: PROBLEM})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new run beside one that failed or was refused."""
        run = self.get_object()
        self._may_change(run)
        again = runs.retry(run=run, by=self.user)
        return Response(self.get_serializer(again).data, status=status.HTTP_201_CREATED)


class AssessmentViewSet(Read):
    """What finished analyses measured; null where something was not measured."""

    model = Assessment
    filterset_class = filters.AssessmentFilter
    ordering = ("-recorded_at", "pk")

    def get_serializer_class(self) -> type[BaseSerializer[Assessment]]:
        return serializers.AssessmentDetailSerializer if self.action == "retrieve" else serializers.AssessmentSerializer

    def rows(self, user: User) -> QuerySet[Assessment]:
        found = Assessment.objects.open_to(user).select_related("patient")
        return found if self.action == "retrieve" else found.defer("report", "details")
