"""What a clinician chooses for a report, and what an administrator writes on the letterhead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from clinic.letters.wording import profile
from clinic.models import Episode, Letterhead, Report, Session
from clinic.models.papers import Wording
from clinic.selectors import courses
from clinic.services.reports import SECTIONS, Choice
from clinic.templatetags.quantities import plain_date


def _session_label(session: Session, episode: Episode | None) -> str:
    on = courses.day_of(session.recorded_at)
    return plain_date(on) if episode is None else f"{plain_date(on)}, day {episode.days_since_onset(on)}"


class ReportForm(forms.Form):
    sessions = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        help_text="One session makes a report of that session, several a course.",
        error_messages={"required": "Please choose at least one session."},
    )
    wording = forms.ChoiceField(label="Wording", widget=forms.RadioSelect)
    sections = forms.MultipleChoiceField(
        label="Contents",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Please choose what the report holds."},
    )
    comment = forms.CharField(
        label="Your comment",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Stands under the summary, as you write it.",
    )

    def __init__(
        self,
        *args: Any,
        episode: Episode | None,
        sessions: Sequence[Session],
        may_show_images: bool,
        replaces: Report | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.episode, self.replaces = episode, replaces
        self.offered = {str(session.pk): session for session in sessions}
        labels = [(pk, _session_label(session, episode)) for pk, session in self.offered.items()]
        self._choices("sessions", labels)
        self._choices("wording", [(key, f"{profile(key).name}. {profile(key).about}") for key in Wording.values])
        self._choices("sections", [(k, v) for k, v in SECTIONS.items() if k != "stills" or may_show_images])
        if not may_show_images:
            self.fields["sections"].help_text = "Pictures: the patient has not agreed to them in reports."

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def choice(self) -> Choice:
        """Of a valid form."""
        given = self.cleaned_data
        return Choice(
            episode=self.episode,
            sessions=tuple(self.offered[pk] for pk in given["sessions"]),
            sections=tuple(given["sections"]),
            wording=given["wording"],
            comment=given["comment"].strip(),
            replaces=self.replaces,
        )


class LetterheadForm(forms.Form):
    heading = forms.CharField(
        label="Name on the letterhead", max_length=120, required=False, help_text="Empty: the name of the clinic."
    )
    address = forms.CharField(
        max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="At most five lines."
    )
    contact = forms.CharField(max_length=200, required=False, help_text="Telephone, e-mail.")
    footer = forms.CharField(label="Line at the foot", max_length=200, required=False)
    wording = forms.ChoiceField(
        label="Wording that is offered first", choices=Wording.choices, widget=forms.RadioSelect
    )
    logo = forms.FileField(
        required=False,
        help_text="PNG or JPEG, at most 500 kB. It is printed 15 mm high at most.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    without_logo = forms.BooleanField(label="Print no logo from now on", required=False)

    def __init__(self, *args: Any, letterhead: Letterhead, **kwargs: Any) -> None:
        names = ("heading", "address", "contact", "footer", "wording")
        kwargs.setdefault("initial", {name: getattr(letterhead, name) for name in names})
        super().__init__(*args, **kwargs)
        if not letterhead.logo:
            del self.fields["without_logo"]

    def clean_address(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["address"].splitlines() if line.strip()]
        if len(lines) > 5:
            raise forms.ValidationError("An address has at most five lines.")
        return "\n".join(lines)

    def fill(self, letterhead: Letterhead) -> Letterhead:
        for name in ("heading", "address", "contact", "footer", "wording"):
            setattr(letterhead, name, self.cleaned_data[name])
        return letterhead


class ExportForm(forms.Form):
    purpose = forms.CharField(
        label="What it is for", max_length=200, help_text="Stands in the manifest: the study, the ethics vote."
    )
