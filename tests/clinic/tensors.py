"""Files of weights and their cards as bytes, made without any library that knows them."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

CARD = """
id = "{id}"
url = "https://example.org/weights"
sha256 = "{sha256}"
bytes = {bytes}
preprocess = "fusion-views/1"
parameters = {parameters}
code_licence = "MIT"
weights_licence = "for this clinic"
intended_use = "research"
not_for = "diagnosis"

[config]
system = "{system}"

[config.cfg]
size_px = 112

[training]
data = "our graded sessions"
word = "{word}"
licences = "consent for training"
split = "5 folds by person"
commit = "0000000"

[metrics."Palsy in a frame"]
examples = 120
people = 12

[metrics."Palsy in a frame"."macro F1"]
value = 0.71
low = 0.6
high = 0.8
baseline = 0.41
"""


def tensor_bytes(tensors: dict[str, tuple[int, ...]] | None = None, *, fill: int = 0) -> bytes:
    """F32 tensors of these shapes."""
    shapes = tensors or {"palsy.head.weight": (2, 3), "palsy.head.bias": (2,)}
    table, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        table[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return packed(table, bytes([fill]) * at)


def packed(table: Any, data: bytes) -> bytes:
    header = json.dumps(table).encode()
    return len(header).to_bytes(8, "little") + header + data


def card_bytes(raw: bytes, **values: Any) -> bytes:
    stated = {
        "id": "fusion-clinic-1",
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "parameters": 8,
        "system": "fusion",
        "word": "clinic",
        **values,
    }
    return CARD.format(**stated).encode()


def ship(folder: Path, name: str = "fusion-synthetic-1", **values: Any) -> Path:
    """A card as the web process has it of weights that came with the program; their file is not there."""
    card = folder / f"{name}.toml"
    card.write_bytes(card_bytes(tensor_bytes(fill=251), id=name, **{"word": "synthetic", **values}))
    return card


def uploads(raw: bytes | None = None, card: bytes | None = None, **values: Any) -> dict[str, SimpleUploadedFile]:
    raw = tensor_bytes() if raw is None else raw
    return {
        "file": SimpleUploadedFile("a.safetensors", raw),
        "card": SimpleUploadedFile("a.toml", card_bytes(raw, **values) if card is None else card),
    }
