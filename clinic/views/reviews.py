"""A clinician marks a session as reviewed, or takes a slip back: from the session, the patient page or the list."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from clinic.errors import Conflict
from clinic.models import Session, User
from clinic.selectors.worklist import line_of
from clinic.services import sessions
from clinic.views.clinical import team_session
from clinic.views.requests import signed_in


@require_POST
def session_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A clinician of the care team has looked at it; administrators do not review."""
    user = signed_in(request)
    session = team_session(user, pk)
    sessions.mark_reviewed(session=session, by=user)
    return _answer(request, user, session, "The session is marked as reviewed.", just_reviewed=True)


@require_POST
def session_unreview(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = team_session(user, pk)
    try:
        sessions.take_back_review(session=session, by=user)
    except Conflict as error:
        return _answer(request, user, session, error.message, is_refused=True)
    return _answer(request, user, session, "The session is to be reviewed again.")


def _answer(
    request: HttpRequest,
    user: User,
    session: Session,
    said: str,
    *,
    just_reviewed: bool = False,
    is_refused: bool = False,
) -> HttpResponse:
    """The changed row of the list where script asked for it; else back to the page that it was done on."""
    if request.headers.get("HX-Target") == f"line-{session.patient_id}":
        context = {
            "line": line_of(user=user, patient=session.patient),
            "just": session if just_reviewed else None,
            "said": said,
        }
        return render(request, "clinic/partials/_worklist_line.html", context)
    (messages.warning if is_refused else messages.success)(request, said)
    if request.POST.get("back") == "patient":
        return redirect("patient-detail", pk=session.patient_id)
    return redirect("session-detail", pk=session.pk)


urlpatterns = [
    path("sessions/<uuid:pk>/review/", session_review, name="session-review"),
    path("sessions/<uuid:pk>/unreview/", session_unreview, name="session-unreview"),
]
