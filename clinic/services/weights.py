"""Weights of the published systems: taken in, checked by a worker, approved or retired by an administrator."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from analysis.contracts import CARD_FIELDS, CARD_TRAINING_FIELDS, PublishedSystem
from clinic import dispatch
from clinic.errors import Conflict, Refused
from clinic.models import Organisation, SystemSwitch, User, WeightsApproval, WeightsFile
from clinic.models.weights import SYSTEM_TITLES, WeightsDecision, WeightsState
from clinic.services import audit
from clinic.tensor_file import Header, NotTensors, read_header

MOST_CARD_BYTES: Final = 64_000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class InUse:
    """What a system is run with on a clinic's recordings: a file, the shipped weights, or nothing."""

    system: PublishedSystem
    is_on: bool
    weights: WeightsFile | None


def take_in(*, organisation: Organisation, by: User, file: UploadedFile[Any], card: UploadedFile[Any]) -> WeightsFile:
    """Store a file with its card and ask a worker to load it strictly. Nothing is computed from it before an approval.

    Raises Refused, in words, for a card that lacks something, or a file that is not the one on its card.
    """
    stated = read_card(card)
    size = file.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        raise Refused("too_large", f"A file of weights may have {settings.UPLOAD_MAX_BYTES // 1024**2} MB at most.")
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


def read_card(card: UploadedFile[Any]) -> dict[str, Any]:
    """Raises Refused, naming every field that is missing or of another kind."""
    if (card.size or 0) > MOST_CARD_BYTES:
        raise Refused("card_too_large", "The card is too large to be one.")
    try:
        stated = tomllib.loads(card.read().decode("utf-8"))
        text = json.dumps(stated, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise Refused("bad_card", "The card cannot be read: it must be a TOML file of words and numbers.") from error
    wrong = [name for name, kind in CARD_FIELDS.items() if not _is(stated.get(name), kind)]
    training = stated.get("training") if isinstance(stated.get("training"), dict) else {}
    wrong += [f"training.{name}" for name in CARD_TRAINING_FIELDS if not (training or {}).get(name)]
    if wrong or "\\u0000" in text:
        raise Refused("bad_card", f"The card lacks or misstates: {', '.join(wrong) or 'words without control signs'}.")
    if stated["config"].get("system") not in set(PublishedSystem):
        raise Refused("bad_card", f"config.system on the card must be one of {', '.join(PublishedSystem)}.")
    if not _NAME.match(stated["id"]):
        raise Refused("bad_card", "The id on the card must be small letters, digits, dots and dashes, 80 at most.")
    return stated


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
    with transaction.atomic():
        row, _ = SystemSwitch.objects.update_or_create(
            organisation=organisation, system=system, defaults={"is_on": is_on, "changed_at": timezone.now()}
        )
        audit.record(actor=by, action="switch system on" if is_on else "switch system off", obj=row)


def in_use(organisation: Organisation) -> list[InUse]:
    """Every published system of a clinic, in the order in which pages show them."""
    approved = WeightsFile.objects.filter(organisation=organisation, state=WeightsState.APPROVED)
    by_system = {weights.system: weights for weights in approved}
    off = set(SystemSwitch.objects.filter(organisation=organisation, is_on=False).values_list("system", flat=True))
    return [InUse(system, system.value not in off, by_system.get(system.value)) for system in SYSTEM_TITLES]


def ask_again() -> int:
    """Files that wait unheard for their check; returns how many bells were rung."""
    stale = timezone.now() - timedelta(seconds=settings.BELL_FRESH_S)
    unheard = Q(state=WeightsState.CHECKING) & (Q(sent_at=None) | Q(sent_at__lt=stale))
    rung = 0
    for weights in WeightsFile.objects.filter(unheard)[:4]:
        if WeightsFile.objects.filter(unheard, pk=weights.pk).update(sent_at=Now()):
            rung += dispatch.publish(dispatch.CHECK_WEIGHTS, weights_id=str(weights.pk))
    return rung


def _retire(weights: WeightsFile, by: User, reason: str) -> None:
    weights.state = WeightsState.RETIRED
    weights.save(update_fields=["state"])
    _decide(weights, WeightsDecision.RETIRED, by, reason)
    audit.record(actor=by, action="retire weights", obj=weights)


def _decide(weights: WeightsFile, decision: WeightsDecision, by: User, reason: str) -> None:
    WeightsApproval.objects.create(weights=weights, decision=decision, by=by, reason=reason.strip()[:500])


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and (kind is not str or bool(value))


def _header(file: UploadedFile[Any], size: int) -> Header:
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


def _sha256(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _stored(file: UploadedFile[Any], sha256: str) -> str:
    """Named by content: the same bytes are stored once, and a stored file is never replaced."""
    name = f"weights/{sha256}.safetensors"
    return name if default_storage.exists(name) else default_storage.save(name, file)
