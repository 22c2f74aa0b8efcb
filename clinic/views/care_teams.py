"""Care teams: which clinicians look after which patients."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.forms.administration import CareTeamForm
from clinic.models import CareTeam, Organisation
from clinic.selectors import people as selector
from clinic.services import people
from clinic.views.requests import administered, signed_in, uuid_or_none

PATIENTS_A_PAGE = 25


@require_safe
def care_team_list(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    context = {"organisation": organisation, "teams": selector.teams_of(organisation)}
    return render(request, "clinic/administration/care_teams.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def care_team_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, administered(request), None)


@require_http_methods(["GET", "HEAD", "POST"])
def care_team_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    organisation = administered(request)
    return _edit(request, organisation, get_object_or_404(CareTeam, pk=pk, organisation=organisation))


def _edit(request: HttpRequest, organisation: Organisation, team: CareTeam | None) -> HttpResponse:
    first = {"name": team.name, "clinicians": [c.pk for c in team.clinicians.all()]} if team else {}
    form = CareTeamForm(request.POST or None, organisation=organisation, initial=first)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _saved(request, organisation, team, form)
            except ClinicError as error:
                form.add_error("name" if error.code == "name_taken" else None, error.message)
    context = {"form": form, "team": team, **(_patients(request, team) if team else {})}
    return render(request, "clinic/administration/care_team.html", context, status=status)


def _saved(request: HttpRequest, organisation: Organisation, team: CareTeam | None, form: CareTeamForm) -> HttpResponse:
    saved = people.save_care_team(
        organisation=organisation,
        name=form.cleaned_data["name"],
        clinicians=list(form.cleaned_data["clinicians"]),
        by=signed_in(request),
        team=team,
    )
    messages.success(request, "The care team is saved.")
    return redirect("care-team-list" if team else reverse("care-team-edit", args=[saved.pk]))


def _patients(request: HttpRequest, team: CareTeam) -> dict[str, object]:
    words = request.GET.get("q", "")
    pages = Paginator(selector.patients_in(team), PATIENTS_A_PAGE)
    return {
        "patients": pages.get_page(request.GET.get("page")),
        "words": words,
        "found": selector.patients_found(team, words),
    }


@require_POST
def care_team_patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add or remove one patient; back to the same search, so that several can be added one after the other."""
    organisation = administered(request)
    team = get_object_or_404(CareTeam, pk=pk, organisation=organisation)
    patient = get_object_or_404(organisation.patients, pk=uuid_or_none(request.POST.get("patient")))
    act = people.remove_from_team if request.POST.get("action") == "remove" else people.add_to_team
    act(team=team, patient=patient, by=signed_in(request))
    words = request.POST.get("q", "")
    query = f"?{urlencode({'q': words})}" if words else ""
    return redirect(f"{reverse('care-team-edit', args=[pk])}{query}#patients")


urlpatterns = [
    path("administration/care-teams/", care_team_list, name="care-team-list"),
    path("administration/care-teams/new/", care_team_new, name="care-team-new"),
    path("administration/care-teams/<uuid:pk>/", care_team_edit, name="care-team-edit"),
    path("administration/care-teams/<uuid:pk>/patients/", care_team_patient, name="care-team-patient"),
]
