"""What the players fetch: curves and landmarks of one run, each checked like the page that shows them."""

from __future__ import annotations

import gzip
import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from clinic.charts import curves
from clinic.errors import Missing
from clinic.models import AnalysisRun
from clinic.selectors import landmarks, series
from clinic.services import audit
from clinic.services.spreadsheets import csv_text
from clinic.views.clinical import staff_session
from clinic.views.requests import signed_in

UNREADABLE = ("series_unreadable", "The curves of this analysis cannot be read any more.")


@require_safe
def run_curves(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The frame series of a run as one JSON object for the page's player. Raises Missing when there is none."""
    run = _run_with_series(request, pk)
    try:
        shown = series.curves_of(run)
    except series.SeriesUnreadable as error:
        raise Missing(*UNREADABLE) from error
    name = curves.strongest(shown)
    if name is None:
        raise Missing("no_signals", "Nothing was measured frame by frame.")
    return _packed(request, _json(curves.panel(shown, name)), "application/json")


@require_safe
def run_curves_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every signal of both sides, one row a frame, for a spreadsheet."""
    run = _run_with_series(request, pk)
    try:
        whole = series.curves_of(run, most=None)
    except series.SeriesUnreadable as error:
        raise Missing(*UNREADABLE) from error
    session = run.video.session
    if request.method == "GET":
        audit.record(actor=signed_in(request), action="export", obj=session)
    name = f"{slugify(session.patient.record_number)}-{session.recorded_at:%Y-%m-%d}-curves.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = csv_text(curves.file_headers(whole), curves.file_rows(whole))
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
def run_landmarks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Times of all frames, exercises, and what is needed to read the pieces."""
    run = _run_with_series(request, pk)
    try:
        return _packed(request, _json(landmarks.head_of(run)), "application/json")
    except series.SeriesUnreadable as error:
        raise Missing(*UNREADABLE) from error


@require_safe
def run_landmark_piece(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`?piece=0`: the landmarks of some seconds, so that no page waits for those of a long recording."""
    run = _run_with_series(request, pk)
    number = request.GET.get("piece", "0")
    try:
        body = landmarks.piece_of(run, int(number) if number.isascii() and number.isdecimal() else -1)
    except series.SeriesUnreadable as error:
        raise Missing(*UNREADABLE) from error
    except (IndexError, ValueError) as error:  # ValueError: thousands of digits
        raise Missing("no_landmarks", "There are no landmarks for this part of the recording.") from error
    return _packed(request, body, "application/octet-stream")


def _run_with_series(request: HttpRequest, pk: UUID) -> AnalysisRun:
    user = signed_in(request)
    run = get_object_or_404(AnalysisRun.objects.visible_to(user).select_related("video__session__patient"), pk=pk)
    staff_session(user, run.video.session_id)
    if not run.series:
        raise Missing("no_series", "There are no curves for this analysis.")
    return run


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _packed(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    """Numbers shrink to a fifth. Nothing that the requester typed is in them, so packing gives nothing away."""
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(body, content_type=content_type)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return HttpResponse(gzip.compress(body, 5, mtime=0), content_type=content_type, headers=headers)


urlpatterns = [
    path("runs/<uuid:pk>/curves.json", run_curves, name="run-curves"),
    path("runs/<uuid:pk>/curves.csv", run_curves_file, name="run-curves-file"),
    path("runs/<uuid:pk>/landmarks.json", run_landmarks, name="run-landmarks"),
    path("runs/<uuid:pk>/landmarks.bin", run_landmark_piece, name="run-landmark-piece"),
]
