"""Putting a measurement right: exercises, rest and points of one video, its still pictures, and which result counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError, Missing, Refused
from clinic.forms.corrections import content_of
from clinic.models import Assessment, Patient, Session, Still, User
from clinic.selectors import corrections as selector
from clinic.selectors import series
from clinic.services import corrections, stills
from clinic.views.clinical import note_look, staff_session
from clinic.views.requests import signed_in

MOST_TIMES = 60


@require_http_methods(["GET", "HEAD", "POST"])
def session_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = _own_session(user, pk)
    page = selector.page(session=session)
    error: ClinicError | None = None
    if request.method == "POST":
        try:
            _save(request, user, page)
            messages.success(request, "The correction is kept. The video is being measured anew with it.")
            return redirect("session-detail", pk=pk)
        except ClinicError as refused:
            error = refused
    note_look(request, user, session)
    context = {"session": session, "patient": session.patient, "page": page, "error": error, "typed": request.POST}
    return render(request, "clinic/session_correct.html", context, status=422 if error else 200)


def _save(request: HttpRequest, user: User, page: selector.CorrectPage) -> None:
    if page.run is None:
        raise Refused("not_measured", "This session has no measured video that could be corrected.")
    content = content_of(request.POST, selector.found_segments(page.run.assessment.report))
    corrections.save(run=page.measured_run or page.run, by=user, content=content, note=request.POST.get("note", ""))


@require_POST
def correct_frames(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`{"times_s": [...]}` -> where the points lie in the nearest frames, and their pictures if they are made."""
    session = _own_session(signed_in(request), pk)
    times = _times(request)
    page = selector.page(session=session)
    if page.run is None or page.video is None or not page.run.series:
        raise Missing("no_series", "There are no landmarks for this video.")
    try:
        places = selector.places_at(page.run, times)
    except series.SeriesUnreadable as error:
        raise Missing("series_unreadable", "The landmarks of this video cannot be read any more.") from error
    made = stills.want(video=page.video, times_ms=[p.time_ms for p in places])
    found = zip(times, places, strict=True)
    return JsonResponse({"frames": [_frame(asked, place, made.get(place.time_ms)) for asked, place in found]})


def _times(request: HttpRequest) -> list[float]:
    try:
        times = [float(t) for t in json.loads(request.body)["times_s"]]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise Refused("bad_times", "The times cannot be read.") from error
    if len(times) > MOST_TIMES or not all(0 <= t < 1e5 for t in times):
        raise Refused("bad_times", "The times cannot be read.")
    return times


def _frame(asked: float, place: selector.Places, still: Still | None) -> dict[str, Any]:
    return {
        "asked_s": asked,
        "time_s": place.time_s,
        "points": {str(p): at for p, at in place.points.items()},
        "picture": reverse("still-show", args=[still.pk]) if still and still.file else None,
        "is_refused": bool(still and still.is_refused),
    }


@require_safe
def still_show(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One picture; for those who may read the session's numbers."""
    still = get_object_or_404(Still.objects.visible_to(request.user).select_related("video__session"), pk=pk)
    staff_session(signed_in(request), still.video.session_id)
    try:
        file = still.file.open("rb") if still.file else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise Missing("file_gone", "This picture is not there.")
    headers: Mapping[str, str] = {
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return FileResponse(file, content_type="image/jpeg", headers=headers)


@require_POST
def assessment_restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let this result of its video count, instead of another one."""
    user = signed_in(request)
    visible = Assessment.objects.filter(patient__in=Patient.objects.visible_to(user)).select_related("run")
    assessment = get_object_or_404(visible, pk=pk)
    _own_session(user, assessment.session_id)
    try:
        corrections.make_current(assessment=assessment, by=user)
        messages.success(request, "This result counts now. The others are kept.")
    except ClinicError as error:
        messages.warning(request, error.message)
    return redirect("session-detail", pk=assessment.session_id)


def _own_session(user: User, pk: UUID) -> Session:
    """Clinicians of the care team put right; administrators do not."""
    session = staff_session(user, pk)
    if not Patient.objects.cared_for_by(user).filter(pk=session.patient_id).exists():
        raise PermissionDenied
    return session


urlpatterns = [
    path("sessions/<uuid:pk>/correct/", session_correct, name="session-correct"),
    path("sessions/<uuid:pk>/correct/frames/", correct_frames, name="session-correct-frames"),
    path("media/stills/<uuid:pk>/", still_show, name="still-show"),
    path("assessments/<uuid:pk>/restore/", assessment_restore, name="assessment-restore"),
]
