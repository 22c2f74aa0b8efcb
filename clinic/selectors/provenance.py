"""Where every number of a session came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic.models import AnalysisRun, Assessment, Video


@dataclass(frozen=True, slots=True)
class Number:
    """One kind of number and how it came about."""

    what: str
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Weights:
    id: str
    sha256: str
    training_data: str


@dataclass(frozen=True, slots=True)
class ErrorOrigin:
    measure: str
    mdc95: str
    origin: str


@dataclass(frozen=True, slots=True)
class Provenance:
    numbers: tuple[Number, ...]
    weights: tuple[Weights, ...]
    errors: tuple[ErrorOrigin, ...]
    code_version: str
    device: str
    seconds: float | None
    stages: tuple[tuple[str, float], ...]
    worker: str
    finished_at: Any
    attempt: int
    sha256: str
    video: tuple[tuple[str, str], ...]


NUMBERS = {
    "action_units": "Action units, regions, co-occurrence",
    "house_brackmann": "House-Brackmann grade",
    "severity_level": "Severity level",
    "palsy": "Probability of palsy",
}


def of(*, run: AnalysisRun, video: Video, assessment: Assessment | None) -> Provenance:
    report = assessment.report if assessment else {}
    origin = assessment.origin if assessment else {}
    stages = sorted((origin.get("stages") or {}).items(), key=lambda stage: -stage[1])
    return Provenance(
        numbers=(*_numbers(report), *_detection(assessment.details if assessment else {})),
        weights=tuple(Weights(w["id"], w["sha256"], w["training_data"]) for w in origin.get("weights") or ()),
        errors=tuple(_error(name, e) for name, e in (assessment.errors if assessment else {}).items()),
        code_version=origin.get("code_version", ""),
        device=origin.get("device", ""),
        seconds=origin.get("seconds"),
        stages=tuple(stages),
        worker=run.worker,
        finished_at=run.finished_at,
        attempt=run.attempt,
        sha256=video.sha256,
        video=_video(video.facts or {}),
    )


def _numbers(report: Mapping[str, Any]) -> list[Number]:
    parts = [(what, report.get(key)) for key, what in NUMBERS.items()]
    return [Number(what, part.get("method", ""), part.get("origin", "")) for what, part in parts if part]


def _detection(details: Mapping[str, Any]) -> list[Number]:
    """How faces were found, where it was not the detector alone, or why that was wanted and did not happen."""
    told = (details.get("extras") or {}).get("face_detection") or {}
    if not told:
        return []
    word = (told.get("weights") or {}).get("training_data", "")
    return [Number("Face detection", told.get("method", ""), word or told.get("reason") or "")]


def _error(name: str, stored: Mapping[str, Any]) -> ErrorOrigin:
    value = f"{stored['mdc95']:g} {stored.get('unit', '')}".strip()
    return ErrorOrigin(name.replace("_", " "), value, str(stored.get("origin", "not stated")))


def _video(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not facts:
        return ()
    return (
        ("Format", f"{facts.get('container', '?')}, {facts.get('codec', '?')}"),
        ("Length", f"{facts.get('duration_s', 0):.1f} s, {facts.get('frame_count', 0)} frames"),
        ("Frames a second", f"{facts.get('fps', 0):.1f}"),
        ("Picture", f"{facts.get('width', '?')} x {facts.get('height', '?')} pixels"),
        ("Turned by", f"{facts.get('rotation_deg', 0)} degrees"),
        ("Mirrored", str(facts.get("mirrored", "unknown"))),
    )
