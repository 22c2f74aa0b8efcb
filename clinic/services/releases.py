"""A clinician lets the patient see a summary of one session, or takes that back. Held is the default."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from clinic.errors import Conflict
from clinic.models import Assessment, Release, Session, User
from clinic.services import audit, correspondence, sessions
from clinic.services.notes import checked

LONGEST = 4000


def release(
    *,
    session: Session,
    by: User,
    assessment: Assessment,
    summary: dict[str, Any],
    baseline: Release | None = None,
    words: str = "",
) -> Release:
    """The patient sees exactly these words from now on; the session counts as reviewed.

    An earlier release of the session is withdrawn by it. Raises Conflict when the result, or what it is compared with,
    is not what the clinician has just looked at, Refused for words that are too long.
    """
    words = checked(words, longest=LONGEST) if words.strip() else ""
    with transaction.atomic():
        held = Session.objects.select_for_update().get(pk=session.pk)
        if not Assessment.objects.filter(pk=assessment.pk, session=held, is_current=True).exists():
            raise Conflict("newer_result", "A newer result has come in meanwhile. Please look at it first.")
        if baseline and not Release.objects.filter(pk=baseline.pk, withdrawn_at=None).exists():
            raise Conflict("baseline_gone", "What it is compared with was withdrawn meanwhile. Please look again.")
        _open(held).update(withdrawn_at=timezone.now(), withdrawn_by=by)
        made = Release.objects.create(
            session=held, assessment=assessment, baseline=baseline, released_by=by, words=words, summary=summary
        )
        sessions.mark_reviewed(session=session, by=by)
        audit.record(actor=by, action="release", obj=made)
        correspondence.tell(session.patient)
    return made


def withdraw(*, session: Session, by: User) -> None:
    """The patient sees it no longer; what was told stays on record. Raises Conflict when nothing is released."""
    with transaction.atomic():
        Session.objects.select_for_update().get(pk=session.pk)
        released = _open(session).first()
        if released is None:
            raise Conflict("not_released", "The results of this session are not released.")
        released.withdrawn_at, released.withdrawn_by = timezone.now(), by
        released.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record(actor=by, action="withdraw release", obj=released)


def _open(session: Session) -> Any:
    return Release.objects.filter(session=session, withdrawn_at=None)
