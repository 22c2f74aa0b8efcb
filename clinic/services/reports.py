"""Reports and the letterheads that they are written on: who asks for what, with which contents."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.db.models import Max

from clinic.errors import Refused, TooMany
from clinic.models import Episode, Letterhead, Organisation, Patient, Report, Session, User
from clinic.models.care import ConsentPurpose
from clinic.models.papers import PaperState, Wording
from clinic.services import audit, consents, papers

MOST_SESSIONS = 40  # a table and charts that still can be read on paper
MOST_OPEN = 5  # reports of one patient that wait at once
SECTIONS = {  # name -> what it is called on the form and in the report's list of contents
    "summary": "Summary in words",
    "charts": "Charts of the course",
    "table": "Table of all measurements",
    "changes": "Change since the first session, with its error",
    "treatments": "Treatments",
    "stills": "Pictures at rest and of each movement",
    "missing": "What was not measured, and why",
    "provenance": "How every number came about",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants in a report."""

    episode: Episode | None
    sessions: tuple[Session, ...]
    sections: tuple[str, ...]
    wording: str
    comment: str = ""
    replaces: Report | None = None


def may_show_images(patient: Patient) -> bool:
    """Whether the person has agreed, under the text that holds today, to pictures in reports."""
    version = consents.TEXT_VERSIONS[ConsentPurpose.IMAGES]
    return patient.consents.filter(purpose=ConsentPurpose.IMAGES, text_version=version, withdrawn_at=None).exists()


def sessions_to_choose(patient: Patient, episode: Episode | None) -> list[Session]:
    """Of one episode, newest first; those of no episode belong to every course."""
    found = patient.sessions.order_by("-recorded_at", "pk")
    return [s for s in found if episode is None or s.episode_id in (None, episode.pk)]


def request(*, patient: Patient, choice: Choice, by: User) -> Report:
    """A queued report with the next number, announced after commit. Raises Refused or TooMany in words."""
    _check(patient, choice)
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=patient.pk)  # two clicks at once: numbers are given one by one
        if patient.reports.filter(state__in=(PaperState.QUEUED, PaperState.MAKING)).count() >= MOST_OPEN:
            raise TooMany("reports_waiting", "Several reports about this patient are being made. Please wait for them.")
        last = patient.reports.aggregate(last=Max("number"))["last"] or 0
        report = Report.objects.create(
            patient=patient,
            episode=choice.episode,
            number=last + 1,
            replaces=choice.replaces,
            wording=choice.wording,
            sections=[name for name in SECTIONS if name in choice.sections],
            sessions=[str(session.pk) for session in choice.sessions],
            comment=choice.comment,
            requested_by=by,
            requested_by_name=by.name,
        )
        audit.record(actor=by, action="request report", obj=report, patient=patient)
        papers.announce(report)
    return report


def _check(patient: Patient, choice: Choice) -> None:
    if not choice.sessions:
        raise Refused("no_sessions", "Please choose at least one session.")
    if len(choice.sessions) > MOST_SESSIONS:
        raise Refused("too_many_sessions", f"A report holds at most {MOST_SESSIONS} sessions.")
    if any(session.patient_id != patient.pk for session in choice.sessions):
        raise Refused("foreign_session", "One of the sessions is not of this patient.")
    if not set(choice.sections) & set(SECTIONS) or choice.wording not in Wording.values:
        raise Refused("no_contents", "Please choose what the report holds.")
    if "stills" in choice.sections and not may_show_images(patient):
        raise Refused("no_image_consent", "The patient has not agreed to pictures in reports.")


def hand_out(*, report: Report, by: User) -> bytes:
    """The file as issued, and a note of who took it. Raises Missing."""
    content = papers.whole_file(report)
    audit.record(actor=by, action="download", obj=report, patient=report.patient)
    return content


def letterhead_of(organisation: Organisation) -> Letterhead:
    """What the clinic has set, else an unsaved one that says the clinic's name."""
    found = Letterhead.objects.filter(organisation=organisation).first()
    return found or Letterhead(organisation=organisation)


def save_letterhead(*, letterhead: Letterhead, logo: File[bytes] | None, without_logo: bool, by: User) -> Letterhead:
    """Reports that were issued keep the letterhead that they were issued with."""
    if logo is not None:
        letterhead.logo.save(f"{letterhead.organisation_id}{_picture_type(logo)}", logo, save=False)
    elif without_logo:
        letterhead.logo = ""
    with transaction.atomic():
        letterhead.save()
        audit.record(actor=by, action="change", obj=letterhead, organisation=letterhead.organisation)
    return letterhead


_SIGNATURES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}
LARGEST_LOGO = 500_000  # bytes


def _picture_type(logo: File[bytes]) -> str:
    """By content, never by name. The worker leaves out what it cannot decode."""
    if (logo.size or 0) > LARGEST_LOGO:
        raise Refused("logo_too_large", "The picture is larger than 500 kB.")
    head = logo.read(16)
    logo.seek(0)
    extension = next((kind for start, kind in _SIGNATURES.items() if head.startswith(start)), None)
    if extension is None:
        raise Refused("logo_unreadable", "The picture must be a PNG or JPEG file.")
    return extension


def chosen_sessions(report: Report) -> list[Session]:
    """The chosen sessions that still exist, oldest first."""
    ids = [UUID(text) for text in report.sessions]
    return list(report.patient.sessions.filter(pk__in=ids).select_related("episode").order_by("recorded_at", "pk"))
