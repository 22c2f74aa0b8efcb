"""What a safetensors file says of itself, read without loading a tensor: only its header is looked at.

Eight bytes with the header's length, a JSON object {name: {dtype, shape, data_offsets}}, then the tensors' bytes
without gaps. Nothing in such a file can run.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import IO, Any

_MOST_HEADER_BYTES = 4_000_000
_MOST_TENSORS = 20_000
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


class NotTensors(ValueError):
    """The file is no safetensors file, or a damaged one; the message says how."""


@dataclass(frozen=True, slots=True)
class Header:
    tensors: int
    parameters: int  # numbers in all tensors


def read_header(file: IO[Any], size: int) -> Header:
    """Raises NotTensors unless the header describes exactly the bytes that follow it."""
    file.seek(0)
    start = file.read(8)
    length = int.from_bytes(start, "little") if len(start) == 8 else 0
    if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
        raise NotTensors("it does not begin like a safetensors file")
    try:
        table = json.loads(file.read(length).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotTensors("its header cannot be read") from error
    finally:
        file.seek(0)
    if not isinstance(table, dict):
        raise NotTensors("its header is no table")
    table.pop("__metadata__", None)
    if not 1 <= len(table) <= _MOST_TENSORS:
        raise NotTensors("it holds no tensor, or too many")
    return _counted(table, size - 8 - length)


def _counted(table: dict[str, Any], data_bytes: int) -> Header:
    spans, parameters = [], 0
    for name, entry in table.items():
        first, last, count = _tensor(name, entry)
        spans.append((first, last))
        parameters += count
    at = 0
    for first, last in sorted(spans):
        if first != at:
            raise NotTensors("its tensors overlap or leave gaps")
        at = last
    if at != data_bytes:
        raise NotTensors("it was cut off, or holds more than its tensors")
    return Header(len(spans), parameters)


def _tensor(name: str, entry: Any) -> tuple[int, int, int]:
    """First byte, byte after the last, how many numbers."""
    try:
        width = _BYTES[entry["dtype"]]
        shape, (first, last) = entry["shape"], entry["data_offsets"]
        count = math.prod(shape)
        whole = all(type(n) is int and 0 <= n < 2**40 for n in (*shape, first, last))
    except (KeyError, TypeError, ValueError) as error:
        raise NotTensors(f"its entry {name[:60]!r} is no tensor") from error
    if not whole or last - first != count * width:
        raise NotTensors(f"its tensor {name[:60]!r} has another size than it says")
    return first, last, count
