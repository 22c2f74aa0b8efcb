"""The decision whether a patient sees a summary of one session: read word for word first, taken back at any time."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.forms.correspondence import ReleaseForm
from clinic.models import Session, User
from clinic.selectors import released, summaries
from clinic.selectors.summaries import Draft
from clinic.services import releases
from clinic.views.clinical import note_look, team_session
from clinic.views.requests import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
def session_release(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = team_session(user, pk)
    note_look(request, user, session)
    draft, past = summaries.draft(session), released.history(session)
    form = ReleaseForm(_sent(request), initial=_shown(draft, past))
    if request.method == "POST" and draft is not None and form.is_valid() and _released(form, session, user, draft):
        messages.success(request, f"{session.patient.name} can see this summary from now on.")
        return redirect("session-detail", pk=pk)
    if request.method == "POST":  # what was looked at may be another draft than the one that is shown now
        form.data = {**form.data, **{name: str(value or "") for name, value in _ids(draft).items()}}
    context = {"session": session, "patient": session.patient, "draft": draft, "form": form, "past": past}
    return render(request, "clinic/session_release.html", context, status=422 if request.method == "POST" else 200)


def _sent(request: HttpRequest) -> dict[str, str] | None:
    return {name: request.POST.get(name, "") for name in ReleaseForm.base_fields} if request.method == "POST" else None


def _ids(draft: Draft | None) -> dict[str, UUID | None]:
    if draft is None:
        return {}
    return {"assessment": draft.assessment.pk, "baseline": draft.baseline.pk if draft.baseline else None}


def _shown(draft: Draft | None, past: tuple[released.PastRelease, ...]) -> dict[str, object]:
    words = past[0].words if past and past[0].withdrawn_at is None else ""
    return {**_ids(draft), "words": words}


def _released(form: ReleaseForm, session: Session, user: User, draft: Draft) -> bool:
    """False, with the reason in the form, when the draft is not the one that the clinician has looked at."""
    given = form.cleaned_data
    if {name: given[name] for name in ("assessment", "baseline")} != _ids(draft):
        form.add_error(None, "The summary below has changed since you opened this page. Please read it once more.")
        return False
    try:
        releases.release(
            session=session,
            by=user,
            assessment=draft.assessment,
            baseline=draft.baseline,
            summary=draft.summary.to_json(),
            words=given["words"],
        )
    except ClinicError as error:
        form.add_error(None, error.message)
        return False
    return True


@require_POST
def session_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    session = team_session(user, pk)
    try:
        releases.withdraw(session=session, by=user)
        messages.success(request, f"{session.patient.name} cannot see the summary any more.")
    except ClinicError as error:
        messages.info(request, error.message)
    return redirect("session-detail", pk=pk)


urlpatterns = [
    path("sessions/<uuid:pk>/release/", session_release, name="session-release"),
    path("sessions/<uuid:pk>/withdraw/", session_withdraw, name="session-withdraw"),
]
