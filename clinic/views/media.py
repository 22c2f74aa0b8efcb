"""Videos for browsers: checked, piece by piece (Safari plays nothing else), noted once a play."""

from __future__ import annotations

from uuid import UUID

from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.errors import Missing
from clinic.models import User, Video
from clinic.services import media


@require_safe
def video_play(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """GET: 200, 206 or 416. HEAD: 200 with the whole length; ranges mean nothing to it (RFC 9110, 14.2)."""
    videos = Video.objects.visible_to(request.user).select_related("session__patient__organisation")
    video = get_object_or_404(videos, pk=pk)
    try:
        file = media.file_to_play(video).open("rb")
    except FileNotFoundError as error:
        raise Missing("file_gone", "The file of this video is missing.") from error
    with_body = request.method == "GET"
    response = _part(request, file) if with_body else _whole_length(file)
    _protect(response, media.content_type(file))
    if with_body and response.status_code != 416:
        assert isinstance(request.user, User)
        media.note_play(video=video, by=request.user)
    return response


def _part(request: HttpRequest, file: FieldFile) -> HttpResponseBase:
    size = file.size
    try:
        span = media.parse_range(request.headers.get("Range"), size)
    except media.BadRange:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    wanted = span or media.Span(0, size - 1)
    response = StreamingHttpResponse(media.pieces(file, wanted), status=206 if span else 200)
    response["Content-Length"] = str(wanted.length)
    if span:
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    return response


def _whole_length(file: FieldFile) -> HttpResponse:
    with file:
        return HttpResponse(headers={"Content-Length": str(file.size)})


def _protect(response: HttpResponseBase, content_type: str) -> None:
    response["Content-Type"] = content_type
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = "inline"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Opened as a page of its own, whatever the bytes are, nothing in it may run.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"


urlpatterns = [path("media/videos/<uuid:pk>/", video_play, name="video-play")]
