"""The published systems in a worker: which are run with what, checks of imported weights, and trials of them."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError

from analysis.contracts import ANSWERING, Mirrored, PublishedSystem, ReportStatus, SessionReport, Timeline
from clinic import dispatch
from clinic.models import Organisation, TrialRecording, WeightsFile, WeightsTrial
from clinic.services import media, trials, weights
from tasks.base import idempotent_task
from tasks.config import ANALYSIS, PLAYBACK

if TYPE_CHECKING:
    from analysis.weights.chosen import Chosen, Wanted

logger = logging.getLogger(__name__)

_STORAGE = (OSError, DatabaseError)
_PIECE: Final = 1024 * 1024


def wanted(organisation: Organisation) -> list[Wanted]:
    """Every system that answers, with the weights that this clinic approved, else shipped ones, else the reason."""
    from analysis.weights.chosen import NO_WEIGHTS, SWITCHED_OFF, UNREADABLE, Wanted

    beside, found = _beside(), []
    for row in weights.in_use(organisation):
        if row.system not in ANSWERING:
            continue
        if not row.is_on:
            found.append(Wanted(row.system, None, SWITCHED_OFF))
            continue
        reason = UNREADABLE if beside is None and row.uses_shipped else NO_WEIGHTS
        found.append(Wanted(row.system, _chosen(row, beside), reason))
    return found


def face_score(organisation: Organisation) -> Chosen | None:
    """The Integrated Deep Model's weights, where an administrator wants its score to judge the faces that are found."""
    row = next(row for row in weights.in_use(organisation) if row.system is PublishedSystem.INTEGRATED)
    return _chosen(row, _beside()) if row.is_on else None


def device(systems: list[Wanted], judge: Chosen | None = None) -> str:
    """A GPU when this worker has one and something is to run on it."""
    if judge is None and not any(one.weights for one in systems):
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _chosen(row: weights.InUse, beside: Mapping[PublishedSystem, Chosen] | None) -> Chosen | None:
    if row.weights:
        return chosen_of(row.weights)
    return (beside or {}).get(row.system) if row.uses_shipped else None


def _beside() -> dict[PublishedSystem, Chosen] | None:
    """What came with the program; None when it cannot be read, which must not stop the landmark measurements."""
    from analysis.weights.chosen import shipped
    from analysis.weights.loader import WeightsError

    try:
        return shipped(settings.SHIPPED_WEIGHTS)
    except WeightsError:
        logger.exception("shipped weights")
        return None


def chosen_of(row: WeightsFile) -> Chosen:
    """Card and a path on this machine; what lies elsewhere is fetched once and kept under its hash.

    Raises OSError when the storage cannot be read, or gives other bytes than were stored.
    """
    from analysis.weights.chosen import Chosen

    if (here := media.path_here(row.file)) is not None:
        return Chosen(row.card, here)
    kept = Path(settings.VAR_DIR) / "weights" / f"{row.sha256}.safetensors"
    if not kept.is_file():
        _fetch(row, kept)
    return Chosen(row.card, kept)


def _fetch(row: WeightsFile, kept: Path) -> None:
    """All of it or nothing: no draft stays behind, and no file that was cut short gets its name."""
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
        try:
            with row.file.open("rb") as stored:
                while piece := stored.read(_PIECE):
                    digest.update(piece)
                    draft.write(piece)
            if digest.hexdigest() != row.sha256:
                raise OSError(f"the storage gives other bytes than those of {row.name}")
            draft.flush()
            Path(draft.name).replace(kept)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


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
    """What both weights say, as JSON; None in the place of what is in use when nothing is."""
    system = PublishedSystem(recording.trial.weights.system)
    candidate, against = chosen_of(recording.trial.weights), _against(recording.trial, system)
    with media.local_copy(recording.video) as path:
        if system not in ANSWERING:
            found, active = (_detected(recording, path, one) for one in (candidate, against))
            return found, active
        found, active = _answered(recording, path, system, candidate, against)
        return found, active if against else None


def _against(trial: WeightsTrial, system: PublishedSystem) -> Chosen | None:
    if trial.against:
        return chosen_of(trial.against)
    if not trial.shipped_sha256:
        return None
    found = (_beside() or {}).get(system)
    if found is None or found.card["sha256"] != trial.shipped_sha256:
        raise _Unusable(f"{trial.shipped_name}, which it was to be compared with, does not ship any more.")
    return found


def _answered(
    recording: TrialRecording, path: Path, system: PublishedSystem, candidate: Chosen, against: Chosen | None
) -> list[Any]:
    """Both look at the same frames in one pass."""
    from analysis.weights.chosen import Wanted

    report = _report(recording, path, systems=[Wanted(system, candidate), Wanted(system, against)])
    if report.status is not ReportStatus.MEASURED:
        raise _Unusable(_why(report))
    return [dataclasses.asdict(result) for result in report.details.systems]


def _detected(recording: TrialRecording, path: Path, score: Chosen | None) -> Any:
    """How often the face was found when this score judged it, and what the landmarks then gave; None: MTCNN alone."""
    from analysis.systems.detection import detection_result

    report = _report(recording, path, face_score=score)
    if score is None and report.status is not ReportStatus.MEASURED:
        raise _Unusable(_why(report))
    return dataclasses.asdict(detection_result(report, score))


def _report(recording: TrialRecording, path: Path, **asked: Any) -> SessionReport:
    from analysis.report import analyse

    video = recording.video
    return analyse(
        path,
        timeline=Timeline.from_json(video.timeline) if video.timeline else None,
        mirrored=Mirrored(video.mirrored),
        device=device(asked.get("systems", []), asked.get("face_score")),
        **asked,
    )


def _why(report: SessionReport) -> str:
    return report.problems[0].message if report.problems else "It cannot be measured."
