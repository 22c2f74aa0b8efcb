"""Weights of the published systems: taken in, checked by a worker, approved or retired by an administrator."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from analysis.contracts import PublishedSystem
from clinic import dispatch, weight_cards
from clinic.errors import Conflict, NoRoom, Refused
from clinic.models import Organisation, SystemSwitch, User, WeightsApproval, WeightsFile
from clinic.models.weights import OFF_UNLESS_CHOSEN, SYSTEM_TITLES, WeightsDecision, WeightsState
from clinic.services import audit, media
from clinic.tensor_file import Header, NotTensors, read_header
from clinic.weight_cards import Shipped

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class InUse:
    """What a system is run with on a clinic's recordings: approved weights, else shipped ones, else nothing."""

    system: PublishedSystem
    is_on: bool
    weights: WeightsFile | None  # approved
    shipped: Shipped | None = None  # what came with the program, used or not
    uses_shipped: bool = True

    @property
    def falls_back(self) -> Shipped | None:
        """The shipped weights, where they are used once nothing is approved."""
        return self.shipped if self.uses_shipped else None


def take_in(*, organisation: Organisation, by: User, file: File[Any], card: File[Any]) -> WeightsFile:
    """Store a file with its card and ask a worker to load it strictly. Nothing is computed from it before an approval.

    Raises Refused, in words, for a card that lacks something, or a file that is not the one on its card; NoRoom.
    """
    stated = weight_cards.parse(card.read(weight_cards.MOST_BYTES + 1))
    size = file.size or 0
    if size > settings.WEIGHTS_MAX_BYTES:
        raise Refused("too_large", too_large())
    if media.free_bytes() < settings.UPLOAD_KEEP_FREE_BYTES + size:  # an upload lies there already; a copy is the worst
        raise NoRoom("no_room", "There is no room on the disk for a file of this size.")
    header, sha256 = _header(file, size), _sha256(file)
    _compare(stated, header, sha256)
    if WeightsFile.objects.filter(organisation=organisation, sha256=sha256).exists():
        raise Refused("there_already", "This file was imported before.")
    with transaction.atomic():
        weights = WeightsFile.objects.create(
            organisation=organisation,
            system=stated["config"]["system"],
            name=stated["id"],
            sha256=sha256,
            file=_stored(file, sha256),
            bytes=size,
            card=stated,
            tensors=header.tensors,
            imported_by=by,
        )
        _decide(weights, WeightsDecision.IMPORTED, by, "")
        audit.record(actor=by, action="import weights", obj=weights)
        ask_for_check(weights)
    return weights


def too_large() -> str:
    """What is said of a file over the limit, wherever it comes in."""
    return (
        f"This is too large: a file of weights may have {settings.WEIGHTS_MAX_BYTES // 1024**2} MB at most "
        "(SEVENTH_WEIGHTS_MAX_MB). With half precision it is half as large."
    )


def ask_for_check(weights: WeightsFile) -> None:
    """After commit; a bell that is not heard is rung again by the sweep."""
    asked = WeightsFile.objects.filter(pk=weights.pk, state=WeightsState.CHECKING)
    dispatch.send(dispatch.CHECK_WEIGHTS, weights_id=str(weights.pk), then=lambda: asked.update(sent_at=Now()))


def checked(*, weights_id: str, fits: bool, message: str) -> None:
    """What the worker's strict loading said; only the first answer counts."""
    WeightsFile.objects.filter(pk=weights_id, state=WeightsState.CHECKING).update(
        state=WeightsState.READY if fits else WeightsState.REFUSED, check_message=message[:2000], checked_at=Now()
    )


def approve(*, weights: WeightsFile, by: User, reason: str = "") -> WeightsFile:
    """From now on recordings are read with these weights; those in use before are retired. Results keep their origin.

    Raises Conflict unless a worker has found that the file fits.
    """
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=weights.organisation_id)  # two approvals at once
        weights = WeightsFile.objects.select_for_update().get(pk=weights.pk)
        if weights.state not in (WeightsState.READY, WeightsState.RETIRED):
            raise Conflict("not_ready", "Only weights that were checked and fit can be approved.")
        before = WeightsFile.objects.filter(
            organisation=weights.organisation_id, system=weights.system, state=WeightsState.APPROVED
        )
        for other in before:
            _retire(other, by, f"Replaced by {weights.name}.")
        weights.state = WeightsState.APPROVED
        weights.save(update_fields=["state"])
        _decide(weights, WeightsDecision.APPROVED, by, reason)
        audit.record(actor=by, action="approve weights", obj=weights)
    return weights


def retire(*, weights: WeightsFile, by: User, reason: str = "") -> None:
    """No recording is read with them any more. Raises Conflict unless they are in use."""
    with transaction.atomic():
        weights = WeightsFile.objects.select_for_update().get(pk=weights.pk)
        if weights.state != WeightsState.APPROVED:
            raise Conflict("not_in_use", "These weights are not in use.")
        _retire(weights, by, reason)


def switch(*, organisation: Organisation, system: str, is_on: bool, by: User) -> None:
    """Whether a system is run on this clinic's recordings from now on. Raises Refused for an unknown one."""
    if system not in set(PublishedSystem):
        raise Refused("unknown_system", "There is no such system.")
    _switch(organisation, system, by, "switch system on" if is_on else "switch system off", is_on=is_on)


def switch_shipped(*, organisation: Organisation, system: str, uses: bool, by: User) -> None:
    """Whether a system without approved weights is run with those that came with the program.

    Raises Refused for an unknown system.
    """
    if system not in set(PublishedSystem):
        raise Refused("unknown_system", "There is no such system.")
    action = "switch shipped weights on" if uses else "switch shipped weights off"
    _switch(organisation, system, by, action, uses_shipped=uses)


def in_use(organisation: Organisation) -> list[InUse]:
    """Every published system of a clinic, in the order in which pages show them."""
    approved = WeightsFile.objects.filter(organisation=organisation, state=WeightsState.APPROVED)
    by_system = {weights.system: weights for weights in approved}
    switches = {row.system: row for row in SystemSwitch.objects.filter(organisation=organisation)}
    beside = weight_cards.shipped()
    found = []
    for system in SYSTEM_TITLES:
        row = switches.get(system.value) or SystemSwitch(is_on=system not in OFF_UNLESS_CHOSEN)
        weights = by_system.get(system.value)
        found.append(InUse(system, row.is_on, weights, beside.get(system), row.uses_shipped))
    return found


def ask_again() -> int:
    """Files that wait unheard for their check; returns how many bells were rung."""
    stale = timezone.now() - timedelta(seconds=settings.BELL_FRESH_S)
    unheard = Q(state=WeightsState.CHECKING) & (Q(sent_at=None) | Q(sent_at__lt=stale))
    rung = 0
    for weights in WeightsFile.objects.filter(unheard)[:4]:
        if WeightsFile.objects.filter(unheard, pk=weights.pk).update(sent_at=Now()):
            rung += dispatch.publish(dispatch.CHECK_WEIGHTS, weights_id=str(weights.pk))
    return rung


def _switch(organisation: Organisation, system: str, by: User, action: str, **values: bool) -> None:
    first = {"is_on": system not in OFF_UNLESS_CHOSEN, **values}
    with transaction.atomic():
        row, _ = SystemSwitch.objects.update_or_create(
            organisation=organisation,
            system=system,
            defaults={**values, "changed_at": timezone.now()},
            create_defaults=first,
        )
        audit.record(actor=by, action=action, obj=row)


def _retire(weights: WeightsFile, by: User, reason: str) -> None:
    weights.state = WeightsState.RETIRED
    weights.save(update_fields=["state"])
    _decide(weights, WeightsDecision.RETIRED, by, reason)
    audit.record(actor=by, action="retire weights", obj=weights)


def _decide(weights: WeightsFile, decision: WeightsDecision, by: User, reason: str) -> None:
    WeightsApproval.objects.create(weights=weights, decision=decision, by=by, reason=reason.strip()[:500])


def _header(file: File[Any], size: int) -> Header:
    try:
        return read_header(file, size)
    except NotTensors as error:
        raise Refused("not_weights", f"This is no file of weights: {error}.") from error


def _compare(stated: Mapping[str, Any], header: Header, sha256: str) -> None:
    if stated["sha256"] != sha256:
        raise Refused("other_file", "The card was written for another file: their hashes differ.")
    if stated["parameters"] != header.parameters:
        raise Refused(
            "other_file",
            f"The card states {stated['parameters']} parameters, the file holds {header.parameters}.",
        )


def _sha256(file: File[Any]) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _stored(file: File[Any], sha256: str) -> str:
    """Named by content: the same bytes are stored once, and a whole file is never replaced.

    What an import that was interrupted has left under the name is shorter, and goes.
    """
    name = f"weights/{sha256}.safetensors"
    if default_storage.exists(name):
        if default_storage.size(name) == file.size:
            return name
        default_storage.delete(name)
    try:
        return default_storage.save(name, file)
    except BaseException:
        default_storage.delete(name)
        raise
