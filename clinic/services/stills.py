"""Still pictures of single frames: asked for by a page, made by a light worker, handed out by a checking view."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clinic import dispatch
from clinic.errors import TooMany
from clinic.models import Still, Video

MOST_A_VIDEO = 400
_RING_AGAIN = timedelta(seconds=8)


def want(*, video: Video, times_ms: Iterable[int]) -> dict[int, Still]:
    """The pictures of these frames; what is not there yet is asked for, again when a bell seems lost."""
    wanted = set(times_ms)
    there = set(video.stills.values_list("time_ms", flat=True))
    if len(there | wanted) > MOST_A_VIDEO:
        raise TooMany("too_many_stills", "So many pictures were made of this video that no more are made.")
    new = [Still(video=video, time_ms=ms) for ms in wanted - there]
    with transaction.atomic():
        Still.objects.bulk_create(new, ignore_conflicts=True)
        silent = Q(rung_at=None) | Q(rung_at__lt=timezone.now() - _RING_AGAIN)
        asked = video.stills.filter(silent, time_ms__in=wanted, file="", is_refused=False)
        if asked.update(rung_at=timezone.now()):
            dispatch.send(dispatch.MAKE_STILLS, video_id=str(video.pk))
    return {still.time_ms: still for still in video.stills.filter(time_ms__in=wanted)}


def waiting(video_id: str) -> tuple[Video, list[int]] | None:
    """The video and the frames it wants pictures of; None when there is nothing to do."""
    video = Video.objects.filter(pk=video_id).first()
    times = list(video.stills.filter(file="", is_refused=False).values_list("time_ms", flat=True)) if video else []
    return (video, times) if video and times else None


def attach(*, video_id: UUID, time_ms: int, picture: bytes) -> bool:
    """Store one picture. False when another worker was faster or the row is gone; then nothing is kept."""
    name = default_storage.save(f"videos/{video_id}/still-{time_ms}.jpg", ContentFile(picture))
    if Still.objects.filter(video_id=video_id, time_ms=time_ms, file="").update(file=name):
        return True
    default_storage.delete(name)
    return False


def refuse(*, video_id: UUID) -> None:
    """The video cannot be read: nobody waits for these pictures any longer."""
    Still.objects.filter(video_id=video_id, file="").update(is_refused=True)
