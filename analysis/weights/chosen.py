"""Which weights a published system is run with: a card and a file, not loaded yet. Nothing here needs torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from analysis.contracts import PublishedSystem
from analysis.weights.loader import FOLDER, WeightsError, check_card

NO_WEIGHTS: Final = "no approved weights"
SWITCHED_OFF: Final = "switched off"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card, and where its file lies."""

    card: Mapping[str, Any]
    file: Path

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


def shipped(folder: Path = FOLDER) -> dict[PublishedSystem, Chosen]:
    """The published systems' weights beside this code."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
        if stated.get("config", {}).get("system") in set(PublishedSystem):
            chosen = read(path)
            found[chosen.system] = chosen
    return found
