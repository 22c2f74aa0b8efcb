"""What clinicians and patients write. The rules are in `clinic.services.notes` and `clinic.services.correspondence`."""

from __future__ import annotations

from django import forms

from clinic.services import correspondence, notes, releases


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class NoteForm(forms.Form):
    text = forms.CharField(label="New note", max_length=notes.LONGEST, widget=_area(3))


class CorrectionForm(forms.Form):
    text = forms.CharField(
        label="Corrected wording",
        max_length=notes.LONGEST,
        widget=_area(6),
        help_text="The wording before stays readable below the note.",
    )


class StrikeForm(forms.Form):
    because = forms.CharField(
        label="Why it does not hold", max_length=200, help_text="The note stays readable, struck through."
    )


class MessageForm(forms.Form):
    text = forms.CharField(label="Message", max_length=correspondence.LONGEST, widget=_area(3))


class ReleaseForm(forms.Form):
    words = forms.CharField(
        label="In your own words",
        max_length=releases.LONGEST,
        required=False,
        widget=_area(4),
        help_text="Stands above the summary. What it means for this person, and what to do until the next visit.",
    )
    assessment = forms.UUIDField(widget=forms.HiddenInput)
    baseline = forms.UUIDField(widget=forms.HiddenInput, required=False)
