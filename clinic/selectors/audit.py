"""The audit trail, page by page. The place in it is the last event's time and id, so that new events shift nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clinic.models import AuditEvent, Organisation, Patient, User

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    actor: User | None = None
    patient: Patient | None = None
    action: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    events: list[AuditEvent]
    older: str  # the place to go on from; empty on the last page


def page(*, organisation: Organisation, chosen: Filter, before: str = "") -> Page:
    events = _matching(organisation, chosen).select_related("actor", "patient").order_by("-created_at", "-id")
    if place := _place(before):
        when, pk = place
        events = events.filter(Q(created_at__lt=when) | Q(created_at=when, id__lt=pk))
    found = list(events[: A_PAGE + 1])
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return Page(events=found[:A_PAGE], older=f"{last.created_at.isoformat()}_{last.pk}" if last else "")


def actions_of(organisation: Organisation) -> list[str]:
    actions = AuditEvent.objects.filter(organisation=organisation).order_by("action")
    return list(actions.values_list("action", flat=True).distinct())


def actors_of(organisation: Organisation) -> QuerySet[User]:
    """Members, and whoever left and has acted here."""
    acted = AuditEvent.objects.filter(organisation=organisation).values("actor")
    return User.objects.filter(Q(memberships__organisation=organisation) | Q(pk__in=acted)).distinct()


def _matching(organisation: Organisation, chosen: Filter) -> QuerySet[AuditEvent]:
    wanted = {
        "actor": chosen.actor,
        "patient": chosen.patient,
        "action": chosen.action,
        "created_at__gte": chosen.first_day and _midnight(chosen.first_day),
        "created_at__lt": chosen.last_day and _midnight(chosen.last_day + timedelta(days=1)),
    }
    given = {name: value for name, value in wanted.items() if value}
    return AuditEvent.objects.filter(organisation=organisation, **given)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _place(text: str) -> tuple[datetime, UUID] | None:
    """A place that cannot be read is the beginning."""
    when, _, pk = text.partition("_")
    try:
        found = parse_datetime(when)
        return (found, UUID(pk)) if found is not None and timezone.is_aware(found) else None
    except ValueError:
        return None
