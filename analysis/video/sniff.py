"""What a file is, by its first bytes: the only look at it outside the confined decoding process."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from analysis.video.policy import Policy
from analysis.video.problems import VideoRefused

_ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML = b"\x1a\x45\xdf\xa3"
_OTHER_VIDEO = (b"FLV\x01", b"OggS", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
_OTHER_KINDS = (b"PK", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"MZ", b"\x1f\x8b", b"BM", b"ID3")
_TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}


def check_size(size: int, policy: Policy) -> None:
    """Raises VideoRefused when a file of this many bytes is not read at all."""
    if size == 0:
        raise VideoRefused("empty_file")
    if size < policy.min_bytes:
        raise VideoRefused("too_small", f"{size} bytes")
    if size > policy.max_bytes:
        raise VideoRefused("too_large", f"{size} bytes")


def container_of(head: bytes) -> str:
    """FFmpeg's name of the container, "mov" or "matroska", from a file's first bytes. Raises VideoRefused.

    A playlist is text and never reaches FFmpeg, so it cannot make it open another patient's file.
    """
    if head[4:8] in _ISO_BOXES:
        return "mov"
    if head.startswith(_EBML):
        return "matroska"
    if _is_other_video(head):
        raise VideoRefused("unsupported_format", head[:12].hex())
    if head.startswith(_OTHER_KINDS) or _is_text(head):
        raise VideoRefused("not_a_video", head[:12].hex())
    raise VideoRefused("unreadable", f"unknown first bytes {head[:12].hex()}")


def _is_other_video(head: bytes) -> bool:
    avi = head.startswith(b"RIFF") and head[8:11] == b"AVI"
    transport_stream = len(head) > 376 and head[0] == head[188] == head[376] == 0x47
    return avi or transport_stream or head.startswith(_OTHER_VIDEO)


def _is_text(head: bytes) -> bool:
    return all(byte in _TEXT or byte >= 0x80 for byte in head) and sum(byte in _TEXT for byte in head) > 0.9 * len(head)


def sha256_of(file: io.BufferedReader) -> str:
    """Hex digest of the whole open file, which is left at its start."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def look(path: Path, policy: Policy) -> tuple[str, str]:
    """(container, sha256) of a file within the size limits. Raises VideoRefused, or OSError when it is unreadable."""
    with path.open("rb") as file:
        check_size(path.stat().st_size, policy)
        container = container_of(file.read(512))
        return container, sha256_of(file)
