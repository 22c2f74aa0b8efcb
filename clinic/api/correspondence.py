"""Notes and messages over the API, by the rules of the pages: notes are the team's, messages the patient's too."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.filters import OfPatient
from clinic.api.serializers import OwnPatients
from clinic.api.views import PROBLEM, Read
from clinic.models import Message, Note, Patient, User
from clinic.selectors import correspondence as reading
from clinic.services import correspondence, notes
from clinic.views.clinical import cares_for


class NoteFilter(OfPatient):
    written = filters.IsoDateTimeFromToRangeFilter(field_name="created_at")
    struck = filters.BooleanFilter(field_name="struck_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Note
        fields = ["patient", "written", "struck"]


class MessageFilter(OfPatient):
    sent = filters.IsoDateTimeFromToRangeFilter(field_name="created_at")
    unread = filters.BooleanFilter(method="filter_unread", label="Of the other side, and not yet read by you.")

    class Meta:
        model = Message
        fields = ["patient", "from_patient", "sent", "unread"]

    def filter_unread(self, rows: QuerySet[Message], _name: str, wanted: bool) -> QuerySet[Message]:
        unread = Message.objects.unread_by(self.request.user).values("pk")  # type: ignore[attr-defined]
        return rows.filter(pk__in=unread) if wanted else rows.exclude(pk__in=unread)


class WordingSerializer(serializers.Serializer[reading.Wording]):
    author = serializers.CharField()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class NoteSerializer(serializers.Serializer[Any]):
    """A note as it reads now; `earlier` are its wordings before, `struck` says by whom and why it does not hold."""

    id = serializers.UUIDField(source="pk", read_only=True)
    patient = serializers.UUIDField(read_only=True)
    author = serializers.CharField(read_only=True)
    is_own = serializers.BooleanField(read_only=True)
    written_at = serializers.DateTimeField(source="at", read_only=True)
    text = serializers.CharField(read_only=True)
    corrected_at = serializers.DateTimeField(read_only=True, allow_null=True)
    earlier = WordingSerializer(many=True, read_only=True)
    struck = WordingSerializer(read_only=True, allow_null=True)

    def to_representation(self, instance: Note) -> dict[str, Any]:
        return super().to_representation(reading.note_line(instance, self.context["request"].user))


class NewNoteSerializer(serializers.Serializer[Any]):
    patient = OwnPatients(scope="cared_for_by")
    text = serializers.CharField(max_length=notes.LONGEST)


class TextSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=notes.LONGEST)


class BecauseSerializer(serializers.Serializer[Any]):
    because = serializers.CharField(max_length=200)


class MessageSerializer(serializers.Serializer[Any]):
    """`read_by`: who has read it beside the author; patients learn that of their own messages alone."""

    id = serializers.UUIDField(source="pk", read_only=True)
    patient = serializers.UUIDField(read_only=True)
    author = serializers.CharField(read_only=True)
    from_patient = serializers.BooleanField(read_only=True)
    sent_at = serializers.DateTimeField(source="at", read_only=True)
    text = serializers.CharField(read_only=True)
    is_unread = serializers.BooleanField(read_only=True, help_text="By you.")
    read_by = serializers.ListField(child=serializers.CharField(), read_only=True)

    def to_representation(self, instance: Message) -> dict[str, Any]:
        return super().to_representation(reading.letter(instance, self.context["request"].user))


class NewMessageSerializer(serializers.Serializer[Any]):
    patient = OwnPatients(scope="visible_to")
    text = serializers.CharField(max_length=correspondence.LONGEST)


class ThreadSerializer(serializers.Serializer[Any]):
    patient = OwnPatients(scope="visible_to")


class ReadSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread until now.")


REFUSALS = {400: PROBLEM, 403: PROBLEM}


class NoteViewSet(Read):
    """Notes from clinicians for clinicians."""

    model = Note
    serializer_class = NoteSerializer
    filterset_class = NoteFilter

    def rows(self, user: User) -> QuerySet[Note]:
        return reading.note_rows(user)

    @extend_schema(request=NewNoteSerializer, responses={201: NoteSerializer, **REFUSALS})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new note; care teams write them, administrators do not."""
        values = _checked(NewNoteSerializer, self)
        if not cares_for(self.user, values["patient"]):
            raise PermissionDenied
        made = notes.add(by=self.user, **values)
        return self._shown(made, status.HTTP_201_CREATED)

    @extend_schema(request=TextSerializer, responses={200: NoteSerializer, 404: PROBLEM, 409: PROBLEM, **REFUSALS})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Another wording, by the author; the one before is kept."""
        note = self.get_object()
        return self._shown(notes.correct(note=note, by=self.user, **_checked(TextSerializer, self)))

    @extend_schema(request=BecauseSerializer, responses={200: NoteSerializer, 404: PROBLEM, 409: PROBLEM, **REFUSALS})
    @action(detail=True, methods=["post"])
    def strike(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The note does not hold any more; it stays readable."""
        note = self.get_object()
        return self._shown(notes.strike(note=note, by=self.user, **_checked(BecauseSerializer, self)))

    def _shown(self, note: Note, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=note.pk)).data, status=code)


class MessageViewSet(Read):
    """Messages between a patient and the care team."""

    model = Message
    serializer_class = MessageSerializer
    filterset_class = MessageFilter

    def rows(self, user: User) -> QuerySet[Message]:
        return reading.message_rows(user)

    @extend_schema(request=NewMessageSerializer, responses={201: MessageSerializer, **REFUSALS})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """From the patient to the care team, or from one of the team to the patient."""
        values = _checked(NewMessageSerializer, self)
        if self._is_patient(values["patient"]):
            made = correspondence.send_to_team(**values)
        else:
            made = correspondence.send_to_patient(by=self.user, **values)
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ThreadSerializer, responses={200: ReadSerializer, **REFUSALS})
    @action(detail=False, methods=["post"])
    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Mark what the other side wrote to or about this patient as read. Fetching alone marks nothing."""
        patient = _checked(ThreadSerializer, self)["patient"]
        self._is_patient(patient)
        return Response({"read": correspondence.mark_read(patient=patient, by=self.user)})

    def _is_patient(self, patient: Patient) -> bool:
        """Whether it is the own thread. Raises PermissionDenied for who is neither the patient nor of the team."""
        if patient.user_id == self.user.pk:
            return True
        if not cares_for(self.user, patient):
            raise PermissionDenied
        return False


def _checked(kind: type[serializers.Serializer[Any]], view: Read) -> dict[str, Any]:
    asked = kind(data=view.request.data, context=view.get_serializer_context())
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
