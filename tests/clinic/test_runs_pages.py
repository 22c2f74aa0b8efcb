"""The fragment that follows an analysis, and the button that starts another attempt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from clinic import dispatch
from clinic.models import AnalysisRun, User
from clinic.models.results import RunState
from tests.clinic import factories as make
from tests.clinic.cast import Cast

AsUser = Callable[[User | None], Client]
Sent = list[tuple[str, dict[str, str]]]
OPEN = {RunState.QUEUED, RunState.RUNNING}


def run_of(cast: Cast, state: RunState, **values: object) -> AnalysisRun:
    if state is RunState.RUNNING:
        values["lease_until"] = timezone.now()
    run: AnalysisRun = make.RunFactory(video__session__patient=cast.patient, state=state, **values)
    return run


@pytest.mark.parametrize("state", list(RunState))
def test_polling_goes_on_only_while_the_run_is_open(cast: Cast, as_user: AsUser, state: RunState) -> None:
    run = run_of(cast, state)
    response = as_user(cast.patient_user).get(f"/runs/{run.pk}/status/")
    html = response.content.decode()
    assert html.strip().count(f'id="run-{run.pk}"') == 1 and "<html" not in html
    assert ("hx-trigger" in html) == (state in OPEN)
    assert ("run-finished" in response.headers.get("HX-Trigger", "")) == (state not in OPEN)


def test_progress_is_shown_as_the_worker_told_it(cast: Cast, as_user: AsUser) -> None:
    run = run_of(cast, RunState.RUNNING, stage="Finding the face", progress=0.42)
    html = as_user(cast.patient_user).get(f"/runs/{run.pk}/status/").content.decode()
    assert 'value="42"' in html and "Finding the face" in html


def test_patient_reads_the_way_and_clinician_the_state(cast: Cast, as_user: AsUser) -> None:
    run = run_of(cast, RunState.FAILED, error_code="worker_lost")
    patient = as_user(cast.patient_user).get(f"/runs/{run.pk}/status/").content.decode()
    clinician = as_user(cast.clinician).get(f"/runs/{run.pk}/status/").content.decode()
    assert 'class="steps"' in patient and "Analyse again" not in patient
    assert 'class="steps"' not in clinician and "Analyse again" in clinician
    assert "stopped three times" in patient and "stopped three times" in clinician


@pytest.mark.parametrize(
    ("role", "status"),
    [("patient", 403), ("clinician", 302), ("administrator", 302), ("colleague", 404), ("outsider", 404)],
)
def test_retry_is_for_the_care_team_and_administrators(
    cast: Cast, as_user: AsUser, sent: Sent, role: str, status: int
) -> None:
    run = run_of(cast, RunState.FAILED, error_code="internal")
    assert as_user(cast.user(role)).post(f"/runs/{run.pk}/retry/").status_code == status
    assert run.video.runs.filter(state=RunState.QUEUED).exists() == (status == 302)


def test_retry_of_an_open_run_changes_nothing_and_says_why(cast: Cast, as_user: AsUser) -> None:
    run = run_of(cast, RunState.QUEUED)
    response = as_user(cast.clinician).post(f"/runs/{run.pk}/retry/", headers={"referer": "http://testserver/account/"})
    assert response["Location"] == "http://testserver/account/"
    assert run.video.runs.count() == 1


def test_retry_never_redirects_to_another_site(cast: Cast, as_user: AsUser, sent: Sent) -> None:
    run = run_of(cast, RunState.FAILED, error_code="internal")
    response = as_user(cast.clinician).post(f"/runs/{run.pk}/retry/", headers={"referer": "https://evil.example/x"})
    assert response["Location"] == "/"


def test_retry_rings_the_bell_after_commit(
    cast: Cast, as_user: AsUser, sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = run_of(cast, RunState.REFUSED)
    with django_capture_on_commit_callbacks(execute=True):
        as_user(cast.administrator).post(f"/runs/{run.pk}/retry/")
    again = run.video.runs.get(state=RunState.QUEUED)
    assert sent == [(dispatch.ANALYSE_VIDEO, {"run_id": str(again.pk)})]
