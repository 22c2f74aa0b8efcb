"""The administrator's overview and the audit log; people, care teams and cohorts have modules of their own."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.forms.administration import AuditFilterForm
from clinic.models import Organisation, Role
from clinic.selectors import administration as overview
from clinic.selectors import audit
from clinic.views import care_teams, cohorts, people, weights
from clinic.views.requests import administered, signed_in


@require_safe
def administration(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    context = {
        "organisation": organisation,
        "clinics": Organisation.objects.with_member(signed_in(request), Role.ADMINISTRATOR),
        "counts": overview.counts(organisation),
        "queue": overview.queue(organisation),
        "workers": overview.workers(),
        "storage": overview.storage(organisation),
        "refusals": overview.refusals(organisation),
        "looked_back": overview.LOOKED_BACK.days,
    }
    return render(request, "clinic/administration/overview.html", context)


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    organisation = administered(request)
    form = AuditFilterForm(request.GET or None, organisation=organisation)
    chosen = form.chosen() if form.is_bound else audit.Filter()
    page = audit.page(organisation=organisation, chosen=chosen, before=request.GET.get("before", ""))
    kept = [(name, value) for name, value in request.GET.items() if name in form.fields and value]
    context = {
        "form": form,
        "page": page,
        "older": urlencode([*kept, ("before", page.older)]) if page.older else "",
        "newest": urlencode(kept),
        "is_first": not request.GET.get("before"),
        "is_filtered": bool(kept),
    }
    return render(request, "clinic/administration/audit_log.html", context)


urlpatterns = [
    path("administration/", administration, name="administration"),
    path("administration/audit/", audit_log, name="audit-log"),
    *people.urlpatterns,
    *care_teams.urlpatterns,
    *cohorts.urlpatterns,
    *weights.urlpatterns,
]
