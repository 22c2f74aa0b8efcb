"""Forms of the weights registry: a file with its card, a reason for a decision, recordings for a trial."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.models import Video
from clinic.services.trials import MOST_RECORDINGS


class WeightsForm(forms.Form):
    """What the files say is checked where they are taken in, see `clinic.services.weights`."""

    file = forms.FileField(
        label="Weights",
        help_text="A safetensors file. It holds numbers only, so nothing in it can run.",
        widget=forms.FileInput(attrs={"accept": ".safetensors"}),
    )
    card = forms.FileField(
        label="Card",
        help_text="The TOML file that was written beside it by the export command: what it was trained on, how it was "
        "tested, what it is for.",
        widget=forms.FileInput(attrs={"accept": ".toml"}),
    )


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label="Why", required=False, max_length=500, help_text="Kept with the decision.", widget=forms.TextInput
    )


class TrialForm(forms.Form):
    recordings = forms.MultipleChoiceField(
        label="Recordings",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Please choose at least one recording."},
    )

    def __init__(self, *args: Any, videos: list[Video], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["recordings"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(video.pk), _label(video)) for video in videos]
        field.initial = [str(video.pk) for video in videos[:5]]

    def clean_recordings(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["recordings"]
        if len(chosen) > MOST_RECORDINGS:
            raise forms.ValidationError(f"Please choose {MOST_RECORDINGS} recordings at most.")
        return chosen


def _label(video: Video) -> str:
    """By record number: an administrator needs no name to choose."""
    session = video.session
    return f"{session.patient.record_number}, {session.recorded_at.day} {session.recorded_at:%B %Y}"
