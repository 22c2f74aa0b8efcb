"""What is done with a recorded session by the people who look after the patient."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clinic.errors import Conflict
from clinic.models import Session, User
from clinic.services import audit


def mark_reviewed(*, session: Session, by: User) -> Session:
    """The clinician has looked at it. The first look stays on record; a second changes nothing."""
    with transaction.atomic():
        first = Session.objects.filter(pk=session.pk, reviewed_at=None).update(
            reviewed_at=timezone.now(), reviewed_by=by
        )
        if first:
            audit.record(actor=by, action="review", obj=session, patient=session.patient)
    session.refresh_from_db(fields=["reviewed_at", "reviewed_by"])
    return session


def take_back_review(*, session: Session, by: User) -> Session:
    """The mark was a slip: the session is to be looked at again; that it was marked stays on the trail.

    Raises Conflict while the patient can see its results, because a released session has been looked at.
    """
    with transaction.atomic():
        held = Session.objects.select_for_update().get(pk=session.pk)
        if held.releases.filter(withdrawn_at=None).exists():
            raise Conflict("released", "The results are released to the patient. Please withdraw them first.")
        if held.reviewed_at is not None:
            held.reviewed_at = held.reviewed_by = None
            held.save(update_fields=["reviewed_at", "reviewed_by"])
            audit.record(actor=by, action="take back review", obj=held)
    session.reviewed_at = session.reviewed_by = None
    return session
