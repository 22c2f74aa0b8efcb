"""What clinicians set on the course of a patient: the rest reference, and scores of questionnaires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from clinic.forms.patients import PastDayField
from clinic.models import Patient, PinnedRest, Session
from clinic.models.questionnaires import Instrument

if TYPE_CHECKING:
    _SessionChoice = forms.ModelChoiceField[Session]
else:
    _SessionChoice = forms.ModelChoiceField


class _SessionField(_SessionChoice):
    def label_from_instance(self, obj: Session) -> str:
        on = timezone.localtime(obj.recorded_at).date()
        day = f", day {obj.episode.days_since_onset(on)}" if obj.episode else ""
        return f"{on.day} {on:%b %Y}{day}{'' if obj.reviewed_at else ' (not reviewed)'}"


class RestForm(forms.Form):
    """Sessions with a result, oldest first: the first accepted one is the usual choice."""

    session = _SessionField(
        label="Measure against the rest of",
        queryset=Session.objects.none(),
        required=False,
        empty_label="each video's own rest alone",
        help_text="A session in which the face was at rest and the head straight, usually the first accepted one.",
    )
    again = forms.BooleanField(
        label="Measure all sessions of this patient again",
        required=False,
        help_text="Else only new recordings are measured against it. The numbers of today stay until then.",
    )

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        pinned = PinnedRest.objects.filter(patient=patient).first()
        kwargs.setdefault("initial", {"session": pinned.session_id if pinned else None})
        super().__init__(*args, **kwargs)
        field = self.fields["session"]
        assert isinstance(field, forms.ModelChoiceField)
        measured = patient.sessions.filter(assessments__is_current=True).distinct()
        field.queryset = measured.select_related("episode").order_by("recorded_at", "pk")


class QuestionnaireForm(forms.Form):
    instrument = forms.ChoiceField(label="Questionnaire", choices=Instrument.choices)
    answered_on = PastDayField(label="Answered on")
    score = forms.FloatField(
        min_value=0,
        max_value=100,
        help_text="As the instrument's own scoring gives it: 0 worst, 100 best.",
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )
