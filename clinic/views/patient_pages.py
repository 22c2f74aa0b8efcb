"""A patient's own pages: record, see how far it has come, agree and take back. Phone first; works without script."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import ClinicError, Duplicate
from clinic.forms.upload import RecordingForm
from clinic.models import Patient, Release, Video
from clinic.models.care import ConsentPurpose
from clinic.selectors import own
from clinic.selectors.correspondence import unread_count
from clinic.services import audit, consents, videos
from clinic.views.requests import signed_in

SESSIONS_A_PAGE = 20


def own_record(request: HttpRequest) -> Patient:
    """The record that belongs to this log-in; whoever has none finds nothing here."""
    patient = Patient.objects.filter(user=signed_in(request)).select_related("organisation").first()
    if patient is None:
        raise Http404
    return patient


@require_safe
def my_home(request: HttpRequest) -> HttpResponse:
    patient = own_record(request)
    page = Paginator(own.sessions_of(patient), SESSIONS_A_PAGE).get_page(request.GET.get("page"))
    sessions = own.told(page.object_list)
    context = {
        "patient": patient,
        "sessions": sessions,
        "page": page,
        "any_open": any(session.is_open for session in sessions),
        "rhythm": own.rhythm_of(patient),
        "may_analyse": consents.may_analyse(patient),
        "unread": unread_count(user=signed_in(request)),
    }
    return render(request, "clinic/my_home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_upload(request: HttpRequest) -> HttpResponse:
    patient = own_record(request)
    if not consents.may_analyse(patient):
        return _answer(request, redirect(f"{reverse('my-consent')}?next=upload"))
    form = RecordingForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                return _answer(request, redirect("my-session", pk=_take_in(request, patient, form).session_id))
            status = 422
        except Duplicate as error:
            messages.info(request, error.message)
            return _answer(request, redirect("my-session", pk=error.session.pk))
        except ClinicError as error:
            form.add_error("video", error.message)
            status = error.status
    if _wants_json(request) and request.method == "POST":
        return JsonResponse({"errors": form.errors}, status=status)
    context = {
        "form": form,
        "movements": own.movements_of(patient),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "clinic/my_upload.html", context, status=status)


def _take_in(request: HttpRequest, patient: Patient, form: RecordingForm) -> Video:
    return videos.accept_upload(
        patient=patient,
        uploaded_by=signed_in(request),
        file=form.cleaned_data["video"],
        recorded_at=form.recorded_at,
        note=form.cleaned_data["note"],
        mirrored=form.cleaned_data["mirrored"],
    )


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _answer(request: HttpRequest, where: HttpResponse) -> HttpResponse:
    """The page's script learns where to go and goes there itself, so that the browser's history stays right."""
    if not _wants_json(request):
        return where
    return JsonResponse({"url": where["Location"]}, status=201)


@require_safe
def my_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    patient = own_record(request)
    session = own.told([get_object_or_404(own.sessions_of(patient), pk=pk)])[0]
    if session.result and request.method == "GET":
        released = Release(pk=session.result.pk)
        audit.record(actor=signed_in(request), action="view", obj=released, patient=patient)
    return render(request, "clinic/my_session.html", {"session": session})


@require_http_methods(["GET", "HEAD", "POST"])
def my_consent(request: HttpRequest) -> HttpResponse:
    patient = own_record(request)
    if request.method == "POST":
        return _change_consent(request, patient)
    given = consents.open_consents(patient)
    offers = [
        {
            "purpose": purpose,
            "consent": given.get(purpose),
            "is_current": purpose in given and given[purpose].text_version == consents.TEXT_VERSIONS[purpose],
            "text": f"clinic/consent/{purpose.value}-{consents.TEXT_VERSIONS[purpose]}.html",
            "version": consents.TEXT_VERSIONS[purpose],
        }
        for purpose in ConsentPurpose
    ]
    context = {"offers": offers, "next": request.GET.get("next", ""), "patient": patient}
    return render(request, "clinic/my_consent.html", context)


def _change_consent(request: HttpRequest, patient: Patient) -> HttpResponse:
    purpose, user = request.POST.get("purpose", ""), signed_in(request)
    if request.POST.get("action") == "withdraw":
        consents.withdraw(patient=patient, purpose=purpose, by=user)
        messages.success(request, "Your agreement is taken back from now on.")
        return redirect("my-consent")
    consents.give(patient=patient, purpose=purpose, by=user)
    messages.success(request, "Thank you. Your agreement is noted; you can take it back here at any time.")
    to_upload = request.POST.get("next") == "upload" and purpose == ConsentPurpose.CARE
    return redirect("my-upload" if to_upload else "my-consent")


urlpatterns = [
    path("me/", my_home, name="my-home"),
    path("me/upload/", my_upload, name="my-upload"),
    path("me/consent/", my_consent, name="my-consent"),
    path("me/sessions/<uuid:pk>/", my_session, name="my-session"),
]
