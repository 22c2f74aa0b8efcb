"""Notes and messages of one patient, as the care team and the patient read them. A constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from clinic.models import FollowUp, Message, MessageRead, Note, NoteVersion, Patient, Release, Session, User

MOST = 200  # notes or messages on one page, the newest
SHOWN = 6  # sessions named on the patient page


@dataclass(frozen=True, slots=True)
class Wording:
    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    pk: UUID
    patient: UUID
    author: str
    at: datetime
    text: str
    earlier: tuple[Wording, ...]  # older wordings, newest first
    corrected_at: datetime | None
    struck: Wording | None  # by whom, when, why
    is_own: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the thread."""

    pk: UUID
    patient: UUID
    author: str
    from_patient: bool
    is_own_side: bool
    at: datetime
    text: str
    is_unread: bool  # by the person who looks
    read_by: tuple[str, ...]  # of the other side, for what the own side wrote


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    session: UUID
    recorded_at: datetime
    released_at: datetime | None
    released_by: str
    reviewed_at: datetime | None
    is_measured: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What the care team does for one patient beside reading the course."""

    notes: tuple[NoteLine, ...]  # newest first
    letters: tuple[Letter, ...]  # oldest first
    unread: int
    sessions: tuple[ReleaseLine, ...]  # newest first, at most SHOWN
    to_review: tuple[ReleaseLine, ...]  # those that nobody has reviewed, newest first
    hidden: int  # sessions beyond SHOWN
    expected: FollowUp | None
    can_write: bool  # the patient has a log-in

    @property
    def unreviewed(self) -> int:
        return len(self.to_review)


def desk(*, patient: Patient, user: User) -> Desk:
    letters = thread(patient=patient, user=user)
    sessions = _sessions(patient)
    return Desk(
        notes=notes(patient=patient, user=user),
        letters=letters,
        unread=sum(letter.is_unread for letter in letters),
        sessions=sessions[:SHOWN],
        to_review=tuple(line for line in sessions if line.reviewed_at is None),
        hidden=max(len(sessions) - SHOWN, 0),
        expected=FollowUp.objects.filter(patient=patient).first(),
        can_write=patient.user_id is not None,
    )


def note_rows(user: User) -> QuerySet[Note]:
    """Notes that this person may read, with what `note_line` needs of each."""
    versions = Prefetch("versions", NoteVersion.objects.select_related("author").order_by("-created_at"))
    rows = Note.objects.readable_by(user).select_related("patient", "author", "struck_by")
    return rows.prefetch_related(versions)


def message_rows(user: User) -> QuerySet[Message]:
    """Messages that this person may read, with what `letter` needs of each."""
    reads = Prefetch("reads", MessageRead.objects.select_related("reader").order_by("created_at"))
    return Message.objects.readable_by(user).select_related("patient", "author").prefetch_related(reads)


def notes(*, patient: Patient, user: User) -> tuple[NoteLine, ...]:
    rows = note_rows(user).filter(patient=patient).order_by("-created_at")
    return tuple(note_line(row, user) for row in rows[:MOST])


def thread(*, patient: Patient, user: User) -> tuple[Letter, ...]:
    newest = message_rows(user).filter(patient=patient).order_by("-created_at")[:MOST]
    return tuple(letter(row, user) for row in reversed(newest))


def unread_count(*, user: User) -> int:
    return Message.objects.unread_by(user).distinct().count()


def note_line(row: Note, user: User) -> NoteLine:
    wordings = [Wording(_name(v.author), v.created_at, v.text) for v in row.versions.all()]
    struck = Wording(_name(row.struck_by), row.struck_at, row.struck_because) if row.struck_at else None
    return NoteLine(
        pk=row.pk,
        patient=row.patient_id,
        author=_name(row.author),
        at=row.created_at,
        text=wordings[0].text,
        earlier=tuple(wordings[1:]),
        corrected_at=wordings[0].at if len(wordings) > 1 else None,
        struck=struck,
        is_own=row.author_id == user.pk,
    )


def letter(row: Message, user: User) -> Letter:
    is_patient = row.patient.user_id == user.pk
    own_side = row.from_patient == is_patient
    reads = [read for read in row.reads.all() if read.reader_id != row.author_id]
    return Letter(
        pk=row.pk,
        patient=row.patient_id,
        author=_name(row.author),
        from_patient=row.from_patient,
        is_own_side=own_side,
        at=row.created_at,
        text=row.text,
        is_unread=not own_side and all(read.reader_id != user.pk for read in reads),
        read_by=tuple(_name(read.reader) for read in reads) if own_side or not is_patient else (),
    )


def _sessions(patient: Patient) -> tuple[ReleaseLine, ...]:
    """Every session, newest first."""
    held = Prefetch(
        "releases", Release.objects.filter(withdrawn_at=None).select_related("released_by"), "open_releases"
    )
    rows = Session.objects.filter(patient=patient).only("id", "recorded_at", "reviewed_at").order_by("-recorded_at")
    measured = set(patient.assessments.filter(is_current=True).values_list("session_id", flat=True))
    return tuple(_session(row, row.pk in measured) for row in rows.prefetch_related(held))


def _session(row: Session, is_measured: bool) -> ReleaseLine:
    released: Release | None = next(iter(row.open_releases), None)  # type: ignore[attr-defined]
    return ReleaseLine(
        session=row.pk,
        recorded_at=row.recorded_at,
        released_at=released.created_at if released else None,
        released_by=_name(released.released_by) if released else "",
        reviewed_at=row.reviewed_at,
        is_measured=is_measured,
    )


def _name(user: User | None) -> str:
    return str(user) if user else "a former member"
