"""The numbers behind the course: tables, files for spreadsheets, and who is in the band of others."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import Exercise, Measure, MeasurementError
from clinic.models import Assessment, AuditEvent, Patient, User
from clinic.selectors import course_table, patients
from clinic.services.spreadsheets import csv_text, safe
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User | None], Client]
EYES = REPORT.details.extras | {"synkinesis_strength": {"oral-ocular": {"left": 0.42, "right": 0.0}}}


def report_with_eyes() -> Any:
    """Every number that the charts draw."""
    gap = Measure(3.25, 0.4, 2.85, 0.12, "mm", Exercise.EYE_CLOSURE_GENTLE)
    error = MeasurementError(0.7, "mm", "repeats")
    details = dataclasses.replace(
        REPORT.details, extras=EYES, errors={**REPORT.details.errors, "palpebral_fissure_gentle": error}
    )
    return changed(measures={**REPORT.measures, "palpebral_fissure_gentle": gap}, details=details)


def read(client: Client, name: str, patient: Patient, *more: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(reverse(name, args=[patient.pk, *more]), query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_course_file_has_every_measure_with_unit_method_and_error(cast: Cast, as_user: As) -> None:
    episode = make.EpisodeFactory(patient=cast.patient)
    measured(make.SessionFactory(patient=cast.patient, episode=episode), report=report_with_eyes())
    rows = read(as_user(cast.clinician), "patient-course-file", cast.patient)
    found = {(row["measure"], row["side"]): row for row in rows}
    gap = found["palpebral_fissure_gentle", "left"]
    assert (gap["value"], gap["unit"], gap["mdc95"], gap["mdc95_unit"]) == ("3.25", "mm", "0.7", "mm")
    assert (gap["exercise"], gap["method"], gap["code_version"]) == ("eye_closure_gentle", "landmark units", "1.2.3")
    assert "landmark-au-1" in gap["weights"]
    assert found["hb_grade", ""]["method"] == "rules 1"
    assert found["hb_probability_III", ""]["value"] == "0.6"
    assert found["synkinesis_oral-ocular", "left"]["value"] == "0.42"
    assert found["mouth_asymmetry", ""]["mdc95"] == str(REPORT.details.errors["mouth_asymmetry"].mdc95)
    assert {row["days_since_onset"] for row in rows} != {""}


def test_missing_number_is_empty_and_has_its_reason(cast: Cast, as_user: As) -> None:
    measured(make.SessionFactory(patient=cast.patient))
    rows = read(as_user(cast.clinician), "patient-course-file", cast.patient)
    found = {row["measure"]: row for row in rows}
    assert (found["sunnybrook"]["value"], found["sunnybrook"]["not_measured_because"]) == ("", "missing: snarl")
    assert found["brow_asymmetry"]["value"] == ""
    assert found["brow_asymmetry"]["not_measured_because"]


@pytest.mark.parametrize("chart", ["grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "questionnaires"])
def test_file_of_a_chart_holds_what_it_draws_alone(chart: str, cast: Cast, case: Case, as_user: As) -> None:
    measured(make.SessionFactory(patient=cast.patient, episode=case.episode), report=report_with_eyes())
    rows = read(as_user(cast.clinician), "patient-chart-file", cast.patient, chart)
    assert rows
    assert all(row["measure"].startswith(course_table.DRAWN[chart]) for row in rows)


def test_clinicians_and_patients_words_are_in_the_file_with_who_said_them(cast: Cast, case: Case, as_user: As) -> None:
    make.GradeFactory(session=case.session, rater=cast.clinician, scale="house_brackmann", value=4)
    rows = read(as_user(cast.clinician), "patient-course-file", cast.patient)
    said = {row["measure"]: row["said_by"] for row in rows if row["said_by"] != "machine"}
    assert said == {
        "hb_grade_by_clinician": "Carla Clinician",
        "eface_by_clinician": "Carla Clinician",
        "questionnaire_face": "patient",
    }


def test_only_the_shown_episode_is_in_the_file(cast: Cast, as_user: As) -> None:
    old = make.EpisodeFactory(patient=cast.patient, onset_date=date(2020, 1, 1))
    new = make.EpisodeFactory(patient=cast.patient)
    sessions = {e.pk: measured(make.SessionFactory(patient=cast.patient, episode=e)).session_id for e in (old, new)}
    client = as_user(cast.clinician)
    for asked, shown in (({}, new), ({"episode": str(old.pk)}, old)):
        rows = read(client, "patient-course-file", cast.patient, **asked)
        assert {row["session"] for row in rows} == {str(sessions[shown.pk])}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =x"])
def test_no_text_becomes_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert csv_text(["a"], [[text]]).splitlines()[1].lstrip('"').startswith("'")


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b"], [[-1.5, None]]) == "a,b\r\n-1.5,\r\n"


def test_hostile_origin_of_a_measurement_is_no_formula_in_the_file(cast: Cast, as_user: As) -> None:
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient), method="=HYPERLINK(1)")
    rows = read(as_user(cast.clinician), "patient-course-file", cast.patient)
    assert {row["method"] for row in rows if not row["measure"].startswith("hb_")} == {"'=HYPERLINK(1)"}


def test_taking_a_file_away_is_on_the_trail(case: Case, cast: Cast, as_user: As) -> None:
    read(as_user(cast.clinician), "patient-course-file", cast.patient)
    event = AuditEvent.objects.get(action="export")
    assert (event.actor, event.patient) == (cast.clinician, cast.patient)


def test_chart_that_does_not_exist_is_not_found(case: Case, cast: Cast, as_user: As) -> None:
    client = as_user(cast.clinician)
    for name in ("patient-chart", "patient-chart-file"):
        assert client.get(reverse(name, args=[cast.patient.pk, "no-such-chart"])).status_code == 404


def test_table_comes_as_a_page_and_in_place(case: Case, cast: Cast, as_user: As) -> None:
    client, where = as_user(cast.clinician), reverse("patient-chart", args=[cast.patient.pk, "grade"])
    page, part = client.get(where), client.get(where, headers={"HX-Request": "true"})
    assert b"<html" in page.content
    assert b"<html" not in part.content
    for answer in (page, part):
        assert b'<th scope="col">Most likely</th>' in answer.content
    assert AuditEvent.objects.filter(action="view").count() == 1


def other(cast: Cast, day: int, *, grade: int = 2, cause: str = "bell", **patient: Any) -> Assessment:
    somebody = make.PatientFactory(**{"organisation": cast.site, **patient})
    episode = make.EpisodeFactory(patient=somebody, cause=cause)
    at = datetime.combine(episode.onset_date, datetime.min.time(), UTC) + timedelta(days=day, hours=12)
    session = make.SessionFactory(patient=somebody, episode=episode, recorded_at=at)
    return make.AssessmentFactory(run__video__session=session, hb_grade=grade)


def test_band_of_others_needs_five_patients_in_a_bin(case: Case, cast: Cast) -> None:
    for _ in range(4):
        other(cast, 10)
    assert patients.page(patient=cast.patient).course.recovery is None
    other(cast, 100)
    band = patients.page(patient=cast.patient).course.recovery
    assert band is not None
    assert (band.patients, band.bins["hb_grade"]) == (5, ())
    other(cast, 12)
    band = patients.page(patient=cast.patient).course.recovery
    assert band is not None
    [first] = band.bins["hb_grade"]
    assert (first.first_day, first.end_day, first.lower, first.upper) == (0, 30, 2, 2)
    assert band.bins["mouth_asymmetry"][0].median == 50


def test_band_of_others_holds_nobody_else(case: Case, cast: Cast) -> None:
    """Not this patient, not another clinic, not another cause, not the fictional among the real."""
    for _ in range(5):
        other(cast, 10)
    for _ in range(6):
        other(cast, 10, grade=6, organisation=cast.other_site)
        other(cast, 10, grade=6, cause="parotid")
        other(cast, 10, grade=6, is_fictional=True)
        make.AssessmentFactory(
            run__video__session=make.SessionFactory(patient=cast.patient, episode=case.episode), hb_grade=6
        )
    band = patients.page(patient=cast.patient).course.recovery
    assert band is not None
    assert band.patients == 5
    assert [(found.lower, found.upper) for found in band.bins["hb_grade"]] == [(2, 2)]
