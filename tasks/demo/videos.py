"""The fictional patients' recordings: rendered one by one and sent in through the upload that people use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from analysis.synthetic.cohort import FictionalPatient, FictionalSession
from clinic.models import Patient, Video
from clinic.services import videos
from tasks.demo.rendering import one_thread, render

SAMPLE = "try-this.mp4"
SCRATCH = settings.VAR_DIR / "render"


@dataclass(frozen=True)
class Recording:
    patient: Patient
    session: FictionalSession

    @property
    def file_name(self) -> str:
        return f"{self.session.spec.video_id}.mp4"

    @property
    def recorded_at(self) -> datetime:
        """At half past nine on the day of the visit."""
        onset = self.patient.episodes.get().onset_date
        return timezone.make_aware(datetime.combine(onset + timedelta(days=self.session.day), time(9, 30)))

    @property
    def is_there(self) -> bool:
        return Video.objects.filter(session__patient=self.patient, display_name=self.file_name).exists()


def recordings(everybody: list[FictionalPatient]) -> list[Recording]:
    """All of them, patient by patient: the first courses are complete early."""
    rows = Patient.objects.filter(is_fictional=True).in_bulk(field_name="id")
    by_key = {row.record_number: row for row in rows.values()}
    return [Recording(by_key[p.key], session) for p in everybody for session in p.sessions if p.key in by_key]


def submit_missing(wanted: list[Recording], *, renderers: int) -> Iterator[Recording]:
    """Render and send in what is not there yet; yields each when it has been accepted.

    Rendering runs in processes of its own, as it keeps a core busy; only a few videos are made ahead.
    """
    waiting = iter([recording for recording in wanted if not recording.is_there])
    shutil.rmtree(SCRATCH, ignore_errors=True)  # what an interrupted start left
    with ProcessPoolExecutor(renderers, mp_context=get_context("spawn"), initializer=one_thread) as pool:
        running: dict[Future[Path], Recording] = {}
        while True:
            while len(running) < renderers and (recording := next(waiting, None)) is not None:
                running[pool.submit(render, recording.session.spec, SCRATCH)] = recording
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                recording = running.pop(future)
                submit(recording, future.result())
                yield recording


def submit(recording: Recording, path: Path) -> None:
    """As if the patient had chosen the file on the upload page."""
    assert recording.patient.user is not None
    videos.accept_upload(
        patient=recording.patient,
        uploaded_by=recording.patient.user,
        file=SimpleUploadedFile(recording.file_name, path.read_bytes(), content_type="video/mp4"),
        recorded_at=recording.recorded_at,
        mirrored="yes" if recording.session.spec.mirrored else "no",
        is_synthetic=True,
    )
    path.unlink()


def renderers_for(cores: int) -> int:
    """Half of the machine: the worker and the browser need the rest."""
    return max(1, min(4, cores // 2))


def sample_for_hands(everybody: list[FictionalPatient], path: Path) -> None:
    """One more recording of the first patient, not sent in: for trying the upload by hand."""
    if path.exists():
        return
    spec = replace(everybody[0].sessions[-1].spec, video_id=path.stem, seed=4711)
    render(spec, SCRATCH).rename(path)
