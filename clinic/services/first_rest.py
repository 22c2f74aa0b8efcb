"""The rest that a patient has before anybody chose one: that of the first accepted session."""

from __future__ import annotations

from clinic.models import AnalysisRun, Patient, PinnedRest
from clinic.models.results import RunState
from clinic.services import audit


def pin(patient: Patient) -> None:
    """Pin the earliest session with a result and a readable rest, once: what a clinician chose is left alone."""
    if PinnedRest.objects.filter(patient=patient).exists():
        return
    accepted = AnalysisRun.objects.filter(video__session__patient=patient, state=RunState.DONE).exclude(series="")
    first = accepted.select_related("video__session").order_by("video__session__recorded_at", "created_at").first()
    if first is None:
        return
    session = first.video.session
    _, is_new = PinnedRest.objects.get_or_create(patient=patient, defaults={"session": session, "is_automatic": True})
    if is_new:
        audit.record(actor=None, action="pin_rest", obj=session, patient=patient)
