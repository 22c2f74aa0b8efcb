"""Single frames of a recording as upright, unmirrored JPEG pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from analysis.contracts import Mirrored
from analysis.video.decode import Video
from analysis.video.picture import RGB
from analysis.video.policy import POLICY, Policy

_QUALITY = 90


def write_stills(
    source: Path, times_s: Sequence[float], *, mirrored: Mirrored = Mirrored.UNKNOWN, policy: Policy = POLICY
) -> dict[float, bytes]:
    """JPEG of the frame nearest to each time, in one pass over the video; a time beyond the end gets the last frame.

    Raises VideoRefused when the video cannot be decoded, OSError when it cannot be opened.
    """
    made: dict[float, bytes] = {}
    waiting = sorted(set(times_s))
    before: tuple[float, RGB] | None = None
    with Video(source, mirrored=mirrored, policy=policy) as video:
        for time_s, picture in video:
            while waiting and time_s >= waiting[0]:
                wanted = waiting.pop(0)
                here = before is None or time_s - wanted <= wanted - before[0]
                made[wanted] = _jpeg(picture if here or before is None else before[1])
            before = (time_s, picture)
            if not waiting:
                break
    if before is not None:
        made |= {wanted: _jpeg(before[1]) for wanted in waiting}
    return made


def _jpeg(picture: RGB) -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done
    return data.tobytes()
