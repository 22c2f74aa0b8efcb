"""The course block: what the patient page, its news and every change made in place have in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from clinic.charts import course
from clinic.models import Patient
from clinic.selectors import patients
from clinic.views.clinical import cares_for
from clinic.views.requests import signed_in, uuid_or_none

RECENT, LISTED = 10, 50  # sessions shown at once, and those that open under them; all only when asked for
OPEN_RUNS = 3  # followed live at once


def course_context(request: HttpRequest, patient: Patient, episode_id: UUID | None = None) -> dict[str, Any]:
    """What `_course.html` names in its first lines. `episode_id` goes before the one that the address asks for."""
    wants_all = request.GET.get("sessions") == "all"
    page = patients.page(patient=patient, episode_id=episode_id or episode_asked_for(request))
    return {
        "patient": patient,
        "page": page,
        "charts": course.shown(page.course),
        "links": course.links(page.course),
        "episode_query": f"?episode={page.episode.pk}" if page.episode else "",
        "can_pin": cares_for(signed_in(request), patient),
        "open_runs": [line.run for line in page.sessions if line.run and line.run.is_open][:OPEN_RUNS],
        "recent": page.sessions[:RECENT],
        "older": page.sessions[RECENT:] if wants_all else page.sessions[RECENT:LISTED],
        "unlisted": 0 if wants_all else max(len(page.sessions) - LISTED, 0),
        "wants_all": wants_all,
    }


def episode_asked_for(request: HttpRequest) -> UUID | None:
    return uuid_or_none(request.GET.get("episode"))
