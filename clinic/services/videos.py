"""Taking in a recording: all is checked first, then session, video and queued run appear together or not at all."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from analysis.contracts import Mirrored, Timeline
from clinic.errors import Duplicate, NoRoom, Refused, TooLarge, TooMany
from clinic.models import Episode, Patient, Protocol, Session, User, Video
from clinic.models.care import ConsentPurpose
from clinic.services import audit, consents, media, runs

SMALLEST_BYTES = 1024
LONGEST_NOTE = 2000
_CLOCK_ERROR = timedelta(days=1)  # phones with a wrong clock or zone
_ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_DIRECTION_MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # can disguise "exe.mp4"
_EBML = b"\x1a\x45\xdf\xa3"


def accept_upload(
    *,
    patient: Patient,
    uploaded_by: User,
    file: UploadedFile[Any],
    recorded_at: datetime | None = None,
    note: str = "",
    mirrored: str = Mirrored.UNKNOWN.value,
    timeline: Mapping[str, Any] | None = None,
    is_synthetic: bool = False,
    recorded_on_episode: Episode | None = None,
) -> Video:
    """Store a recording as a new session and queue its analysis, which is announced after commit.

    Raises Refused, TooLarge, TooMany, NoRoom, or Duplicate with the earlier session; then nothing was stored.
    """
    extension = _extension_of(file)
    recorded_at = _recorded_at(recorded_at)
    _check_words(mirrored, timeline)
    if recorded_on_episode is not None and recorded_on_episode.patient_id != patient.pk:
        raise Refused("foreign_episode", "This episode belongs to somebody else.")
    sha256 = _sha256(file)
    _check_room(file)
    video = Video(
        file=file,
        extension=extension,
        display_name=clean_name(file.name or ""),
        bytes=file.size or 0,
        sha256=sha256,
        mirrored=mirrored,
        timeline=dict(timeline) if timeline else None,
        is_synthetic=is_synthetic,
        uploaded_by=uploaded_by,
    )
    try:
        with transaction.atomic():
            # Locked, so that two uploads at once are counted and compared one after the other.
            patient = Patient.objects.select_for_update().get(pk=patient.pk)
            _check_consent(patient, uploaded_by)
            _check_not_there_yet(patient, sha256)
            _check_quota(patient, uploaded_by, file.size or 0)
            video.session = Session.objects.create(
                patient=patient,
                episode=recorded_on_episode or _episode_at(patient, recorded_at),
                protocol=Protocol.objects.filter(organisation=patient.organisation_id, is_default=True).first(),
                recorded_at=recorded_at,
                note=clean_text(note)[:LONGEST_NOTE],
            )
            video.save()
            runs.request(video=video)
            audit.record(actor=uploaded_by, action="upload", obj=video, patient=patient)
    except BaseException:
        _forget_file(video)
        raise
    return video


def clean_name(name: str) -> str:
    """A file name fit to be shown: no path, no control or direction characters."""
    return clean_text(PurePath(name.replace("\\", "/")).name)[:120]


def clean_text(text: str) -> str:
    """Without control, direction and lone surrogate characters; line ends, tabs and joiners (Persian) stay."""
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(c for c in kept if c not in _DIRECTION_MARKS).strip()


def extension_of(head: bytes) -> str:
    """Our extension for a file that begins so. A playlist, which may name other files, is text and never passes.

    Raises Refused for anything but the MP4/MOV and WebM/Matroska families.
    """
    if head[4:8] in _ISO_BOXES:
        return ".mov" if head[4:8] != b"ftyp" or head[8:12] == b"qt  " else ".mp4"
    if head.startswith(_EBML):
        return ".webm" if b"webm" in head[:64] else ".mkv"
    raise Refused(
        "not_a_video",
        "This file is not a video that can be read. Please record with your phone's own camera (MP4, MOV or WebM).",
    )


def _extension_of(file: UploadedFile[Any]) -> str:
    size = file.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(
            "too_large",
            f"The video is larger than {settings.UPLOAD_MAX_BYTES // 1024**2} MB. "
            "Please record a shorter video, or record in Full HD instead of 4K.",
        )
    if size < SMALLEST_BYTES:
        raise Refused("too_small", "The file is empty or too small to be a video. Please choose the file again.")
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    return extension_of(head)


def _recorded_at(given: datetime | None) -> datetime:
    now = timezone.now()
    if given is None:
        return now
    if given > now + _CLOCK_ERROR:
        raise Refused("recorded_in_future", "The day of the recording lies in the future.")
    if given.year < 1990:
        raise Refused("recorded_too_early", "The day of the recording lies too far back.")
    return min(given, now)


def _check_words(mirrored: str, timeline: Mapping[str, Any] | None) -> None:
    if mirrored not in list(Mirrored):
        raise Refused("bad_mirrored", "Whether the video is mirrored must be yes, no or unknown.")
    if timeline is not None:
        try:
            Timeline.from_json(timeline)
        except (ValueError, AttributeError) as error:
            raise Refused("bad_timeline", f"The timeline cannot be read: {error}.") from error


def _sha256(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks(1024 * 1024):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _check_room(file: UploadedFile[Any]) -> None:
    # The upload itself lies on the same disk already; a copy is the worst case.
    if media.free_bytes() < settings.UPLOAD_KEEP_FREE_BYTES + (file.size or 0):
        raise NoRoom(
            "no_room",
            "There is no room for more videos at the moment. Please keep your recording and try again tomorrow; "
            "the clinic has to make room first.",
        )


def _check_consent(patient: Patient, user: User) -> None:
    """Own recordings need the own word; nobody sends for a person who took it back."""
    asked = patient.user_id == user.pk or patient.consents.filter(purpose=ConsentPurpose.CARE).exists()
    if asked and not consents.may_analyse(patient):
        raise consents.ConsentNeeded


def _check_not_there_yet(patient: Patient, sha256: str) -> None:
    earlier = Video.objects.filter(session__patient=patient, sha256=sha256).select_related("session").first()
    if earlier is not None:
        day = timezone.localtime(earlier.session.recorded_at).strftime("%-d %B %Y")
        raise Duplicate("duplicate", f"This video was sent before, for the recording of {day}.", earlier.session)


def _check_quota(patient: Patient, user: User, size: int) -> None:
    last_hour = Video.objects.filter(uploaded_by=user, created_at__gt=timezone.now() - timedelta(hours=1)).count()
    if last_hour >= settings.UPLOADS_PER_HOUR:
        raise TooMany("too_many_uploads", "Many videos were sent in the last hour. Please wait a while and try again.")
    used = Video.objects.filter(session__patient=patient).aggregate(total=Sum("bytes"))["total"] or 0
    if used + size > settings.PATIENT_QUOTA_BYTES:
        raise TooMany("quota_full", "The space for this person's videos is used up. Please ask the clinic.")


def _episode_at(patient: Patient, when: datetime) -> Episode | None:
    """The palsy that was the latest to begin by then."""
    day = timezone.localtime(when).date()
    return patient.episodes.filter(onset_date__lte=day).order_by("-onset_date").first()


def _forget_file(video: Video) -> None:
    if video.file and video.file._committed:  # type: ignore[attr-defined]  # Django's own mark of a stored file
        video.file.delete(save=False)
