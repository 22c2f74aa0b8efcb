"""The published systems on a session's and a patient's page: each with its origin, and where they disagree in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models.fields.json import KeyTransform

from analysis.contracts import SEVERITY_LEVELS, Region
from clinic.models import Assessment, ClinicianGrade, Patient, Session
from clinic.models.grading import GradingScale
from clinic.selectors import answers
from clinic.selectors.answers import SystemView
from clinic.templatetags.quantities import ROMAN

SHOWN_SESSIONS: Final = 8
_LIKELY: Final = 0.5  # probability from which the fusion model says palsy


@dataclass(frozen=True, slots=True)
class Published:
    """`silent`: systems that gave no answer, with the reason. `disagreements`: sentences, never an average."""

    systems: tuple[SystemView, ...]
    silent: tuple[SystemView, ...]
    disagreements: tuple[str, ...]
    agreements: tuple[str, ...]

    @property
    def is_experimental(self) -> bool:
        return any(system.is_experimental for system in self.systems)


@dataclass(frozen=True, slots=True)
class Cell:
    column: str
    words: str  # empty: no answer
    is_experimental: bool
    trained_on: str  # in one word


@dataclass(frozen=True, slots=True)
class CourseRow:
    session: UUID
    recorded_at: datetime
    landmarks: str
    cells: tuple[Cell, ...]  # one for each column


@dataclass(frozen=True, slots=True)
class Course:
    columns: tuple[str, ...]
    rows: tuple[CourseRow, ...]


@dataclass(frozen=True, slots=True)
class _Voice:
    """Somebody who says something of the same kind."""

    who: str
    value: int


def of_session(session: Session, assessment: Assessment | None) -> Published | None:
    """None when no system was asked at all: results from before there were any."""
    results = list((assessment.details if assessment else {}).get("systems") or ())
    if assessment is None or not results:
        return None
    views = [answers.view(result) for result in results]
    disagreements, agreements = _compared(results, assessment, _clinicians(session))
    return Published(
        systems=tuple(view for view in views if view.answers),
        silent=tuple(view for view in views if not view.answers),
        disagreements=tuple(disagreements),
        agreements=tuple(agreements),
    )


def course(patient: Patient) -> Course | None:
    """The newest sessions with what every system said; None while none has said anything."""
    stored = (
        Assessment.objects.filter(patient=patient, is_current=True)
        .annotate(systems=KeyTransform("systems", "details"))
        .order_by("-recorded_at")
        .values_list("session_id", "recorded_at", "hb_grade", "systems")[:SHOWN_SESSIONS]
    )
    found = [(row[:3], [answers.view(r) for r in row[3] or ()]) for row in stored]
    columns = {view.system: view.title for _, views in found for view in views if view.answers}
    if not columns:
        return None
    rows = [
        CourseRow(session, at, _grade(grade), tuple(_cell(views, *column) for column in columns.items()))
        for (session, at, grade), views in found
    ]
    return Course(tuple(columns.values()), tuple(rows))


def _cell(views: Iterable[SystemView], system: str, title: str) -> Cell:
    view = next((v for v in views if v.system == system and v.answers), None)
    if view is None:
        return Cell(title, "", False, "")
    return Cell(title, view.summary, view.is_experimental, view.trained_on)


def _grade(grade: int | None) -> str:
    return f"Grade {ROMAN[grade - 1]}" if grade else "no grade"


def _clinicians(session: Session) -> list[_Voice]:
    """Each rater for oneself."""
    grades = ClinicianGrade.objects.current().filter(session=session, scale=GradingScale.HOUSE_BRACKMANN)
    return [_Voice(grade.rater_name, int(grade.value)) for grade in grades.select_related("rater")]


def _compared(
    results: list[Mapping[str, Any]], assessment: Assessment, clinicians: list[_Voice]
) -> tuple[list[str], list[str]]:
    """Sentences on who differs from whom, and on who says the same."""
    graders = [*clinicians]
    if assessment.hb_grade is not None:
        graders.append(_Voice("The landmark estimate", assessment.hb_grade))
    differ: list[str] = []
    same: list[str] = []
    for result in results:
        view = answers.view(result)
        for voice in graders:
            _weigh(view, result, voice, differ, same)
        differ += _regions(view, result, assessment)
    return differ, same


def _weigh(view: SystemView, result: Mapping[str, Any], voice: _Voice, differ: list[str], same: list[str]) -> None:
    """One system beside one person or method that graded."""
    said = ROMAN[voice.value - 1]
    if (grade := answers.value_of(result, answers.GRADE)) is not None:
        steps = abs(int(grade) - voice.value)
        words = f"{voice.who}: grade {said}. {view.title}: grade {ROMAN[int(grade) - 1]}"
        differ.append(f"{words}, {steps} grade{'s' if steps > 1 else ''} apart.") if steps else same.append(
            f"{voice.who} and {view.title}: grade {said}."
        )
    if (level := answers.value_of(result, answers.LEVEL)) is not None:
        expected = SEVERITY_LEVELS[voice.value]
        if int(level) != expected:
            differ.append(
                f"{voice.who}: grade {said}, which is level {ROMAN[expected - 1]}. "
                f"{view.title}: level {ROMAN[int(level) - 1]}."
            )
        else:
            same.append(f"{voice.who} and {view.title}: level {ROMAN[expected - 1]}.")
    if (palsy := answers.value_of(result, answers.PALSY)) is not None:
        says, is_palsy = float(palsy) >= _LIKELY, voice.value > 1
        verdict = "a palsy" if says else "no palsy"
        if says != is_palsy:
            differ.append(f"{voice.who}: grade {said}. {view.title}: {verdict}.")
        else:
            same.append(f"{voice.who} and {view.title}: {verdict}.")


def _regions(view: SystemView, result: Mapping[str, Any], assessment: Assessment) -> list[str]:
    """Weaker sides of the Difference Ensemble Method beside those of the landmarks."""
    stored = next((a for a in result.get("answers") or () if a["target"] == answers.UNITS), None)
    found = ((stored or {}).get("parts") or {}).get("regions") or {}
    sentences = []
    for region in Region:
        own = ((assessment.report.get("regions") or {}).get(region.value) or {}).get("weaker_side")
        other = (found.get(region.value) or {}).get("weaker_side")
        if own is not None and other is not None and own != other:
            sentences.append(
                f"{region.value.capitalize()}, weaker side: {_side(own)} by the landmarks, "
                f"{_side(other)} by {view.title}."
            )
    return sentences


def _side(side: str) -> str:
    return "neither" if side == "none" else side
