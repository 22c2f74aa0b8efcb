"""Copies of recordings for browsers: asked for when a recording could be decoded, attached once."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.db.models.functions import Now

from clinic import dispatch
from clinic.models import Video
from clinic.models.results import RunState

_ASK_AGAIN_AFTER, _GIVE_UP_AFTER = timedelta(minutes=1), timedelta(minutes=10)


def request(*, video: Video) -> None:
    dispatch.send(dispatch.MAKE_PLAYBACK, video_id=str(video.pk))


def wanting(video_id: str) -> Video | None:
    """The video, if it still wants a copy."""
    return Video.objects.filter(pk=video_id, playback="").first()


def attach(*, video: Video, file: File[bytes]) -> bool:
    """Store the copy. False when another worker was faster or the video is gone; then nothing is kept."""
    name = default_storage.save(f"videos/{video.pk}/playback.mp4", file)
    if Video.objects.filter(pk=video.pk, playback="").update(playback=name):
        return True
    default_storage.delete(name)
    return False


def ask_again() -> int:
    """Bells for copies that were lost on the way: a few, for as long as the recording is new."""
    return sum(dispatch.publish(dispatch.MAKE_PLAYBACK, video_id=str(video.pk)) for video in _overdue()[:4])


def _overdue() -> QuerySet[Video]:
    ended = {"runs__state__in": (RunState.DONE, RunState.REFUSED)}
    window = {"runs__finished_at__range": (Now() - _GIVE_UP_AFTER, Now() - _ASK_AGAIN_AFTER)}
    return Video.objects.filter(playback="", facts__isnull=False, **ended, **window).distinct()
