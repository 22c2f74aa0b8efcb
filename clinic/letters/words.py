"""What a report says in words and tables: pure functions of its rows and its wording profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.contracts import Region
from clinic.charts import measures, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Course, CoursePoint, HandGrade, Statement
from clinic.letters.rows import EpisodeRow, SessionRow
from clinic.letters.wording import Profile

HOUSE_BRACKMANN = "house_brackmann"
DASH = "\N{EN DASH}"
FIRST = "first"


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of the table: `cells` one a session, in the order of the sessions."""

    name: str
    unit: str
    mdc95: str
    change: str
    cells: tuple[str, ...]


def long_day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def summary(
    profile: Profile,
    episode: EpisodeRow | None,
    sessions: Sequence[SessionRow],
    course: Course,
    changes: Sequence[Statement],
) -> str:
    """One paragraph: what it is about, the grades, the regions, the change, eye closure and synkinesis."""
    parts = [
        _about(profile, episode),
        _span(profile, sessions),
        _given(profile, sessions),
        *_sides(profile, sessions),
        *(_estimated(profile, course) if course.points else []),
        *(_latest(profile, course.points[-1]) if course.points else []),
        _verdicts(profile, changes),
        _unmeasured(profile, sessions),
    ]
    return " ".join(part for part in parts if part)


def _about(profile: Profile, episode: EpisodeRow | None) -> str:
    if episode is None:
        return ""
    if episode.side == "none":
        return profile.sentences["volunteer"].format(cause=episode.cause)
    side = "both sides" if episode.side == "both" else f"{episode.side} side"
    return profile.sentences["palsy"].format(cause=episode.cause, side=side, onset=long_day(episode.onset))


def _span(profile: Profile, sessions: Sequence[SessionRow]) -> str:
    days = [_when(row) for row in sessions]
    if len(sessions) == 1:
        return profile.sentences["one"].format(latest=days[0])
    return profile.sentences["several"].format(count=len(sessions), first=days[0], last=days[-1], latest=days[-1])


def _when(row: SessionRow) -> str:
    return long_day(row.on) if row.day is None else f"{long_day(row.on)} (day {row.day})"


def _given(profile: Profile, sessions: Sequence[SessionRow]) -> str:
    graded = [given for row in sessions if (given := grades_given(row, with_raters=False))]
    if not graded:
        return profile.sentences["given_none"]
    name = "given_one" if len(graded) == 1 else "given_change"
    return profile.sentences[name].format(first=graded[0], latest=graded[-1])


def grades_given(row: SessionRow, *, with_raters: bool) -> str:
    """'III (C. Clinician), IV (D. Doctor)': several raters are listed, never averaged."""
    found = [g for g in row.given if g.scale == HOUSE_BRACKMANN]
    if not with_raters:
        return "/".join(dict.fromkeys(words.roman(int(g.value)) for g in found))
    return ", ".join(f"{words.roman(int(g.value))} ({g.by})" for g in found)


def _sides(profile: Profile, sessions: Sequence[SessionRow]) -> Iterator[str]:
    """Why left and right of some sessions may be exchanged, before any side is named."""
    measured = [row for row in sessions if row.point is not None]
    if contradicting := [_when(row) for row in measured if row.point and row.point.is_side_doubtful]:
        yield profile.sentences["side_conflict"].format(days=words.listed(contradicting))
    if unknown := sum(row.point.taken.mirrored_unknown for row in measured if row.point):
        yield profile.sentences["mirror_unknown"].format(count=unknown, all=len(measured))


def _estimated(profile: Profile, course: Course) -> Iterator[str]:
    if profile.shows_machine_grade:
        first, latest = course.points[0], course.points[-1]
        name = "machine_one" if len(course.points) == 1 else "machine_change"
        yield profile.sentences[name].format(first=_graded(first), latest=_graded(latest))
    told = [f"{words.REGIONS[r].lower()} {words.asymmetry(course.points[-1].asymmetry.get(r))}" for r in Region]
    yield profile.sentences["regions_one" if len(course.points) == 1 else "regions_now"].format(regions=", ".join(told))


def _graded(point: CoursePoint) -> str:
    return words.graded(point.grade, point.probabilities)


def _verdicts(profile: Profile, changes: Sequence[Statement]) -> str:
    groups: dict[str, list[str]] = {}
    for statement in _named(profile, changes):
        for against in statement.against:
            if FIRST in against.reference:
                name = statement.what[:1].lower() + statement.what[1:]
                groups.setdefault(profile.verdicts[against.verdict.value], []).append(name)
    if not groups:
        return ""
    order = [verdict for verdict in profile.verdicts.values() if verdict in groups]
    told = "; ".join(f"{verdict}: {words.listed(groups[verdict])}" for verdict in order)
    return profile.sentences["verdicts"].format(verdicts=told)


def _named(profile: Profile, changes: Sequence[Statement]) -> list[Statement]:
    """The estimated grade is left out where the profile does not name it."""
    return [s for s in changes if profile.shows_machine_grade or s.what != "Grade"]


def _latest(profile: Profile, point: CoursePoint) -> Iterator[str]:
    eyes = {side: point.number(measures.eye_gap("gentle", side).name).value for side in measures.SIDES}
    if all(value is not None for value in eyes.values()):
        shown = {side: measures.eye_gap("gentle", side).write(v) for side, v in eyes.items() if v is not None}
        yield profile.sentences["closure"].format(**shown)
    kinds = couplings(point)
    if kinds is not None:
        name = "synkinesis" if kinds else "no_synkinesis"
        yield profile.sentences[name].format(kinds=words.listed(kinds) if kinds else "")


def couplings(point: CoursePoint) -> list[str] | None:
    """Kinds of synkinesis that were found, strongest first; None when none was measured."""
    every = [measures.synkinesis(kind, side) for kind in measures.KINDS for side in measures.SIDES]
    values = {m: value for m in every if (value := point.number(m.name).value) is not None}
    if not values:
        return None
    found = sorted((m for m in values if m.name in point.found), key=lambda m: -values[m])
    return [f"{m.label[:1].lower()}{m.label[1:]} ({m.write(values[m])})" for m in found]


def _unmeasured(profile: Profile, sessions: Sequence[SessionRow]) -> str:
    count = sum(row.point is None for row in sessions)
    if not count or count == len(sessions):
        return ""
    return profile.sentences["unmeasured_one" if count == 1 else "unmeasured"].format(count=count)


def changes(profile: Profile, statements: Sequence[Statement]) -> list[tuple[str, str, str, str, str]]:
    """(measure, first, latest, verdict, why) of every number that is judged."""
    return [
        (statement.what, against.then, statement.now, profile.verdicts[against.verdict.value], against.why)
        for statement in _named(profile, statements)
        for against in statement.against
        if FIRST in against.reference
    ]


def table(profile: Profile, sessions: Sequence[SessionRow], statements: Sequence[Statement]) -> list[Column]:
    """Sessions x measures, the columns that some session has a value for."""
    judged = {row[0]: row[3] for row in changes(profile, statements)}
    found = [_given_column(profile, sessions)]
    if profile.shows_machine_grade:
        cells = tuple(DASH if row.point is None else _short_grade(row.point) for row in sessions)
        found.append(Column(profile.measures["grade"], "I-VI, probability", "", judged.get("Grade", ""), cells))
    for region in Region:
        unit = "weaker side, %"
        found.append(_column(profile.measures[region.value], unit, measures.region(region), sessions, judged))
    for effort in measures.EFFORTS:
        found += [
            _column(f"{profile.measures[effort]}, {side}", "mm", measures.eye_gap(effort, side), sessions, judged)
            for side in measures.SIDES
        ]
    found.append(_coupling_column(profile, sessions, judged))
    found.append(_column(profile.measures["sunnybrook"], "0-100", measures.sunnybrook(), sessions, judged))
    return [column for column in found if any(cell != DASH for cell in column.cells)]


def _short_grade(point: CoursePoint) -> str:
    return DASH if point.grade is None else _graded(point).removeprefix("grade ")


def _given_column(profile: Profile, sessions: Sequence[SessionRow]) -> Column:
    cells = tuple(grades_given(row, with_raters=profile.shows_raters) or DASH for row in sessions)
    return Column(profile.measures["given"], "I-VI", "", "", cells)


def _column(name: str, unit: str, measure: Measure, sessions: Sequence[SessionRow], judged: dict[str, str]) -> Column:
    cells = tuple(_cell(row, measure) for row in sessions)
    return Column(name, unit, _error(sessions, measure), judged.get(measure.label, ""), cells)


def _cell(row: SessionRow, measure: Measure) -> str:
    value = None if row.point is None else row.point.number(measure.name).value
    return DASH if value is None else measure.write(value)


def _error(sessions: Sequence[SessionRow], measure: Measure) -> str:
    """The greatest MDC95 of the sessions: the one that changes are judged by."""
    known = [e for row in sessions if row.point and (e := row.point.number(measure.name).mdc95) is not None]
    return f"±{measure.amount(max(known))}" if known else "not known"


def _coupling_column(profile: Profile, sessions: Sequence[SessionRow], judged: dict[str, str]) -> Column:
    """Its change is that of the kind that was ever strongest, by name."""
    labels = [measures.synkinesis(kind, side).label for kind in measures.KINDS for side in measures.SIDES]
    change = "; ".join(f"{label}: {judged[label]}" for label in labels if label in judged)
    cells = []
    for row in sessions:
        kinds = couplings(row.point) if row.point else None
        cells.append(DASH if kinds is None else ", ".join(kinds) or "none")
    return Column(profile.measures["synkinesis"], "strength 0-1", "", change, tuple(cells))


def missing(sessions: Sequence[SessionRow]) -> tuple[tuple[str, str], ...]:
    """(what, why): sessions without numbers, and numbers that measured sessions lack, each reason once."""
    groups: dict[tuple[str, str], list[SessionRow]] = {}
    for row in sessions:
        lacking = {row.why: "Everything"} if row.point is None else _lacking(row.point)
        for why, names in lacking.items():
            groups.setdefault((names, why), []).append(row)
    return tuple((f"{names}: {_when_all(rows, sessions)}", why) for (names, why), rows in groups.items())


def _when_all(rows: Sequence[SessionRow], sessions: Sequence[SessionRow]) -> str:
    measured = [row for row in sessions if row.point is not None]
    if len(rows) > 2 and list(rows) == measured:
        return "in every measured session"
    return words.listed([_when(row) for row in rows])


def _lacking(point: CoursePoint) -> dict[str, str]:
    """Why -> what."""
    asked = [*(measures.region(r) for r in Region)]
    asked += [measures.eye_gap(effort, side) for effort in measures.EFFORTS for side in measures.SIDES]
    asked.append(measures.sunnybrook())
    groups: dict[str, list[str]] = {}
    if point.grade is None:
        groups["no grade could be estimated"] = ["House-Brackmann estimate"]
    for measure in asked:
        value = point.number(measure.name)
        if value.value is None:
            groups.setdefault(value.why, []).append(measure.label)
    return {
        why: words.listed([n if i == 0 else n[:1].lower() + n[1:] for i, n in enumerate(names)])
        for why, names in groups.items()
    }


def given_by_hand(course: Course, url: str) -> tuple[HandGrade, ...]:
    return tuple(grade for grade in course.hand_grades if grade.url == url)
