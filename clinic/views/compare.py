"""Two sessions of one patient beside each other."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.charts import compared as charts
from clinic.selectors import compared
from clinic.services import audit
from clinic.views.clinical import staff_patient
from clinic.views.requests import signed_in, uuid_or_none


@require_safe
def patient_compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`?a=..&b=..`: two of this patient's sessions; what is not given, or is somebody else's, is chosen for you."""
    user = signed_in(request)
    patient = staff_patient(user, pk)
    page = compared.page(patient=patient, a=uuid_or_none(request.GET.get("a")), b=uuid_or_none(request.GET.get("b")))
    if request.method == "GET":
        audit.record_views(actor=user, objects=[visit.session for visit in page.visits], patient=patient)
    figures = {side: charts.figure(side) for side in ("left", "right")}
    return render(request, "clinic/compare.html", {"patient": patient, "page": page, "figures": figures})


urlpatterns = [path("patients/<uuid:pk>/compare/", patient_compare, name="patient-compare")]
