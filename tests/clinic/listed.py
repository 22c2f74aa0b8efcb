"""People and sessions of a worklist, and what the list says of them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from clinic.models import Patient
from clinic.selectors.worklist import Asked, Line, worklist
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed

SAFE = changed(details=dataclasses.replace(REPORT.details, extras={}))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def patient(cast: Cast, name: str, **values: Any) -> Patient:
    made: Patient = make.PatientFactory(organisation=cast.site, name=name, **values)
    made.care_teams.add(cast.team)
    return made


def session(of: Patient, day: int = 0, *, reviewed: bool = False, **values: Any) -> Any:
    at = NOON + timedelta(days=day)
    return make.SessionFactory(patient=of, recorded_at=at, reviewed_at=timezone.now() if reviewed else None, **values)


def line(cast: Cast, name: str) -> Line:
    return next(line for line in worklist(user=cast.clinician).lines if line.name == name)


def names(cast: Cast, **asked: Any) -> list[str]:
    return [line.name for line in worklist(user=cast.clinician, asked=Asked(**asked)).lines]
