"""The registry of weights: import, card, trial against what is in use, approval; for administrators."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.forms.weights import DecisionForm, TrialForm, WeightsForm
from clinic.models import Video, WeightsFile, WeightsTrial
from clinic.models.weights import SYSTEM_TITLES
from clinic.selectors import weights as selector
from clinic.services import audit, trials, weights
from clinic.views.requests import administered, signed_in

_FIELD = {"bad_card": "card", "card_too_large": "card", "other_file": "card"}  # error code -> the field it is about


@require_safe
def weights_list(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    context = {"organisation": organisation, "systems": selector.systems(organisation)}
    return render(request, "clinic/administration/weights.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def weights_new(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    form = WeightsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data
        try:
            taken = weights.take_in(
                organisation=organisation, by=signed_in(request), file=files["file"], card=files["card"]
            )
            messages.success(request, "The file is imported. A worker loads it now to see whether it fits.")
            return redirect("weights-detail", pk=taken.pk)
        except ClinicError as error:
            form.add_error(_FIELD.get(error.code, "file"), error.message)
    status = 422 if request.method == "POST" else 200
    context = {"organisation": organisation, "form": form, "most_bytes": settings.WEIGHTS_MAX_BYTES}
    return render(request, "clinic/administration/weights_new.html", context, status=status)


@require_safe
def weights_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _own(request, pk)
    context = {
        "weights": found,
        "title": SYSTEM_TITLES[found.system],  # type: ignore[index]  # a StrEnum's value finds its member
        "card": selector.card(found.card),
        "history": found.approvals.select_related("by"),
        "trials": selector.trials_of(found),
        "form": DecisionForm(),
    }
    return render(request, "clinic/administration/weights_detail.html", context)


@require_POST
def weights_approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, form = _own(request, pk), DecisionForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    weights.approve(weights=found, by=signed_in(request), reason=reason)
    messages.success(request, f"{found.name} is in use from the next analysis on. Earlier results keep their origin.")
    return redirect("weights-detail", pk=pk)


@require_POST
def weights_retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    found, form = _own(request, pk), DecisionForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    weights.retire(weights=found, by=signed_in(request), reason=reason)
    messages.success(request, f"{found.name} is retired. Results that it gave stay, with its name.")
    return redirect("weights-detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def weights_compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Choose recordings for a trial, and queue it."""
    found = _own(request, pk)
    videos: list[Video] = selector.recordings(found.organisation)
    form = TrialForm(request.POST if request.method == "POST" else None, videos=videos)
    if form.is_bound and form.is_valid():
        chosen = [UUID(value) for value in form.cleaned_data["recordings"]]
        trial = trials.start(weights=found, video_ids=chosen, by=signed_in(request))
        return redirect("trial-detail", pk=trial.pk)
    audit.record_list(actor=signed_in(request), model=Video, patient_ids=[video.session.patient_id for video in videos])
    context = {"weights": found, "form": form, "videos": videos}
    status = 422 if form.is_bound else 200
    return render(request, "clinic/administration/weights_compare.html", context, status=status)


@require_safe
def trial_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    trials_here = WeightsTrial.objects.filter(weights__organisation=administered(request))
    trial = get_object_or_404(trials_here.select_related("weights", "against", "asked_by"), pk=pk)
    view = selector.trial(trial)
    if request.headers.get("HX-Request") != "true":
        people = {row.recording.video.session.patient_id for row in view.rows}
        audit.record_list(actor=signed_in(request), model=WeightsTrial, patient_ids=people)
    return render(request, "clinic/administration/trial_detail.html", {"trial": trial, "view": view})


@require_POST
def system_switch(request: HttpRequest) -> HttpResponse:
    is_on = request.POST.get("is_on") == "yes"
    weights.switch(
        organisation=administered(request), system=request.POST.get("system", ""), is_on=is_on, by=signed_in(request)
    )
    messages.success(request, "Switched on." if is_on else "Switched off from the next analysis on.")
    return redirect("weights-list")


@require_safe
def shipped_detail(request: HttpRequest, system: str) -> HttpResponse:
    """The card of weights that came with the program: to be read, and used or not."""
    row = selector.system(administered(request), system)
    if row is None or row.shipped is None:
        raise Http404
    context = {"row": row, "card": selector.card(row.shipped.card)}
    return render(request, "clinic/administration/weights_shipped.html", context)


@require_POST
def shipped_switch(request: HttpRequest) -> HttpResponse:
    uses, system = request.POST.get("uses") == "yes", request.POST.get("system", "")
    weights.switch_shipped(organisation=administered(request), system=system, uses=uses, by=signed_in(request))
    words = (
        "They are used from the next analysis on, where none are approved." if uses else "They are not used any more."
    )
    messages.success(request, words)
    return redirect("weights-list")


def _own(request: HttpRequest, pk: UUID) -> WeightsFile:
    return get_object_or_404(selector.files_of(administered(request)), pk=pk)


urlpatterns = [
    path("administration/weights/", weights_list, name="weights-list"),
    path("administration/weights/new/", weights_new, name="weights-new"),
    path("administration/weights/switch/", system_switch, name="system-switch"),
    path("administration/weights/shipped/switch/", shipped_switch, name="shipped-switch"),
    path("administration/weights/shipped/<slug:system>/", shipped_detail, name="shipped-detail"),
    path("administration/weights/<uuid:pk>/", weights_detail, name="weights-detail"),
    path("administration/weights/<uuid:pk>/approve/", weights_approve, name="weights-approve"),
    path("administration/weights/<uuid:pk>/retire/", weights_retire, name="weights-retire"),
    path("administration/weights/<uuid:pk>/compare/", weights_compare, name="weights-compare"),
    path("administration/trials/<uuid:pk>/", trial_detail, name="trial-detail"),
]
