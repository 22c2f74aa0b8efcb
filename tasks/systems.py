"""The published systems in a worker: which are run with what, checks of imported weights, and trials of them."""

from __future__ import annotations

import dataclasses
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError

from analysis.contracts import Mirrored, PublishedSystem, ReportStatus, Timeline
from clinic import dispatch
from clinic.models import Organisation, TrialRecording, WeightsFile
from clinic.services import media, trials, weights
from tasks.base import idempotent_task
from tasks.config import ANALYSIS, PLAYBACK

if TYPE_CHECKING:
    from analysis.weights.chosen import Chosen, Wanted

logger = logging.getLogger(__name__)

_STORAGE = (OSError, DatabaseError)


def wanted(organisation: Organisation) -> list[Wanted]:
    """Every published system with the weights that this clinic approved, else shipped ones, else the reason."""
    from analysis.weights.chosen import NO_WEIGHTS, SWITCHED_OFF, Wanted, shipped

    beside, found = shipped(), []
    for row in weights.in_use(organisation):
        if not row.is_on:
            found.append(Wanted(row.system, None, SWITCHED_OFF))
            continue
        chosen = chosen_of(row.weights) if row.weights else beside.get(row.system)
        found.append(Wanted(row.system, chosen, NO_WEIGHTS))
    return found


def device(systems: list[Wanted]) -> str:
    """A GPU when this worker has one and something is to run on it."""
    if not any(one.weights for one in systems):
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def chosen_of(row: WeightsFile) -> Chosen:
    """Card and a path on this machine; what lies elsewhere is fetched once and kept under its hash."""
    from analysis.weights.chosen import Chosen

    try:
        return Chosen(row.card, Path(row.file.path))
    except NotImplementedError:
        pass
    kept = Path(settings.VAR_DIR) / "weights" / f"{row.sha256}.safetensors"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft, row.file.open("rb") as stored:
            shutil.copyfileobj(stored, draft)
        Path(draft.name).replace(kept)
    return Chosen(row.card, kept)


@idempotent_task(name=dispatch.CHECK_WEIGHTS, limits=PLAYBACK)
def check_weights(*, weights_id: str) -> None:
    """Build the networks and put every tensor in its place, or say why that cannot be done; safe to deliver twice."""
    from analysis.weights import published
    from analysis.weights.loader import WeightsError

    row = WeightsFile.objects.filter(pk=weights_id).first()
    if row is None or row.checked_at is not None:
        return
    try:
        loaded = published.load(chosen_of(row))
    except WeightsError as error:
        weights.checked(weights_id=weights_id, fits=False, message=f"{error}.")
        return
    names = ", ".join(loaded.networks)
    weights.checked(weights_id=weights_id, fits=True, message=f"Every tensor has its place ({names}).")


@idempotent_task(name=dispatch.TRY_WEIGHTS, limits=ANALYSIS)
def try_weights(*, recording_id: str) -> None:
    """Read one recording with both weights of its trial; safe to deliver twice."""
    recording = trials.claim(recording_id)
    if recording is None:
        return
    try:
        candidate, active = _read(recording)
    except _STORAGE:
        logger.warning("trial recording %s will be tried again", recording_id, exc_info=True)
        trials.give_back(recording)
    except SoftTimeLimitExceeded:
        trials.fail(recording, "Reading it took too long.")
    except _Unusable as unusable:
        trials.fail(recording, str(unusable))
    except Exception:
        logger.exception("trial recording %s failed", recording_id)
        trials.fail(recording, "Something went wrong on our side.")
    else:
        trials.record(recording, candidate=candidate, active=active)


class _Unusable(Exception):
    """The recording cannot be measured (any more), in words."""


def _read(recording: TrialRecording) -> tuple[Any, Any]:
    from analysis.report import analyse
    from analysis.weights.chosen import Wanted, shipped

    trial, video = recording.trial, recording.video
    system = PublishedSystem(trial.weights.system)
    against = chosen_of(trial.against) if trial.against else shipped().get(system)
    asked = [Wanted(system, chosen_of(trial.weights)), Wanted(system, against)]
    with media.local_copy(video) as path:
        report = analyse(
            path,
            timeline=Timeline.from_json(video.timeline) if video.timeline else None,
            mirrored=Mirrored(video.mirrored),
            systems=asked,
            device=device(asked),
        )
    if report.status is not ReportStatus.MEASURED:
        raise _Unusable(report.problems[0].message if report.problems else "It cannot be measured.")
    candidate, active = (dataclasses.asdict(result) for result in report.details.systems)
    return candidate, active if against else None
