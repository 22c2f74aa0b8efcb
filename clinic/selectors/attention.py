"""What the course of one patient gives reason to look at: worse, new synkinesis, plateau, overdue. Pure functions.

The rules in words are RULES; whoever changes a number here changes the sentence that clinicians read.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from clinic.charts import words
from clinic.charts.rows import CoursePoint
from clinic.comparison import Verdict
from clinic.models.care import Cause
from clinic.selectors import courses, flags
from clinic.selectors.flags import Flag
from clinic.selectors.verdicts import Judged, judge

Row = Mapping[str, Any]  # of COURSE, oldest first in every sequence
Points = Mapping[UUID, CoursePoint]  # assessment -> what two visits are compared by

# Cheap columns, read of every result; the documents are read only of the few that are compared.
COURSE = ("pk", "patient_id", "session_id", "episode_id", "episode__cause", "recorded_at", "created_at", "hb_grade",
          "affected_side", "synkinesis_present", "synkinesis_pairs")  # fmt: skip

EARLIER = timedelta(days=28)
PLATEAU = timedelta(days=56)
PLATEAU_SESSIONS = 3
GAPS, FEWEST_DAYS = 6, 4  # the usual rhythm: median of the last gaps, once there are four days with recordings
LATE, GRACE_DAYS = 1.5, 3

RULES = (
    (
        flags.EYE_CLOSURE,
        "At gentle or tight effort an eye stays open by 1 mm or more and by 12 % of its resting height.",
    ),
    (
        flags.WORSE,
        "The newest result is worse than the one before, or than the last one four weeks or more before, by more than "
        "the measurement error: a region's asymmetry by its MDC95, the grade with a probability of 95 % or more.",
    ),
    (flags.SYNKINESIS, "A pair of movements that came together in no earlier measured session of this episode."),
    (flags.SIDE_CONFLICT, "The measured side (confidence 60 % or more) is not the recorded one. Nothing is exchanged."),
    (flags.FAILED, "The analysis ended with an error and can be started again."),
    (flags.REFUSED, "The recording could not be measured; the person was told what to do differently."),
    (flags.POOR, "The quality score is below 0.4 of 1."),
    (
        flags.MISSED,
        "Since the last recording one and a half intervals have passed, and at least three days more than one. The "
        "interval is the planned one, else the median of the last six gaps, once four days have recordings.",
    ),
    (
        flags.PLATEAU,
        "No change beyond measurement error over eight weeks or more, with three or more measured sessions, while the "
        "estimated grade is above I. Healthy volunteers are left out.",
    ),
)


def compared(rows: Sequence[Row]) -> list[UUID]:
    """The results whose documents `of_course` needs: the newest, and what it is compared with."""
    newest, own = _newest(rows)
    if newest is None:
        return []
    return [row["pk"] for row in (newest, *_references(newest, own), *_plateau_start(newest, own)[:1])]


def of_course(rows: Sequence[Row], points: Points) -> tuple[Flag, ...]:
    """Flags of the newest result, seen in its course. `points` holds at least those of `compared(rows)`."""
    newest, own = _newest(rows)
    if newest is None:
        return ()
    found = (_worse(newest, own, points), _new_synkinesis(newest, own), _plateau(newest, own, points))
    return tuple(flag for flag in found if flag)


def overdue(days: Sequence[date], today: date, *, planned: int | None = None) -> Flag | None:
    """`days`: those with a recording, in order. `planned`: days between two recordings, if the clinic planned them."""
    if not days:
        return None
    interval = planned or usual_interval(days)
    since = (today - days[-1]).days
    if interval is None or since < interval * LATE or since < interval + GRACE_DAYS:
        return None
    known = "planned" if planned else "usually"
    every = f"{known} every {words.count(round(interval), 'day')}"
    return flags.MISSED.because(f"Last recorded {words.count(since, 'day')} ago, {every}.")


def usual_interval(days: Sequence[date]) -> float | None:
    """Median of the last gaps in days; None while there are too few to call anything usual."""
    distinct = sorted(set(days))
    if len(distinct) < FEWEST_DAYS:
        return None
    gaps = [(b - a).days for a, b in itertools.pairwise(distinct)]
    return float(median(gaps[-GAPS:]))


def _newest(rows: Sequence[Row]) -> tuple[Row | None, list[Row]]:
    """The newest result, and the earlier ones of the same palsy."""
    if not rows:
        return None, []
    newest = rows[-1]
    earlier = [r for r in rows[:-1] if r["episode_id"] == newest["episode_id"]]
    return newest, [r for r in earlier if r["session_id"] != newest["session_id"]]


def _references(newest: Row, earlier: Sequence[Row]) -> list[Row]:
    """The one before, and the last one of at least four weeks before: slow worsening hides from a single step."""
    long_before = [r for r in earlier if r["recorded_at"] <= newest["recorded_at"] - EARLIER]
    found = {r["pk"]: r for r in (*earlier[-1:], *long_before[-1:])}
    return list(found.values())


def _between(before: Row, now: Row, points: Points) -> tuple[Judged, ...]:
    return judge(points[before["pk"]], points[now["pk"]])


def _worse(newest: Row, earlier: Sequence[Row], points: Points) -> Flag | None:
    told: dict[str, str] = {}
    for before in _references(newest, earlier):
        for change in _between(before, newest, points):
            if change.verdict is Verdict.WORSE:
                told.setdefault(change.name, f"{change.sentence}, since {_day(before['recorded_at'])}")
    return flags.WORSE.because(_sentence("; ".join(told.values()))) if told else None


def _new_synkinesis(newest: Row, earlier: Sequence[Row]) -> Flag | None:
    measured = [row for row in earlier if row["synkinesis_present"] is not None]
    if not newest["synkinesis_present"] or not measured:
        return None
    known = {_pair(pair) for row in measured for pair in row["synkinesis_pairs"]}
    new = [pair for pair in newest["synkinesis_pairs"] if _pair(pair) not in known]
    if not new:
        return None
    strongest = max(new, key=lambda pair: float(pair["strength"]))
    more = f", and {words.count(len(new) - 1, 'more pair')}" if len(new) > 1 else ""
    came = f"{words.action_unit(strongest['followed'])} comes along with {words.action_unit(strongest['moved'])}"
    before = words.count(len(measured), "earlier session")
    told = f"{strongest['side'].capitalize()}: {came} (strength {strongest['strength']:.2f}){more}"
    return flags.SYNKINESIS.because(f"{told}. Not seen in {before}.")


def _pair(stored: Mapping[str, Any]) -> tuple[str, str, str]:
    return stored["side"], stored["moved"], stored["followed"]


def _plateau_start(newest: Row, earlier: Sequence[Row]) -> list[Row]:
    """The sessions that the span covers, the first of them at least eight weeks before; empty when it is too short."""
    old = [i for i, row in enumerate(earlier) if row["recorded_at"] <= newest["recorded_at"] - PLATEAU]
    span = list(earlier[old[-1] :]) if old else []
    return span if len(span) + 1 >= PLATEAU_SESSIONS else []


def _plateau(newest: Row, earlier: Sequence[Row], points: Points) -> Flag | None:
    span = _plateau_start(newest, earlier)
    is_ill = newest["episode__cause"] != Cause.VOLUNTEER
    if not span or not is_ill or (newest["hb_grade"] or 0) <= 1:  # no palsy, recovered, or not graded: nothing to await
        return None
    found = [change for change in _between(span[0], newest, points) if change.verdict is not Verdict.CANNOT_TELL]
    if not found or any(change.verdict is not Verdict.WITHIN_NOISE for change in found):
        return None
    days = (newest["recorded_at"] - span[0]["recorded_at"]).days
    sessions = words.count(len(span) + 1, "session")
    numbers = "; ".join(change.sentence for change in found)
    return flags.PLATEAU.because(f"{words.count(days, 'day')}, {sessions}, no change beyond error: {numbers}.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _day(moment: datetime) -> str:
    on = courses.day_of(moment)
    return f"{on.day} {on:%b %Y}"
