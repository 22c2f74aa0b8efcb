"""What a report is drawn from: frozen rows that `clinic.selectors.letters` fills. No Django, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic.charts.rows import Course, CoursePoint, HandGrade, Statement
from clinic.letters.wording import Profile


@dataclass(frozen=True, slots=True)
class Head:
    """The letterhead."""

    heading: str
    address: tuple[str, ...]
    contact: str
    footer: str
    logo: str = ""  # stored name


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    record_number: str
    birth_date: date | None
    is_fictional: bool


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    cause: str
    side: str
    onset: date
    days: int  # since onset, when the report was made


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One sitting: its point of the course and its grades by hand, or why there is no point."""

    pk: UUID
    on: date
    day: int | None
    point: CoursePoint | None
    given: tuple[HandGrade, ...]  # several raters stay several
    why: str = ""  # there is no point
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame that is worth a picture: at rest, or where a movement is greatest."""

    label: str
    at_s: float


@dataclass(frozen=True, slots=True)
class StillSource:
    """The recording that pictures are taken from."""

    video_id: UUID
    on: date
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class ProvenanceRow:
    what: str
    told: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that one report says."""

    head: Head
    profile: Profile
    number: int
    replaces: int | None
    made_at: datetime
    made_by: str
    subject: Subject
    episode: EpisodeRow | None
    sections: tuple[str, ...]
    summary: str
    comment: str
    course: Course  # of the chosen sessions
    sessions: tuple[SessionRow, ...]  # oldest first
    changes: tuple[Statement, ...]
    stills: tuple[StillSource, ...]
    no_stills: str  # why there are none although they were asked for
    missing: tuple[tuple[str, str], ...]  # (what and when, why)
    provenance: tuple[ProvenanceRow, ...]
    code_version: str

    @property
    def is_course(self) -> bool:
        return len(self.sessions) > 1

    @property
    def title(self) -> str:
        return self.profile.title_course if self.is_course else self.profile.title_session

    @property
    def watermark(self) -> str:
        """What must be seen on every page."""
        if self.subject.is_fictional:
            return "FICTIONAL PATIENT"
        return "SYNTHETIC VIDEOS" if any(row.is_synthetic for row in self.sessions) else ""
