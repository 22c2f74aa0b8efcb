"""Rows that matter. One module a noun family; import from here."""

from clinic.models.audit import AuditEvent
from clinic.models.care import Consent, Episode, Patient, Protocol, ProtocolExercise, Session, TreatmentEvent
from clinic.models.cohorts import Cohort
from clinic.models.corrections import Correction, Still
from clinic.models.correspondence import Message, MessageRead, Note, NoteVersion
from clinic.models.grading import ClinicianGrade, GradeDraft, GradingPreference
from clinic.models.lists import FollowUp, ListLook, SavedFilter
from clinic.models.media import Video
from clinic.models.papers import Letterhead, Report, ResearchExport
from clinic.models.people import CareTeam, Invitation, Membership, Organisation, Role, User
from clinic.models.questionnaires import QuestionnaireScore
from clinic.models.releases import Release
from clinic.models.rest import PinnedRest
from clinic.models.results import AnalysisRun, Assessment
from clinic.models.weights import SystemSwitch, TrialRecording, WeightsApproval, WeightsFile, WeightsTrial
from clinic.models.workers import WorkerBeat

__all__ = [
    "AnalysisRun",
    "Assessment",
    "AuditEvent",
    "CareTeam",
    "ClinicianGrade",
    "Cohort",
    "Consent",
    "Correction",
    "Episode",
    "FollowUp",
    "GradeDraft",
    "GradingPreference",
    "Invitation",
    "Letterhead",
    "ListLook",
    "Membership",
    "Message",
    "MessageRead",
    "Note",
    "NoteVersion",
    "Organisation",
    "Patient",
    "PinnedRest",
    "Protocol",
    "ProtocolExercise",
    "QuestionnaireScore",
    "Release",
    "Report",
    "ResearchExport",
    "Role",
    "SavedFilter",
    "Session",
    "Still",
    "SystemSwitch",
    "TreatmentEvent",
    "TrialRecording",
    "User",
    "Video",
    "WeightsApproval",
    "WeightsFile",
    "WeightsTrial",
    "WorkerBeat",
]
