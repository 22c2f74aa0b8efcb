"""What has been released of a session: to the patient who reads it, and to the team that decided it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic.models import Release, Session
from clinic.selectors.summaries import Summary


@dataclass(frozen=True, slots=True)
class PastRelease:
    at: datetime
    by: str
    words: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    summary: Summary
    is_outdated: bool  # a newer result of the session has come in since


@dataclass(frozen=True, slots=True)
class Result:
    """What the patient reads: nothing in here was computed for this page."""

    pk: UUID
    session: UUID
    at: datetime
    by: str
    words: str
    summary: Summary


def history(session: Session) -> tuple[PastRelease, ...]:
    """Newest first, those that were withdrawn as well."""
    rows = Release.objects.filter(session=session).select_related("released_by", "withdrawn_by", "assessment")
    return tuple(
        PastRelease(
            at=row.created_at,
            by=str(row.released_by or "a former member"),
            words=row.words,
            withdrawn_at=row.withdrawn_at,
            withdrawn_by=str(row.withdrawn_by or "a former member"),
            summary=Summary.from_json(row.summary),
            is_outdated=row.assessment is None or not row.assessment.is_current,
        )
        for row in rows.defer("assessment__report", "assessment__details").order_by("-created_at")
    )


def open_results(session_ids: Iterable[UUID]) -> dict[UUID, Result]:
    """By session; a comparison only while what it compares with is released as well."""
    rows = Release.objects.filter(session__in=list(session_ids), withdrawn_at=None)
    found = {}
    for row in rows.select_related("released_by", "baseline"):
        compared = row.baseline is not None and row.baseline.withdrawn_at is None
        found[row.session_id] = Result(
            pk=row.pk,
            session=row.session_id,
            at=row.created_at,
            by=str(row.released_by or "your clinic"),
            words=row.words,
            summary=Summary.from_json(row.summary, with_changes=compared),
        )
    return found
