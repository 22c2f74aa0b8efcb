"""What a chart is drawn from: frozen rows that a selector fills. No Django, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from analysis.contracts import Region
from clinic.comparison import Verdict, Visit

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Error:
    """Smallest change of one patient beyond repeat measurement (MDC95), in the plotted unit, and where it is from."""

    mdc95: float
    origin: str


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a session in the unit that is drawn; None with the reason, never 0."""

    value: float | None
    error: Error | None = None
    why: str = "not measured"

    @property
    def mdc95(self) -> float | None:
        return self.error.mdc95 if self.error else None


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """One measured session. Asymmetry in percent: positive when the left is stronger, None when not measured."""

    on: date
    url: str
    grade: int | None
    probabilities: tuple[float, ...] | None  # six, House-Brackmann I to VI
    asymmetry: dict[Region, float | None]
    errors: dict[Region, Error]
    origin: str  # how the movement was measured: method, weights, code; a change of it breaks the curve
    grade_origin: str  # the same for the grade
    numbers: Mapping[str, Value] = field(default_factory=dict)  # by measure, `name/left` where a side has its own
    taken: Visit = field(default_factory=lambda: Visit({}))  # under which circumstances, to compare visits
    found: frozenset[str] = frozenset()  # those of `numbers` that are strong enough to be called synkinesis
    open_eyes: tuple[str, ...] = ()  # flagged for safety, in words: "left eye 3.2 mm at gentle effort"
    is_side_doubtful: bool = False  # the measured side contradicts the record

    def number(self, name: str) -> Value:
        """By its name; an asymmetry is `brow_asymmetry` and so on, in percent."""
        if name.endswith("_asymmetry"):
            region = Region(name.removesuffix("_asymmetry"))
            return Value(self.asymmetry.get(region), self.errors.get(region))
        return self.numbers.get(name, Value(None))


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A session without numbers: refused, failed or still waiting."""

    on: date
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class Treatment:
    label: str
    kind: str
    started_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class HandGrade:
    """What one clinician gave one session by hand: the record."""

    on: date
    url: str
    scale: str  # house_brackmann, sunnybrook, eface
    value: float
    by: str
    is_blind: bool  # given without the machine's values in sight
    is_reviewers: bool = False  # given by who reviewed the session: it is the record also where raters differ


@dataclass(frozen=True, slots=True)
class Reported:
    """What the patient said: one questionnaire's score of one day, 0 (worst) to 100."""

    on: date
    key: str
    label: str
    score: float
    mdc95: float | None
    source: str  # of the error


@dataclass(frozen=True, slots=True)
class Recovery:
    """How others of the same clinic with the same cause recovered: per measure, bins of days with quartiles."""

    patients: int
    least: int  # patients a bin needs to be drawn
    cause: str
    bins: Mapping[str, tuple[RecoveryBin, ...]]  # hb_grade, brow_asymmetry (size, 0-100) ..., sunnybrook


@dataclass(frozen=True, slots=True)
class RecoveryBin:
    first_day: int
    end_day: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that the trend charts of one episode show, oldest first."""

    onset: date | None
    points: tuple[CoursePoint, ...]
    treatments: tuple[Treatment, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()
    side: str | None = None  # affected, by the record
    hand_grades: tuple[HandGrade, ...] = ()
    reported: tuple[Reported, ...] = ()
    recovery: Recovery | None = None

    @property
    def latest(self) -> CoursePoint | None:
        return self.points[-1] if self.points else None


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity of both sides over the frames of a video; None where it was not measured."""

    name: str
    label: str
    unit: str
    left: tuple[float | None, ...]
    right: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One exercise of the video, in seconds from the first frame."""

    number: int
    label: str
    start_s: float
    end_s: float
    apex_s: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    time_s: tuple[float, ...]
    signals: tuple[Signal, ...]
    spans: tuple[Span, ...]
    every: int = 1  # every how many frames one is kept, so that long videos stay light


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows: the action unit that follows. Columns: the one that is given. None: the given one was never active."""

    key: str
    title: str
    meaning: str
    names: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    is_difference: bool = False
    marked: frozenset[tuple[int, int]] = frozenset()  # (row, column) that count after threshold and mask


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers as the picture, for who cannot or does not want to read the picture."""

    headers: Row
    rows: tuple[Row, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Against:
    """The latest value against one earlier visit."""

    reference: str  # first, previous, best
    when: str
    then: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What may be said about the change of one number; `now` is its latest value in words."""

    what: str
    now: str
    against: tuple[Against, ...]

    @property
    def why_not(self) -> str:
        """The one reason for which no visit can be compared; empty when some can, or for several reasons."""
        reasons = {found.why for found in self.against}
        unknown = all(found.verdict is Verdict.CANNOT_TELL for found in self.against)
        return reasons.pop() if unknown and len(reasons) == 1 else ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with everything a page needs to show it to everybody."""

    key: str
    title: str
    figure: dict[str, object]  # plotly's data and layout; colours are `var(--name)`, resolved when drawn
    height: int  # pixels, reserved by the page before anything is drawn
    summary: str  # what the picture says, in a sentence
    table: Table
    notes: tuple[str, ...] = field(default=())
    statements: tuple[Statement, ...] = ()

    @property
    def script_id(self) -> str:
        return f"figure-{self.key}"
