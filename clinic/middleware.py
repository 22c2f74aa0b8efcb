"""What every request passes: log-in by default, limits before a body is read, nothing left in caches, own errors."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from clinic.errors import API_PREFIX, ClinicError, answer
from clinic.models import Organisation, Role, User
from clinic.services import weights
from clinic.services.audit import address_in_progress

Handler = Callable[[HttpRequest], HttpResponse]

_FORM_BYTES = 3_000_000  # more than any form without a file
_AROUND_FILE_BYTES = 1_000_000  # other fields and borders of a multipart body
_BY_COMMAND = "A file that lies on the server already is imported with manage.py import_weights."


class KnowAddress:
    """The audit trail notes where a request came from, without every caller passing it on."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = address_in_progress.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            address_in_progress.reset(token)


def client_address(request: HttpRequest) -> str | None:
    """As told by our own proxies, counted from the nearest; what a client writes further left is not believed."""
    told = [a.strip() for a in request.headers.get("X-Forwarded-For", "").split(",")] if settings.PROXIES else []
    address = told[-settings.PROXIES] if len(told) >= settings.PROXIES > 0 else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


class NoNul:
    """400 for a NUL in a query: no text holds one, and PostgreSQL fails on it wherever a page searches."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):
            return answer(request, 400)
        return self.get_response(request)


class BodyLimit:
    """Answers 413 from the announced length, before Django writes the body to disk.

    Nobody without a log-in may send a file; the API checks the log-in itself before it reads a body.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return answer(request, 400)
        if int(length) > self._allowed(request):
            return answer(request, 413, "too_large", self._refusal(request))
        return self.get_response(request)

    def _allowed(self, request: HttpRequest) -> int:
        if int(request.META.get("CONTENT_LENGTH") or 0) <= _FORM_BYTES:
            return _FORM_BYTES
        if not request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            return _FORM_BYTES
        if _takes_weights(request):
            return int(settings.WEIGHTS_MAX_BYTES) + _AROUND_FILE_BYTES
        if request.path.startswith(API_PREFIX) or request.user.is_authenticated:
            return int(settings.UPLOAD_MAX_BYTES) + _AROUND_FILE_BYTES
        return _FORM_BYTES

    def _refusal(self, request: HttpRequest) -> str:
        if _takes_weights(request):
            return f"{weights.too_large()} {_BY_COMMAND}"
        return f"This is too large: a video may have {settings.UPLOAD_MAX_BYTES // 1024**2} MB at most."


def _takes_weights(request: HttpRequest) -> bool:
    """Whether an administrator sends to the one page that takes files of weights."""
    user = request.user
    return (
        request.path == reverse("weights-new")
        and isinstance(user, User)
        and Organisation.objects.with_member(user, Role.ADMINISTRATOR).exists()
    )


class LogInFirst(LoginRequiredMiddleware):
    """A fragment request with an ended log-in moves the whole page to the log-in, not a log-in into the page."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]) -> Any:
        if request.headers.get("HX-Request") != "true":
            return super().handle_no_permission(request, view_func)
        back_to = urlsplit(request.headers.get("HX-Current-URL", "/")).path or "/"
        return HttpResponseClientRedirect(redirect_to_login(back_to, settings.LOGIN_URL).url)


class KeepPrivate:
    """No browser or proxy keeps a page about a person, unless a view says otherwise."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SayErrors:
    """A ClinicError that a view did not translate becomes a page with its own status and words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ClinicError):
            return answer(request, exception.status, exception.code, exception.message)
        return None
