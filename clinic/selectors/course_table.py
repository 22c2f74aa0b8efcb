"""A whole course as rows: every measure of every session with unit, method and error, for a spreadsheet.

One number a row, so that nothing has to be left out and a missing one has its reason. Assessments alone are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from analysis.contracts import Region
from clinic.charts import measures, words
from clinic.charts.rows import HandGrade, Reported
from clinic.models import Assessment, Episode, Patient
from clinic.selectors import beside, courses, numbers
from clinic.services.spreadsheets import Cell

HEADERS = (
    "session",
    "recorded_on",
    "days_since_onset",
    "measure",
    "side",
    "exercise",
    "value",
    "unit",
    "not_measured_because",
    "mdc95",
    "mdc95_unit",
    "mdc95_origin",
    "method",
    "weights",
    "code_version",
    "quality_score",
    "said_by",
)
FIELDS = tuple(
    dict.fromkeys(
        (
            *courses.COURSE_FIELDS,
            *(f"{region.value}_delta_am" for region in Region),
            "quality_score",
            "report__scales",
            "report__severity_level",
            "report__palsy",
            "details__systems",
        )
    )
)
SCALES = ("sunnybrook", "fngs2", "auto_eface")
GRADE_METHOD = "grade_method"

BY_HAND = {
    "house_brackmann": ("hb_grade_by_clinician", "grade 1-6"),
    "sunnybrook": ("sunnybrook_by_clinician", "points"),
    "eface": ("eface_by_clinician", "points"),
}

# Which measures a chart draws, by the beginnings of their names.
DRAWN: Mapping[str, tuple[str, ...]] = {
    "grade": ("hb_",),
    "regions": tuple(f"{region.value}_asymmetry" for region in Region),
    "synkinesis": ("synkinesis_",),
    "eye_closure": ("palpebral_fissure_gentle", "palpebral_fissure_tight"),
    "sunnybrook": ("sunnybrook",),
    "questionnaires": ("questionnaire_",),
    "resting": ("rest_",),
}


@dataclass(frozen=True, slots=True)
class Number:
    """One cell of the course with what belongs to it."""

    measure: str
    value: Cell
    unit: str
    side: str = ""
    exercise: str = ""
    why: str = ""
    error: str = ""  # its name among the stored errors
    method: str = ""  # of a published system's number; else the measurement's own
    weights: str | None = None  # likewise


def rows(patient: Patient, episode: Episode | None, chart: str = "") -> Iterator[tuple[Cell, ...]]:
    """Of the shown episode, oldest first; of one `chart` alone when it is named."""
    own = patient.sessions.order_by("recorded_at", "pk").values_list("pk", "episode_id")
    sessions = {pk for pk, of in own if episode is None or of in (None, episode.pk)}
    every = (*_measured(patient, episode, sessions), *_said(patient, episode, sessions))
    wanted = DRAWN.get(chart)
    return (row for row in every if wanted is None or str(row[3]).startswith(wanted))


def _measured(patient: Patient, episode: Episode | None, sessions: set[UUID]) -> Iterator[tuple[Cell, ...]]:
    found = courses.current(Assessment.objects.filter(patient=patient)).values(*FIELDS)
    for row in found:
        if row["session_id"] in sessions:
            for number in (*_grade(row), *_regions(row), *_drawn(row), *_measures(row), *_scales(row), *_learned(row)):
                yield _line(row, number, episode)


def _line(row: Mapping[str, Any], number: Number, episode: Episode | None) -> tuple[Cell, ...]:
    on, origin = courses.day_of(row["recorded_at"]), row["origin"] or {}
    error = (row["errors"] or {}).get(number.error or number.measure) or {}
    graded = number.measure.startswith("hb_")
    measured_with = "; ".join(_named(w) for w in origin.get("weights") or ())
    return (
        str(row["session_id"]),
        on.isoformat(),
        episode.days_since_onset(on) if episode else None,
        number.measure,
        number.side,
        number.exercise,
        number.value,
        number.unit,
        number.why if number.value is None else "",
        error.get("mdc95"),
        error.get("unit", ""),
        error.get("origin", ""),
        number.method or (row[GRADE_METHOD] if graded else None) or row["method"],
        measured_with if number.weights is None else number.weights,
        origin.get("code_version", ""),
        row["quality_score"],
        "machine",
    )


def _grade(row: Mapping[str, Any]) -> Iterator[Number]:
    yield Number("hb_grade", row["hb_grade"], "grade 1-6", why="no grade could be estimated")
    for grade, share in enumerate(row["hb_probabilities"] or (), start=1):
        yield Number(f"hb_probability_{words.roman(grade)}", share, "probability")


def _regions(row: Mapping[str, Any]) -> Iterator[Number]:
    why = "no exercise moved it, or it was not seen"
    for region in Region:
        yield Number(f"{region.value}_asymmetry", row[f"{region.value}_asymmetry"], "(left-right)/larger", why=why)
        yield Number(f"{region.value}_delta_am", row[f"{region.value}_delta_am"], "AU intensity", why=why)


def _drawn(row: Mapping[str, Any]) -> Iterator[Number]:
    """Synkinesis, and the face at rest against the pinned one; eyes and scales come with the report's own names."""
    for name, found in numbers.of(row).items():
        measure, _, side = name.partition("/")
        if measure.startswith(("synkinesis_", "rest_")):
            unit = "follower per trigger" if measure.startswith("synkinesis_") else "AU intensity 0-5"
            yield Number(measure, found.value, unit, side, why=found.why)


def _measures(row: Mapping[str, Any]) -> Iterator[Number]:
    stored = row["report__measures"] or {}
    for name, shown in stored.items():
        unit, exercise = shown.get("unit", ""), shown.get("exercise", "")
        for side in measures.SIDES:
            yield Number(name, shown.get(side), unit, side, exercise, "not measured")
        yield Number(f"{name}_difference", shown.get("difference"), unit, "left-right", exercise, "not measured", name)
        yield Number(f"{name}_ratio", shown.get("ratio"), "smaller/larger", "", exercise, "not defined", "none")
    for effort in measures.EFFORTS:
        if (name := f"palpebral_fissure_{effort}") not in stored:
            yield Number(name, None, "mm", why="the exercise was not shown")


def _scales(row: Mapping[str, Any]) -> Iterator[Number]:
    stored = row["report__scales"] or {}
    for name in SCALES:
        scale = stored.get(name) or {}
        needs = ", ".join(scale.get("missing") or ()) or "the scale could not be formed"
        yield Number(name, scale.get("total"), "points", why=f"missing: {needs}")
        for item, shown in (scale.get("items") or {}).items():
            why = f"missing: {shown.get('missing') or 'not stated'}"
            yield Number(f"{name}_{item}", shown.get("value"), "points", why=why)


def _learned(row: Mapping[str, Any]) -> Iterator[Number]:
    """Estimates of published systems, each with its own method and weights; absent where none made one."""
    if level := row["report__severity_level"]:
        way = {"method": level.get("method", ""), "weights": _weights_of(row, "severity_level")}
        yield Number("severity_level", level.get("level"), "level 1-3", **way)
    if palsy := row["report__palsy"]:
        way = {"method": palsy.get("method", ""), "weights": _weights_of(row, "palsy")}
        yield Number("palsy_probability", palsy.get("probability"), "probability", **way)


def _weights_of(row: Mapping[str, Any], target: str) -> str:
    """Of the system that gave this answer; empty in results from before systems were stored."""
    for result in row["details__systems"] or ():
        if result.get("weights") and any(answer["target"] == target for answer in result["answers"]):
            return _named(result["weights"])
    return ""


def _named(weights: Mapping[str, str]) -> str:
    return f"{weights['id']} {weights['sha256'][:12]} {weights['training_data']}"


def _said(patient: Patient, episode: Episode | None, sessions: set[UUID]) -> Iterator[tuple[Cell, ...]]:
    for given in beside.hand_grades(patient, sessions):
        yield _by_person(given, episode, *BY_HAND[given.scale], given.value, given.by)
    scores = patient.questionnaire_scores.order_by("answered_on", "instrument")
    for told in beside.reported(scores, episode.onset_date if episode else None):
        yield _by_person(told, episode, f"questionnaire_{told.key}", "points 0-100", told.score, "patient")


def _by_person(
    said: HandGrade | Reported, episode: Episode | None, measure: str, unit: str, value: float, by: str
) -> tuple[Cell, ...]:
    days = episode.days_since_onset(said.on) if episode else None
    error = (said.mdc95, "points" if said.mdc95 else "", said.source) if isinstance(said, Reported) else (None, "", "")
    return ("", said.on.isoformat(), days, measure, "", "", value, unit, "", *error, "", "", "", None, by)
