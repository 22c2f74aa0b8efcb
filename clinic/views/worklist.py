"""The list of patients: flags first, filters as an address or kept by name, and the way to the next patient."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.forms.worklist import FilterForm, SavedFilterForm, asked_by
from clinic.models import Patient, Role, SavedFilter, User
from clinic.selectors import flags
from clinic.selectors.attention import RULES
from clinic.selectors.worklist import Asked, Show, Worklist, following, worklist
from clinic.services import audit
from clinic.services import worklist as service
from clinic.views.clinical import staff_only, staff_patient
from clinic.views.requests import signed_in

VIEWS = [
    (Show.ALL, "All"),
    (Show.SINCE, "New since I looked"),
    (Show.OPEN, "Not reviewed"),
    (Show.ATTENTION, "Flagged"),
    (Show.REVIEWED, "All reviewed"),
]
_ASKED = "worklist"  # the session's key for the filters that "next patient" goes by


@require_safe
def patient_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    staff_only(user)
    form = FilterForm(request.GET, user=user)
    asked = form.asked()
    found = worklist(user=user, asked=asked, page=request.GET.get("page"))
    audit.record_list(actor=user, model=Patient, patient_ids=[line.pk for line in found.lines])
    if request.session.get(_ASKED, "") != asked.query():
        request.session[_ASKED] = asked.query()
    context = {
        "found": found,
        "asked": asked,
        "form": form,
        "views": [(view, label, found.counts[view], _address(asked.query(show=view))) for view, label in VIEWS],
        "flag_filters": _flag_filters(asked, found),
        "saved": list(SavedFilter.objects.filter(user=user)),
        "save_form": SavedFilterForm(auto_id="save-%s"),
        "query": asked.query(),
        "rules": RULES,
        "without_team": not found.lines and _has_no_team(user),
        "previous_query": _page_query(asked, found, -1),
        "next_query": _page_query(asked, found, 1),
    }
    fragment = request.headers.get("HX-Target") == "worklist"
    return render(request, "clinic/partials/_worklist.html" if fragment else "clinic/patient_list.html", context)


def _has_no_team(user: User) -> bool:
    """A clinician whom no administrator has put into a care team yet; administrators need none to see patients."""
    return not user.care_teams.exists() and not user.has_role(Role.ADMINISTRATOR)


def _flag_filters(asked: Asked, found: Worklist) -> list[tuple[flags.Flag, int, str]]:
    """Flags that somebody has, and the one that is asked for; a second press takes it off."""
    counted = [(flag, found.flag_counts.get(flag.code, 0)) for flag in flags.ORDER]
    return [
        (flag, count, _address(asked.query(flag="" if asked.flag == flag.code else flag.code)))
        for flag, count in counted
        if count or asked.flag == flag.code
    ]


def _page_query(asked: Asked, found: Worklist, step: int) -> str:
    number = found.page.number + step
    return _address(asked.query(page=number)) if 1 <= number <= found.page.paginator.num_pages else ""


def _address(query: str) -> str:
    return reverse("patient-list") + (f"?{query}" if query else "")


@require_POST
def patient_list_looked(request: HttpRequest) -> HttpResponse:
    """The clinician has looked the list through, as it was when it was made; or takes that back."""
    user = signed_in(request)
    staff_only(user)
    if request.POST.get("undo"):
        service.take_back_look(by=user)
        messages.info(request, "Taken back: what came in before is new again.")
    else:
        service.looked(by=user, until=_moment(request.POST.get("until", "")))
        messages.success(request, "From here on, only what comes in later is new.")
    return redirect(_address(asked_by(user, request.POST.get("query", "")[:600]).query()))


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


@require_safe
def patient_next(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The patient after this one, in the list as it was filtered last."""
    user = signed_in(request)
    patient = staff_patient(user, pk)
    query = str(request.session.get(_ASKED, ""))
    after = following(user=user, asked=asked_by(user, query), patient=patient)
    if after is None:
        messages.info(request, "That was the last patient of the list.")
        return redirect(_address(query))
    return redirect("patient-detail", pk=after)


@require_http_methods(["GET", "HEAD", "POST"])
def filter_list(request: HttpRequest) -> HttpResponse:
    """The own filters; a POST keeps one, under a name."""
    user = signed_in(request)
    staff_only(user)
    if request.method != "POST":
        return _filters(request, user)
    query = asked_by(user, request.POST.get("query", "")[:600]).query()
    form = SavedFilterForm(request.POST)
    try:
        if form.is_valid():
            saved = service.save_filter(by=user, name=form.cleaned_data["name"], query=query)
            messages.success(request, f"The filter “{saved.name}” is saved.")
            return redirect(_address(query))
    except ClinicError as error:
        form.add_error("name", error.message)
    messages.error(request, _wrong(form))
    return _filters(request, user, status=422)


@require_POST
def filter_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    saved = get_object_or_404(SavedFilter, pk=pk, user=user)
    form = SavedFilterForm(request.POST)
    try:
        if form.is_valid():
            service.rename_filter(saved=saved, name=form.cleaned_data["name"])
            messages.success(request, "The filter is renamed.")
            return redirect("filter-list")
    except ClinicError as error:
        form.add_error("name", error.message)
    messages.error(request, _wrong(form))
    return _filters(request, user, status=422)


@require_POST
def filter_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    saved = get_object_or_404(SavedFilter, pk=pk, user=signed_in(request))
    saved.delete()
    messages.success(request, f"The filter “{saved.name}” is deleted.")
    return redirect("filter-list")


def _wrong(form: SavedFilterForm) -> str:
    return " ".join(str(error) for error in form.errors.get("name", []))


def _filters(request: HttpRequest, user: User, status: int = 200) -> HttpResponse:
    rows = [(saved, _address(saved.query)) for saved in SavedFilter.objects.filter(user=user)]
    return render(request, "clinic/filter_list.html", {"rows": rows}, status=status)


urlpatterns = [
    path("patients/", patient_list, name="patient-list"),
    path("patients/looked/", patient_list_looked, name="patient-list-looked"),
    path("patients/filters/", filter_list, name="filter-list"),
    path("patients/filters/<uuid:pk>/", filter_edit, name="filter-edit"),
    path("patients/filters/<uuid:pk>/delete/", filter_delete, name="filter-delete"),
    path("patients/<uuid:pk>/next/", patient_next, name="patient-next"),
]
