"""How each patient of a list stands: what nobody has reviewed yet, and the flags with their reasons.

Of every result only cheap columns are read; the documents (errors, origin, eye safety) are read of the few results
that are new or compared. The number of queries does not depend on how many patients there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from clinic import failures
from clinic.models import AnalysisRun, Assessment, FollowUp, Message, Session, User
from clinic.models.results import RunState
from clinic.selectors import attention, courses, flags
from clinic.selectors.flags import Flag

Row = Mapping[str, Any]
DOCUMENTS = ("pk", "session_id", "session__episode__side", *courses.FIELDS, *flags.FIELDS)


@dataclass(frozen=True, slots=True)
class Standing:
    """One patient of the list."""

    sessions: tuple[Row, ...]  # oldest first
    results: tuple[Row, ...]  # oldest first, cheap columns
    unreviewed: tuple[Row, ...]  # sessions, newest first
    came_in: int  # recordings and results since the clinician last looked
    unread: int  # messages
    flags: tuple[Flag, ...]  # of what nobody has reviewed, and of what is missing
    seen: tuple[Flag, ...]  # of the newest session, once it is reviewed

    @property
    def last_at(self) -> datetime | None:
        return self.sessions[-1]["recorded_at"] if self.sessions else None

    @property
    def rank(self) -> int:
        """Flags first, the gravest at the top, those of the newest session before older ones; then what is new."""
        ranked = [
            (flag.of_day is not None) * len(flags.RANK) + flags.RANK[flag.code]
            for flag in self.flags
            if flag.code in flags.RANK
        ]
        return min(ranked, default=2 * len(flags.RANK) + (not self.unreviewed))


def standings(
    *, patient_ids: Sequence[UUID], user: User, looked_at: datetime | None, with_seen: bool
) -> dict[UUID, Standing]:
    """`with_seen`: also what is known of patients with nothing left to review; a long list leaves that out."""
    sessions = _sessions(patient_ids)
    read = [pk for pk in patient_ids if with_seen or any(r["reviewed_at"] is None for r in sessions.get(pk, ()))]
    results = _results(read)
    documents = _documents(_wanted(sessions, results))
    runs, expected, unread = _last_runs(patient_ids), _expected(patient_ids), _unread(patient_ids, user)
    arrived = _arrived(patient_ids, looked_at)
    return {
        pk: _standing(
            sessions.get(pk, []),
            results.get(pk, []),
            documents,
            runs=runs.get(pk, []),
            overdue=_overdue(sessions.get(pk, []), expected.get(pk, False)),
            came_in=_since(looked_at, sessions.get(pk, []), arrived.get(pk, [])),
            unread=unread.get(pk, 0),
        )
        for pk in patient_ids
    }


def _standing(
    sessions: Sequence[Row],
    results: Sequence[Row],
    documents: Mapping[UUID, Row],
    *,
    runs: Sequence[Row],
    overdue: Flag | None,
    came_in: int,
    unread: int,
) -> Standing:
    unreviewed = [row for row in reversed(sessions) if row["reviewed_at"] is None]
    open_ids = {row["pk"] for row in unreviewed}
    fresh = [r for r in results if r["session_id"] in open_ids]
    of_course = _of_course(results, documents)
    is_fresh = bool(results) and results[-1]["session_id"] in open_ids
    newest = sessions[-1]["pk"] if sessions else None
    found = [
        *(of_course if is_fresh else ()),
        *_of_results(reversed(fresh), documents, newest),
        *_of_runs(runs, newest),
    ]
    seen = [] if is_fresh or not results else [*of_course, *_of_results(results[-1:], documents, None)]
    return Standing(
        sessions=tuple(sessions),
        results=tuple(results),
        unreviewed=tuple(unreviewed),
        came_in=came_in,
        unread=unread,
        flags=_once([*found, *([overdue] if overdue else [])]),
        seen=_once(seen),
    )


def _once(found: Iterable[Flag]) -> tuple[Flag, ...]:
    """Each kind once, with the reason of the newest session; the gravest first."""
    kinds: dict[str, Flag] = {}
    for flag in found:
        kinds.setdefault(flag.code, flag)
    return tuple(sorted(kinds.values(), key=lambda flag: flags.RANK.get(flag.code, len(flags.RANK))))


def _of_course(results: Sequence[Row], documents: Mapping[UUID, Row]) -> tuple[Flag, ...]:
    points = {pk: courses.point(documents[pk]) for pk in attention.compared(results) if pk in documents}
    return attention.of_course(results, points)


def _of_results(results: Iterable[Row], documents: Mapping[UUID, Row], newest: UUID | None) -> Iterable[Flag]:
    """`newest`: the session beside which flags of others are called earlier ones; None calls none so."""
    for row in results:
        if document := documents.get(row["pk"]):
            found = flags.of_assessment(document, document["session__episode__side"])
            yield from _dated(found, row["session_id"], row["recorded_at"], newest)


def _of_runs(runs: Sequence[Row], newest: UUID | None) -> Iterable[Flag]:
    for run in runs:
        found = flags.of_run(run["state"], _why(run))
        yield from _dated(found, run["video__session_id"], run["video__session__recorded_at"], newest)


def _dated(found: Iterable[Flag], session: UUID, at: datetime, newest: UUID | None) -> Iterable[Flag]:
    for flag in found:
        yield flag if newest in (None, session) else flag.of_earlier(courses.day_of(at))


def _why(run: Row) -> str:
    if run["state"] == RunState.FAILED:
        return failures.explain(run["error_code"])
    told = [str(problem["message"]) for problem in run["problems"] if problem.get("message")]
    return told[0] if told else "No reason was recorded."


def _since(looked_at: datetime | None, sessions: Sequence[Row], arrived: Sequence[Row]) -> int:
    """Sessions that arrived, or got a result, after the list was last looked through."""
    new = {row["pk"] for row in sessions if looked_at is None or row["created_at"] > looked_at}
    return len(new | {row["session_id"] for row in arrived})


def _overdue(sessions: Sequence[Row], expected: int | bool | None) -> Flag | None:
    """`expected`: planned days, None for no recordings expected, False when nothing is planned."""
    if expected is None:
        return None
    days: list[date] = [courses.day_of(row["recorded_at"]) for row in sessions]
    return attention.overdue(days, timezone.localdate(), planned=expected or None)


def _sessions(patient_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    rows = Session.objects.filter(patient__in=patient_ids).order_by("recorded_at", "pk")
    return _by_patient(rows.values("pk", "patient_id", "recorded_at", "created_at", "reviewed_at"))


def _results(patient_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    rows = Assessment.objects.filter(patient__in=patient_ids, is_current=True).order_by("recorded_at", "pk")
    return _by_patient(rows.values(*attention.COURSE))


def _arrived(patient_ids: Sequence[UUID], looked_at: datetime | None) -> dict[UUID, list[Row]]:
    """Results since then."""
    rows = Assessment.objects.filter(patient__in=patient_ids, is_current=True)
    since = rows.filter(created_at__gt=looked_at) if looked_at else rows.none()
    return _by_patient(since.values("patient_id", "session_id"))


def _wanted(sessions: Mapping[UUID, Sequence[Row]], results: Mapping[UUID, Sequence[Row]]) -> set[UUID]:
    """The results whose documents are read: those of unreviewed sessions, the newest, what that is compared with."""
    wanted: set[UUID] = set()
    for pk, rows in results.items():
        fresh = {row["pk"] for row in sessions.get(pk, ()) if row["reviewed_at"] is None}
        wanted.update(row["pk"] for row in rows if row["session_id"] in fresh)
        wanted.update(attention.compared(rows))
    return wanted


def _documents(wanted: set[UUID]) -> dict[UUID, Row]:
    rows = courses.current(Assessment.objects.filter(pk__in=wanted)).values(*dict.fromkeys(DOCUMENTS))
    return {row["pk"]: row for row in rows}


def _last_runs(patient_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """The newest run of every video of an unreviewed session, newest session first."""
    newer = AnalysisRun.objects.filter(video=OuterRef("video"), created_at__gt=OuterRef("created_at"))
    mine = {"video__session__patient__in": patient_ids, "video__session__reviewed_at": None}
    rows = AnalysisRun.objects.filter(~Exists(newer), **mine).exclude(state=RunState.DONE)
    session = ("video__session__patient_id", "video__session_id", "video__session__recorded_at")
    fields = (*session, "state", "problems", "error_code")
    return _by_patient(rows.order_by("-video__session__recorded_at").values(*fields), "video__session__patient_id")


def _expected(patient_ids: Sequence[UUID]) -> dict[UUID, int | None]:
    return dict(FollowUp.objects.filter(patient__in=patient_ids).values_list("patient_id", "every_days"))


def _unread(patient_ids: Sequence[UUID], user: User) -> dict[UUID, int]:
    """For the own care teams alone: administrators read no messages."""
    rows = Message.objects.unread_by(user).filter(patient__in=patient_ids).order_by("patient_id")
    return dict(rows.values_list("patient_id").annotate(Count("pk", distinct=True)))


def _by_patient(rows: Iterable[Any], key: str = "patient_id") -> dict[UUID, list[Row]]:
    sorted_out: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        sorted_out[row[key]].append(row)
    return sorted_out
