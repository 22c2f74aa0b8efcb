"""The one line a clinician reads first: grade now, direction, synkinesis, eye closure, and what to look at next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from clinic.charts import change, measures, words
from clinic.charts.rows import Course, CoursePoint, HandGrade, Statement
from clinic.comparison import Verdict

STALE_DAYS = 60  # without a new measurement after so long the course is not current
PLATEAU_DAYS = 120  # from when a palsy that does not change certainly is worth a second look
PLATEAU_GRADE = 3
HOUSE_BRACKMANN = "house_brackmann"


def headline(course: Course) -> tuple[str, ...]:
    """Sentences, the grade first; each says what is not known instead of leaving it out."""
    latest = course.latest
    if latest is None:
        return ("Nothing has been measured yet.",)
    parts = [grade_now(course, latest), direction(course), _synkinesis(course, latest), eye_closure(course, latest)]
    return tuple(f"{part[:1].upper()}{part[1:]}." for part in parts)


def grade_now(course: Course, latest: CoursePoint) -> str:
    """The clinician's grade where one is newer or as new: it is the record; else the estimate with its probability.

    Raters who differ are all named, unless one of them reviewed the session: theirs is then the record.
    """
    estimated = f"estimated House-Brackmann {words.graded(latest.grade, latest.probabilities)}"
    given = [g for g in course.hand_grades if g.scale == HOUSE_BRACKMANN]
    if not given:
        return f"{words.day(latest.on, course.onset)}: {estimated}"
    last = [g for g in given if g.url == given[-1].url]
    if last[0].on < latest.on:
        return f"{words.day(latest.on, course.onset)}: {estimated}; last graded by a clinician {_by_hand(course, last)}"
    return f"House-Brackmann {_by_hand(course, last)}; {estimated}"


def _by_hand(course: Course, given: Sequence[HandGrade]) -> str:
    """`given`: of one session."""
    on = words.day(given[0].on, course.onset)
    counting = [g for g in given if g.is_reviewers] or given
    if len({g.value for g in counting}) > 1:
        return f"raters differ on {on}, {words.listed([_graded_by(g) for g in counting])}"
    return f"{_graded_by(counting[-1])} on {on}"


def _graded_by(given: HandGrade) -> str:
    return f"{words.roman(int(given.value))} by {given.by}"


def direction(course: Course) -> str:
    """Since the first visit, and since the previous one where that is another."""
    found = change.headlines(course)
    if not found:
        return "one measured session, so nothing to compare with yet"
    parts = [f"since the first visit {_by_verdict(found, change.FIRST)}"]
    if len(course.points) > 2:
        parts.append(f"since the previous one {_by_verdict(found, change.PREVIOUS)}")
    return "; ".join(parts)


def _by_verdict(found: tuple[Statement, ...], reference: str) -> str:
    groups: dict[Verdict, list[str]] = {}
    for statement in found:
        if against := next((a for a in statement.against if reference in a.reference), None):
            groups.setdefault(against.verdict, []).append(statement.what[:1].lower() + statement.what[1:])
    certain = [f"{v.value}: {words.listed(groups[v])}" for v in (Verdict.BETTER, Verdict.WORSE) if v in groups]
    if certain:
        return ", ".join(certain)
    return "nothing changed beyond noise" if Verdict.WITHIN_NOISE in groups else "no change can be told"


def _synkinesis(course: Course, latest: CoursePoint) -> str:
    named = {measures.synkinesis(kind, side).name: (kind, side) for kind in measures.KINDS for side in measures.SIDES}
    now = {name: value for name in named if (value := latest.number(name).value) is not None}
    if not now:
        return "synkinesis not measured"
    found = sorted((name for name in now if name in latest.found), key=lambda name: -now[name])
    if not found:
        return "no synkinesis found"
    told = [f"{measures.KINDS[named[n][0]].lower()} on the {named[n][1]} ({now[n]:.2f})" for n in found[:2]]
    return f"synkinesis {words.listed(told)}"


def eye_closure(course: Course, latest: CoursePoint) -> str:
    if latest.open_eyes:
        return f"eye closure incomplete: {words.listed(latest.open_eyes)}"
    seen = [latest.number(measures.eye_gap(e, s).name).value for e in measures.EFFORTS for s in measures.SIDES]
    return "eye closure not measured" if all(value is None for value in seen) else "no eye stays open at effort"


def concern(course: Course, *, today: date | None = None) -> str:
    """The next thing to look at, most pressing first; empty when nothing stands out."""
    latest = course.latest
    if latest is None:
        return "A first recording is needed." if not course.unmeasured else "No recording could be measured yet."
    if latest.is_side_doubtful:
        return "The measured side contradicts the record: check it before reading left and right."
    if latest.open_eyes:
        return f"Eye protection: {words.listed(latest.open_eyes)}."
    return _worsening(course) or _waiting(course, latest, today) or _plateau(course, latest)


def _worsening(course: Course) -> str:
    found = change.headlines(course)
    for reference in (change.PREVIOUS, change.FIRST):
        worse = [s.what for s in found for a in s.against if reference in a.reference and a.verdict is Verdict.WORSE]
        if worse:
            return f"Worse since the {reference} visit: {words.listed(worse)}."
    return ""


def _waiting(course: Course, latest: CoursePoint, today: date | None) -> str:
    newer = [missed for missed in course.unmeasured if missed.on > latest.on]
    if newer:
        return f"The newest recording has no result: {max(newer, key=lambda missed: missed.on).why}"
    days = (today - latest.on).days if today else 0
    return f"No measurement for {days} days." if days > STALE_DAYS else ""


def _plateau(course: Course, latest: CoursePoint) -> str:
    if course.onset is None or latest.grade is None or latest.grade < PLATEAU_GRADE or len(course.points) < 2:
        return ""
    days = (latest.on - course.onset).days
    better = any(a.verdict is Verdict.BETTER for s in change.headlines(course) for a in s.against)
    if days < PLATEAU_DAYS or better:
        return ""
    return f"Grade {words.roman(latest.grade)} on day {days} without certain improvement: consider a second look."
