"""Writing cards: the little of TOML that they need. The standard library only reads it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def dumps(table: Mapping[str, Any]) -> str:
    """A table of words, numbers, lists of them, and tables. None is left out. Raises ValueError for anything else."""
    return "\n".join(_lines(table, ())).strip() + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping) and v is not None}
    inner = {k: v for k, v in table.items() if isinstance(v, Mapping)}
    lines = ["", f"[{'.'.join(_key(p) for p in path)}]"] if path and (plain or not inner) else []
    lines += [f"{_key(name)} = {_value(value)}" for name, value in plain.items()]
    for name, value in inner.items():
        lines += _lines(value, (*path, name))
    return lines


def _key(name: str) -> str:
    return name if _BARE.match(name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)  # every JSON string is a TOML one
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(v) for v in value)}]"
    raise ValueError(f"no TOML for {value!r}")
