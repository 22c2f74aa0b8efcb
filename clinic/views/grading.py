"""Grading by hand: one page a session with the three scales, and who wants the machine's values hidden."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.models import Patient, Session, User
from clinic.models.grading import GradingScale
from clinic.selectors import grades as selector
from clinic.services import audit, grades
from clinic.views.clinical import staff_only, staff_session
from clinic.views.requests import administered, signed_in


@require_safe
def grading_list(request: HttpRequest) -> HttpResponse:
    """Sessions without the own House-Brackmann grade: from here to the form without a look at the results."""
    user = signed_in(request)
    staff_only(user)
    rows = Paginator(selector.ungraded(user), 25).get_page(request.GET.get("page"))
    audit.record_list(actor=user, model=Session, patient_ids=[s.patient_id for s in rows])
    return render(request, "clinic/grading_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def session_grade(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = _graded_session(user, pk)
    scale = _scale(request.POST.get("scale") or request.GET.get("scale"))
    if request.method == "POST":
        return _store(request, user, session, scale)
    if request.method == "GET":
        audit.record(actor=user, action="open grading", obj=session)
    return _show(request, user, session, scale)


def _store(request: HttpRequest, user: User, session: Session, scale: str) -> HttpResponse:
    """A draft or the final grade. Autosave asks for JSON and gets the time of the draft."""
    is_draft, wants_json = request.POST.get("action") == "draft", "json" in request.headers.get("Accept", "")
    keep = grades.save_draft if is_draft else grades.save
    try:
        keep(session=session, rater=user, scale=scale, raw=request.POST.dict(), note=request.POST.get("note", ""))
    except ClinicError as error:
        if wants_json:
            return JsonResponse({"message": error.message}, status=422)
        return _show(request, user, session, scale, error)
    if wants_json:
        return JsonResponse({"saved_at": timezone.localtime().strftime("%H:%M")})
    messages.success(request, "The draft is kept. Only you see it." if is_draft else "Your grade is saved.")
    return redirect(f"{reverse('session-grade', args=[session.pk])}?scale={scale}")


def _show(
    request: HttpRequest, user: User, session: Session, scale: str, error: ClinicError | None = None
) -> HttpResponse:
    is_edit = request.GET.get("edit") == "yes" or error is not None
    is_blinded = grades.is_blinded(user=user, organisation=session.patient.organisation)
    page = selector.page(
        session=session,
        rater=user,
        scale=scale,
        is_blinded=is_blinded,
        typed=request.POST.dict() if error else None,
        is_edit=is_edit,
    )
    context = {
        "session": session,
        "patient": session.patient,
        "page": page,
        "is_blinded": is_blinded,
        "is_form": is_edit or page.revealed is None,
        "error": error,
    }
    return render(request, "clinic/session_grade.html", context, status=422 if error else 200)


@require_POST
def grading_preference(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The own choice, made on the grading page of this session and led back to it."""
    user = signed_in(request)
    session = _graded_session(user, pk)
    grades.set_own_blinding(user=user, blinded=request.POST.get("blinded") == "yes")
    scale = _scale(request.POST.get("scale"))
    return redirect(f"{reverse('session-grade', args=[session.pk])}?scale={scale}")


@require_http_methods(["GET", "HEAD", "POST"])
def grading_settings(request: HttpRequest) -> HttpResponse:
    """What holds in this clinic for everybody who has not chosen."""
    organisation, user = administered(request), signed_in(request)
    if request.method == "POST":
        grades.set_clinic_blinding(
            organisation=organisation, blinded=request.POST.get("blinded") == "yes", by=user
        )  # fmt: skip
        messages.success(request, "The clinic's choice is saved.")
        return redirect("grading-settings")
    context = {"organisation": organisation, "is_blinded": grades.clinic_blinding(organisation)}
    return render(request, "clinic/administration/grading.html", context)


def _graded_session(user: User, pk: UUID) -> Session:
    """Clinicians of the care team grade; administrators read the record on the session's page."""
    session = staff_session(user, pk)
    if not Patient.objects.cared_for_by(user).filter(pk=session.patient_id).exists():
        raise PermissionDenied
    return session


def _scale(asked: str | None) -> str:
    """The scale that was asked for; anything else is the first one."""
    return asked if asked in GradingScale.values else GradingScale.HOUSE_BRACKMANN.value


urlpatterns = [
    path("grading/", grading_list, name="grading-list"),
    path("sessions/<uuid:pk>/grade/", session_grade, name="session-grade"),
    path("sessions/<uuid:pk>/grade/blinding/", grading_preference, name="session-grade-blinding"),
    path("administration/grading/", grading_settings, name="grading-settings"),
]
