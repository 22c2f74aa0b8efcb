"""A recording as it is sent in, by the patient or for one."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from analysis.contracts import Mirrored
from clinic.services.videos import LONGEST_NOTE

MIRRORED_CHOICES = [
    (Mirrored.NO.value, "No, it looks as other people see me"),
    (Mirrored.YES.value, "Yes, it looks as in a mirror"),
    (Mirrored.UNKNOWN.value, "I do not know"),
]


class RecordingForm(forms.Form):
    """Size and content of the file are checked where it is taken in, see `clinic.services.videos`."""

    video = forms.FileField(
        label="Video",
        allow_empty_file=True,  # the service says what to do about an empty file
        error_messages={"required": "Please record or choose a video first."},
        widget=forms.FileInput(attrs={"accept": "video/*"}),
    )
    recorded_on = forms.DateField(
        label="Recorded on",
        help_text="Change this if you recorded on an earlier day.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    mirrored = forms.ChoiceField(
        label="Is the video mirrored?",
        help_text="Some front cameras save the picture as in a mirror: writing behind you then reads backwards.",
        choices=MIRRORED_CHOICES,
        initial=Mirrored.UNKNOWN.value,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="Anything you want to tell your clinic about it",
        help_text="For example: tired today, eye is dry, a new feeling in the cheek.",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["recorded_on"].initial = today
        self.fields["recorded_on"].widget.attrs["max"] = today.isoformat()

    def clean_recorded_on(self) -> date:
        day: date = self.cleaned_data["recorded_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("This day lies in the future.")
        return day

    @property
    def recorded_at(self) -> datetime:
        """Now for today's recording, noon for an earlier day."""
        day: date = self.cleaned_data["recorded_on"]
        if day == timezone.localdate():
            return timezone.now()
        return timezone.make_aware(datetime.combine(day, time(12)))
