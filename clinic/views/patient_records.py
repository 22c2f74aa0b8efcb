"""Forms for the record, the episodes and the treatments of a patient. All of them work without script.

Treatments are edited in place where there is script: the form comes as a fragment, a saved one answers with the course.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.forms.patients import EpisodeForm, PatientForm, TreatmentForm
from clinic.models import CareTeam, Episode, Patient, TreatmentEvent
from clinic.services import patients
from clinic.views.clinical import staff_only, staff_patient
from clinic.views.in_place import back_to_course, form_or_course, form_page, saved
from clinic.views.requests import signed_in

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
def patient_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    staff_only(user)
    form, episode_form = PatientForm(request.POST or None, user=user), EpisodeForm(request.POST or None)

    def save() -> Patient:
        given = form.cleaned_data
        organisation = given["care_teams"][0].organisation
        with transaction.atomic():
            patient = patients.create(organisation=organisation, by=user, **given)
            patients.add_episode(patient=patient, by=user, **episode_form.cleaned_data)
        return patient

    both_valid = request.method == "POST" and all([form.is_valid(), episode_form.is_valid()])
    if both_valid and (patient := saved(form, save)) is not None:
        messages.success(request, f"{patient.name} is added.")
        return redirect("patient-detail", pk=patient.pk)
    context = {"forms": [("Person", form), ("This palsy", episode_form)], "title": "New patient"}
    return form_page(request, context, cancel=reverse("patient-list"))


@FORM
def patient_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = staff_patient(user, pk)
    form = PatientForm(request.POST or None, user=user, patient=patient)

    def save() -> Patient:
        return patients.edit(
            patient=patient, by=user, **{**form.cleaned_data, "care_teams": _teams_with_unseen(patient, form)}
        )

    if request.method == "POST" and form.is_valid() and saved(form, save) is not None:
        messages.success(request, "The record is changed.")
        return redirect("patient-detail", pk=pk)
    context = {"forms": [("", form)], "title": "Edit record", "patient": patient}
    return form_page(request, context, cancel=reverse("patient-detail", args=[pk]))


def _teams_with_unseen(patient: Patient, form: PatientForm) -> list[CareTeam]:
    """The chosen teams, and those that this person could not have unchosen."""
    offered = {team.pk for team in form.fields["care_teams"].queryset}  # type: ignore[attr-defined]
    return [*form.cleaned_data["care_teams"], *patient.care_teams.exclude(pk__in=offered)]


@FORM
def episode_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = staff_patient(user, pk)
    form = EpisodeForm(request.POST or None)

    def save() -> Episode:
        return patients.add_episode(patient=patient, by=user, **form.cleaned_data)

    return _episode_page(request, patient, form, save, "New episode")


@FORM
def episode_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    episode = get_object_or_404(Episode.objects.filter(patient__in=Patient.objects.visible_to(user)), pk=pk)
    patient = staff_patient(user, episode.patient_id)
    initial = {name: getattr(episode, name) for name in ("cause", "side", "onset_date", "note")}
    form = EpisodeForm(request.POST or None, initial=initial)

    def save() -> Episode:
        return patients.edit_episode(episode=episode, by=user, **form.cleaned_data)

    return _episode_page(request, patient, form, save, "Edit episode")


def _episode_page(
    request: HttpRequest, patient: Patient, form: EpisodeForm, save: Callable[[], Episode], title: str
) -> HttpResponse:
    if request.method == "POST" and form.is_valid() and saved(form, save) is not None:
        messages.success(request, "The episode is saved.")
        return redirect("patient-detail", pk=patient.pk)
    context = {"forms": [("", form)], "title": title, "patient": patient}
    return form_page(request, context, cancel=reverse("patient-detail", args=[patient.pk]))


@FORM
def treatment_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`pk`: the episode that is treated."""
    user = signed_in(request)
    episode = get_object_or_404(Episode.objects.filter(patient__in=Patient.objects.visible_to(user)), pk=pk)
    patient = staff_patient(user, episode.patient_id)
    form = TreatmentForm(request.POST or None)

    def save() -> TreatmentEvent:
        return patients.add_treatment(episode=episode, by=user, **form.cleaned_data)

    return _treatment_form(request, patient, form, save, "Add treatment", episode.pk)


@FORM
def treatment_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    treatment, patient = _treatment(request, pk)
    initial = {name: getattr(treatment, name) for name in ("kind", "label", "started_on", "ended_on")}
    form = TreatmentForm(request.POST or None, initial=initial)

    def save() -> TreatmentEvent:
        return patients.edit_treatment(treatment=treatment, by=user, **form.cleaned_data)

    return _treatment_form(request, patient, form, save, "Edit treatment", treatment.episode_id)


@require_POST
def treatment_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    treatment, patient = _treatment(request, pk)
    episode_id = treatment.episode_id
    patients.delete_treatment(treatment=treatment, by=signed_in(request))
    return back_to_course(request, patient, "The treatment is removed.", episode_id)


def _treatment_form(
    request: HttpRequest,
    patient: Patient,
    form: TreatmentForm,
    save: Callable[[], TreatmentEvent],
    title: str,
    episode_id: UUID,
) -> HttpResponse:
    said = "The treatment is saved."
    return form_or_course(
        request, patient, form, save, title=title, target="#treatment-form", said=said, episode_id=episode_id
    )


def _treatment(request: HttpRequest, pk: UUID) -> tuple[TreatmentEvent, Patient]:
    user = signed_in(request)
    treatments = TreatmentEvent.objects.filter(episode__patient__in=Patient.objects.visible_to(user))
    treatment = get_object_or_404(treatments.select_related("episode"), pk=pk)
    return treatment, staff_patient(user, treatment.episode.patient_id)


urlpatterns = [
    path("patients/new/", patient_new, name="patient-new"),
    path("patients/<uuid:pk>/edit/", patient_edit, name="patient-edit"),
    path("patients/<uuid:pk>/episodes/new/", episode_new, name="episode-new"),
    path("episodes/<uuid:pk>/edit/", episode_edit, name="episode-edit"),
    path("episodes/<uuid:pk>/treatments/new/", treatment_new, name="treatment-new"),
    path("treatments/<uuid:pk>/edit/", treatment_edit, name="treatment-edit"),
    path("treatments/<uuid:pk>/delete/", treatment_delete, name="treatment-delete"),
]
