"""What a patient sees and can do: record, follow, agree; never a measurement, never another person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinic.models import AnalysisRun, Patient, Session, User, Video
from clinic.models.results import RunState
from clinic.selectors import own
from clinic.selectors.own import Stage
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.pages import page

AsUser = Callable[[User | None], Client]
Sent = list[tuple[str, dict[str, str]]]
JSON = {"accept": "application/json"}


@pytest.fixture
def patient_client(cast: Cast, as_user: AsUser) -> Client:
    """Logged in; the cast's patients have agreed to the analysis."""
    return as_user(cast.patient_user)


def form_with(**changes: object) -> dict[str, object]:
    today = timezone.localdate().isoformat()
    return {"video": make.upload(), "mirrored": "unknown", "recorded_on": today, "note": "a note", **changes}


def run_of(patient: Patient, state: RunState, **values: object) -> AnalysisRun:
    run: AnalysisRun = make.RunFactory(video__session__patient=patient, state=state, **values)
    return run


def test_upload_ends_on_the_page_of_its_session(patient_client: Client, cast: Cast, sent: Sent) -> None:
    response = patient_client.post("/me/upload/", form_with(mirrored="yes"))
    video = Video.objects.get()
    assert response.status_code == 302 and response["Location"] == f"/me/sessions/{video.session_id}/"
    assert (video.mirrored, video.session.note, video.uploaded_by) == ("yes", "a note", cast.patient_user)


def test_script_is_told_where_to_go(patient_client: Client, sent: Sent) -> None:
    response = patient_client.post("/me/upload/", form_with(), headers=JSON)
    assert response.status_code == 201
    assert response.json() == {"url": f"/me/sessions/{Session.objects.get().pk}/"}


def test_earlier_day_is_stored_as_recorded_day(patient_client: Client, sent: Sent) -> None:
    day = timezone.localdate() - timedelta(days=3)
    patient_client.post("/me/upload/", form_with(recorded_on=day.isoformat()))
    assert timezone.localtime(Session.objects.get().recorded_at).date() == day


def test_refused_file_keeps_what_was_typed_and_says_what_to_do(patient_client: Client) -> None:
    form = form_with(video=make.upload(content=b"no video" * 500), note="my words stay")
    response = patient_client.post("/me/upload/", form)
    html = response.content.decode()
    assert response.status_code == 400
    assert "my words stay" in html and "not a video that can be read" in html and "choose the video again" in html
    assert not Session.objects.exists()


def test_refused_file_gives_the_script_the_same_words(patient_client: Client) -> None:
    response = patient_client.post("/me/upload/", form_with(video=make.upload(content=b"no" * 999)), headers=JSON)
    assert response.status_code == 400
    assert "not a video that can be read" in response.json()["errors"]["video"][0]


@pytest.mark.parametrize("content", [b"", b"x"])
def test_empty_file_is_explained_not_a_server_error(patient_client: Client, content: bytes) -> None:
    response = patient_client.post("/me/upload/", form_with(video=make.upload(content=content)))
    assert response.status_code == 400
    assert "too small to be a video" in response.content.decode()


def test_form_without_file_or_with_future_day_is_unprocessable(patient_client: Client) -> None:
    response = patient_client.post("/me/upload/", {"mirrored": "no", "recorded_on": "2100-01-01"}, headers=JSON)
    assert response.status_code == 422
    assert response.json()["errors"].keys() == {"video", "recorded_on"}


def test_sending_again_after_a_lost_answer_leads_to_the_stored_session(patient_client: Client, sent: Sent) -> None:
    content = make.mp4_bytes()
    first = patient_client.post("/me/upload/", form_with(video=make.upload(content=content)), headers=JSON).json()
    again = patient_client.post("/me/upload/", form_with(video=make.upload(content=content)), headers=JSON)
    assert (again.status_code, again.json()) == (201, first)
    assert Video.objects.count() == 1
    assert "was sent before" in page(patient_client, first["url"])


def test_either_file_field_will_do(patient_client: Client, sent: Sent) -> None:
    """Camera and chooser share one name; the one that was left empty is not taken for the file."""
    html = page(patient_client, "/me/upload/")
    inputs = re.findall(r'<input type="file"[^>]*>', html)
    assert len(inputs) == 2 and all('name="video"' in i and 'accept="video/*"' in i for i in inputs)
    assert 'capture="user"' in inputs[0] and "capture" not in inputs[1]


def test_first_upload_waits_for_consent(cast: Cast, as_user: AsUser) -> None:
    cast.patient.consents.all().delete()
    client = as_user(cast.patient_user)
    for response in (client.get("/me/upload/"), client.post("/me/upload/", form_with())):
        assert response.status_code == 302 and response["Location"] == "/me/consent/?next=upload"
    assert not Video.objects.exists()


def test_agreeing_on_the_way_to_the_upload_goes_on_there(cast: Cast, as_user: AsUser) -> None:
    cast.patient.consents.all().delete()
    client = as_user(cast.patient_user)
    response = client.post("/me/consent/", {"purpose": "care", "action": "give", "next": "upload"})
    assert response["Location"] == "/me/upload/"
    assert client.get("/me/upload/").status_code == 200


def test_taking_back_closes_the_upload_again(patient_client: Client) -> None:
    patient_client.post("/me/consent/", {"purpose": "care", "action": "withdraw"})
    assert patient_client.get("/me/upload/").status_code == 302


def test_movements_are_those_of_the_own_clinics_protocol(patient_client: Client, cast: Cast) -> None:
    for site, text in ((cast.site, "Raise both brows."), (cast.other_site, "Say a tongue twister.")):
        protocol = site.protocols.create(name="Standard", is_default=True)
        protocol.exercises.create(position=1, exercise="brow_raise", instruction=text)
    html = page(patient_client, "/me/upload/")
    assert "Raise both brows." in html and "tongue twister" not in html


STAGES = [
    (RunState.QUEUED, {}, Stage.WAITING),
    (RunState.RUNNING, {"lease_until": timezone.now()}, Stage.RUNNING),
    (RunState.DONE, {}, Stage.DONE),
    (RunState.REFUSED, {"problems": [{"code": "too_dark", "message": "Face a window."}]}, Stage.AGAIN),
    (RunState.FAILED, {"error_code": "worker_lost"}, Stage.STUCK),
]


@pytest.mark.parametrize(("state", "values", "stage"), STAGES)
def test_home_says_how_far_a_recording_has_come(
    patient_client: Client, cast: Cast, state: RunState, values: dict[str, object], stage: Stage
) -> None:
    run_of(cast.patient, state, **values)
    html = page(patient_client, "/me/")
    assert stage.value in html
    assert ("Face a window." in html) == (state is RunState.REFUSED)
    assert ('hx-trigger="every' in html) == (state in (RunState.QUEUED, RunState.RUNNING))


def test_newest_run_counts_and_a_look_shows(cast: Cast) -> None:
    old = run_of(cast.patient, RunState.FAILED, created_at=timezone.now() - timedelta(hours=1))
    make.RunFactory(video=old.video, state=RunState.DONE)
    Session.objects.update(reviewed_at=timezone.now())
    assert own.told(own.sessions_of(cast.patient))[0].progress.stage is Stage.SEEN


def test_own_pages_show_no_measurement(patient_client: Client, case: Case) -> None:
    """Results are held until a clinician talks them through; the grade here is 3, the sides differ by half."""
    text = " ".join(page(patient_client, path) for path in ("/me/", f"/me/sessions/{case.session.pk}/"))
    body = re.sub(r"<[^>]+>", " ", text)
    assert not re.search(r"House|Brackmann|grade|asymmetr|synkines|\bIII\b", body, re.IGNORECASE)
    assert "looks at the measurements first" in body


def test_own_session_shows_own_video_and_note(patient_client: Client, case: Case) -> None:
    Session.objects.update(note="felt <stiff>")
    html = page(patient_client, f"/me/sessions/{case.session.pk}/")
    assert f'src="/media/videos/{case.video.pk}/"' in html
    assert "felt &lt;stiff&gt;" in html


def test_session_of_somebody_else_is_not_found(case: Case, cast: Cast, as_user: AsUser) -> None:
    assert as_user(cast.other_patient_user).get(f"/me/sessions/{case.session.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/me/", "/me/upload/", "/me/consent/"])
def test_who_has_no_record_finds_nothing(path: str, cast: Cast, as_user: AsUser) -> None:
    assert as_user(cast.clinician).get(path).status_code == 404


def test_home_costs_the_same_for_one_and_five_recordings(
    patient_client: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run_of(cast.patient, RunState.DONE)
    patient_client.get("/me/")
    with django_assert_num_queries(14) as one:
        patient_client.get("/me/")
    for _ in range(4):
        run_of(cast.patient, RunState.DONE)
    with django_assert_num_queries(len(one.captured_queries)):
        patient_client.get("/me/")


@time_machine.travel("2026-04-15 12:00:00+00:00", tick=False)  # a Wednesday
def test_rhythm_counts_weeks_from_monday(cast: Cast) -> None:
    now = timezone.now()
    for days in (0, 2, 3, 7 * 11, 7 * 30):
        make.SessionFactory(patient=cast.patient, recorded_at=now - timedelta(days=days))
    rhythm = own.rhythm_of(cast.patient)
    assert [week.recordings for week in rhythm.weeks] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    assert (rhythm.total, rhythm.active_weeks, rhythm.last) == (5, 3, now)


def test_synthetic_recordings_are_called_so(patient_client: Client, cast: Cast) -> None:
    run = run_of(cast.patient, RunState.DONE, video__is_synthetic=True)
    assert "Synthetic video" in page(patient_client, "/me/")
    assert "Synthetic video" in page(patient_client, f"/me/sessions/{run.video.session_id}/")
