"""What may ship with the program: a card beside every file, small, and exactly the file that the card describes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from analysis.weights.chosen import SHIPPED, Chosen, shipped
from analysis.weights.loader import WeightsError

MOST_BYTES: Final = 25_000_000  # of one file
MOST_TOGETHER_BYTES: Final = 90_000_000
NOTE: Final = "README.md"


def problems(folder: Path = SHIPPED) -> list[str]:
    """Everything that keeps the folder from being shipped, in words; empty when it may be."""
    try:
        cards = {chosen.file.name: chosen for chosen in shipped(folder).values()}
    except WeightsError as error:
        return [str(error)]
    files = {path.name: path for path in folder.iterdir() if path.suffix != ".toml" and path.name != NOTE}
    found = [f"{name} has no card" for name in sorted(files.keys() - cards.keys())]
    for name, chosen in cards.items():
        found += _of_file(chosen) if name in files else [f"{chosen.card['id']} has no file"]
    together = sum(path.stat().st_size for path in files.values())
    if together > MOST_TOGETHER_BYTES:
        found.append(f"the files have {together:,} bytes together, {MOST_TOGETHER_BYTES:,} are allowed")
    return found


def _of_file(chosen: Chosen) -> list[str]:
    name, raw = chosen.card["id"], chosen.file.read_bytes()
    found = []
    if len(raw) > MOST_BYTES:
        found.append(f"{name} has {len(raw):,} bytes, {MOST_BYTES:,} are allowed")
    if chosen.card.get("bytes") != len(raw):  # the web process has the cards alone and tells the size from them
        found.append(f"the card of {name} states {chosen.card.get('bytes')} bytes, its file has {len(raw)}")
    if hashlib.sha256(raw).hexdigest() != chosen.card["sha256"]:
        found.append(f"the file of {name} is not the one its card was written for")
    return found
