"""A network's configuration as the plain values of a card, and back; nothing on a card is believed."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

_MOST = 1_000_000  # no size of any network here comes near


def plain(cfg: Any) -> dict[str, Any]:
    """A configuration dataclass as numbers, words, lists and tables."""
    return {f.name: _plain(getattr(cfg, f.name)) for f in dataclasses.fields(cfg)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    if isinstance(value, Enum):
        return value.value
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def restore(kind: type[T], stated: Mapping[str, Any]) -> T:
    """The dataclass that `plain` wrote down. Raises ValueError for a name or a value that it does not have."""
    hints = typing.get_type_hints(kind)
    if unknown := stated.keys() - hints.keys():
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: _restored(name, hints[name], value) for name, value in stated.items()})


def _restored(name: str, hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        if not isinstance(value, list) or (kinds[-1] is not Ellipsis and len(value) != len(kinds)):
            raise ValueError(f"{name} must be a list like {hint}")
        each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
        return tuple(_restored(name, kind, v) for kind, v in zip(each, value, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return restore(typing.cast(type[Any], hint), value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint or (isinstance(value, (int, float)) and not 0 <= value <= _MOST):
        raise ValueError(f"{name} cannot be {value!r}")
    return value
