"""API v1: content, filters, writes, refusals, looks on the audit trail, description."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.authtoken.models import Token

from clinic import dispatch
from clinic.api.throttling import UserRate
from clinic.models import AnalysisRun, Assessment, AuditEvent, Patient, User, Video
from clinic.models.results import RunState
from tests.clinic import factories as make
from tests.clinic.addresses import every_name
from tests.clinic.cast import Case, Cast

AsUser = Callable[[User | None], Client]
V1 = "/api/v1"


def ids(response: Any) -> set[str]:
    return {row["id"] for row in response.json()["results"]}


def test_patient_gets_state_and_advice_of_own_runs_and_no_numbers(cast: Cast, case: Case, as_user: AsUser) -> None:
    AnalysisRun.objects.update(
        state=RunState.REFUSED, problems=[{"code": "too_dark", "message": "Face a window.", "at_s": None}]
    )
    client = as_user(cast.patient_user)
    (run,) = client.get(f"{V1}/runs/").json()["results"]
    assert (run["state"], run["problems"][0]["message"]) == ("refused", "Face a window.")
    assert not {"series", "worker", "lease_until"} & run.keys()
    assert client.get(f"{V1}/assessments/").json()["results"] == []
    assert client.get(f"{V1}/assessments/{case.assessment.pk}/").status_code == 404


def test_clinician_who_is_a_patient_too_gets_no_own_numbers(cast: Cast, as_user: AsUser) -> None:
    own = make.PatientFactory(organisation=cast.site, user=cast.clinician)
    own.care_teams.add(cast.team)
    make.AssessmentFactory(run__video__session__patient=own)
    client = as_user(cast.clinician)
    assert client.get(f"{V1}/assessments/").json()["count"] == 0
    assert client.patch(f"{V1}/patients/{own.pk}/", {"name": "X"}, content_type="application/json").status_code == 403


def test_assessment_says_what_it_is_for_and_null_where_nothing_was_measured(
    cast: Cast, case: Case, as_user: AsUser
) -> None:
    Assessment.objects.update(hb_grade=None, hb_probabilities=None, report={"schema": "seventh.report/1"})
    client = as_user(cast.clinician)
    row = client.get(f"{V1}/assessments/{case.assessment.pk}/").json()
    assert row["research_use"] == "Research use. Estimated measurements, not a diagnosis."
    assert (row["hb_grade"], row["mouth_asymmetry"], row["report"]) == (None, -0.5, {"schema": "seventh.report/1"})
    assert "report" not in client.get(f"{V1}/assessments/").json()["results"][0]


def test_filters_narrow_and_never_tell_of_foreign_rows(cast: Cast, case: Case, as_user: AsUser) -> None:
    second = make.PatientFactory(organisation=cast.site)
    second.care_teams.add(cast.team)
    late = make.SessionFactory(patient=second, recorded_at=datetime(2026, 9, 1, tzinfo=UTC))
    client = as_user(cast.clinician)
    assert ids(client.get(f"{V1}/sessions/", {"patient": str(second.pk)})) == {str(late.pk)}
    assert ids(client.get(f"{V1}/sessions/", {"recorded_after": "2026-08-01T00:00:00Z"})) == {str(late.pk)}
    assert ids(client.get(f"{V1}/sessions/", {"reviewed": "true"})) == set()
    assert ids(client.get(f"{V1}/patients/", {"care_team": str(cast.team.pk)})) == {
        str(cast.patient.pk),
        str(second.pk),
    }
    foreign = client.get(f"{V1}/sessions/", {"patient": str(cast.outside_patient.pk)})
    unknown = client.get(f"{V1}/sessions/", {"patient": "00000000-0000-0000-0000-000000000000"})
    assert foreign.json() == unknown.json()
    assert (foreign.status_code, foreign.json()["count"]) == (200, 0)


def test_bad_filter_value_is_400_in_words(cast: Cast, as_user: AsUser) -> None:
    response = as_user(cast.clinician).get(f"{V1}/sessions/", {"patient": "1 or 1=1"})
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert "patient" in response.json()["fields"]


def test_pages_are_bounded(cast: Cast, as_user: AsUser) -> None:
    for _ in range(3):
        make.PatientFactory(organisation=cast.site).care_teams.add(cast.team)
    client = as_user(cast.clinician)
    first = client.get(f"{V1}/patients/", {"page_size": "2"}).json()
    second = client.get(first["next"]).json()
    assert (first["count"], len(first["results"]), len(second["results"]), second["next"]) == (4, 2, 2, None)
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


def test_upload_is_taken_in_and_queued(
    cast: Cast,
    as_user: AsUser,
    sent: list[tuple[str, dict[str, str]]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    body = {
        "patient": str(cast.patient.pk),
        "file": make.upload("today.mp4"),
        "recorded_at": "2026-05-04T10:00:00Z",
        "note": "tired",
        "mirrored": "yes",
        "timeline": json.dumps({"segments": [{"exercise": "brow_raise", "start_s": 0, "end_s": 2}]}),
    }
    with django_capture_on_commit_callbacks(execute=True):
        response = as_user(cast.patient_user).post(f"{V1}/videos/", body)
    assert response.status_code == 201, response.content
    video = Video.objects.get(pk=response.json()["id"])
    assert (video.session.patient, video.session.note, video.mirrored) == (cast.patient, "tired", "yes")
    assert video.timeline is not None
    assert sent == [(dispatch.ANALYSE_VIDEO, {"run_id": str(video.runs.get().pk)})]
    assert response.json()["play_url"] == reverse("video-play", args=[video.pk])


def test_refused_upload_reads_as_code_and_message(cast: Cast, case: Case, as_user: AsUser, settings: Settings) -> None:
    client, patient = as_user(cast.clinician), str(cast.patient.pk)
    settings.UPLOAD_MAX_BYTES = 6000
    answers = {
        label: client.post(f"{V1}/videos/", {"patient": patient, "file": file})
        for label, file in (
            ("text", make.upload(content=b"#EXTM3U".ljust(2000))),
            ("large", make.upload(content=make.mp4_bytes(7000))),
            ("again", make.upload(content=case.video.file.open().read())),
        )
    }
    assert {label: (a.status_code, a.json()["code"]) for label, a in answers.items()} == {
        "text": (400, "not_a_video"),
        "large": (413, "too_large"),
        "again": (409, "duplicate"),
    }
    assert answers["again"].json()["session"] == str(case.session.pk)
    assert Video.objects.count() == 1


@pytest.mark.parametrize("patient", ["", "x", "00000000-0000-0000-0000-000000000000", "foreign"])
def test_upload_for_somebody_else_is_as_unknown_as_nobody(patient: str, cast: Cast, as_user: AsUser) -> None:
    key = str(cast.other_patient.pk) if patient == "foreign" else patient
    response = as_user(cast.clinician).post(f"{V1}/videos/", {"patient": key, "file": make.upload()})
    assert response.status_code == 400
    assert set(response.json()["fields"]) == {"patient"}
    assert not Video.objects.exists()


def test_fields_that_are_only_shown_cannot_be_set(cast: Cast, case: Case, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    planted = {
        "id": str(cast.outside_patient.pk),
        "organisation": str(cast.other_site.pk),
        "is_fictional": True,
        "user": str(cast.clinician.pk),
        "created_at": "2020-01-01T00:00:00Z",
    }
    where = f"{V1}/patients/{cast.patient.pk}/"
    assert client.patch(where, planted, content_type="application/json").status_code == 200
    now = Patient.objects.get(pk=cast.patient.pk)
    assert (now.organisation, now.is_fictional, now.user) == (cast.site, False, cast.patient_user)
    moved = {"patient": str(cast.patient.pk), "note": "n"}
    own = make.PatientFactory(organisation=cast.site)
    own.care_teams.add(cast.team)
    moved["patient"] = str(own.pk)
    assert client.patch(f"{V1}/episodes/{case.episode.pk}/", moved, content_type="application/json").status_code == 200
    case.episode.refresh_from_db()
    assert (case.episode.patient, case.episode.note) == (cast.patient, "n")


def test_patient_cannot_be_put_into_a_foreign_team(cast: Cast, as_user: AsUser) -> None:
    where, client = f"{V1}/patients/{cast.patient.pk}/", as_user(cast.clinician)
    for team in (cast.outside_team, cast.other_team):
        body = {"care_teams": [str(team.pk)]}
        assert client.patch(where, body, content_type="application/json").status_code == 400
    assert list(cast.patient.care_teams.all()) == [cast.team]


def test_taken_record_number_is_a_conflict(cast: Cast, as_user: AsUser) -> None:
    body = {"name": "N", "record_number": cast.patient.record_number, "care_teams": [str(cast.team.pk)]}
    response = as_user(cast.clinician).post(f"{V1}/patients/", body, content_type="application/json")
    assert (response.status_code, set(response.json())) == (409, {"code", "message"})


def test_retry_makes_a_new_run_beside_the_failed_one(
    cast: Cast, case: Case, as_user: AsUser, sent: list[tuple[str, dict[str, str]]]
) -> None:
    AnalysisRun.objects.update(state=RunState.FAILED)
    response = as_user(cast.clinician).post(f"{V1}/runs/{case.run.pk}/retry/")
    assert (response.status_code, response.json()["state"]) == (201, "queued")
    assert case.video.runs.count() == 2


def test_looks_are_on_the_trail_and_own_looks_are_not(cast: Cast, case: Case, as_user: AsUser) -> None:
    for place in (f"patients/{cast.patient.pk}/", "sessions/", f"videos/{case.video.pk}/", "assessments/", "runs/"):
        as_user(cast.administrator).get(f"{V1}/{place}")
        as_user(cast.patient_user).get(f"{V1}/{place}")
    trail = AuditEvent.objects.order_by("created_at").values_list("actor", "action", "object_type", "patient")
    of = (cast.administrator.pk,)
    assert list(trail) == [
        (*of, "view", "patient", cast.patient.pk),
        (*of, "list", "session", cast.patient.pk),
        (*of, "view", "video", cast.patient.pk),
        (*of, "list", "assessment", cast.patient.pk),
    ]


def test_refused_look_leaves_no_view(cast: Cast, case: Case, as_user: AsUser) -> None:
    as_user(cast.outsider).get(f"{V1}/assessments/{case.assessment.pk}/")
    assert not AuditEvent.objects.exists()


def test_script_comes_in_by_token(cast: Cast, case: Case) -> None:
    key = Token.objects.create(user=cast.clinician).key
    script = Client(enforce_csrf_checks=True, headers={"Authorization": f"Token {key}"})
    assert script.get(f"{V1}/patients/").json()["count"] == 1
    assert script.post(f"{V1}/sessions/{case.session.pk}/review/").status_code == 200
    wrong = Client(headers={"Authorization": "Token 0000"}).get(f"{V1}/patients/")
    assert (wrong.status_code, set(wrong.json())) == (401, {"code", "message"})
    User.objects.filter(pk=cast.clinician.pk).update(is_active=False)
    assert script.get(f"{V1}/patients/").status_code == 401


def test_token_opens_the_api_and_no_page(cast: Cast, case: Case) -> None:
    key = Token.objects.create(user=cast.clinician).key
    script = Client(headers={"Authorization": f"Token {key}"})
    assert script.get(reverse("video-play", args=[case.video.pk])).status_code == 302


def test_too_many_requests_are_told_to_wait(cast: Cast, as_user: AsUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRate, "THROTTLE_RATES", {"user": "3/min"})
    answers = [as_user(cast.clinician).get(f"{V1}/patients/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "throttled"
    assert as_user(cast.colleague).get(f"{V1}/patients/").status_code == 200


HOSTILE = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202etxt",
    "🙂" * 60,
    "x" * 10_000,
    "<script>document.title='X'</script>",
    "{{7*7}}{% debug %}",
    "%s%n${7*7}",
    "' OR 1=1--",
    "../../etc/passwd",
    "a\r\nX-Evil: 1",
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_or_kept_as_it_is(text: str, cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    body = json.dumps({"name": text, "record_number": "H-1", "care_teams": [str(cast.team.pk)]})
    response = client.post(f"{V1}/patients/", body, content_type="application/json")
    assert response.status_code in (201, 400)
    if response.status_code == 201:
        assert Patient.objects.get(record_number="H-1").name == text.strip()
    for place in ("patients/", "sessions/", "assessments/"):
        query = {"record_number": text.encode("utf-8", "replace").decode(), "patient": "x", "page": "0"}
        assert client.get(f"{V1}/{place}", query).status_code in (400, 404)


@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, "{}", "[]", "null", "1e999", '{"name": {"a": 1}}', "\ufeff{}", "{,}", '{"care_teams": "x"}'],
    ids=range(9),
)
def test_hostile_json_is_400(body: str, cast: Cast, as_user: AsUser) -> None:
    response = as_user(cast.clinician).post(f"{V1}/patients/", body, content_type="application/json")
    assert response.status_code == 400
    assert {"code", "message"} <= response.json().keys()


@pytest.mark.parametrize("key", ["x", "0", "-1", "1%20or%201=1", "00000000-0000-0000-0000-000000000000", "a" * 3000])
def test_hostile_id_is_404(key: str, cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    for rows in ("patients", "episodes", "sessions", "videos", "runs", "assessments", "notes", "messages"):
        assert client.get(f"{V1}/{rows}/{key}/").status_code == 404


def test_description_is_complete_and_without_warnings() -> None:
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", stdout=out)
    described = json.loads(out.getvalue())
    nouns = {path.removeprefix("/api/v1/").split("/")[0] for path in described["paths"] if path.startswith("/api/v1/")}
    served = {name.removeprefix("api:") for name in every_name() if name.startswith("api:")}
    assert {"patients", "episodes", "sessions", "videos", "runs", "assessments", "grades", "notes", "messages"} <= nouns
    assert {noun for noun in nouns if f"{noun.rstrip('s')}-list" not in served} == set()
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    told = [operation.get("description", "") for operation in operations]
    assert all(told) and not any("`" in words for words in told)  # for callers; our own notes are none
    upload = described["paths"]["/api/v1/videos/"]["post"]
    assert list(upload["requestBody"]["content"]) == ["multipart/form-data"]
    assert {"201", "400", "409", "413", "429", "507"} <= upload["responses"].keys()


def test_person_who_is_not_logged_in_is_led_from_the_description_to_the_log_in_and_back(client: Client) -> None:
    answer = client.get("/api/docs/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/?next=/api/docs/")


def test_page_of_the_description_needs_nothing_inline_or_from_elsewhere(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script src=") == page.count("<script") == 3
    scripts = [part.split('"')[0].replace("&amp;", "&") for part in page.split('<script src="')[1:]]
    assert [client.get(script).status_code for script in scripts] == [200, 200, 200]
    assert client.get(scripts[-1]).headers["Content-Type"].startswith("application/javascript")
