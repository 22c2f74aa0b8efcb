"""Cohorts: a saved filter, its members and its median course."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import ClinicError
from clinic.forms.administration import CohortForm
from clinic.models import Cohort
from clinic.selectors import cohorts as selector
from clinic.services import audit, cohorts
from clinic.views.requests import administered, signed_in

_FIELD = {"name_taken": "name", "window_order": "onset_to"}  # error code -> the field that it is about


@require_safe
def cohort_list(request: HttpRequest) -> HttpResponse:
    context = {"cohorts": selector.listed(administered(request))}
    return render(request, "clinic/administration/cohorts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cohort_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, Cohort(organisation=administered(request)))


@require_http_methods(["GET", "HEAD", "POST"])
def cohort_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _edit(request, _own(request, pk))


@require_safe
def cohort_count(request: HttpRequest) -> HttpResponse:
    """How many patients the filter that is being typed selects; a part that cannot be read counts as any."""
    cohort = Cohort(organisation=administered(request))
    form = CohortForm(request.GET)
    form.is_valid()
    context = {"matching": selector.matching(form.fill(cohort)), "wrong": [n for n in form.errors if n != "name"]}
    return render(request, "clinic/partials/_cohort_count.html", context)


@require_safe
def cohort_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    cohort = _own(request, pk)
    bin_days = _bin_days(request)
    members = Paginator(selector.members(cohort), selector.MEMBERS_A_PAGE).get_page(request.GET.get("page"))
    audit.record(actor=signed_in(request), action="view", obj=cohort)
    context = {
        "cohort": cohort,
        "filter": selector.in_words(cohort),
        "members": members,
        "charts": selector.charts(cohort, bin_days=bin_days),
        "bin_days": bin_days,
        "bins": selector.BIN_DAYS,
    }
    return render(request, "clinic/administration/cohort_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cohort_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    cohort = _own(request, pk)
    if request.method == "POST":
        cohorts.delete(cohort=cohort, by=signed_in(request))
        messages.success(request, f"The cohort {cohort.name} is deleted. Patients and measurements are as before.")
        return redirect("cohort-list")
    return render(request, "clinic/administration/cohort_delete.html", {"cohort": cohort})


def _own(request: HttpRequest, pk: UUID) -> Cohort:
    return get_object_or_404(Cohort, pk=pk, organisation=administered(request))


def _edit(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    form = CohortForm(request.POST) if request.method == "POST" else CohortForm.of(cohort)
    if form.is_bound and form.is_valid():
        try:
            saved = cohorts.save(cohort=form.fill(cohort), by=signed_in(request))
            return redirect("cohort-detail", pk=saved.pk)
        except ClinicError as error:
            form.add_error(_FIELD.get(error.code), error.message)
    context = {
        "form": form,
        "cohort": None if cohort._state.adding else cohort,
        "matching": selector.matching(form.fill(cohort) if form.is_bound else cohort),
    }
    status = 422 if form.is_bound else 200
    return render(request, "clinic/administration/cohort_form.html", context, status=status)


def _bin_days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return next((days for days in selector.BIN_DAYS if str(days) == asked), cohorts.DEFAULT_BIN_DAYS)


urlpatterns = [
    path("administration/cohorts/", cohort_list, name="cohort-list"),
    path("administration/cohorts/new/", cohort_new, name="cohort-new"),
    path("administration/cohorts/count/", cohort_count, name="cohort-count"),
    path("administration/cohorts/<uuid:pk>/", cohort_detail, name="cohort-detail"),
    path("administration/cohorts/<uuid:pk>/edit/", cohort_edit, name="cohort-edit"),
    path("administration/cohorts/<uuid:pk>/delete/", cohort_delete, name="cohort-delete"),
]
