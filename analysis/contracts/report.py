"""One analysed (or refused) video: `seventh.report/1`, and what pages show beyond it."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.contracts.names import Region, ReportStatus
from analysis.contracts.reading import build
from analysis.contracts.results import (
    ActionUnits,
    AffectedSideResult,
    Frames,
    HouseBrackmann,
    Measure,
    MeasurementError,
    MouthMotion,
    Origin,
    Palsy,
    Problem,
    Quality,
    RegionResult,
    Scales,
    Segment,
    SeverityLevel,
    Synkinesis,
    SystemResult,
    VideoFacts,
)

SCHEMA = "seventh.report/1"


@dataclass(frozen=True, slots=True)
class Details:
    """What pages show beyond the report; stored with the frame series, not part of `seventh.report/1`."""

    errors: dict[str, MeasurementError] = field(default_factory=dict)  # measure name -> MDC95
    evidence: list[str] = field(default_factory=list)  # sentences: why this grade, which regions, which items
    extras: dict[str, Any] = field(default_factory=dict)  # JSON-able: blinks, eye_safety, resting, coupling, pose
    curves: dict[str, list[float | None]] = field(default_factory=dict)  # per frame, e.g. "palpebral_fissure_left"
    systems: list[SystemResult] = field(default_factory=list)  # the published systems, never the primary numbers


@dataclass(frozen=True, slots=True)
class SessionReport:
    """One analysed (or refused) video: design section 4."""

    status: ReportStatus
    problems: list[Problem]
    video: VideoFacts | None
    quality: Quality | None
    frames: Frames | None
    action_units: ActionUnits | None
    segments: list[Segment]
    mouth_motions: list[MouthMotion] | None
    measures: dict[str, Measure]
    regions: dict[Region, RegionResult]
    affected_side: AffectedSideResult | None
    synkinesis: Synkinesis | None
    house_brackmann: HouseBrackmann | None
    severity_level: SeverityLevel | None
    palsy: Palsy | None
    scales: Scales | None
    origin: Origin
    details: Details = field(default_factory=Details)
    schema: str = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """The report as `seventh.report/1`: plain JSON types, `schema` first, without `details`."""
        plain = dataclasses.asdict(self)
        plain.pop("details")
        schema = plain.pop("schema")
        return {"schema": schema, **plain}

    def details_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self.details)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SessionReport:
        """Read `to_json()` back. Raises ValueError on another schema, KeyError or TypeError on a malformed report."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"not {SCHEMA}: {data.get('schema')!r}")
        return typing.cast(SessionReport, build(cls, data))
