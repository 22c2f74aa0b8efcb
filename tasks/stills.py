"""Make the still pictures that a correction is done on."""

from __future__ import annotations

import logging

from analysis.contracts import Mirrored
from clinic import dispatch
from clinic.services import media, stills
from tasks.base import idempotent_task
from tasks.config import PLAYBACK

logger = logging.getLogger(__name__)


@idempotent_task(name=dispatch.MAKE_STILLS, limits=PLAYBACK)
def make_stills(*, video_id: str) -> None:
    """All pictures that this video wants, in one pass over it; safe to deliver twice."""
    from analysis.video.problems import VideoRefused
    from analysis.video.stills import write_stills  # loads FFmpeg, which must not be forked

    if (found := stills.waiting(video_id)) is None:
        return
    video, times_ms = found
    with media.local_copy(video) as source:
        try:
            made = write_stills(source, [ms / 1000 for ms in times_ms], mirrored=Mirrored(video.mirrored))
        except VideoRefused as refused:
            logger.warning("video %s has no stills: %s", video_id, refused)
            stills.refuse(video_id=video.pk)
            return
    for time_s, picture in made.items():
        stills.attach(video_id=video.pk, time_ms=round(time_s * 1000), picture=picture)
