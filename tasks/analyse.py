"""Measure one uploaded video."""

from __future__ import annotations

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError

from analysis.contracts import AffectedSide, Corrections, Mirrored, SessionReport, Timeline
from clinic import dispatch, failures
from clinic.models import AnalysisRun
from clinic.services import media, runs
from tasks import systems
from tasks.base import idempotent_task, worker_name
from tasks.config import ANALYSIS, GPU
from tasks.heartbeat import Heartbeat
from tasks.rest import pinned_rest
from tasks.series import write_series

RETRY_ON = (OSError, DatabaseError)  # storage or database away for a moment
CODES: dict[type[BaseException], str] = {
    SoftTimeLimitExceeded: failures.TOO_LONG,
    DatabaseError: failures.STORAGE,
}


@idempotent_task(name=dispatch.ANALYSE_VIDEO, limits=ANALYSIS)
def analyse_video(*, run_id: str) -> None:
    """Measure the video of one run and record the result; safe to deliver twice."""
    worker = worker_name()
    if (run := runs.claim(run_id, worker=worker)) is None:  # done already, or held by another worker
        return
    with (
        runs.settled(run, retry_on=RETRY_ON, codes=CODES),
        Heartbeat(run, longest_s=ANALYSIS.hard_s, worker=worker, queue=GPU) as beat,
    ):
        report = measure(run, beat)
        runs.record(run, report, write_series(run, report))


def measure(run: AnalysisRun, progress: Heartbeat) -> SessionReport:
    """Run the pipeline. It is imported here, in the process that works: torch and MediaPipe must not be forked."""
    from analysis.report import analyse

    video, episode = run.video, run.video.session.episode
    organisation = video.session.patient.organisation
    asked, score = systems.wanted(organisation), systems.face_score(organisation)
    with media.local_copy(video) as path:
        return analyse(
            path,
            timeline=Timeline.from_json(video.timeline) if video.timeline else None,
            mirrored=Mirrored(video.mirrored),
            recorded_side=AffectedSide(episode.side) if episode else None,
            rest_reference=pinned_rest(video.session.patient),
            corrections=Corrections.from_json(run.correction.content) if run.correction else None,
            systems=asked,
            face_score=score,
            device=systems.device(asked, score),
            progress=progress,
        )
