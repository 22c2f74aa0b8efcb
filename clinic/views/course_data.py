"""The numbers behind the charts of a course: each chart as a table and as a file, and the whole course as one file."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from clinic.charts import course
from clinic.models import Episode, Patient
from clinic.selectors import course_table, patients
from clinic.services import audit
from clinic.services.spreadsheets import csv_text
from clinic.views.clinical import staff_patient
from clinic.views.course import episode_asked_for
from clinic.views.requests import signed_in


@require_safe
def chart_table(request: HttpRequest, pk: UUID, chart: str) -> HttpResponse:
    """A page of its own; in place under the chart where there is script."""
    user = signed_in(request)
    patient = staff_patient(user, pk)
    draw = course.CHARTS.get(chart)
    if draw is None:
        raise Http404
    page = patients.page(patient=patient, episode_id=episode_asked_for(request))
    context = {"patient": patient, "page": page, "chart": draw(page.course)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "clinic/partials/_chart_table.html", context)
    if request.method == "GET":
        audit.record(actor=user, action="view", obj=patient)
    return render(request, "clinic/chart_table.html", context)


@require_safe
def chart_file(request: HttpRequest, pk: UUID, chart: str) -> HttpResponse:
    if chart not in course.CHARTS:
        raise Http404
    return _file(request, staff_patient(signed_in(request), pk), chart)


@require_safe
def course_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _file(request, staff_patient(signed_in(request), pk))


def _file(request: HttpRequest, patient: Patient, chart: str = "") -> HttpResponse:
    if request.method == "GET":
        audit.record(actor=signed_in(request), action="export", obj=patient)
    text = csv_text(course_table.HEADERS, course_table.rows(patient, _episode(request, patient), chart))
    name = "-".join(part for part in (slugify(patient.record_number), "course", chart.replace("_", "-")) if part)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


def _episode(request: HttpRequest, patient: Patient) -> Episode | None:
    """The one asked for, else the latest, as on the page."""
    episodes = list(patient.episodes.order_by("-onset_date", "pk"))
    asked = episode_asked_for(request)
    return next((e for e in episodes if e.pk == asked), episodes[0] if episodes else None)


urlpatterns = [
    path("patients/<uuid:pk>/course.csv", course_file, name="patient-course-file"),
    path("patients/<uuid:pk>/charts/<slug:chart>/", chart_table, name="patient-chart"),
    path("patients/<uuid:pk>/charts/<slug:chart>.csv", chart_file, name="patient-chart-file"),
]
