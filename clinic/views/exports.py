"""An administrator's letterhead and research exports."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import ClinicError
from clinic.forms.reports import ExportForm, LetterheadForm
from clinic.models import Cohort, ResearchExport
from clinic.selectors import cohorts, papers, research
from clinic.services import exports, reports
from clinic.views.reports import attachment
from clinic.views.requests import administered, signed_in

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
def letterhead(request: HttpRequest) -> HttpResponse:
    found = reports.letterhead_of(administered(request))
    form = LetterheadForm(request.POST or None, request.FILES or None, letterhead=found)
    if form.is_bound and form.is_valid():
        try:
            reports.save_letterhead(
                letterhead=form.fill(found),
                logo=form.cleaned_data["logo"],
                without_logo=form.cleaned_data.get("without_logo", False),
                by=signed_in(request),
            )
        except ClinicError as error:
            form.add_error("logo", error.message)
        else:
            messages.success(request, "The letterhead is changed. Reports that were issued keep theirs.")
            return redirect("letterhead")
    context = {"form": form, "letterhead": found, "organisation": found.organisation}
    return render(request, "clinic/administration/letterhead.html", context, status=422 if form.is_bound else 200)


@FORM
def export_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Exports of one cohort, and the form for a new one."""
    cohort = get_object_or_404(Cohort.objects.select_related("organisation"), pk=pk, organisation=administered(request))
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            exports.request(cohort=cohort, purpose=form.cleaned_data["purpose"], by=signed_in(request))
        except ClinicError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The export is being made. It appears here in a moment.")
            return redirect("cohort-exports", pk=pk)
    context = {
        "cohort": cohort,
        "filter": cohorts.in_words(cohort),
        "counts": research.counts(cohort),
        "exports": papers.exports_of(cohort),
        "form": form,
    }
    return render(request, "clinic/administration/exports.html", context, status=422 if form.is_bound else 200)


@require_safe
def export_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    context = {"line": papers.export_line(_own(request, pk)), "status_url": "export-status", "file_url": "export-file"}
    return render(request, "clinic/partials/_paper.html", context)


@require_safe
def export_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    export = _own(request, pk)
    content = exports.hand_out(export=export, by=signed_in(request))
    return attachment(content, f"export-{export.pk}.zip", "application/zip")


def _own(request: HttpRequest, pk: UUID) -> ResearchExport:
    return get_object_or_404(ResearchExport, pk=pk, organisation=administered(request))


urlpatterns = [
    path("administration/letterhead/", letterhead, name="letterhead"),
    path("administration/cohorts/<uuid:pk>/exports/", export_list, name="cohort-exports"),
    path("administration/exports/<uuid:pk>/status/", export_status, name="export-status"),
    path("administration/exports/<uuid:pk>/export.zip", export_file, name="export-file"),
]
