"""What a FHIR bundle is made from: frozen rows that `clinic.selectors.fhir` fills. No Django, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Person:
    pk: UUID
    organisation_pk: UUID
    organisation: str
    name: str
    record_number: str
    birth_date: date | None
    is_fictional: bool


@dataclass(frozen=True, slots=True)
class Palsy:
    pk: UUID
    cause: str
    cause_words: str
    side: str
    onset: date


@dataclass(frozen=True, slots=True)
class Recording:
    pk: UUID
    content_type: str
    bytes: int
    sha256: str
    uploaded_at: datetime
    facts: Mapping[str, Any]
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class Numbers:
    """One current assessment, as stored."""

    pk: UUID
    recording: UUID
    grade: int | None
    probabilities: tuple[float, ...]
    asymmetry: Mapping[str, float | None]  # by region, -1..1
    side: str | None
    synkinesis: bool | None
    pairs: tuple[Mapping[str, Any], ...]
    sunnybrook: float | None
    sunnybrook_missing: tuple[str, ...]
    quality: float
    measures: Mapping[str, Mapping[str, Any]]
    errors: Mapping[str, Mapping[str, Any]]
    method: str
    origin: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graded:
    """By a clinician's hand."""

    pk: UUID
    scale: str
    scale_words: str
    value: float
    rater: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sitting:
    pk: UUID
    episode: UUID | None
    recorded_at: datetime
    is_reviewed: bool
    why: str  # why nothing was measured; empty when something was
    is_waiting: bool
    recordings: tuple[Recording, ...]
    numbers: tuple[Numbers, ...]
    grades: tuple[Graded, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Everything of one patient, or of one episode."""

    person: Person
    palsies: tuple[Palsy, ...]
    sittings: tuple[Sitting, ...]  # oldest first
    made_at: datetime
    base: str
    with_snomed: bool
