"""How far an analysis has come, and a new attempt after one that ended without a result."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from clinic.errors import Conflict
from clinic.models import AnalysisRun, Organisation, Patient, Role, User
from clinic.services import runs
from clinic.views.requests import signed_in


@require_safe
def run_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The fragment alone. Its last answer tells the page (event `run-finished`) to fetch what it now can show."""
    user = signed_in(request)
    run = get_object_or_404(_visible(user), pk=pk)
    session = run.video.session
    context = {
        "run": run,
        "for_patient": session.patient.user_id == user.pk,
        "can_retry": _may_retry(user, session.patient),
        "reviewed_at": session.reviewed_at,
    }
    response = render(request, "clinic/partials/_run_status.html", context)
    return response if run.is_open else trigger_client_event(response, "run-finished", {"run": str(run.pk)})


@require_POST
def run_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    run = get_object_or_404(_visible(user), pk=pk)
    if not _may_retry(user, run.video.session.patient):
        raise PermissionDenied
    try:
        runs.retry(run=run, by=user)
        messages.success(request, "The video is queued again.")
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect(_back(request))


def _visible(user: User) -> QuerySet[AnalysisRun]:
    return AnalysisRun.objects.visible_to(user).select_related("video__session__patient")


def _may_retry(user: User, patient: Patient) -> bool:
    """Clinicians of the person's care team, and administrators of the clinic."""
    administered = Organisation.objects.with_member(user, Role.ADMINISTRATOR)
    return (
        administered.filter(pk=patient.organisation_id).exists()
        or Patient.objects.cared_for_by(user).filter(pk=patient.pk).exists()
    )


def _back(request: HttpRequest) -> str:
    """To the page with the button."""
    page = request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else reverse("home")


urlpatterns = [
    path("runs/<uuid:pk>/status/", run_status, name="run-status"),
    path("runs/<uuid:pk>/retry/", run_retry, name="run-retry"),
]
