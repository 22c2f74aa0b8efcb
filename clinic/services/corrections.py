"""A clinician puts a measurement right: a correction is kept for good, and the video is measured anew with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from analysis.contracts import CorrectedSegment, Corrections
from clinic.errors import Conflict, Refused
from clinic.models import AnalysisRun, Assessment, Correction, User, Video
from clinic.models.results import OPEN_STATES
from clinic.services import audit, consents, runs, videos

LONGEST_NOTE = 2000
MOST_FRAMES, MOST_SEGMENTS = 60, 80
_SLACK_S = 0.1  # a container's length and its last frame's time differ by less


class UnderWay(Conflict):
    def __init__(self) -> None:
        super().__init__("under_way", "This video is being analysed just now. Please wait until that has ended.")


def save(*, run: AnalysisRun, by: User, content: Mapping[str, Any], note: str = "") -> Correction:
    """Keep the correction and queue a new analysis with it. The run it was made on and its result stay as they are.

    Raises Refused when it is none, runs.NoConsent, or UnderWay.
    """
    video = run.video
    found = _checked(content, video)
    if not consents.may_analyse(video.session.patient):
        raise runs.NoConsent
    try:
        with transaction.atomic():
            correction = Correction.objects.create(
                video=video,
                made_by=by,
                base_run=run,
                content=found.to_json(),
                note=videos.clean_text(note)[:LONGEST_NOTE],
            )
            runs.request(video=video, correction=correction)
            audit.record(actor=by, action="correct", obj=correction, patient=video.session.patient)
    except IntegrityError as error:  # one_open_run_a_video
        raise UnderWay from error
    return correction


def _checked(content: Mapping[str, Any], video: Video) -> Corrections:
    try:
        found = Corrections.from_json(content)
    except ValueError as error:
        raise Refused("bad_correction", f"{str(error).capitalize()}.") from error
    if found.is_empty:
        raise Refused("nothing_corrected", "Nothing was changed, so there is nothing to measure anew.")
    if len(found.frames) > MOST_FRAMES or len(found.segments or ()) > MOST_SEGMENTS:
        raise Refused("too_much_corrected", "So many frames or exercises cannot be corrected at once.")
    if found.segments is not None and not any(s.valid for s in found.segments):
        raise Refused("nothing_counts", "At least one exercise has to count.")
    _check_inside(found, video.facts or {})
    return found


def _check_inside(found: Corrections, facts: Mapping[str, Any]) -> None:
    """Times within the video, points within its picture."""
    end, width, height = (float(facts.get(name) or 0) for name in ("duration_s", "width", "height"))
    ends: list[CorrectedSegment] = found.segments or []
    times = [*(f.time_s for f in found.frames), *(s.end_s for s in ends), *([found.rest_s] if found.rest_s else [])]
    if end and any(t > end + _SLACK_S for t in times):
        raise Refused("beyond_the_end", f"The video ends after {end:.1f} seconds.")
    points = [p for f in found.frames for p in f.points]
    if width and any(p.x > width or p.y > height for p in points):
        raise Refused("outside_the_picture", "A point lies outside the picture.")


def make_current(*, assessment: Assessment, by: User) -> None:
    """Let an earlier result of the same video count again, the original one or a correction; all of them stay.

    Raises UnderWay while a new result is on its way, which would take its place.
    """
    video = assessment.run.video_id
    with transaction.atomic():
        same = list(Assessment.objects.select_for_update().filter(run__video=video))  # locked until the end
        if AnalysisRun.objects.filter(video=video, state__in=OPEN_STATES).exists():
            raise UnderWay
        Assessment.objects.filter(pk__in=[row.pk for row in same], is_current=True).update(is_current=False)
        Assessment.objects.filter(pk=assessment.pk).update(is_current=True)
        audit.record(actor=by, action="restore", obj=assessment)
