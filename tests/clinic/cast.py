"""The people that access tests speak of, and the rows that belong to the one patient they are tried on."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile

from analysis.contracts import SessionReport
from clinic.models import (
    AnalysisRun,
    Assessment,
    CareTeam,
    ClinicianGrade,
    Cohort,
    Correction,
    Episode,
    Invitation,
    Message,
    Note,
    Organisation,
    Patient,
    QuestionnaireScore,
    Report,
    ResearchExport,
    Role,
    SavedFilter,
    Session,
    Still,
    TreatmentEvent,
    User,
    Video,
    WeightsFile,
    WeightsTrial,
)
from tests.clinic import factories as make
from tests.tasks.reports import measured


@dataclass(frozen=True, slots=True)
class Cast:
    """Two clinics. `clinician` cares for `patient`; `colleague` works beside, in another team; outsiders elsewhere."""

    site: Organisation
    other_site: Organisation
    team: CareTeam
    other_team: CareTeam
    outside_team: CareTeam
    patient: Patient
    other_patient: Patient  # same clinic, of the colleague's team
    outside_patient: Patient
    clinician: User
    colleague: User
    outsider: User
    administrator: User
    outside_administrator: User

    @property
    def patient_user(self) -> User:
        assert self.patient.user is not None
        return self.patient.user

    @property
    def other_patient_user(self) -> User:
        assert self.other_patient.user is not None
        return self.other_patient.user

    def user(self, role: str) -> User | None:
        """By the words that ACCESS uses."""
        people: dict[str, User | None] = {
            "anonymous": None,
            "patient": self.patient_user,
            "other patient": self.other_patient_user,
            "clinician": self.clinician,
            "colleague": self.colleague,
            "outsider": self.outsider,
            "administrator": self.administrator,
            "outside administrator": self.outside_administrator,
        }
        return people[role]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that hangs on `cast.patient`, one row each."""

    episode: Episode
    treatment: TreatmentEvent
    session: Session
    video: Video
    run: AnalysisRun
    assessment: Assessment
    invitation: Invitation
    cohort: Cohort
    questionnaire: QuestionnaireScore
    grade: ClinicianGrade
    still: Still
    correction: Correction
    weights: WeightsFile
    trial: WeightsTrial
    note: Note
    message: Message
    saved_filter: SavedFilter
    report: Report
    export: ResearchExport


def make_cast() -> Cast:
    site, other_site = make.OrganisationFactory(name="North Clinic"), make.OrganisationFactory(name="South Clinic")
    team = make.CareTeamFactory(organisation=site, name="Face team")
    other_team = make.CareTeamFactory(organisation=site, name="Second team")
    outside_team = make.CareTeamFactory(organisation=other_site, name="South team")
    return Cast(
        site=site,
        other_site=other_site,
        team=team,
        other_team=other_team,
        outside_team=outside_team,
        patient=_patient(site, team, "Anna Alder"),
        other_patient=_patient(site, other_team, "Bruno Birch"),
        outside_patient=_patient(other_site, outside_team, "Olga Oak"),
        clinician=_clinician(team, "Carla Clinician"),
        colleague=_clinician(other_team, "Colin Colleague"),
        outsider=_clinician(outside_team, "Otto Outsider"),
        administrator=_member(site, Role.ADMINISTRATOR, "Ada Administrator"),
        outside_administrator=_member(other_site, Role.ADMINISTRATOR, "Olaf Administrator"),
    )


def make_case(cast: Cast, **session: Any) -> Case:
    episode = make.EpisodeFactory(patient=cast.patient)
    recording = make.SessionFactory(patient=cast.patient, episode=episode, **session)
    assessment = make.AssessmentFactory(run__video__session=recording, run__video__uploaded_by=cast.patient_user)
    store_series(assessment.run)
    return Case(
        episode=episode,
        treatment=make.TreatmentFactory(episode=episode),
        session=recording,
        video=assessment.run.video,
        run=assessment.run,
        assessment=assessment,
        invitation=make.InvitationFactory(organisation=cast.site),
        cohort=make.CohortFactory(organisation=cast.site),
        questionnaire=make.QuestionnaireScoreFactory(patient=cast.patient),
        grade=make.GradeFactory(session=recording, rater=cast.clinician),
        still=make.StillFactory(video=assessment.run.video),
        correction=make.CorrectionFactory(video=assessment.run.video, made_by=cast.clinician),
        **_weights(cast, assessment.run.video),
        note=make.NoteVersionFactory(note__patient=cast.patient, note__author=cast.clinician).note,
        message=make.MessageFactory(patient=cast.patient, author=cast.clinician),
        saved_filter=make.SavedFilterFactory(user=cast.clinician),
        report=make.ReportFactory(patient=cast.patient, episode=episode, requested_by=cast.clinician),
        export=make.ExportFactory(organisation=cast.site, requested_by=cast.administrator),
    )


def _weights(cast: Cast, video: Video) -> dict[str, Any]:
    """Checked weights that nobody approved, and a trial of them on this video."""
    weights = make.WeightsFactory(organisation=cast.site, imported_by=cast.administrator)
    trial = make.TrialFactory(weights=weights, asked_by=cast.administrator)
    make.TrialRecordingFactory(trial=trial, video=video)
    return {"weights": weights, "trial": trial}


def store_series(run: AnalysisRun) -> None:
    """The frame series as a worker writes it."""
    report = measured()
    document = {"report": report.to_json(), "details": report.details_json(), "keypoints": keypoints(report)}
    run.series.save(f"{run.pk}.json.gz", ContentFile(gzip.compress(json.dumps(document).encode())))


def keypoints(report: SessionReport) -> dict[str, Any]:
    """One point, one pixel further to the right with every frame."""
    count = len(report.frames.time_s) if report.frames else 0
    steps = [100, *[1] * (count - 1)]
    size = {"width": 640, "height": 480, "unit": 1.0, "points": [4], "parts": {"nose": [4]}}
    return {**size, "x": [steps], "y": [[50, *[0] * (count - 1)]]}


def _member(organisation: Organisation, role: Role, name: str) -> User:
    user: User = make.UserFactory(name=name)
    make.MembershipFactory(organisation=organisation, user=user, role=role)
    return user


def _clinician(team: CareTeam, name: str) -> User:
    user = _member(team.organisation, Role.CLINICIAN, name)
    team.clinicians.add(user)
    return user


def _patient(organisation: Organisation, team: CareTeam, name: str) -> Patient:
    patient: Patient = make.PatientFactory(
        organisation=organisation, name=name, user=_member(organisation, Role.PATIENT, name)
    )
    patient.care_teams.add(team)
    make.ConsentFactory(patient=patient)
    return patient
