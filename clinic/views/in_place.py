"""Small forms of a patient's record: in place where there is script, as a page of their own where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import retarget

from clinic.errors import ClinicError
from clinic.models import Patient
from clinic.views.clinical import note_look
from clinic.views.course import course_context, episode_asked_for
from clinic.views.requests import signed_in

Saved = TypeVar("Saved")


def form_or_course(
    request: HttpRequest,
    patient: Patient,
    form: forms.Form,
    save: Callable[[], object],
    *,
    title: str,
    target: str,
    said: str | Callable[[], str],
    episode_id: UUID | None = None,
) -> HttpResponse:
    """The form; once it is saved, the course anew. `target`: the element of the course block that holds the form."""
    episode_id = episode_id or episode_asked_for(request)
    if request.method == "POST" and form.is_valid() and saved(form, save) is not None:
        return back_to_course(request, patient, said if isinstance(said, str) else said(), episode_id)
    cancel = course_address(patient, episode_id)
    context = {"forms": [("", form)], "title": title, "patient": patient}
    if not is_fragment(request):
        return form_page(request, context, cancel=cancel)
    context |= {"form": form, "target": target, "cancel": cancel}
    response = render(request, "clinic/partials/_record_form.html", context)
    return retarget(response, target) if request.method == "POST" else response


def back_to_course(request: HttpRequest, patient: Patient, said: str, episode_id: UUID | None = None) -> HttpResponse:
    if not is_fragment(request):
        messages.success(request, said)
        return redirect(course_address(patient, episode_id))
    context = {**course_context(request, patient, episode_id), "said": said}
    return render(request, "clinic/partials/_course.html", context)


def course_address(patient: Patient, episode_id: UUID | None) -> str:
    where = reverse("patient-detail", args=[patient.pk])
    is_only = episode_id is None or patient.episodes.count() < 2
    return where if is_only else f"{where}?episode={episode_id}"


def is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def saved(form: forms.Form, save: Callable[[], Saved]) -> Saved | None:
    """What `save` made; None, with the reason on the form, when a service refused it."""
    try:
        return save()
    except ClinicError as error:
        form.add_error(None, error.message)
        return None


def form_page(request: HttpRequest, context: dict[str, Any], *, cancel: str) -> HttpResponse:
    """A form as a page of its own; whoever opens one about a patient has looked at what is filled in there."""
    if patient := context.get("patient"):
        note_look(request, signed_in(request), patient)
    status = 422 if request.method == "POST" else 200
    return render(request, "clinic/record_form.html", {**context, "cancel": cancel}, status=status)
