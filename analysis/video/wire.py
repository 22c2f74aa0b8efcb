"""How the decoding process talks to its parent: length-prefixed messages on one pipe, frames as raw RGB.

A message is one kind byte, a little-endian length of the JSON that follows, that JSON and, for a frame, its pixels.
The parent believes none of it: sizes are checked against the policy before a byte is read.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Final

HEADER: Final = struct.Struct("<cI")
MAX_JSON: Final = 64 * 1024

PROBED: Final = b"P"  # what the packets showed, before the first frame
SHAPE: Final = b"S"  # the first frame, upright: what sizes and turns hold for all that follow
FRAME: Final = b"F"  # {"t": seconds, "w": pixels, "h": pixels, "n": frames decoded}, then h * w * 3 bytes
DONE: Final = b"D"  # counts, after the last frame
REFUSED: Final = b"R"  # {"code", "detail"}


def pack(kind: bytes, content: dict[str, Any]) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    return HEADER.pack(kind, len(body)) + body
