"""The fictional clinics: people, care teams, protocol, consents, patients with their episodes and treatments.

Everything is looked up before it is made, so that a second start changes nothing. Names end in words for "made up",
addresses in .example, which no mail can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from analysis.contracts import Exercise
from analysis.synthetic.cohort import Cause, FictionalPatient, cohort
from clinic.models import (
    CareTeam,
    Cohort,
    Episode,
    Membership,
    Organisation,
    Patient,
    Protocol,
    ProtocolExercise,
    QuestionnaireScore,
    Role,
    TreatmentEvent,
    User,
)
from clinic.models.care import ConsentPurpose
from clinic.models.questionnaires import Instrument
from clinic.selectors.demo import PASSWORD
from clinic.services import consents

CLINIC = "Riverside Facial Palsy Clinic (fictional)"
OTHER_CLINIC = "Hilltop Clinic (fictional)"
HOME = "clinic.example"
PROTOCOL = (
    (Exercise.REST, "Look at the camera with a relaxed face."),
    (Exercise.BROW_RAISE, "Raise your eyebrows as far as you can, then relax."),
    (Exercise.EYE_CLOSURE_GENTLE, "Close your eyes gently, as in sleep, then open them."),
    (Exercise.EYE_CLOSURE_TIGHT, "Close your eyes tightly, then open them."),
    (Exercise.SMILE_CLOSED, "Smile with closed lips, then relax."),
    (Exercise.SMILE_OPEN, "Smile and show your teeth, then relax."),
    (Exercise.PUCKER, "Purse your lips as if to whistle, then relax."),
    (Exercise.LOWER_LIP_DEPRESS, "Show your lower teeth, then relax."),
    (Exercise.SNARL, "Wrinkle your nose, then relax."),
)


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    role: Role
    teams: tuple[str, ...] = ()
    clinic: str = CLINIC


STAFF = (
    Person("Dr Vera Pretend", f"clinician@{HOME}", Role.CLINICIAN, ("Facial nerve team", "Neurology team")),
    Person("Dr Otto Figment", f"colleague@{HOME}", Role.CLINICIAN, ("Neurology team",)),
    Person("Ada Notional", f"administrator@{HOME}", Role.ADMINISTRATOR),
    Person("Dr Finn Hypothetical", "clinician@hilltop.example", Role.CLINICIAN, ("Hilltop team",), OTHER_CLINIC),
)
TEAM_OF_CAUSE = {"stroke": "Neurology team"}
COHORTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Bell's palsy", {"cause": "bell"}),
    ("Right side", {"side": "right"}),
    ("Everybody", {}),
)


@transaction.atomic
def make_people() -> list[FictionalPatient]:
    """Make whatever is missing; returns the fictional patients, each of whom has a row with the record number `key`."""
    for person in STAFF:
        _staff(person)
    home = Organisation.objects.get(name=CLINIC)
    _protocol(home)
    for name, values in COHORTS:
        Cohort.objects.get_or_create(organisation=home, name=name, defaults=values)
    everybody = cohort()
    for fictional in everybody:
        patient = Patient.objects.filter(organisation=home, record_number=fictional.key).first()
        _consent(patient or _patient(home, fictional))
    return everybody


def patient_email(fictional: FictionalPatient) -> str:
    return f"{fictional.key.split('-')[0]}@patient.example"


def _user(name: str, email: str) -> User:
    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name)


def _staff(person: Person) -> None:
    clinic, _ = Organisation.objects.get_or_create(name=person.clinic)
    user = _user(person.name, person.email)
    Membership.objects.get_or_create(organisation=clinic, user=user, role=person.role)
    for name in person.teams:
        CareTeam.objects.get_or_create(organisation=clinic, name=name)[0].clinicians.add(user)
    if person.role == Role.ADMINISTRATOR and not user.is_staff:
        user.is_staff = user.is_superuser = True  # opens Django's administration as well
        user.save()


def _protocol(clinic: Organisation) -> None:
    protocol, made = Protocol.objects.get_or_create(organisation=clinic, name="Home session", is_default=True)
    if made:
        ProtocolExercise.objects.bulk_create(
            ProtocolExercise(protocol=protocol, position=i, exercise=exercise.value, instruction=words)
            for i, (exercise, words) in enumerate(PROTOCOL, start=1)
        )


def _patient(clinic: Organisation, fictional: FictionalPatient) -> Patient:
    onset = timezone.localdate() - timedelta(days=fictional.onset_days_ago)
    user = _user(fictional.name, patient_email(fictional))
    Membership.objects.get_or_create(organisation=clinic, user=user, role=Role.PATIENT)
    patient = Patient.objects.create(
        organisation=clinic,
        user=user,
        name=fictional.name,
        record_number=fictional.key,
        birth_date=date(fictional.birth_year, 6, 15),
        is_fictional=True,
    )
    team = TEAM_OF_CAUSE.get(fictional.cause.value, "Facial nerve team")
    patient.care_teams.add(CareTeam.objects.get(organisation=clinic, name=team))
    _episode(patient, fictional, onset)
    _scores(patient, fictional, onset)
    return patient


def _scores(patient: Patient, fictional: FictionalPatient, onset: date) -> None:
    """Invented FaCE totals along the way, so that what is felt stands beside what is measured."""
    if fictional.cause is Cause.VOLUNTEER:
        return
    days = (fictional.onset_days_ago * share // 10 for share in (1, 4, 8))
    QuestionnaireScore.objects.bulk_create(
        QuestionnaireScore(patient=patient, instrument=Instrument.FACE, answered_on=onset + timedelta(day), score=score)
        for day, score in zip(days, (41, 55, 63), strict=True)
    )


def _consent(patient: Patient) -> None:
    """As the person's own click would; given under today's text, also when that has changed since the last start."""
    assert patient.user is not None
    for purpose in (ConsentPurpose.CARE, ConsentPurpose.RESEARCH):
        consents.give(patient=patient, purpose=purpose, by=patient.user)


def _episode(patient: Patient, fictional: FictionalPatient, onset: date) -> None:
    episode = Episode.objects.create(
        patient=patient,
        side=fictional.affected_side.value,
        onset_date=onset,
        cause=fictional.cause.value,
        note=f"Fictional. {fictional.story}",
    )
    TreatmentEvent.objects.bulk_create(
        TreatmentEvent(
            episode=episode,
            kind=given.kind.value,
            started_on=onset + timedelta(days=given.start_day),
            ended_on=None if given.end_day is None else onset + timedelta(days=given.end_day),
            label=given.label,
        )
        for given in fictional.treatments
    )
