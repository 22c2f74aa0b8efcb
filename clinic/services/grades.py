"""Grades by hand: drafts, final grades with their versions, and who wants the machine's values hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.errors import Conflict, Refused
from clinic.grading import arithmetic
from clinic.grading.tables import Table, table
from clinic.models import AuditEvent, ClinicianGrade, GradeDraft, GradingPreference, Organisation, Session, User
from clinic.services import audit, videos

LONGEST_NOTE = 2000


class UnknownScale(Refused):
    def __init__(self) -> None:
        super().__init__("unknown_scale", "There is no such scale.")


class Incomplete(Refused):
    """A grade is final only when it is whole; a draft may have gaps."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        named = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
        super().__init__("incomplete", f"Still missing: {named}.")


def is_blinded(*, user: User, organisation: Organisation) -> bool:
    """The person's own choice, else the clinic's, else yes."""
    chosen = {
        row.user_id is not None: row.blinded
        for row in GradingPreference.objects.filter(user=user)
        | GradingPreference.objects.filter(organisation=organisation)
    }
    return chosen.get(True, chosen.get(False, True))


def clinic_blinding(organisation: Organisation) -> bool:
    row = GradingPreference.objects.filter(organisation=organisation).first()
    return row.blinded if row else True


def set_own_blinding(*, user: User, blinded: bool) -> None:
    with transaction.atomic():
        row, _ = GradingPreference.objects.update_or_create(user=user, defaults={"blinded": blinded})
        audit.record(actor=user, action="hide machine values" if blinded else "show machine values", obj=row)


def set_clinic_blinding(*, organisation: Organisation, blinded: bool, by: User) -> None:
    with transaction.atomic():
        row, _ = GradingPreference.objects.update_or_create(organisation=organisation, defaults={"blinded": blinded})
        action = "hide machine values" if blinded else "show machine values"
        audit.record(actor=by, action=action, obj=row, organisation=organisation)


def save_draft(*, session: Session, rater: User, scale: str, raw: Mapping[str, Any], note: str = "") -> GradeDraft:
    """What is filled in so far. Raises Refused for answers that no form offers."""
    items = arithmetic.clean(_table(scale), raw)
    draft, _ = GradeDraft.objects.update_or_create(
        session=session,
        rater=rater,
        scale=scale,
        defaults={"items": items, "note": _note(note), "saved_at": timezone.now()},
    )
    return draft


def save(*, session: Session, rater: User, scale: str, raw: Mapping[str, Any], note: str = "") -> ClinicianGrade:
    """The final grade, or a new version of it; saving the same again changes nothing.

    Raises Incomplete, Refused, or Conflict when the same person saved at the same time elsewhere.
    """
    chosen = _table(scale)
    items = arithmetic.clean(chosen, raw)
    score = arithmetic.score(chosen, items)
    if score.value is None:
        raise Incomplete(score.missing)
    try:
        with transaction.atomic():
            grade = _new_version(session, rater, scale, items, score.value, _note(note))
            GradeDraft.objects.filter(session=session, rater=rater, scale=scale).delete()
    except IntegrityError as error:  # one_current_grade_a_rater, grade_version_once
        raise Conflict("graded_twice", "You saved this grade elsewhere at the same time. Please look again.") from error
    return grade


def _new_version(
    session: Session, rater: User, scale: str, items: arithmetic.Items, value: float, note: str
) -> ClinicianGrade:
    earlier = ClinicianGrade.objects.filter(session=session, rater=rater, scale=scale).order_by("-version").first()
    if earlier is not None and (earlier.items, earlier.note) == (items, note):
        return earlier
    hidden = earlier is None and is_blinded(user=rater, organisation=session.patient.organisation)
    ClinicianGrade.objects.filter(session=session, rater=rater, scale=scale, is_current=True).update(is_current=False)
    grade = ClinicianGrade.objects.create(
        session=session,
        patient=session.patient,
        episode=session.episode,
        rater=rater,
        scale=scale,
        items=items,
        value=value,
        note=note,
        blinded=hidden,
        seen_before=_had_opened_results(session, rater),
        version=earlier.version + 1 if earlier else 1,
    )
    audit.record(actor=rater, action="correct grade" if earlier else "grade", obj=grade)
    return grade


def _had_opened_results(session: Session, rater: User) -> bool:
    """By the trail: the page of this session's results was opened by the rater once there was something on it."""
    first = session.assessments.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return False
    looks = AuditEvent.objects.filter(actor=rater, action="view", object_type="session", object_id=str(session.pk))
    return looks.filter(created_at__gte=first).exists()


def _note(text: str) -> str:
    return videos.clean_text(text)[:LONGEST_NOTE]


def _table(scale: str) -> Table:
    try:
        return table(scale)
    except ValueError as error:
        raise UnknownScale from error
