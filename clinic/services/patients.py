"""Records of patients, their episodes and treatments. Every change leaves an audit row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from clinic.errors import Conflict, NotAllowed, Refused
from clinic.models import CareTeam, Episode, Organisation, Patient, Role, TreatmentEvent, User
from clinic.services import audit

FIELDS = {"name", "record_number", "birth_date"}
EPISODE_FIELDS = {"side", "onset_date", "cause", "note"}
TREATMENT_FIELDS = {"kind", "started_on", "ended_on", "label"}


def create(
    *,
    organisation: Organisation,
    by: User,
    name: str,
    record_number: str,
    birth_date: date | None = None,
    care_teams: Iterable[CareTeam] = (),
    is_fictional: bool = False,
) -> Patient:
    """Raises Conflict when the clinic has this record number, Refused for a value that cannot be."""
    patient = Patient(
        organisation=organisation,
        name=name,
        record_number=record_number,
        birth_date=birth_date,
        is_fictional=is_fictional,
    )
    teams = list(care_teams)
    _check_teams(organisation, teams, by)
    with transaction.atomic():
        _save(patient)
        patient.care_teams.set(teams)
        audit.record(actor=by, action="create", obj=patient)
    return patient


def edit(*, patient: Patient, by: User, care_teams: Iterable[CareTeam] | None = None, **changes: Any) -> Patient:
    """Change some of name, record_number, birth_date; care teams when given. Raises as `create` does."""
    _set(patient, changes, FIELDS)
    with transaction.atomic():
        _save(patient)
        if care_teams is not None:
            teams = list(care_teams)
            _check_teams(patient.organisation, teams, by)
            patient.care_teams.set(teams)
        audit.record(actor=by, action="change", obj=patient)
    return patient


def add_episode(*, patient: Patient, by: User, side: str, onset_date: date, cause: str, note: str = "") -> Episode:
    """A new palsy; sessions since then that belong to no episode join it. Raises Refused."""
    episode = Episode(patient=patient, side=side, onset_date=onset_date, cause=cause, note=note)
    with transaction.atomic():
        _save(episode)
        patient.sessions.filter(episode=None, recorded_at__date__gte=onset_date).update(episode=episode)
        patient.assessments.filter(episode=None, recorded_at__date__gte=onset_date).update(episode=episode)
        _count_days(episode)
        audit.record(actor=by, action="create", obj=episode, patient=patient)
    return episode


def edit_episode(*, episode: Episode, by: User, **changes: Any) -> Episode:
    """Change side, onset_date, cause or note; a new first day counts all measured days anew. Raises Refused."""
    _set(episode, changes, EPISODE_FIELDS)
    with transaction.atomic():
        _save(episode)
        _count_days(episode)
        audit.record(actor=by, action="change", obj=episode)
    return episode


def add_treatment(
    *, episode: Episode, by: User, kind: str, started_on: date, ended_on: date | None = None, label: str = ""
) -> TreatmentEvent:
    treatment = TreatmentEvent(episode=episode, kind=kind, started_on=started_on, ended_on=ended_on, label=label)
    with transaction.atomic():
        _save(treatment)
        audit.record(actor=by, action="create", obj=treatment)
    return treatment


def edit_treatment(*, treatment: TreatmentEvent, by: User, **changes: Any) -> TreatmentEvent:
    _set(treatment, changes, TREATMENT_FIELDS)
    with transaction.atomic():
        _save(treatment)
        audit.record(actor=by, action="change", obj=treatment)
    return treatment


def delete_treatment(*, treatment: TreatmentEvent, by: User) -> None:
    with transaction.atomic():
        audit.record(actor=by, action="delete", obj=treatment)
        treatment.delete()


def _count_days(episode: Episode) -> None:
    """`days_since_onset` is stored for the trend pages, so a changed first day has to reach it."""
    assessments = list(episode.assessments.only("id", "recorded_at"))
    for assessment in assessments:
        assessment.days_since_onset = episode.days_since_onset(timezone.localtime(assessment.recorded_at).date())
    episode.assessments.bulk_update(assessments, ["days_since_onset"], batch_size=200)


def _check_teams(organisation: Organisation, teams: list[CareTeam], by: User) -> None:
    if any(team.organisation_id != organisation.pk for team in teams):
        raise Refused("other_clinic", "A care team must be of the same clinic.")
    if Organisation.objects.with_member(by, Role.ADMINISTRATOR).filter(pk=organisation.pk).exists():
        return
    own = set(CareTeam.objects.filter(clinicians=by).values_list("pk", flat=True))
    if not own & {team.pk for team in teams}:
        raise NotAllowed(
            "own_team", "Please keep at least one of your own care teams, or you lose sight of this person."
        )


def _set(row: models.Model, changes: dict[str, Any], allowed: set[str]) -> None:
    if unknown := changes.keys() - allowed:
        raise TypeError(f"cannot be changed here: {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        setattr(row, name, value)


def _save(row: models.Model) -> None:
    """Check every field and constraint, in words, before the database does."""
    try:
        row.full_clean(validate_unique=True, validate_constraints=True)
        with transaction.atomic():
            row.save()
    except ValidationError as error:
        code, message = _first(error)
        raise (Conflict if code in ("unique", "unique_together") else Refused)(code, message) from error
    except IntegrityError as error:  # somebody was faster
        raise Conflict("taken", "This exists already.") from error


def _first(error: ValidationError) -> tuple[str, str]:
    code = next((e.code for errors in error.error_dict.values() for e in errors if e.code), "invalid")
    field, messages = next(iter(error.message_dict.items()))
    return code, messages[0] if field == "__all__" else f"{field.replace('_', ' ').capitalize()}: {messages[0]}"
