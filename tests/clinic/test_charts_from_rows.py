"""Courses, lists and comparisons come from stored assessments alone: no file of a recording is opened for them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as product
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from clinic.models import AnalysisRun, Assessment, User
from clinic.selectors import patients
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import measured
from tests.clinic.test_course_page import full_report

As = Callable[[User | None], Client]
CHANGING = r'<input type="hidden"[^>]*>|<meta name="csrf-token"[^>]*>|nonce="[^"]*"'


class Locked(Storage):
    """Whoever touches a stored file learns that this was not needed."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("open", "_open", "exists", "size", "url", "path", "listdir", "get_modified_time"):
            raise AssertionError(f"a stored file was touched: {name}")
        return super().__getattribute__(name)


def locked(settings: Settings) -> None:
    stores = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.{Locked.__name__}"}}
    settings.STORAGES = stores  # Django looks the storage up anew


@pytest.fixture
def course(cast: Cast, case: Case) -> list[Assessment]:
    """Three measured visits, each with a video and a frame series in the storage, beside the row of the case."""
    made = []
    for days in (30, 60, 90):
        at = case.session.recorded_at + timedelta(days=days)
        session = make.SessionFactory(patient=cast.patient, episode=case.episode, recorded_at=at)
        made.append(measured(session, report=full_report(), with_series=True, mirrored="no"))
    return made


def addresses(cast: Cast, case: Case, course: list[Assessment]) -> dict[str, str]:
    """By what a person sees there."""
    patient, first, last = cast.patient, course[0].session_id, course[-1].session_id
    of_charts = {
        f"{kind} of {chart}": reverse(name, args=[patient.pk, chart])
        for chart in ("grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "questionnaires")
        for kind, name in (("table", "patient-chart"), ("file", "patient-chart-file"))
    }
    return {
        "patient": reverse("patient-detail", args=[patient.pk]),
        "news": reverse("patient-news", args=[patient.pk]) + "?seen=older",
        "course": reverse("patient-course-file", args=[patient.pk]),
        **of_charts,
        "worklist": reverse("patient-list"),
        "comparison": reverse("patient-compare", args=[patient.pk]) + f"?a={first}&b={last}",
        "cohort": reverse("cohort-detail", args=[case.cohort.pk]),
    }


def read(client: Client, where: str) -> tuple[str, dict[str, Any]]:
    """What an address says, without what changes from one answer to the next; and its figures by their name."""
    answer = client.get(where)
    assert answer.status_code == 200, where
    text = answer.content.decode()
    data = re.findall(r'<script id="([\w-]+)" type="application/json">(.*?)</script>', text, re.S)
    return re.sub(CHANGING, "", text), {name: json.loads(found) for name, found in data}


def all_of_it(as_user: As, cast: Cast, case: Case, course: list[Assessment]) -> dict[str, Any]:
    desk, office = as_user(cast.clinician), as_user(cast.administrator)
    places = addresses(cast, case, course)
    return {what: read(office if what == "cohort" else desk, where) for what, where in places.items()}


def test_no_file_is_needed_for_what_is_drawn_listed_and_compared(
    cast: Cast, case: Case, course: list[Assessment], as_user: As, settings: Settings
) -> None:
    before = all_of_it(as_user, cast, case, course)
    files = [file for file in product.MEDIA_ROOT.rglob("*") if file.is_file()]
    assert len(files) >= 2 * len(course)
    for file in files:
        file.unlink()
    locked(settings)
    after = all_of_it(as_user, cast, case, course)
    assert {"figure-grade", "figure-regions", "figure-eye_closure", "figure-synkinesis"} <= set(before["patient"][1])
    assert "figure-cohort-hb_grade" in before["cohort"][1]
    for what, (text, figures) in before.items():
        assert after[what][1] == figures, what
        assert after[what][0] == text, what


def test_the_lock_of_these_tests_holds(cast: Cast, course: list[Assessment], as_user: As, settings: Settings) -> None:
    """What does open a file is noticed: the frame series of a session's player."""
    client, where = as_user(cast.clinician), reverse("run-curves", args=[course[0].run_id])
    assert client.get(where).status_code == 200
    locked(settings)
    with pytest.raises(AssertionError, match="a stored file was touched"):
        client.get(where)


def test_another_frame_series_changes_no_trend_and_another_assessment_does(
    cast: Cast, case: Case, course: list[Assessment], as_user: As
) -> None:
    client, curves = as_user(cast.clinician), reverse("run-curves", args=[course[-1].run_id])
    before, frames = all_of_it(as_user, cast, case, course), client.get(curves).json()
    for run in AnalysisRun.objects.exclude(series=""):
        with run.series.open() as stored:
            document = json.loads(gzip.decompress(stored.read()))
        document["report"]["action_units"]["left"] = [[4.9, 4.8]] * 3
        document["report"]["house_brackmann"] = {**document["report"]["house_brackmann"], "grade": 6}
        run.series.delete(save=False)
        run.series.save("series.json.gz", ContentFile(gzip.compress(json.dumps(document).encode())))
    assert client.get(curves).json() != frames
    after = all_of_it(as_user, cast, case, course)
    assert {what: figures for what, (_, figures) in after.items()} == {w: figures for w, (_, figures) in before.items()}

    Assessment.objects.filter(pk=course[-1].pk).update(hb_grade=6, hb_probabilities=[0, 0, 0, 0, 0, 1])
    assert patients.page(patient=cast.patient).course.points[-1].grade == 6
    changed = read(client, addresses(cast, case, course)["patient"])[1]
    assert changed["figure-grade"] != before["patient"][1]["figure-grade"]
