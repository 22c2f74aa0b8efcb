"""Two sessions of one patient side by side: what is shown of each, and what may be said about the change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from analysis.contracts import Exercise, Region
from clinic.charts import change, compared, measures, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Course, CoursePoint, Statement
from clinic.comparison import Verdict, incomparable
from clinic.models import AnalysisRun, Assessment, Patient, Session, Video
from clinic.selectors import courses, further, landmarks
from clinic.selectors.series import CURVES

FIELDS = (*further.FIELDS, "run_id")


@dataclass(frozen=True, slots=True)
class Choice:
    """One session to choose from."""

    pk: UUID
    label: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What is shown of one of the two."""

    letter: str
    session: Session
    when: str
    video: Video | None
    run: AnalysisRun | None
    point: CoursePoint | None
    segments: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """The same exercise in both, the same repetition of it."""

    number: int
    label: str
    a: str  # onset, apex and offset in seconds, as numbers that every language reads
    b: str
    unit: str  # the curve to show first


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    a: str
    b: str
    difference: str
    mdc95: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: tuple[Line, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class ComparePage:
    choices: tuple[Choice, ...]  # newest first
    visits: tuple[Visit, ...]  # the earlier one first; one alone where there is but one, none at all
    pairs: tuple[Pair, ...]
    groups: tuple[Group, ...]
    reasons: tuple[str, ...]  # why no number of the two can be compared; empty when they can

    @property
    def frame_values(self) -> tuple[tuple[str, str], ...]:
        """What the player can tell of single frames, with its name."""
        return tuple((name, CURVES[name]) for name in landmarks.SHOWN)

    @property
    def a(self) -> Visit | None:
        return self.visits[0] if len(self.visits) == 2 else None

    @property
    def b(self) -> Visit | None:
        return self.visits[1] if len(self.visits) == 2 else None


def page(*, patient: Patient, a: UUID | None, b: UUID | None) -> ComparePage:
    """The two named sessions, the earlier one first; else the latest measured one and the one before it."""
    sessions = list(patient.sessions.select_related("episode").order_by("recorded_at", "pk"))
    grades = dict(_current(patient).values_list("session_id", "hb_grade"))
    chosen = _chosen(sessions, grades, a, b)
    rows = {row["session_id"]: row for row in _current(patient).filter(session__in=chosen).values(*FIELDS)}
    recorded = _recordings(chosen, rows)
    visits = [_visit("AB"[i], s, rows.get(s.pk), *recorded[i]) for i, s in enumerate(chosen)]
    one, other = visits if len(visits) == 2 else (None, None)
    return ComparePage(
        choices=tuple(_choice(s, grades) for s in reversed(sessions)),
        visits=tuple(visits),
        pairs=tuple(_pairs(one, other)) if one and other else (),
        groups=_groups(one, other, rows) if one and other else (),
        reasons=_reasons(one, other) if one and other else (),
    )


def _current(patient: Patient) -> QuerySet[Assessment]:
    """Oldest first, so that of two results of one session the newer one stays in a dict."""
    return courses.current(Assessment.objects.filter(patient=patient))


def _chosen(
    sessions: Sequence[Session], measured: Collection[UUID], a: UUID | None, b: UUID | None
) -> tuple[Session, ...]:
    """In the order of their days; one alone where there is but one."""
    if len(sessions) < 2:
        return tuple(sessions)
    place = {s.pk: i for i, s in enumerate(sessions)}
    usable = [i for i, s in enumerate(sessions) if s.pk in measured]
    later = place.get(b) if b else None
    earlier = place.get(a) if a and a != b else None
    if later is None:
        later = _last_but(earlier, usable, len(sessions))
    if earlier is None:
        before = [i for i in usable if i < later]
        earlier = before[-1] if before else _last_but(later, [i for i in usable if i > later], len(sessions))
    return tuple(sessions[i] for i in sorted((earlier, later)))


def _last_but(one: int | None, preferred: Sequence[int], count: int) -> int:
    return max((i for i in preferred if i != one), default=max(i for i in range(count) if i != one))


def _recordings(
    chosen: Sequence[Session], rows: Mapping[UUID, Mapping[str, Any]]
) -> list[tuple[Video | None, AnalysisRun | None]]:
    """The measured video with its run; where nothing was measured, the newest video alone."""
    wanted = [row["run_id"] for row in rows.values()]
    runs = {run.video.session_id: run for run in AnalysisRun.objects.filter(pk__in=wanted).select_related("video")}
    newest = {v.session_id: v for v in Video.objects.filter(session__in=chosen).order_by("created_at")}
    return [(runs[s.pk].video if s.pk in runs else newest.get(s.pk), runs.get(s.pk)) for s in chosen]


def _visit(
    letter: str, session: Session, row: Mapping[str, Any] | None, video: Video | None, run: AnalysisRun | None
) -> Visit:
    episode = session.episode
    return Visit(
        letter=letter,
        session=session,
        when=_when(session.recorded_at, session),
        video=video,
        run=run,
        point=further.point(row, episode.side if episode else None) if row else None,
        segments=tuple((row or {}).get("report__segments") or ()),
    )


def _when(moment: datetime, session: Session) -> str:
    return words.day(courses.day_of(moment), session.episode.onset_date if session.episode else None)


def _choice(session: Session, grades: Mapping[UUID, int | None]) -> Choice:
    told = words.graded(grades[session.pk], None) if session.pk in grades else "not measured"
    return Choice(session.pk, f"{_when(session.recorded_at, session)}, {told}")


# --- the same exercise in both ---


def _pairs(a: Visit, b: Visit) -> Iterator[Pair]:
    """In the order of A."""
    theirs = _repetitions(b)
    number = 0
    for key, one in _repetitions(a).items():
        if (other := theirs.get(key)) is None:
            continue
        number += 1
        exercise, repetition = key
        again = f" ({repetition})" if repetition > 1 else ""
        yield Pair(number, words.exercise(exercise) + again, _times(one), _times(other), compared.main_unit(exercise))


def _repetitions(visit: Visit) -> dict[tuple[str, int], Mapping[str, Any]]:
    """By exercise and which time it was done."""
    found: dict[tuple[str, int], Mapping[str, Any]] = {}
    for segment in visit.segments:
        if (exercise := segment["exercise"]) != Exercise.REST:
            times = sum(name == exercise for name, _ in found)
            found[exercise, times + 1] = segment
    return found


def _times(segment: Mapping[str, Any]) -> str:
    """An exercise without an apex is stretched as a whole."""
    start, end, apex = segment["start_s"], segment["end_s"], segment.get("apex_s")
    inside = apex is not None and start < apex < end
    return f"{start:.3f} {apex if inside else (start + end) / 2:.3f} {end:.3f}"


# --- what may be said about the change: the rules are those of the patient page ---


def _reasons(a: Visit, b: Visit) -> tuple[str, ...]:
    if a.point is None or b.point is None:
        return ()
    return tuple(reason.value for reason in incomparable(a.point.taken, b.point.taken))


def _groups(a: Visit, b: Visit, rows: Mapping[UUID, Mapping[str, Any]]) -> tuple[Group, ...]:
    if a.point is None or b.point is None:
        return ()
    both = Course(onset=None, points=(a.point, b.point))
    first = [_of_grade(both), *_lines(both, _headline(both))]
    stored = [rows[visit.session.pk] for visit in (a, b)]
    return (
        Group("Grade, regions and eyes", tuple(first), True),
        Group("Movement in each half", tuple(_lines(both, further.moved(stored))), False),
        Group("The face at rest, left against right", tuple(_lines(both, further.resting(stored))), False),
        Group("Share of each exercise that a half achieves", tuple(_lines(both, further.shares(stored))), False),
    )


def _headline(both: Course) -> list[Measure]:
    eyes = [measures.eye_gap(effort, side) for effort in measures.EFFORTS for side in measures.SIDES]
    kinds = [measures.synkinesis(kind, side) for kind in measures.kinds_measured(both) for side in measures.SIDES]
    return [*(measures.region(region) for region in Region), measures.sunnybrook(), *eyes, *kinds]


def _of_grade(both: Course) -> Line:
    told = change.of_grade(both)
    return _line(told, difference="", mdc95="")


def _lines(both: Course, chosen: Sequence[Measure]) -> Iterator[Line]:
    for measure, told in zip(chosen, change.of(both, chosen), strict=True):
        yield _line(told, difference=_difference(both, measure), mdc95=_mdc95(both, measure))


def _line(told: Statement, *, difference: str, mdc95: str) -> Line:
    against = told.against[0]  # of two visits there is but one earlier
    return Line(told.what, against.then, told.now, difference, mdc95, against.verdict, against.why)


ACROSS = ", across the middle"
IN_WORDS = "_asymmetry"  # written "left 40 % less": the difference is one of that size, not of the index' sign


def _difference(both: Course, measure: Measure) -> str:
    before, after = (point.number(measure.name).value for point in both.points)
    if before is None or after is None:
        return ""
    amount = measure.amount(after - before)
    if amount == measure.amount(0.0):
        return amount
    if measure.name.endswith(IN_WORDS):
        if before * after < 0:
            return f"{amount}{ACROSS}"
        before, after = abs(before), abs(after)
    signed = f"{'+' if after > before else words.MINUS}{amount}"
    # Loss of tone that became hypertonicity looks like little asymmetry in both visits: only the sign tells.
    return f"{signed}{ACROSS}" if measure.name.endswith(further.AT_REST) and before * after < 0 else signed


def _mdc95(both: Course, measure: Measure) -> str:
    known = [m for point in both.points if (m := point.number(measure.name).mdc95) is not None]
    return f"±{measure.amount(max(known))}" if known else ""
