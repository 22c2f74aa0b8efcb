"""Cards of weights as the web process reads them: those that are imported, and those that came with the program.

It knows the cards alone; files of weights are read by workers.
"""

from __future__ import annotations

import json
import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from analysis.contracts import CARD_FIELDS, CARD_TRAINING_FIELDS, PublishedSystem
from clinic.errors import Refused

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 64_000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}\Z")


@dataclass(frozen=True, slots=True)
class Shipped:
    """Weights that came with the program: nobody of a clinic has approved them, so their results are experimental."""

    system: PublishedSystem
    card: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.card["id"])

    @property
    def sha256(self) -> str:
        return str(self.card["sha256"])

    @property
    def bytes(self) -> int:
        return int(self.card.get("bytes", 0))

    @property
    def word(self) -> str:
        """What they were trained on."""
        return str(self.card["training"]["word"])


def parse(raw: bytes) -> dict[str, Any]:
    """Raises Refused, naming every field that is missing or of another kind."""
    if len(raw) > MOST_BYTES:
        raise Refused("card_too_large", "The card is too large to be one.")
    try:
        stated = tomllib.loads(raw.decode("utf-8"))
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


def shipped() -> dict[PublishedSystem, Shipped]:
    """What came with the program; a card that cannot be read is logged and left out, as a worker does."""
    found: dict[PublishedSystem, Shipped] = {}
    for path in sorted(settings.SHIPPED_WEIGHTS.glob("*.toml")):
        try:
            card = parse(path.read_bytes())
        except (Refused, OSError) as error:
            logger.error("shipped card %s: %s", path.name, error)
            continue
        system = PublishedSystem(card["config"]["system"])
        found[system] = Shipped(system, card)
    return found


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and (kind is not str or bool(value))
