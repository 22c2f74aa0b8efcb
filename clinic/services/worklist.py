"""How a clinician works through the list: looked through, filters kept by name, and when recordings are expected."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.errors import Conflict, Refused
from clinic.models import FollowUp, ListLook, Patient, SavedFilter, User
from clinic.services import audit

MOST_FILTERS = 30


def looked(*, by: User, until: datetime | None = None) -> ListLook:
    """Everything up to `until` has been looked through: the moment at which the list was made, never a later one."""
    now = timezone.now()
    until = min(until or now, now)
    with transaction.atomic():
        look = ListLook.objects.select_for_update().filter(user=by).first()
        if look is None:
            look, _made = ListLook.objects.get_or_create(user=by, defaults={"looked_at": until})
        elif until > look.looked_at:
            look.before, look.looked_at = look.looked_at, until
            look.save()
    return look


def take_back_look(*, by: User) -> None:
    """One step back: to the time before, or to never; a second step there is not."""
    with transaction.atomic():
        look = ListLook.objects.select_for_update().filter(user=by).first()
        if look is None:
            return
        if look.before is None:
            look.delete()
            return
        look.looked_at, look.before = look.before, None
        look.save()


def save_filter(*, by: User, name: str, query: str) -> SavedFilter:
    """Keep a filter under a name; saving under a name that is there changes that filter. Raises Refused."""
    name = _name(name)
    known = SavedFilter.objects.filter(user=by)
    if not known.filter(name=name).exists() and known.count() >= MOST_FILTERS:
        raise Refused("too_many_filters", f"There are {MOST_FILTERS} saved filters already. Please delete one first.")
    saved, _made = SavedFilter.objects.update_or_create(user=by, name=name, defaults={"query": query[:600]})
    return saved


def rename_filter(*, saved: SavedFilter, name: str) -> SavedFilter:
    """Raises Refused without a name, Conflict for one that is taken."""
    saved.name = _name(name)
    try:
        with transaction.atomic():
            saved.save(update_fields=["name"])
    except IntegrityError as error:
        raise Conflict("name_taken", "You have a filter with this name already.") from error
    return saved


def expect(*, patient: Patient, by: User, every_days: int | None = None, usual: bool = False) -> None:
    """Plan an interval; without one no recordings are expected; `usual`: the patient's own rhythm decides."""
    with transaction.atomic():
        if usual:
            FollowUp.objects.filter(patient=patient).delete()
        else:
            FollowUp.objects.update_or_create(
                patient=patient, defaults={"every_days": every_days, "changed_by": by, "changed_at": timezone.now()}
            )
        audit.record(actor=by, action="plan recordings", obj=patient)


def _name(name: str) -> str:
    if not (name := " ".join(name.split())[:60]):
        raise Refused("no_name", "Please give the filter a name.")
    return name
