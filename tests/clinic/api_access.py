"""The part of the access table that is about the API, and what an allowed person would send there."""

from __future__ import annotations

from typing import Any

from tests.clinic import factories as make
from tests.clinic.cast import Cast

# fmt: off
API_ACCESS: list[tuple[Any, ...]] = [
    # name, method,                   anon, patient, other, clinic, colleag, outside, admin, outside admin
    ("api-schema", "get",             401, 200, 200, 200, 200, 200, 200, 200),
    ("api-docs", "get",          "log in", 200, 200, 200, 200, 200, 200, 200),
    ("api:patient-list", "get",       401, 200, 200, 200, 200, 200, 200, 200),
    ("api:patient-list", "post",      401, 400, 400, 201, 400, 400, 201, 400),
    ("api:patient-detail", "get",     401, 200, 404, 200, 404, 404, 200, 404),
    ("api:patient-fhir", "get",       401, 403, 404, 200, 404, 404, 200, 404),
    ("api:patient-detail", "patch",   401, 403, 404, 200, 404, 404, 200, 404),
    ("api:episode-list", "get",       401, 200, 200, 200, 200, 200, 200, 200),
    ("api:episode-list", "post",      401, 400, 400, 201, 400, 400, 201, 400),
    ("api:episode-detail", "get",     401, 200, 404, 200, 404, 404, 200, 404),
    ("api:episode-detail", "patch",   401, 403, 404, 200, 404, 404, 200, 404),
    ("api:session-list", "get",       401, 200, 200, 200, 200, 200, 200, 200),
    ("api:session-detail", "get",     401, 200, 404, 200, 404, 404, 200, 404),
    ("api:session-review", "post",    401, 403, 404, 200, 404, 404, 403, 404),
    ("api:video-list", "get",         401, 200, 200, 200, 200, 200, 200, 200),
    ("api:video-list", "post",        401, 201, 400, 201, 400, 400, 201, 400),
    ("api:video-detail", "get",       401, 200, 404, 200, 404, 404, 200, 404),
    ("api:run-list", "get",           401, 200, 200, 200, 200, 200, 200, 200),
    ("api:run-detail", "get",         401, 200, 404, 200, 404, 404, 200, 404),
    ("api:run-retry", "post",         401, 403, 404, 409, 404, 404, 409, 404),  # 409: a finished run is not retried
    ("api:grade-list", "get",         401, 200, 200, 200, 200, 200, 200, 200),
    ("api:grade-detail", "get",       401, 404, 404, 200, 404, 404, 200, 404),
    ("api:session-record", "get",     401, 403, 404, 200, 404, 404, 200, 404),
    ("api:assessment-list", "get",    401, 200, 200, 200, 200, 200, 200, 200),
    ("api:assessment-detail", "get",  401, 404, 404, 200, 404, 404, 200, 404),
    ("api:note-list", "get",          401, 200, 200, 200, 200, 200, 200, 200),
    ("api:note-list", "post",         401, 400, 400, 201, 400, 400, 400, 400),
    ("api:note-detail", "get",        401, 404, 404, 200, 404, 404, 404, 404),
    ("api:note-detail", "patch",      401, 404, 404, 200, 404, 404, 404, 404),
    ("api:note-strike", "post",       401, 404, 404, 200, 404, 404, 404, 404),
    ("api:message-list", "get",       401, 200, 200, 200, 200, 200, 200, 200),
    ("api:message-list", "post",      401, 201, 400, 201, 400, 400, 403, 400),
    ("api:message-detail", "get",     401, 200, 404, 200, 404, 404, 404, 404),
    ("api:message-read", "post",      401, 200, 400, 200, 400, 400, 403, 400),
]
# fmt: on


def api_data(cast: Cast) -> dict[str, dict[str, Any]]:
    patient = str(cast.patient.pk)
    return {
        "api:patient-list": {"name": "New", "record_number": "N-1", "care_teams": [str(cast.team.pk)]},
        "api:patient-detail": {"name": "Anna A."},
        "api:episode-list": {"patient": patient, "side": "left", "onset_date": "2026-01-01", "cause": "bell"},
        "api:episode-detail": {"note": "seen"},
        "api:video-list": {"patient": patient, "file": make.upload()},
        "api:note-list": {"patient": patient, "text": "Seen today."},
        "api:note-detail": {"text": "Seen yesterday."},
        "api:note-strike": {"because": "Another patient was meant."},
        "api:message-list": {"patient": patient, "text": "May I record twice a week?"},
        "api:message-read": {"patient": patient},
    }
