"""Filters of the list of patients, and what is asked around it. A part of an address that cannot be read means any."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from clinic.forms.patients import DayField, teams_offered_to
from clinic.models import CareTeam, User
from clinic.models.care import Cause
from clinic.selectors import flags
from clinic.selectors.worklist import Asked, Show

SIDES = [("left", "Left"), ("right", "Right"), ("both", "Both sides"), ("none", "None")]


class FilterForm(forms.Form):
    q = forms.CharField(label="Name or record number", max_length=80, required=False, widget=forms.TextInput)
    cause = forms.ChoiceField(choices=[("", "Any cause"), *Cause.choices], required=False)
    side = forms.ChoiceField(label="Affected side", choices=[("", "Any side"), *SIDES], required=False)
    team = forms.ModelChoiceField(
        label="Care team", queryset=CareTeam.objects.none(), required=False, empty_label="Any team"
    )
    onset_from = DayField(label="First day from", required=False)
    onset_to = DayField(label="First day until", required=False)
    show = forms.ChoiceField(choices=[(s.value, s.value) for s in Show], required=False, widget=forms.HiddenInput)
    flag = forms.ChoiceField(
        choices=[("", ""), *[(f.code, f.label) for f in flags.ORDER]], required=False, widget=forms.HiddenInput
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, auto_id="filter-%s")
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = teams_offered_to(user)

    def asked(self) -> Asked:
        self.is_valid()
        given: dict[str, Any] = dict(self.cleaned_data)
        team = given.get("team")
        return Asked(
            q=given.get("q") or "",
            show=Show(given.get("show") or Show.ALL),
            flag=given.get("flag") or "",
            cause=given.get("cause") or "",
            side=given.get("side") or "",
            team=team.pk if team else None,
            onset_from=given.get("onset_from"),
            onset_to=given.get("onset_to"),
        )


def asked_by(user: User, query: str) -> Asked:
    """The filters that a stored query names, so far as they still mean something."""
    return FilterForm(QueryDict(query), user=user).asked()


class SavedFilterForm(forms.Form):
    name = forms.CharField(max_length=60, label="Name of this filter")


class FollowUpForm(forms.Form):
    expected = forms.ChoiceField(
        label="Recordings",
        choices=[
            ("usual", "In the usual rhythm of this person, once there are four days with recordings"),
            ("planned", "As planned, every so many days"),
            ("none", "None are expected any more"),
        ],
        widget=forms.RadioSelect,
    )
    every_days = forms.IntegerField(
        label="Days from one recording to the next", min_value=1, max_value=730, required=False
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("expected") == "planned" and not given.get("every_days") and "every_days" not in self.errors:
            self.add_error("every_days", "Please say how many days.")
        return given
