"""Reports about a patient: choose what is in one, see it being made, take it. Only the care team writes them."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import ClinicError
from clinic.fhir import bundle
from clinic.forms.reports import ReportForm
from clinic.letters.wording import profile
from clinic.models import Episode, Patient, Report, User
from clinic.selectors import fhir, letters, papers
from clinic.services import audit, reports
from clinic.views.clinical import note_look, staff_patient
from clinic.views.requests import signed_in, uuid_or_none


@require_safe
def report_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A page of its own; asked for by the patient page, the list alone."""
    user = signed_in(request)
    patient = staff_patient(user, pk)
    context = {"patient": patient, "reports": papers.reports_of(patient), "can_write": _may_write(user, patient)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "clinic/partials/_reports.html", context)
    note_look(request, user, patient)
    return render(request, "clinic/report_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = _own_patient(user, pk)
    form = _form(request, patient)
    context: dict[str, Any] = {"patient": patient, "form": form, "episodes": _episodes(patient)}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and request.POST.get("action") == "preview":
            return render(request, "clinic/report_new.html", {**context, **_preview(patient, form, user)})
        if form.is_valid():
            try:
                report = reports.request(patient=patient, choice=form.choice, by=user)
            except ClinicError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, f"Report {report.number} is being made. It appears here in a moment.")
                return redirect("report-list", pk=pk)
    else:
        note_look(request, user, patient)
        context |= _preview(patient, form, user)
    return render(request, "clinic/report_new.html", context, status=status)


@require_safe
def report_preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a report of the choice that is being made would say; nothing of it is kept."""
    user = signed_in(request)
    patient = _own_patient(user, pk)
    form = _form(request, patient, data=request.GET)
    return render(request, "clinic/partials/_report_preview.html", _preview(patient, form, user))


@require_safe
def report_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    report = _visible_report(request, pk)
    again = reverse("report-new", args=[report.patient_id]) if _may_write(signed_in(request), report.patient) else ""
    context = {"line": papers.report_line(report), "status_url": "report-status", "file_url": "report-file"}
    return render(request, "clinic/partials/_paper.html", {**context, "again": again})


@require_safe
def report_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    report = _visible_report(request, pk)
    content = reports.hand_out(report=report, by=signed_in(request))
    name = f"report-{report.number}-{report.pk}.pdf"
    return attachment(content, name, "application/pdf")


@require_safe
def patient_fhir(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The record, or one episode of it, as a FHIR R4B Bundle."""
    user = signed_in(request)
    patient = staff_patient(user, pk)
    wanted = request.GET.get("episode")
    episode = fhir.episode_of(patient, wanted) if wanted else None
    made = bundle.bundle(fhir.record_of(patient, episode))
    audit.record(actor=user, action="export", obj=episode or patient, patient=patient)
    text = json.dumps(made, ensure_ascii=False, indent=1).encode()
    return attachment(text, f"fhir-{patient.pk}.json", bundle.CONTENT_TYPE)


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A private file: saved, never shown inside a page, kept by no cache. Its name tells nothing about the person."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _visible_report(request: HttpRequest, pk: UUID) -> Report:
    user = signed_in(request)
    visible = Report.objects.filter(patient__in=Patient.objects.visible_to(user))
    report = get_object_or_404(visible.select_related("patient__organisation", "episode"), pk=pk)
    staff_patient(user, report.patient_id)
    return report


def _may_write(user: User, patient: Patient) -> bool:
    return Patient.objects.cared_for_by(user).filter(pk=patient.pk).exclude(user=user).exists()


def _own_patient(user: User, pk: UUID) -> Patient:
    """Administrators read reports, the care team writes them."""
    patient = staff_patient(user, pk)
    if not _may_write(user, patient):
        raise PermissionDenied
    return patient


def _episodes(patient: Patient) -> list[Episode]:
    return list(patient.episodes.order_by("-onset_date", "pk"))


def _form(request: HttpRequest, patient: Patient, data: Any = None) -> ReportForm:
    """Filled in with the newest episode, all its sessions and the clinic's own wording; or like an earlier report."""
    asked = request.POST if request.method == "POST" else request.GET
    replaced = uuid_or_none(asked.get("replaces"))
    earlier = patient.reports.filter(pk=replaced).first() if replaced else None
    episodes = _episodes(patient)
    wanted = uuid_or_none(asked.get("episode")) or (earlier.episode_id if earlier else None)
    episode = next((e for e in episodes if e.pk == wanted), episodes[0] if episodes else None)
    sessions = reports.sessions_to_choose(patient, episode)
    return ReportForm(
        data if data is not None else request.POST or None,
        episode=episode,
        sessions=sessions,
        may_show_images=reports.may_show_images(patient),
        replaces=earlier,
        initial=_initial(patient, earlier, [str(s.pk) for s in sessions], asked.get("session", "")),
    )


def _initial(patient: Patient, earlier: Report | None, offered: list[str], session: str) -> dict[str, Any]:
    if earlier is not None:
        names = ("wording", "sections", "sessions", "comment")
        return {name: getattr(earlier, name) for name in names}
    wording = reports.letterhead_of(patient.organisation).wording
    return {
        "sessions": [session] if session in offered else offered[: reports.MOST_SESSIONS],
        "wording": wording,
        "sections": profile(wording).default_sections,
    }


def _preview(patient: Patient, form: ReportForm, user: User) -> dict[str, Any]:
    """Of what is filled in, or of what the form begins with; nothing when that makes no report."""
    if not form.is_bound:
        initial = {**form.initial, "sections": list(form.initial["sections"])}
        form = ReportForm(
            initial,
            episode=form.episode,
            sessions=list(form.offered.values()),
            may_show_images="stills" in dict(form.fields["sections"].choices),  # type: ignore[attr-defined]
            replaces=form.replaces,
        )
    if not form.is_valid():
        return {"draft": None}
    content = letters.draft(patient, form.choice, made_by=user.name)
    return {"draft": content, "sections": [content.profile.headings[name] for name in content.sections]}


urlpatterns = [
    path("patients/<uuid:pk>/reports/", report_list, name="report-list"),
    path("patients/<uuid:pk>/reports/new/", report_new, name="report-new"),
    path("patients/<uuid:pk>/reports/preview/", report_preview, name="report-preview"),
    path("patients/<uuid:pk>/fhir.json", patient_fhir, name="patient-fhir"),
    path("reports/<uuid:pk>/status/", report_status, name="report-status"),
    path("reports/<uuid:pk>/report.pdf", report_file, name="report-file"),
]
