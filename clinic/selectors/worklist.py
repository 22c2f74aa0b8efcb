"""The clinician's list: patients with flags first, then those with something new, narrowed by what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from clinic.models import Assessment, Episode, ListLook, Patient, User
from clinic.models.care import Cause
from clinic.selectors import flags
from clinic.selectors.flags import Flag
from clinic.selectors.standing import Standing, standings

PAGE = 25


class Show(StrEnum):
    ALL = "all"
    SINCE = "since"  # came in since the clinician last looked
    OPEN = "open"  # not reviewed
    ATTENTION = "attention"  # has a flag
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; empty parts mean any."""

    q: str = ""
    show: Show = Show.ALL
    flag: str = ""
    cause: str = ""
    side: str = ""
    team: UUID | None = None
    onset_from: date | None = None
    onset_to: date | None = None

    def query(self, **other: Any) -> str:
        """The address's query, always in the same order, empty parts left out."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__} | other
        if given["show"] == Show.ALL:
            given["show"] = ""
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def narrows(self) -> int:
        """How many filters beside the search and the view are set."""
        return sum(bool(value) for value in (self.cause, self.side, self.team, self.onset_from, self.onset_to))


@dataclass(frozen=True, slots=True)
class Line:
    """One patient of the list."""

    pk: UUID
    name: str
    record_number: str
    is_fictional: bool
    episode: str  # cause and side in words, empty when none is recorded
    days_since_onset: int | None  # None also for volunteers, who have nothing that could have begun
    last_session: datetime | None
    unreviewed: int
    to_review: UUID | None  # the newest session that nobody has reviewed
    to_review_on: datetime | None
    is_new: bool  # something came in since the clinician last looked
    unread: int
    flags: tuple[Flag, ...]
    seen: tuple[Flag, ...]
    grade: int | None  # latest estimate
    grade_share: float | None
    grade_on: datetime | None
    side: str | None  # as measured last
    course: tuple[int, ...]  # grades, oldest first


@dataclass(frozen=True, slots=True)
class Worklist:
    lines: tuple[Line, ...]
    page: Page[Any]
    counts: dict[str, int]  # of each Show, under the other filters
    flag_counts: dict[str, int]  # of each flag, under the other filters
    looked_at: datetime | None
    came_in: int  # patients with something since then
    unread: int  # patients with unread messages
    now: datetime  # up to here this list is complete


def worklist(*, user: User, asked: Asked | None = None, page: str | int | None = 1) -> Worklist:
    """One page of the patients that `user` may read as staff, in a constant number of queries."""
    asked, now, looked_at = asked or Asked(), timezone.now(), looked_at_of(user)
    patients, found = _found(user, asked, looked_at)
    fitting = {show: [p for p in patients if _fits(found[p.pk], show, asked.flag)] for show in Show}
    under = [found[p.pk] for p in patients if _is_shown(found[p.pk], asked.show)]
    part = Paginator(fitting[asked.show], PAGE).get_page(page)
    return Worklist(
        lines=_lines(list(part.object_list), user, looked_at),
        page=part,
        counts={show.value: len(rows) for show, rows in fitting.items()},
        flag_counts=Counter(code for standing in under for code in _codes(standing, asked.show)),
        looked_at=looked_at,
        came_in=sum(found[p.pk].came_in > 0 for p in fitting[Show.ALL]),
        unread=sum(found[p.pk].unread > 0 for p in fitting[Show.ALL]),
        now=now,
    )


def line_of(*, user: User, patient: Patient) -> Line:
    """The line of one patient, after something about it has changed."""
    rows = list(_with_episodes(Patient.objects.changeable_by(user).filter(pk=patient.pk)))
    return _lines(rows, user, looked_at_of(user))[0]


def following(*, user: User, asked: Asked, patient: Patient) -> UUID | None:
    """Whom the list names after this patient; the first when this one is no longer on it, None after the last."""
    patients, found = _found(user, asked, looked_at_of(user))
    ids = [p.pk for p in patients if _fits(found[p.pk], asked.show, asked.flag)]
    if patient.pk not in ids:
        return ids[0] if ids else None
    rest = ids[ids.index(patient.pk) + 1 :]
    return rest[0] if rest else None


def looked_at_of(user: User) -> datetime | None:
    return ListLook.objects.filter(user=user).values_list("looked_at", flat=True).first()


def _found(user: User, asked: Asked, looked_at: datetime | None) -> tuple[list[Patient], dict[UUID, Standing]]:
    """Everybody that the address asks for but for view and flag, in the order of the list."""
    patients = list(_with_episodes(_asked_for(Patient.objects.changeable_by(user), asked)))
    deep = bool(asked.flag) or asked.show is Show.REVIEWED
    ids = [p.pk for p in patients]
    found = standings(patient_ids=ids, user=user, looked_at=looked_at, with_seen=deep)

    def place(patient: Patient) -> tuple[Any, ...]:
        standing = found[patient.pk]
        return standing.rank, -(standing.last_at or patient.created_at).timestamp(), patient.name, patient.pk

    return sorted(patients, key=place), found


def _with_episodes(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    return patients.prefetch_related(Prefetch("episodes", Episode.objects.order_by("-onset_date")))


def _asked_for(patients: Any, asked: Asked) -> QuerySet[Patient]:
    for word in asked.q.split()[:5]:
        patients = patients.filter(Q(name__icontains=word) | Q(record_number__icontains=word))
    if asked.team:
        patients = patients.filter(care_teams=asked.team)
    wanted = {
        "cause": asked.cause,
        "side": asked.side,
        "onset_date__gte": asked.onset_from,
        "onset_date__lte": asked.onset_to,
    }
    if given := {name: value for name, value in wanted.items() if value}:
        patients = patients.filter(Exists(Episode.objects.filter(patient=OuterRef("pk"), **given)))
    return patients  # type: ignore[no-any-return]


def _is_new(standing: Standing, looked_at: datetime | None) -> bool:
    """Nothing is marked as long as nobody has ever looked: then it would be everything."""
    return looked_at is not None and standing.came_in > 0


def _is_shown(standing: Standing, show: Show) -> bool:
    return {
        Show.ALL: True,
        Show.SINCE: standing.came_in > 0 or standing.unread > 0,
        Show.OPEN: bool(standing.unreviewed),
        Show.ATTENTION: any(flag.code in flags.RANK for flag in standing.flags),
        Show.REVIEWED: bool(standing.sessions) and not standing.unreviewed,
    }[show]


def _fits(standing: Standing, show: Show, flag: str) -> bool:
    return _is_shown(standing, show) and (not flag or flag in _codes(standing, show))


def _codes(standing: Standing, show: Show) -> set[str]:
    """Among those with nothing left to review, the flags that were seen count as well."""
    return {flag.code for flag in (*standing.flags, *(standing.seen if show is Show.REVIEWED else ()))}


def _lines(patients: Sequence[Patient], user: User, looked_at: datetime | None) -> tuple[Line, ...]:
    found = standings(patient_ids=[p.pk for p in patients], user=user, looked_at=looked_at, with_seen=True)
    shares = _shares(patients, found)
    return tuple(_line(p, found[p.pk], shares, is_new=_is_new(found[p.pk], looked_at)) for p in patients)


def _line(patient: Patient, standing: Standing, shares: dict[UUID, float], *, is_new: bool) -> Line:
    episode = next(iter(patient.episodes.all()), None)
    graded = [row for row in standing.results if row["hb_grade"] is not None]
    latest = graded[-1] if graded else None
    next_up = standing.unreviewed[0] if standing.unreviewed else None
    return Line(
        pk=patient.pk,
        name=patient.name,
        record_number=patient.record_number,
        is_fictional=patient.is_fictional,
        episode=_episode_words(episode),
        days_since_onset=_days_since_onset(episode),
        last_session=standing.last_at,
        unreviewed=len(standing.unreviewed),
        to_review=next_up["pk"] if next_up else None,
        to_review_on=next_up["recorded_at"] if next_up else None,
        is_new=is_new,
        unread=standing.unread,
        flags=standing.flags,
        seen=standing.seen,
        grade=latest["hb_grade"] if latest else None,
        grade_share=shares.get(latest["pk"]) if latest else None,
        grade_on=latest["recorded_at"] if latest else None,
        side=standing.results[-1]["affected_side"] if standing.results else None,
        course=tuple(row["hb_grade"] for row in graded),
    )


def _shares(patients: Sequence[Patient], found: dict[UUID, Standing]) -> dict[UUID, float]:
    """How probable the latest grade is: read of the shown page alone."""
    graded = [[row for row in found[p.pk].results if row["hb_grade"] is not None] for p in patients]
    ids = [rows[-1]["pk"] for rows in graded if rows]
    rows = Assessment.objects.filter(pk__in=ids).values_list("pk", "hb_grade", "hb_probabilities")
    return {pk: shares[grade - 1] for pk, grade, shares in rows if grade and shares}


def _days_since_onset(episode: Episode | None) -> int | None:
    if episode is None or episode.cause == Cause.VOLUNTEER:
        return None
    return episode.days_since_onset(timezone.localdate())


def _episode_words(episode: Episode | None) -> str:
    if episode is None:
        return ""
    side = {"none": "", "both": "both sides"}.get(episode.side, f"{episode.side} side")
    return ", ".join(part for part in (episode.get_cause_display(), side) if part)
