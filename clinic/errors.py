"""Our own errors, and the one place that turns any error into a page or an API answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from django.urls import NoReverseMatch

if TYPE_CHECKING:
    from rest_framework.response import Response

    from clinic.models import Session

API_PREFIX = "/api/"


class ClinicError(Exception):
    """Something a person asked for cannot be done: a stable code, and a sentence for that person."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(ClinicError):
    """What was sent cannot be accepted as it is."""


class NotAllowed(ClinicError):
    status = 403


class Missing(ClinicError):
    status = 404


class Conflict(ClinicError):
    """The row is not in the state that this needs (any more)."""

    status = 409


class Duplicate(Conflict):
    """The same video was sent before; `session` is the one that holds it."""

    def __init__(self, code: str, message: str, session: Session) -> None:
        super().__init__(code, message)
        self.session = session


class TooLarge(ClinicError):
    status = 413


class TooMany(ClinicError):
    status = 429


class NoRoom(ClinicError):
    status = 507


_MESSAGES = {
    400: ("bad_request", "This request could not be understood."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is nothing here, or you may not see it."),
    413: ("too_large", "This is too large to be sent."),
    500: ("server_error", "Something went wrong on our side. Nothing you sent is lost on purpose; please try again."),
}


def answer(request: HttpRequest, status: int, code: str = "", message: str = "") -> HttpResponse:
    """A page, or under the API an object {code, message}. It must not fail itself, whatever is broken."""
    default_code, default_message = _MESSAGES.get(status, _MESSAGES[400])
    context = {"status": status, "code": code or default_code, "message": message or default_message}
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"code": context["code"], "message": context["message"]}, status=status)
    try:
        return HttpResponse(render_to_string("clinic/error.html", context, request), status=status)
    except (TemplateDoesNotExist, TemplateSyntaxError, NoReverseMatch):
        return HttpResponse(context["message"], status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(
        request,
        403,
        "csrf_failed",
        "This form was open for too long or came from elsewhere. Reload the page and retry.",
    )


def api_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal as {code, message}, field errors in `fields`."""
    from rest_framework.exceptions import APIException, ValidationError
    from rest_framework.response import Response
    from rest_framework.views import exception_handler

    if isinstance(exc, ClinicError):
        exc_data: dict[str, Any] = {"code": exc.code, "message": exc.message}
        if isinstance(exc, Duplicate):
            exc_data["session"] = str(exc.session.pk)
        return Response(exc_data, status=exc.status)
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, ValidationError):
        response.data = {"code": "invalid", "message": "Some values cannot be accepted.", "fields": response.data}
    elif isinstance(exc, APIException) and isinstance(exc.detail, str):
        response.data = {"code": exc.detail.code, "message": str(exc.detail)}
    else:
        code, message = _MESSAGES.get(response.status_code, _MESSAGES[400])
        response.data = {"code": code, "message": message}
    return response
