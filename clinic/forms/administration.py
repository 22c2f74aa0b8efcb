"""Forms of the administrator's pages. Rules are in the services; here are the fields and what may be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from clinic.models import CareTeam, Cohort, Organisation, Patient, Role, User
from clinic.models.care import Cause
from clinic.selectors import people
from clinic.selectors.audit import Filter, actions_of, actors_of

SIDES = [("", "Any"), ("left", "Left"), ("right", "Right"), ("both", "Both"), ("none", "None")]

if TYPE_CHECKING:
    _PatientChoice = forms.ModelChoiceField[Patient]
else:
    _PatientChoice = forms.ModelChoiceField


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RecordField(_PatientChoice):
    def label_from_instance(self, obj: Patient) -> str:
        return f"{obj.name} ({obj.record_number})"


class InvitationForm(forms.Form):
    role = forms.ChoiceField(label="Invite as", choices=Role.choices, initial=Role.CLINICIAN, widget=forms.RadioSelect)
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="The link is sent there. You see it here as well, once.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    care_team: forms.ModelChoiceField[CareTeam] = forms.ModelChoiceField(
        CareTeam.objects.none(), label="Care team", required=False, empty_label="None yet", help_text="For clinicians."
    )
    patient = RecordField(
        Patient.objects.none(),
        label="Patient’s record",
        required=False,
        empty_label="Choose a record",
        help_text="For patients: the record that they will see. Records with a log-in are not listed.",
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "care_team").queryset = organisation.care_teams.all()
        _choices(self, "patient").queryset = people.patients_without_login(organisation)

    def clean(self) -> dict[str, Any]:
        """What belongs to another role is not taken along; a patient needs a record."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("role") != Role.PATIENT:
            data["patient"] = None
        elif data.get("patient") is None and "patient" not in self.errors:
            self.add_error("patient", "Please choose the record of this patient.")
        if data.get("role") != Role.CLINICIAN:
            data["care_team"] = None
        return data


class AcceptForm(forms.Form):
    """For whom has no account yet."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label="Choose a password",
        help_text="At least ten characters. Three or four words are easy to remember and hard to guess.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords differ.")
        return again


class CareTeamForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    clinicians: forms.ModelMultipleChoiceField[User] = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Clinicians", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = User.objects.filter(memberships__organisation=organisation, memberships__role=Role.CLINICIAN)
        _choices(self, "clinicians").queryset = members


class CohortForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    cause = forms.ChoiceField(label="Cause", required=False, choices=[("", "Any"), *Cause.choices])
    side = forms.ChoiceField(label="Side of the palsy", required=False, choices=SIDES)
    onset_from = forms.DateField(label="First day of onset", required=False, widget=_day())
    onset_to = forms.DateField(label="Last day of onset", required=False, widget=_day())

    @classmethod
    def of(cls, cohort: Cohort) -> CohortForm:
        return cls(initial={name: getattr(cohort, name) for name in cls.base_fields})

    def fill(self, cohort: Cohort) -> Cohort:
        """Write what could be read into the cohort, which is not saved here."""
        for name, value in self.cleaned_data.items():
            setattr(cohort, name, value)
        return cohort


class AuditFilterForm(forms.Form):
    actor: forms.ModelChoiceField[User] = forms.ModelChoiceField(
        User.objects.none(), label="Who", required=False, empty_label="Anybody"
    )
    patient = RecordField(Patient.objects.none(), label="Patient", required=False, empty_label="Any")
    action = forms.ChoiceField(label="What", required=False)
    first_day = forms.DateField(label="From", required=False, widget=_day())
    last_day = forms.DateField(label="To", required=False, widget=_day())

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "actor").queryset = actors_of(organisation)
        _choices(self, "patient").queryset = organisation.patients.all()
        action = self.fields["action"]
        assert isinstance(action, forms.ChoiceField)
        action.choices = [("", "Anything"), *((name, name) for name in actions_of(organisation))]

    def chosen(self) -> Filter:
        """Fields that cannot be read count as not filled in; the page shows their errors."""
        self.is_valid()
        return Filter(**{name: value for name, value in self.cleaned_data.items() if value})


def _choices(form: forms.Form, name: str) -> forms.ModelChoiceField[Any]:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    return field
