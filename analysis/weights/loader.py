"""The one way to weights: a card and its file, and neither is trusted."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load as load_tensors

from analysis.contracts import CARD_FIELDS as FIELDS
from analysis.contracts import CARD_TRAINING_FIELDS as TRAINING_FIELDS
from analysis.contracts import WeightsUsed

FOLDER: Final = Path(__file__).parent


class WeightsError(Exception):
    """A card is incomplete, or a file is not the one its card describes."""


@dataclass(frozen=True, slots=True)
class Weights:
    card: Mapping[str, Any]
    tensors: Mapping[str, npt.NDArray[np.float32]]

    @property
    def used(self) -> WeightsUsed:
        return WeightsUsed(self.card["id"], self.card["sha256"], self.card["training"]["word"])


def read_card(weights_id: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Raises WeightsError when the card is absent or lacks a field."""
    path = folder / f"{weights_id}.toml"
    if not path.is_file():
        raise WeightsError(f"no card for weights {weights_id!r}")
    card = tomllib.loads(path.read_text(encoding="utf-8"))
    check_card(card, weights_id)
    return card


def check_card(card: Mapping[str, Any], weights_id: str | None = None) -> None:
    """Raises WeightsError when the card lacks a field, or is not the one of `weights_id`."""
    wrong = [name for name, kind in FIELDS.items() if not isinstance(card.get(name), kind)]
    wrong += [f"training.{name}" for name in TRAINING_FIELDS if not (card.get("training") or {}).get(name)]
    if wrong or weights_id not in (None, card["id"]):
        name = weights_id or card.get("id", "")
        raise WeightsError(f"the card of {name!r} lacks or misstates: {', '.join(wrong) or 'id'}")


def load(
    weights_id: str, expected: Mapping[str, tuple[int, ...]], folder: Path = FOLDER, *, preprocess: str
) -> Weights:
    """Tensors as float32, exactly the names and shapes in `expected`; hash and parameter count checked first.

    Raises WeightsError on any mismatch, also of what the weights were fitted on (`preprocess`): a number never comes
    from weights that are not the ones on the card.
    """
    card = read_card(weights_id, folder)
    if card["preprocess"] != preprocess:
        raise WeightsError(f"{weights_id!r} was fitted on {card['preprocess']}, not {preprocess}")
    raw = (folder / f"{weights_id}.safetensors").read_bytes()
    if hashlib.sha256(raw).hexdigest() != card["sha256"]:
        raise WeightsError(f"the file of {weights_id!r} is not the one its card was written for")
    tensors = {name: value.astype(np.float32) for name, value in load_tensors(raw).items()}
    if {n: t.shape for n, t in tensors.items()} != dict(expected):
        raise WeightsError(f"the tensors of {weights_id!r} are not those that the model has")
    if not all(np.isfinite(t).all() for t in tensors.values()):
        raise WeightsError(f"the weights {weights_id!r} hold a value that is no number")
    if sum(t.size for t in tensors.values()) != card["parameters"]:
        raise WeightsError(f"the card of {weights_id!r} states another number of parameters")
    return Weights(card=card, tensors=tensors)
