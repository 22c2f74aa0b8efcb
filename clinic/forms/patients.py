"""What clinicians write down about a patient. The rules are in `clinic.services.patients`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from analysis.contracts import AffectedSide, Mirrored
from clinic.forms.upload import RecordingForm
from clinic.models import CareTeam, Organisation, Patient, Role, User
from clinic.models.care import Cause, TreatmentKind


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class PastDayField(DayField):
    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and day > timezone.localdate():
            raise forms.ValidationError("This day lies in the future.")
        return day


class PatientForm(forms.Form):
    name = forms.CharField(max_length=120)
    record_number = forms.CharField(max_length=40, help_text="The clinic's own number for this person.")
    birth_date = PastDayField(required=False)
    care_teams = forms.ModelMultipleChoiceField(
        queryset=CareTeam.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Clinicians of these teams see this person.",
    )

    def __init__(self, *args: Any, user: User, patient: Patient | None = None, **kwargs: Any) -> None:
        if patient is not None:
            kwargs.setdefault("initial", _initial(patient))
        super().__init__(*args, **kwargs)
        teams = teams_offered_to(user)
        if patient is not None:
            teams = teams.filter(organisation=patient.organisation_id)
        field = self.fields["care_teams"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = teams
        if patient is None and len(offered := list(teams[:2])) == 1:
            field.initial = [offered[0].pk]

    def clean_care_teams(self) -> list[CareTeam]:
        teams = list(self.cleaned_data["care_teams"])
        if len({team.organisation_id for team in teams}) > 1:
            raise forms.ValidationError("Please choose care teams of one clinic only.")
        return teams


class EpisodeForm(forms.Form):
    cause = forms.ChoiceField(choices=Cause.choices)
    side = forms.ChoiceField(
        label="Affected side",
        help_text="The patient's own left and right.",
        choices=[
            (AffectedSide.LEFT.value, "Left"),
            (AffectedSide.RIGHT.value, "Right"),
            (AffectedSide.BOTH.value, "Both sides"),
            (AffectedSide.NONE.value, "None (healthy volunteer)"),
        ],
    )
    onset_date = PastDayField(label="First day", help_text="Days since onset count from here.")
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))


class TreatmentForm(forms.Form):
    kind = forms.ChoiceField(label="Treatment", choices=TreatmentKind.choices)
    label = forms.CharField(
        label="Name on the charts", max_length=120, required=False, help_text="For example: prednisolone 60 mg."
    )
    started_on = DayField(label="From")
    ended_on = DayField(label="Until", required=False, help_text="Empty: one day, or still going on.")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("ended_on") and given.get("started_on") and given["ended_on"] < given["started_on"]:
            self.add_error("ended_on", "This day is before the first one.")
        return given


STAFF_MIRRORED_CHOICES = [
    (Mirrored.NO.value, "No, it shows the patient as others see them"),
    (Mirrored.YES.value, "Yes, it shows the patient as in a mirror"),
    (Mirrored.UNKNOWN.value, "Not known"),
]


class StaffRecordingForm(RecordingForm):
    """A recording that the clinic has: the same questions, asked of a clinician."""

    consent = forms.BooleanField(
        label="The patient has agreed to the analysis on paper",
        help_text="There is no agreement through the patient's own log-in.",
    )

    def __init__(self, *args: Any, has_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mirrored = self.fields["mirrored"]
        assert isinstance(mirrored, forms.ChoiceField)
        mirrored.choices = STAFF_MIRRORED_CHOICES
        self.fields["note"].label, self.fields["note"].help_text = "Note", "What the patient said about this recording."
        self.fields["recorded_on"].help_text = "Decides where the session lies on the charts."
        if has_consent:
            del self.fields["consent"]


def teams_offered_to(user: User) -> Any:
    """The own teams; for administrators all teams of the clinic."""
    administered = Organisation.objects.with_member(user, Role.ADMINISTRATOR)
    practised = Organisation.objects.with_member(user, Role.CLINICIAN)
    own = CareTeam.objects.filter(clinicians=user, organisation__in=practised).values("pk")
    return CareTeam.objects.filter(Q(pk__in=own) | Q(organisation__in=administered)).select_related("organisation")


def _initial(patient: Patient) -> dict[str, Any]:
    return {
        "name": patient.name,
        "record_number": patient.record_number,
        "birth_date": patient.birth_date,
        "care_teams": [team.pk for team in patient.care_teams.all()],
    }
