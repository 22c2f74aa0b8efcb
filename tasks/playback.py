"""Make the copy of a recording that browsers play."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from django.core.files.base import File

from analysis.contracts import Mirrored
from clinic import dispatch
from clinic.services import media, playback
from tasks.base import idempotent_task
from tasks.config import PLAYBACK

logger = logging.getLogger(__name__)


@idempotent_task(name=dispatch.MAKE_PLAYBACK, limits=PLAYBACK)
def make_playback(*, video_id: str) -> None:
    """Write and attach the copy, unless it is there; safe to deliver twice."""
    from analysis.video.playback import write_playback  # loads FFmpeg, which must not be forked
    from analysis.video.problems import VideoRefused

    if (video := playback.wanting(video_id)) is None:
        return
    with media.local_copy(video) as source, tempfile.TemporaryDirectory(prefix="seventh-") as folder:
        target = Path(folder) / "playback.mp4"
        try:
            write_playback(source, target, mirrored=Mirrored(video.mirrored))
        except VideoRefused as refused:  # browsers get the original, where they can play it
            logger.warning("video %s has no copy for browsers: %s", video_id, refused)
            return
        with target.open("rb") as file:
            playback.attach(video=video, file=File(file))
