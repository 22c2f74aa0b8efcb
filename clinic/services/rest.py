"""The session whose face at rest later sessions are measured against: one a patient, changed by a clinician."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clinic.errors import Refused
from clinic.models import AnalysisRun, Patient, PinnedRest, Session, User, Video
from clinic.models.results import OPEN_STATES, RunState
from clinic.services import audit, consents, runs


def pin(*, patient: Patient, session: Session | None, by: User, again: bool = False) -> int:
    """Measure what comes against this session's rest; None: against each video's own alone.

    With `again` every finished video of the patient is queued once more. Returns how many were. Raises Refused for a
    session of somebody else or one without a result, and for `again` without the agreement to analyse.
    """
    if session is not None and not _is_measured(patient, session):
        raise Refused("not_measured", "Only a session of this patient with a result can be the reference.")
    if again and not consents.may_analyse(patient):
        raise Refused("no_consent", "Without the patient's agreement nothing is analysed again.")
    with transaction.atomic():
        chosen = {"session": session, "chosen_by": by, "is_automatic": False, "created_at": timezone.now()}
        PinnedRest.objects.update_or_create(patient=patient, defaults=chosen)
        audit.record(actor=by, action="pin_rest" if session else "unpin_rest", obj=session or patient, patient=patient)
        return _measure_again(patient) if again else 0


def pinned_run(patient: Patient) -> AnalysisRun | None:
    """The newest finished run with a frame series of the pinned session."""
    finished = AnalysisRun.objects.filter(
        video__session__pinned_by__patient=patient, video__session__patient=patient, state=RunState.DONE
    )
    return finished.exclude(series="").select_related("video").order_by("-created_at").first()


def _is_measured(patient: Patient, session: Session) -> bool:
    return session.patient_id == patient.pk and session.assessments.filter(is_current=True).exists()


def _measure_again(patient: Patient) -> int:
    finished = AnalysisRun.objects.filter(state=RunState.DONE).values("video")
    busy = AnalysisRun.objects.filter(state__in=OPEN_STATES).values("video")
    videos = list(Video.objects.filter(session__patient=patient, pk__in=finished).exclude(pk__in=busy))
    for video in videos:
        runs.request(video=video)
    return len(videos)
