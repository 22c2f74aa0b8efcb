"""Notes and messages on the patient page: forms without script, the changed part alone with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.forms.correspondence import CorrectionForm, MessageForm, NoteForm, StrikeForm
from clinic.forms.worklist import FollowUpForm
from clinic.models import FollowUp, Note, Patient, User
from clinic.selectors import correspondence as reading
from clinic.services import correspondence, notes, worklist
from clinic.views.clinical import cares_for, note_look, staff_patient, team_patient
from clinic.views.requests import signed_in

FORM = require_http_methods(["GET", "HEAD", "POST"])


def desk_context(user: User, patient: Patient) -> dict[str, Any]:
    """What `_desk.html` names in its first lines; nothing for who does not care for this patient."""
    if not cares_for(user, patient):
        return {"desk": None}
    desk = reading.desk(patient=patient, user=user)
    return {"desk": desk, "note_form": NoteForm(auto_id="note-%s"), "message_form": MessageForm(auto_id="message-%s")}


@require_POST
def note_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = team_patient(user, pk)
    form = NoteForm(request.POST, auto_id="note-%s")
    saved = _saved(form, lambda: notes.add(patient=patient, by=user, text=form.cleaned_data["text"]))
    return _part(request, patient, "notes", "The note is kept." if saved else "", note_form=None if saved else form)


@require_POST
def message_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = team_patient(user, pk)
    form = MessageForm(request.POST, auto_id="message-%s")
    saved = _saved(
        form, lambda: correspondence.send_to_patient(patient=patient, by=user, text=form.cleaned_data["text"])
    )
    return _part(
        request, patient, "messages", "The message is sent." if saved else "", message_form=None if saved else form
    )


@require_POST
def message_read(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = team_patient(user, pk)
    correspondence.mark_read(patient=patient, by=user)
    return _part(request, patient, "messages", "The messages are marked as read.")


def _saved(form: forms.Form, save: Callable[[], object]) -> bool:
    try:
        if form.is_valid():
            save()
            return True
    except ClinicError as error:
        form.add_error(None, error.message)
    return False


def _part(request: HttpRequest, patient: Patient, part: str, said: str, **wrong: forms.Form | None) -> HttpResponse:
    """The section anew with script; without it the page, or the form with what is wrong."""
    user = signed_in(request)
    context = {**desk_context(user, patient), "patient": patient}
    context |= {name: form for name, form in wrong.items() if form is not None}
    is_wrong = any(wrong.values())
    if request.headers.get("HX-Target") == part:
        return render(
            request, f"clinic/partials/_{part}.html", {**context, "said": said}, status=422 if is_wrong else 200
        )
    if is_wrong:
        return render(request, "clinic/desk.html", context, status=422)
    messages.success(request, said)
    return redirect(f"{reverse('patient-detail', args=[patient.pk])}#{part}")


def _note(user: User, pk: UUID) -> Note:
    """404 where the patient is unknown to this person, 403 for who does not care for that patient."""
    note = get_object_or_404(Note.objects.select_related("patient__organisation", "author"), pk=pk)
    staff_patient(user, note.patient_id)
    if not Note.objects.readable_by(user).filter(pk=pk).exists():
        raise PermissionDenied
    return note


@FORM
def note_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct the wording, for its author; strike it through, for everybody of the care team."""
    user = signed_in(request)
    note = _note(user, pk)
    line = next((line for line in reading.notes(patient=note.patient, user=user) if line.pk == pk), None)
    form = CorrectionForm(request.POST or None, initial={"text": line.text if line else ""})
    if request.method == "POST" and _saved(
        form, lambda: notes.correct(note=note, by=user, text=form.cleaned_data["text"])
    ):
        messages.success(request, "The note is corrected. The wording before stays readable.")
        return redirect(f"{reverse('patient-detail', args=[note.patient_id])}#notes")
    return _note_page(request, note, line, form, StrikeForm())


@require_POST
def note_strike(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    note = _note(user, pk)
    form = StrikeForm(request.POST)
    if _saved(form, lambda: notes.strike(note=note, by=user, because=form.cleaned_data["because"])):
        messages.success(request, "The note is struck through and stays readable.")
        return redirect(f"{reverse('patient-detail', args=[note.patient_id])}#notes")
    line = next((line for line in reading.notes(patient=note.patient, user=user) if line.pk == pk), None)
    return _note_page(request, note, line, CorrectionForm(initial={"text": line.text if line else ""}), form)


def _note_page(
    request: HttpRequest, note: Note, line: reading.NoteLine | None, form: CorrectionForm, strike_form: StrikeForm
) -> HttpResponse:
    note_look(request, signed_in(request), note.patient)
    context = {"note": line, "patient": note.patient, "form": form, "strike_form": strike_form}
    return render(request, "clinic/note.html", context, status=422 if form.errors or strike_form.errors else 200)


@FORM
def patient_follow_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """When the next recording is expected, and therefore when the list calls it overdue."""
    user = signed_in(request)
    patient = team_patient(user, pk)
    note_look(request, user, patient)
    form = FollowUpForm(request.POST or None, initial=_expected(patient))

    def save() -> None:
        given = form.cleaned_data
        days = given["every_days"] if given["expected"] == "planned" else None
        worklist.expect(patient=patient, by=user, every_days=days, usual=given["expected"] == "usual")

    if request.method == "POST" and _saved(form, save):
        messages.success(request, "It is noted when recordings are expected.")
        return redirect("patient-detail", pk=pk)
    context = {
        "forms": [("", form)],
        "title": "Expected recordings",
        "patient": patient,
        "cancel": reverse("patient-detail", args=[pk]),
    }
    return render(request, "clinic/record_form.html", context, status=422 if form.errors else 200)


def _expected(patient: Patient) -> dict[str, Any]:
    row = FollowUp.objects.filter(patient=patient).first()
    if row is None:
        return {"expected": "usual"}
    return {"expected": "planned" if row.every_days else "none", "every_days": row.every_days}


urlpatterns = [
    path("patients/<uuid:pk>/notes/", note_new, name="note-new"),
    path("patients/<uuid:pk>/messages/", message_new, name="message-new"),
    path("patients/<uuid:pk>/messages/read/", message_read, name="message-read"),
    path("patients/<uuid:pk>/follow-up/", patient_follow_up, name="patient-follow-up"),
    path("notes/<uuid:pk>/", note_edit, name="note-edit"),
    path("notes/<uuid:pk>/strike/", note_strike, name="note-strike"),
]
