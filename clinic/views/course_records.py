"""The rest reference and the questionnaires of a patient, changed on the course itself."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from clinic.charts import words
from clinic.forms.course import QuestionnaireForm, RestForm
from clinic.models import Patient, QuestionnaireScore
from clinic.services import questionnaires, rest
from clinic.views.clinical import staff_patient, team_patient
from clinic.views.in_place import back_to_course, form_or_course
from clinic.views.requests import signed_in

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
def rest_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = team_patient(user, pk)
    form = RestForm(request.POST if request.method == "POST" else None, patient=patient)
    queued: list[int] = []

    def save() -> bool:
        given = form.cleaned_data
        queued.append(rest.pin(patient=patient, session=given["session"], by=user, again=given["again"]))
        return True

    def said() -> str:
        more = f" {words.count(queued[0], 'video')} will be measured again." if queued[0] else ""
        return f"The rest reference is saved.{more}"

    return form_or_course(request, patient, form, save, title="Rest reference", target="#rest-form", said=said)


@FORM
def questionnaire_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = staff_patient(user, pk)
    form = QuestionnaireForm(request.POST or None)

    def save() -> QuestionnaireScore:
        return questionnaires.add(patient=patient, by=user, **form.cleaned_data)

    title, said = "Add questionnaire score", "The score is saved."
    return form_or_course(request, patient, form, save, title=title, target="#questionnaire-form", said=said)


@require_POST
def questionnaire_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    score = get_object_or_404(QuestionnaireScore.objects.filter(patient__in=Patient.objects.visible_to(user)), pk=pk)
    patient = staff_patient(user, score.patient_id)
    questionnaires.remove(score=score, by=user)
    return back_to_course(request, patient, "The score is removed.")


urlpatterns = [
    path("patients/<uuid:pk>/rest/", rest_edit, name="patient-rest"),
    path("patients/<uuid:pk>/questionnaires/new/", questionnaire_new, name="questionnaire-new"),
    path("questionnaires/<uuid:pk>/delete/", questionnaire_delete, name="questionnaire-delete"),
]
