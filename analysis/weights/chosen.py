"""Which weights a published system is run with: a card and a file, not loaded yet. Nothing here needs torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from analysis.contracts import PublishedSystem
from analysis.weights.loader import FOLDER, WeightsError, check_card

NO_WEIGHTS: Final = "no approved weights"
SWITCHED_OFF: Final = "switched off"
UNREADABLE: Final = "the weights that came with the program cannot be read"
NO_PLACE: Final = "its networks could not be placed on this worker's device"
SHIPPED: Final = FOLDER / "shipped"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card, and where its file lies."""

    card: Mapping[str, Any]
    file: Path
    is_shipped: bool = False  # came with the program, so nobody has approved it: experimental whatever it learnt from

    @property
    def system(self) -> PublishedSystem:
        """Raises WeightsError when the card is of no published system."""
        try:
            return PublishedSystem(self.card["config"]["system"])
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError("the card names no published system") from error


@dataclass(frozen=True, slots=True)
class Wanted:
    """A system, and the weights to run it with or the reason why it is not run."""

    system: PublishedSystem
    weights: Chosen | None = None
    reason: str = NO_WEIGHTS


def read(card: Path) -> Chosen:
    """The file is the card's neighbour of the same name. Raises WeightsError for a card that lacks something."""
    try:
        stated = tomllib.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"the card {card.name} cannot be read: {error}") from error
    check_card(stated)
    return Chosen(stated, card.with_suffix(".safetensors"))


def shipped(folder: Path = SHIPPED) -> dict[PublishedSystem, Chosen]:
    """The published systems' weights that came with the program.

    Raises WeightsError for a card that lacks something or has another id than its name, and for two of one system.
    """
    found: dict[PublishedSystem, Chosen] = {}
    for path in sorted(folder.glob("*.toml")):
        chosen = replace(read(path), is_shipped=True)
        if chosen.card["id"] != path.stem:
            raise WeightsError(f"the card {path.name} is of {chosen.card['id']!r}")
        if other := found.get(chosen.system):
            raise WeightsError(f"{chosen.system} has two cards: {other.card['id']} and {chosen.card['id']}")
        found[chosen.system] = chosen
    return found
