"""Still pictures out of a recording, for reports: decoded in the confined process that every video goes through."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from analysis.contracts import Mirrored
from clinic.letters.rows import Moment, StillSource
from clinic.models import Video
from clinic.services import media

logger = logging.getLogger(__name__)

LONGEST_SIDE = 480  # pixels; a quarter of a page's width in print


@dataclass(frozen=True, slots=True)
class Still:
    label: str
    jpeg: bytes
    width: int
    height: int


def stills_of(source: StillSource) -> list[Still]:
    """Pictures of the moments that the recording still holds; none when it is gone or cannot be decoded."""
    from analysis.video.problems import VideoRefused  # loads FFmpeg, which must not be forked

    video = Video.objects.filter(pk=source.video_id).first()
    if video is None:
        return []
    try:
        with media.local_copy(video) as path:
            return taken(path, source.moments, mirrored=Mirrored(video.mirrored))
    except (VideoRefused, FileNotFoundError):
        logger.warning("video %s gives no pictures for a report", video.pk)
        return []


def taken(path: Path, moments: Sequence[Moment], *, mirrored: Mirrored) -> list[Still]:
    """The first frame at or after each moment, upright and unmirrored, in the order of the moments."""
    from analysis.video.decode import Video as Recording

    waiting = sorted(moments, key=lambda moment: moment.at_s)
    found: dict[str, Still] = {}
    with Recording(path, mirrored=mirrored) as recording:
        for time_s, picture in recording:
            while waiting and waiting[0].at_s <= time_s + 1e-3:
                moment = waiting.pop(0)
                found[moment.label] = _still(moment.label, Image.fromarray(picture))
            if not waiting:
                break
    return [found[moment.label] for moment in moments if moment.label in found]


def _still(label: str, picture: Image.Image) -> Still:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=85)
    return Still(label, packed.getvalue(), picture.width, picture.height)
