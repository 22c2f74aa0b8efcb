"""The door: sends each person to the page that their role works on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.models import Role
from clinic.selectors.navigation import roles_of
from clinic.views.requests import signed_in

FIRST_PAGE = {Role.PATIENT: "my-home", Role.CLINICIAN: "patient-list", Role.ADMINISTRATOR: "administration"}
WHAT_FOR = {
    Role.PATIENT: ("video", "Your own recordings", "Record or upload movements, and see what became of them."),
    Role.CLINICIAN: ("users", "Patients", "New sessions, courses and measurements of your care teams."),
    Role.ADMINISTRATOR: ("pulse", "Administration", "People, care teams, cohorts and the state of the system."),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    roles = [role for role in FIRST_PAGE if role in roles_of(signed_in(request))]
    if len(roles) == 1:
        return redirect(FIRST_PAGE[roles[0]])
    choices = [(FIRST_PAGE[role], *WHAT_FOR[role]) for role in roles]
    return render(request, "clinic/home.html", {"choices": choices})


urlpatterns = [path("", home, name="home")]
