"""One session: video, curves, what was measured and where every number came from."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.selectors import released, sessions
from clinic.views.clinical import cares_for, note_look, staff_session
from clinic.views.requests import signed_in


@require_safe
def session_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = staff_session(user, pk)
    note_look(request, user, session)
    context = {
        "session": session,
        "patient": session.patient,
        "page": sessions.page(session=session, run_id=_run_asked_for(request)),
        "can_review": cares_for(user, session.patient),
        "releases": released.history(session),
    }
    return render(request, "clinic/session_detail.html", context)


def _run_asked_for(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("run", ""))
    except ValueError:
        return None


urlpatterns = [
    path("sessions/<uuid:pk>/", session_detail, name="session-detail"),
]
