"""From the items of a form to the value of a scale. The browser shows the same sums; these are the ones that count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clinic.errors import Refused
from clinic.grading.tables import Item, Table

Items = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is None while items are missing; a part whose items are missing is None too."""

    value: float | None
    parts: dict[str, float | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # names of items
    is_clamped: bool = False


def clean(table: Table, raw: Mapping[str, Any]) -> Items:
    """The items that were filled in. Raises Refused for what no form offers."""
    given = {item: str(raw[item.key]).strip() for item in table.items if raw.get(item.key) is not None}
    return {item.key: _one(item, text) for item, text in given.items() if text}


def _one(item: Item, text: str) -> str | int:
    if item.options:
        if text not in {o.code for o in item.options}:
            raise Refused("unknown_choice", f"{item.name}: this cannot be chosen.")
        return int(text) if text.isdecimal() else text
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= item.highest):
        raise Refused("out_of_range", f"{item.name}: a whole number from 0 to {item.highest}, please.")
    return int(text)


def score(table: Table, items: Mapping[str, str | int]) -> Score:
    """Value and parts of what was filled in."""
    parts = {part.key: _part(table, [points(i, items.get(i.key)) for i in part.items]) for part in table.parts}
    missing = tuple(item.name for item in table.items if item.key not in items)
    if missing:
        return Score(None, parts, missing)
    if table.arithmetic == "mean":
        known = [p for i in table.items if (p := points(i, items[i.key])) is not None]
        return Score(round(sum(known) / len(known), 2), parts)
    plain = sum(part.factor * (parts[part.key] or 0.0) for part in table.parts)
    value = min(table.ceiling, max(table.floor, plain))
    return Score(value, parts, is_clamped=value != plain)


def points(item: Item, given: str | int | None) -> float | None:
    """What one answer counts; on a scale with its best in the middle, less on both sides of it."""
    if given is None:
        return None
    if item.options:
        return next((o.points for o in item.options if o.code == str(given)), None)
    value = float(given)
    return value if item.balanced is None else item.balanced - abs(item.balanced - value)


def _part(table: Table, known: list[float | None]) -> float | None:
    values = [v for v in known if v is not None]
    if len(values) < len(known):
        return None
    return round(sum(values) / len(values), 2) if table.arithmetic == "mean" else sum(values)
