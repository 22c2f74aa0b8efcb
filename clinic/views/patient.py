"""One patient: the course at a glance, its news, and recordings that the clinic itself puts in."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import ClinicError, Duplicate
from clinic.forms.patients import StaffRecordingForm
from clinic.selectors import patients, published
from clinic.services import consents, videos
from clinic.views import patient_records
from clinic.views.clinical import note_look, staff_patient
from clinic.views.correspondence import desk_context
from clinic.views.course import course_context
from clinic.views.requests import signed_in


@require_safe
def patient_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = staff_patient(user, pk)
    note_look(request, user, patient)
    context = {**course_context(request, patient), **desk_context(user, patient)}
    context["published_course"] = published.course(patient)
    return render(request, "clinic/patient_detail.html", context)


@require_safe
def patient_news(request: HttpRequest, pk: UUID) -> HttpResponse:
    """204 as long as what the page shows is still all there is; else its course block, anew."""
    patient = staff_patient(signed_in(request), pk)
    if request.GET.get("seen") == patients.news_token(patient):
        return HttpResponse(status=204)
    return render(request, "clinic/partials/_course.html", {**course_context(request, patient), "is_news": True})


@require_http_methods(["GET", "HEAD", "POST"])
def session_upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    patient = staff_patient(user, pk)
    note_look(request, user, patient)
    has_consent = consents.may_analyse(patient)
    form = StaffRecordingForm(request.POST or None, request.FILES or None, has_consent=has_consent)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                video = videos.accept_upload(
                    patient=patient,
                    uploaded_by=user,
                    file=form.cleaned_data["video"],
                    recorded_at=form.recorded_at,
                    note=form.cleaned_data["note"],
                    mirrored=form.cleaned_data["mirrored"],
                )
                messages.success(request, "The video is received and waits for its analysis.")
                return redirect("session-detail", pk=video.session_id)
        except Duplicate as error:
            messages.info(request, error.message)
            return redirect("session-detail", pk=error.session.pk)
        except ClinicError as error:
            form.add_error("video", error.message)
            status = error.status
    return render(request, "clinic/session_upload.html", {"patient": patient, "form": form}, status=status)


urlpatterns = [
    *patient_records.urlpatterns,
    path("patients/<uuid:pk>/", patient_detail, name="patient-detail"),
    path("patients/<uuid:pk>/news/", patient_news, name="patient-news"),
    path("patients/<uuid:pk>/upload/", session_upload, name="session-upload"),
]
