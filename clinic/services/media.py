"""Stored video files: which one a browser gets, in which pieces, and a path for a worker."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from clinic.errors import ClinicError
from clinic.models import AuditEvent, User, Video
from clinic.services import audit

CONTENT_TYPES = {  # by our own extension, never by what the uploader claimed
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
}
ONE_PLAY = timedelta(hours=1)  # a browser fetches one play in many pieces
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z", re.ASCII)
_PIECE = 256 * 1024


class BadRange(ClinicError):
    status = 416

    def __init__(self) -> None:
        super().__init__("bad_range", "That part of the file does not exist.")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file, both ends included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def file_to_play(video: Video) -> FieldFile:
    """The upright copy made for browsers; until that is there, the original."""
    return video.playback or video.file


def content_type(file: FieldFile) -> str:
    return CONTENT_TYPES.get(PurePosixPath(file.name or "").suffix, "application/octet-stream")


def parse_range(header: str | None, size: int) -> Span | None:
    """The one range that is asked for; None: send everything (no header, or one we need not understand, RFC 9110 14.2).

    Raises BadRange when the range lies beyond the file.
    """
    if not header or not (match := _RANGE.match(header.strip())) or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if len(first_text) > 18 or len(last_text) > 18:  # no file is that large
        raise BadRange
    if not first_text:
        first, last = max(size - int(last_text), 0), size - 1
    else:
        first, last = int(first_text), min(int(last_text or size - 1), size - 1)
        if last_text and int(last_text) < first:
            return None
    if first >= size or first > last:
        raise BadRange
    return Span(first, last)


def pieces(file: IO[Any], span: Span) -> Iterator[bytes]:
    """The span in pieces, never more than one of them in memory; closes the file."""
    with file:
        file.seek(span.first)
        left = span.length
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def note_play(*, video: Video, by: User) -> None:
    """One audit row a person and play, whichever piece of the file is asked for first."""
    recent = AuditEvent.objects.filter(
        patient=video.session.patient_id,
        created_at__gt=timezone.now() - ONE_PLAY,
        actor=by,
        action="play",
        object_id=str(video.pk),
    )
    if not recent.exists():
        audit.record(actor=by, action="play", obj=video, patient=video.session.patient)


def path_here(file: FieldFile) -> Path | None:
    """Where a stored file lies on this machine; None where its storage is elsewhere."""
    try:
        return Path(file.path)
    except NotImplementedError:  # Django's word for a storage without paths
        return None


@contextmanager
def local_copy(video: Video) -> Iterator[Path]:
    """A path on this machine with the original's bytes; a copy only where the storage is elsewhere."""
    if (here := path_here(video.file)) is not None:
        yield here
        return
    with tempfile.NamedTemporaryFile(suffix=video.extension) as copy, video.file.open("rb") as original:
        shutil.copyfileobj(original, copy, _PIECE)
        copy.flush()
        yield Path(copy.name)


def free_bytes() -> int:
    return shutil.disk_usage(settings.MEDIA_ROOT).free


def remove_abandoned_uploads(*, older_than: timedelta = timedelta(hours=24)) -> int:
    """Bodies whose request died with its process lie on in the incoming folder; returns how many were removed."""
    limit = (timezone.now() - older_than).timestamp()
    old = [path for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir() if path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
