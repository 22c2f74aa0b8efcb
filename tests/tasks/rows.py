"""Just enough rows for a run: one clinic, one patient, one session with a tiny file that is no video."""

from __future__ import annotations

from datetime import date

from django.core.files.base import ContentFile

from clinic.models import AnalysisRun, Consent, Episode, Organisation, Patient, Session, User, Video
from clinic.models.care import ConsentPurpose
from clinic.services.consents import TEXT_VERSIONS


def make_video(content: bytes = b"not a video") -> Video:
    clinic, _ = Organisation.objects.get_or_create(name="Test clinic")
    number = Patient.objects.count() + 1
    patient = Patient.objects.create(organisation=clinic, name=f"Test {number}", record_number=str(number))
    episode = Episode.objects.create(patient=patient, side="left", onset_date=date(2026, 1, 1), cause="bell")
    session = Session.objects.create(patient=patient, episode=episode)
    Consent.objects.create(patient=patient, purpose="care", text_version=TEXT_VERSIONS[ConsentPurpose.CARE])
    video = Video(session=session, extension=".mp4", bytes=len(content), sha256="0" * 64)
    video.file.save("ignored.mp4", ContentFile(content), save=False)
    video.save()
    return video


def make_run(**values: object) -> AnalysisRun:
    return AnalysisRun.objects.create(video=make_video(), **values)


def make_user(email: str = "person@example.org") -> User:
    return User.objects.create_user(email, "correct horse battery", name="Person")
