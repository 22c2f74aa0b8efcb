"""What a card of weights must say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# name -> type; `[training]` needs the second list
CARD_FIELDS: Final[Mapping[str, type]] = {
    "id": str, "url": str, "sha256": str, "preprocess": str, "parameters": int, "config": dict, "training": dict,
    "metrics": dict, "code_licence": str, "weights_licence": str, "intended_use": str, "not_for": str,
}  # fmt: skip
CARD_TRAINING_FIELDS: Final = ("data", "word", "licences", "split", "commit")


def is_experimental(card: Mapping[str, Any]) -> bool:
    """Learnt from rendered or drawn faces alone, or called so by the card itself."""
    return bool(card.get("experimental", False)) or "synthetic" in str(card["training"]["word"]).lower()
