"""Research exports: who is in them, under which name, and what a spreadsheet makes of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic import dispatch
from clinic.errors import Refused, TooMany
from clinic.models import Assessment, AuditEvent, Cohort, ResearchExport, User
from clinic.selectors import research
from clinic.services import exports
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import measured

AsUser = Callable[[User | None], Client]


@pytest.fixture
def agreed(cast: Cast, case: Case) -> Case:
    """The patient has agreed to research, and has a second, full session."""
    make.ConsentFactory(patient=cast.patient, purpose="research")
    measured(make.SessionFactory(patient=cast.patient, episode=case.episode))
    return case


def export_of(cast: Cast, case: Case) -> ResearchExport:
    return ResearchExport.objects.create(
        organisation=cast.site, cohort=case.cohort, cohort_name=case.cohort.name, requested_by_name="Ada"
    )


def rows_of(export: ResearchExport) -> tuple[list[dict[str, str]], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(research.packed(export, code_version="1.0").content)) as archive:
        table = archive.read("assessments.csv").decode()
        manifest = json.loads(archive.read("manifest.json"))
    return list(csv.DictReader(io.StringIO(table, newline=""))), manifest


def test_only_people_who_agreed_to_research_are_in_it(cast: Cast, agreed: Case) -> None:
    episode = make.EpisodeFactory(patient=cast.other_patient)
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.other_patient, episode=episode))
    counted = research.counts(agreed.cohort)
    assert (counted.in_cohort, counted.exported, counted.without_consent) == (2, 1, 1)
    rows, manifest = rows_of(export_of(cast, agreed))
    assert len({row["subject"] for row in rows}) == 1 and len(rows) == 2
    assert manifest["patients"] == {
        "in_cohort": 2,
        "exported": 1,
        "without_research_consent": 1,
        "agreed_but_not_measured": 0,
    }


def test_consent_that_was_taken_back_leaves_the_person_out(cast: Cast, agreed: Case) -> None:
    cast.patient.consents.filter(purpose="research").update(withdrawn_at=timezone.now())
    assert research.counts(agreed.cohort).exported == 0
    assert rows_of(export_of(cast, agreed))[0] == []


def test_only_episodes_that_fit_the_cohort_are_in_it(cast: Cast, agreed: Case) -> None:
    other = make.EpisodeFactory(patient=cast.patient, cause="trauma")
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient, episode=other))
    Cohort.objects.filter(pk=agreed.cohort.pk).update(cause="bell")
    agreed.cohort.refresh_from_db()
    rows, _ = rows_of(export_of(cast, agreed))
    assert {row["cause"] for row in rows} == {"bell"}


def test_nothing_in_it_names_the_person(cast: Cast, agreed: Case) -> None:
    export = export_of(cast, agreed)
    with zipfile.ZipFile(io.BytesIO(research.packed(export, code_version="1.0").content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    names = (cast.patient.name, cast.patient.record_number, str(cast.patient.pk), str(agreed.session.pk), export.salt)
    assert [name for name in names if name in everything] == []
    assert agreed.session.recorded_at.date().isoformat() not in everything


def test_pseudonyms_hold_within_an_export_and_not_beyond(cast: Cast, agreed: Case) -> None:
    one, other = export_of(cast, agreed), export_of(cast, agreed)
    first, again = rows_of(one)[0], rows_of(one)[0]
    assert [row["subject"] for row in first] == [row["subject"] for row in again]
    assert first[0]["subject"] != rows_of(other)[0][0]["subject"]


def test_every_column_has_its_unit_in_the_manifest(cast: Cast, agreed: Case) -> None:
    rows, manifest = rows_of(export_of(cast, agreed))
    told = {column["name"]: column["unit"] for column in manifest["columns"]}
    assert list(rows[0]) == list(told)
    assert told["mouth_corner_excursion_left"] == "IOD"
    assert manifest["code_version"] == "1.0" and "not a diagnosis" in manifest["research_use"]


def test_not_measured_is_an_empty_cell_and_grades_stay_apart(cast: Cast, agreed: Case) -> None:
    session = Assessment.objects.filter(patient=cast.patient).latest("recorded_at").session
    for value, rater in ((3.0, cast.clinician), (4.0, cast.colleague)):
        make.GradeFactory(session=session, rater=rater, scale="house_brackmann", value=value)
    full = next(row for row in rows_of(export_of(cast, agreed))[0] if row["mouth_corner_excursion_left"])
    assert full["clinician_hb"] == "3|4"
    assert full["sunnybrook"] == "" and full["brow_asymmetry"] == ""
    assert float(full["mouth_asymmetry"]) == pytest.approx(-0.4)
    assert full["synkinesis_present"] == "yes"


def test_text_that_begins_like_a_formula_is_defused_and_numbers_are_not(cast: Cast, agreed: Case) -> None:
    Assessment.objects.filter(patient=cast.patient).update(method="=HYPERLINK(1)")
    rows, _ = rows_of(export_of(cast, agreed))
    assert {row["method"] for row in rows} == {"'=HYPERLINK(1)"}
    assert all(not row["mouth_asymmetry"].startswith("'") for row in rows)


def test_oldest_ages_are_not_told_apart(cast: Cast, agreed: Case) -> None:
    for year, age in ((1920, "90"), (1980, "46")):
        type(cast.patient).objects.filter(pk=cast.patient.pk).update(birth_date=f"{year}-01-01")
        assert {row["age_years"] for row in rows_of(export_of(cast, agreed))[0]} == {age}


def test_request_is_noted_and_announced(
    cast: Cast, agreed: Case, sent: list[Any], django_capture_on_commit_callbacks: Any, as_user: AsUser
) -> None:
    where = reverse("cohort-exports", args=[agreed.cohort.pk])
    with django_capture_on_commit_callbacks(execute=True):
        response = as_user(cast.administrator).post(where, {"purpose": "Study 7"}, follow=True)
    export = ResearchExport.objects.get(state="queued")
    assert sent == [(dispatch.MAKE_EXPORT, {"export_id": str(export.pk)})]
    assert "Study 7" in response.content.decode()
    assert AuditEvent.objects.filter(action="request export", organisation=cast.site).count() == 1


def test_export_of_nobody_is_refused(cast: Cast, case: Case) -> None:
    with pytest.raises(Refused):
        exports.request(cohort=case.cohort, purpose="x", by=cast.administrator)


def test_too_many_at_once_are_refused(cast: Cast, agreed: Case) -> None:
    for _ in range(exports.MOST_OPEN):
        exports.request(cohort=agreed.cohort, purpose="x", by=cast.administrator)
    with pytest.raises(TooMany):
        exports.request(cohort=agreed.cohort, purpose="x", by=cast.administrator)


def test_file_is_handed_out_once_it_is_issued_and_noted(cast: Cast, case: Case, as_user: AsUser) -> None:
    client = as_user(cast.administrator)
    response = client.get(reverse("export-file", args=[case.export.pk]))
    assert response.content == make.PAPER and response.headers["Content-Type"] == "application/zip"
    assert AuditEvent.objects.filter(action="export", object_id=str(case.export.pk)).count() == 1
    waiting = export_of(cast, case)
    assert client.get(reverse("export-file", args=[waiting.pk])).status_code == 404


def test_page_tells_who_is_left_out(cast: Cast, case: Case, as_user: AsUser) -> None:
    page = as_user(cast.administrator).get(reverse("cohort-exports", args=[case.cohort.pk])).content.decode()
    assert "no open consent to research" in page and "1 patient" in page
