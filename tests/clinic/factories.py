"""Rows for tests: each factory fills only what is required, and every name in them is invented."""

from __future__ import annotations

import hashlib
import tomllib
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.models import (
    AnalysisRun,
    Assessment,
    CareTeam,
    ClinicianGrade,
    Cohort,
    Consent,
    Correction,
    Episode,
    Invitation,
    Membership,
    Message,
    Note,
    NoteVersion,
    Organisation,
    Patient,
    QuestionnaireScore,
    Report,
    ResearchExport,
    Role,
    SavedFilter,
    Session,
    Still,
    TreatmentEvent,
    TrialRecording,
    User,
    Video,
    WeightsFile,
    WeightsTrial,
)
from clinic.models.care import ConsentPurpose
from clinic.models.results import RunState
from clinic.services.consents import TEXT_VERSIONS
from tests.clinic.tensors import card_bytes, tensor_bytes
from tests.tasks.reports import measured

PASSWORD = "a-long-pass-phrase"
ONSET = date(2026, 3, 1)

MP4_HEAD = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
WEBM_HEAD = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"


def mp4_bytes(size: int = 4096, seed: int | None = None) -> bytes:
    """Begins like a video and is none: enough for everything before the worker."""
    unique = uuid.uuid4().bytes if seed is None else seed.to_bytes(16, "big")
    return (MP4_HEAD + unique).ljust(size, b"\x00")


def upload(name: str = "clip.mp4", content: bytes | None = None, content_type: str = "video/mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, mp4_bytes() if content is None else content, content_type)


class Made(factory.django.DjangoModelFactory[Any]):
    class Meta:
        abstract = True
        skip_postgeneration_save = True


class OrganisationFactory(Made):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Clinic {n}")


class UserFactory(Made):
    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password(PASSWORD)


class MembershipFactory(Made):
    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.CLINICIAN


class CareTeamFactory(Made):
    class Meta:
        model = CareTeam

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Team {n}")


class InvitationFactory(Made):
    class Meta:
        model = Invitation

    organisation = factory.SubFactory(OrganisationFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.org")
    name = "Invited Person"
    role = Role.CLINICIAN


class PatientFactory(Made):
    class Meta:
        model = Patient

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Patient {n}")
    record_number = factory.Sequence(lambda n: f"R-{n:04}")


class ConsentFactory(Made):
    """To the analysis for the own care, under today's text."""

    class Meta:
        model = Consent

    patient = factory.SubFactory(PatientFactory)
    purpose = ConsentPurpose.CARE
    text_version = TEXT_VERSIONS[ConsentPurpose.CARE]


class EpisodeFactory(Made):
    class Meta:
        model = Episode

    patient = factory.SubFactory(PatientFactory)
    side = "left"
    onset_date = ONSET
    cause = "bell"


class TreatmentFactory(Made):
    class Meta:
        model = TreatmentEvent

    episode = factory.SubFactory(EpisodeFactory)
    kind = "therapy"
    started_on = ONSET + timedelta(days=14)


class SessionFactory(Made):
    class Meta:
        model = Session

    patient = factory.SubFactory(PatientFactory)
    recorded_at = factory.Sequence(lambda n: datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(hours=n % 500))


class VideoFactory(Made):
    """With a stored file of its own."""

    class Meta:
        model = Video
        exclude = ("content",)

    content = factory.LazyFunction(mp4_bytes)
    session = factory.SubFactory(SessionFactory)
    extension = ".mp4"
    file = factory.LazyAttribute(lambda made: ContentFile(made.content, "clip.mp4"))
    bytes = factory.LazyAttribute(lambda made: len(made.content))
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(made.content).hexdigest())


class RunFactory(Made):
    class Meta:
        model = AnalysisRun

    video = factory.SubFactory(VideoFactory)


class AssessmentFactory(Made):
    """Of a finished run, with its session's day."""

    class Meta:
        model = Assessment

    run = factory.SubFactory(RunFactory, state=RunState.DONE, attempt=1, progress=1.0)
    session = factory.LazyAttribute(lambda made: made.run.video.session)
    patient = factory.LazyAttribute(lambda made: made.session.patient)
    episode = factory.LazyAttribute(lambda made: made.session.episode)
    recorded_at = factory.LazyAttribute(lambda made: made.session.recorded_at)
    days_since_onset = factory.LazyAttribute(
        lambda made: made.episode.days_since_onset(made.recorded_at.date()) if made.episode else None
    )
    quality_score = 0.8
    hb_grade = 3
    hb_probabilities = [0.0, 0.2, 0.6, 0.2, 0.0, 0.0]
    brow_asymmetry = -0.4
    eye_asymmetry = -0.3
    mouth_asymmetry = -0.5
    method = "landmarks"
    report = factory.LazyFunction(lambda: measured().to_json())
    origin = factory.LazyFunction(dict)


class WeightsFactory(Made):
    """Of the fusion model, checked by a worker, not approved."""

    class Meta:
        model = WeightsFile
        exclude = ("raw",)

    raw = factory.Sequence(lambda n: tensor_bytes(fill=100 + n % 100))  # tests fill with less
    organisation = factory.SubFactory(OrganisationFactory)
    system = "fusion"
    name = factory.Sequence(lambda n: f"fusion-{n}")
    sha256 = factory.LazyAttribute(lambda made: hashlib.sha256(made.raw).hexdigest())
    file = factory.LazyAttribute(lambda made: ContentFile(made.raw, f"{made.sha256}.safetensors"))
    bytes = factory.LazyAttribute(lambda made: len(made.raw))
    card = factory.LazyAttribute(lambda made: tomllib.loads(card_bytes(made.raw, id=made.name).decode()))
    tensors = 2
    state = "ready"
    check_message = "Every tensor has its place (palsy)."


class TrialFactory(Made):
    class Meta:
        model = WeightsTrial

    weights = factory.SubFactory(WeightsFactory)


class TrialRecordingFactory(Made):
    class Meta:
        model = TrialRecording

    trial = factory.SubFactory(TrialFactory)
    video = factory.SubFactory(VideoFactory)


class CohortFactory(Made):
    class Meta:
        model = Cohort

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Cohort {n}")


class QuestionnaireScoreFactory(Made):
    """A FaCE total, every one on a day of its own."""

    class Meta:
        model = QuestionnaireScore

    patient = factory.SubFactory(PatientFactory)
    instrument = "face"
    answered_on = factory.Sequence(lambda n: ONSET + timedelta(days=7 + n % 200))
    score = 45.0


class NoteFactory(Made):
    class Meta:
        model = Note

    patient = factory.SubFactory(PatientFactory)


class NoteVersionFactory(Made):
    """A note with its first wording."""

    class Meta:
        model = NoteVersion

    note = factory.SubFactory(NoteFactory)
    author = factory.LazyAttribute(lambda made: made.note.author)
    text = factory.Sequence(lambda n: f"Note number {n}.")


class MessageFactory(Made):
    """From the clinic to the patient."""

    class Meta:
        model = Message

    patient = factory.SubFactory(PatientFactory)
    from_patient = False
    text = factory.Sequence(lambda n: f"Message number {n}.")


class SavedFilterFactory(Made):
    class Meta:
        model = SavedFilter

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Filter {n}")
    query = "side=left"


class GradeFactory(Made):
    """By hand, on eFACE: whoever has given it may still be asked for the other scales."""

    class Meta:
        model = ClinicianGrade

    session = factory.SubFactory(SessionFactory)
    patient = factory.LazyAttribute(lambda made: made.session.patient)
    episode = factory.LazyAttribute(lambda made: made.session.episode)
    rater = factory.SubFactory(UserFactory)
    scale = "eface"
    items = factory.LazyFunction(dict)
    value = 71.0
    blinded = True


class CorrectionFactory(Made):
    class Meta:
        model = Correction

    video = factory.SubFactory(VideoFactory)
    content = factory.LazyFunction(lambda: {"schema": "seventh.corrections/1"})


class StillFactory(Made):
    """With a stored picture of one pixel."""

    class Meta:
        model = Still

    video = factory.SubFactory(VideoFactory)
    time_ms = factory.Sequence(lambda n: 40 * n)
    file = factory.LazyFunction(lambda: ContentFile(b"\xff\xd8\xff\xd9", "still.jpg"))


PAPER = b"%PDF-1.4 plainly none"


class PaperFactory(Made):
    """Issued, with a stored file."""

    class Meta:
        abstract = True

    state = "issued"
    attempt = 1
    requested_by_name = "Carla Clinician"
    issued_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    bytes = len(PAPER)
    sha256 = hashlib.sha256(PAPER).hexdigest()
    file = factory.LazyFunction(lambda: ContentFile(PAPER, "paper.bin"))


class ReportFactory(PaperFactory):
    class Meta:
        model = Report

    patient = factory.SubFactory(PatientFactory)
    number = factory.Sequence(lambda n: n + 1)
    wording = "clinical"
    sections = ["summary", "charts"]


class ExportFactory(PaperFactory):
    class Meta:
        model = ResearchExport

    organisation = factory.SubFactory(OrganisationFactory)
    cohort = factory.SubFactory(CohortFactory, organisation=factory.SelfAttribute("..organisation"))
    cohort_name = "Cohort"
