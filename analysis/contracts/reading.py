"""From JSON values to the contracts' dataclasses."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import StrEnum
from typing import Any


def build(kind: Any, value: Any) -> Any:
    """JSON value -> the annotated type (dataclasses, enums, lists, dicts, optionals)."""
    if value is None or kind is Any:
        return value
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return build(next(a for a in args if a is not type(None)), value)
    if origin is list:
        return [build(args[0], v) for v in value]
    if origin is dict:
        return {build(args[0], k): build(args[1], v) for k, v in value.items()}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        given = {f.name: f for f in dataclasses.fields(kind)}
        required = {n for n, f in given.items() if f.default is f.default_factory is dataclasses.MISSING}
        if missing := required - value.keys():
            raise KeyError(", ".join(sorted(missing)))
        return typing.cast(Any, kind)(**{n: build(hints[n], value[n]) for n in given if n in value})
    if isinstance(kind, type) and issubclass(kind, (StrEnum, int, float)) and not isinstance(value, bool):
        return kind(value)
    return value
