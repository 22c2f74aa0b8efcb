"""Consent: given by the person alone, for one purpose, under one text; taken back as easily as given."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clinic import failures
from clinic.errors import Conflict, NotAllowed, Refused
from clinic.models import AnalysisRun, Consent, Patient, User
from clinic.models.care import ConsentPurpose
from clinic.models.results import OPEN_STATES, RunState
from clinic.services import audit

# The text is templates/clinic/consent/<purpose>-<version>.html. A changed text is a new file and a new version here;
# old files stay, because people have agreed to them.
TEXT_VERSIONS = {
    ConsentPurpose.CARE: "2026-11",
    ConsentPurpose.RESEARCH: "2026-11",
    ConsentPurpose.TRAINING: "2026-11",
    ConsentPurpose.IMAGES: "2026-11",
}


class ConsentNeeded(Conflict):
    def __init__(self) -> None:
        super().__init__("consent_needed", "Before the first video is sent, please read and agree to the analysis.")


def open_consents(patient: Patient) -> dict[str, Consent]:
    """Purpose -> the consent that holds now, whichever text it was given under."""
    return {consent.purpose: consent for consent in patient.consents.filter(withdrawn_at=None)}


def may_analyse(patient: Patient) -> bool:
    """Whether the person has agreed to the analysis for the own care, under the text that holds today."""
    version = TEXT_VERSIONS[ConsentPurpose.CARE]
    return patient.consents.filter(purpose=ConsentPurpose.CARE, text_version=version, withdrawn_at=None).exists()


def give(*, patient: Patient, purpose: str, by: User) -> Consent:
    """Agree under today's text; an older agreement for the same purpose ends. Giving twice changes nothing."""
    kind = _own_purpose(patient, purpose, by)
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=patient.pk)  # two taps at once
        standing = patient.consents.filter(purpose=kind, withdrawn_at=None).first()
        if standing is not None and standing.text_version == TEXT_VERSIONS[kind]:
            return standing
        if standing is not None:
            _end(standing)
        consent = Consent.objects.create(patient=patient, purpose=kind, text_version=TEXT_VERSIONS[kind])
        audit.record(actor=by, action="consent", obj=consent, patient=patient)
    return consent


def withdraw(*, patient: Patient, purpose: str, by: User) -> None:
    """Take the agreement back from now on. Doing it twice changes nothing."""
    kind = _own_purpose(patient, purpose, by)
    with transaction.atomic():
        standing = patient.consents.select_for_update().filter(purpose=kind, withdrawn_at=None).first()
        if standing is not None:
            _end(standing)
            audit.record(actor=by, action="withdraw consent", obj=standing, patient=patient)
            if kind == ConsentPurpose.CARE:
                _stop_analyses(patient)


def _stop_analyses(patient: Patient) -> None:
    """What waits is not begun; what a worker has in hand is discarded when it finds the run closed."""
    waiting = AnalysisRun.objects.filter(video__session__patient=patient, state__in=OPEN_STATES)
    waiting.update(
        state=RunState.FAILED, error_code=failures.WITHDRAWN, finished_at=timezone.now(), lease_until=None, stage=""
    )


def _end(consent: Consent) -> None:
    consent.withdrawn_at = timezone.now()
    consent.save(update_fields=["withdrawn_at"])


def _own_purpose(patient: Patient, purpose: str, by: User) -> ConsentPurpose:
    if patient.user_id != by.pk:
        raise NotAllowed("not_own", "Only the person can give or take back the own consent.")
    if purpose not in ConsentPurpose.values:
        raise Refused("unknown_purpose", "This purpose does not exist.")
    return ConsentPurpose(purpose)
