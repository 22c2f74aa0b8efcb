"""Corrections: kept for good, measured anew, the original untouched, and which result counts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analysis.contracts import Exercise, Segment, SegmentSource
from clinic import dispatch
from clinic.errors import Refused, TooMany
from clinic.forms.corrections import content_of, stretch
from clinic.models import AnalysisRun, Assessment, AuditEvent, Correction, Session, Still, User
from clinic.models.results import RunState
from clinic.selectors import corrections as selector
from clinic.services import corrections, results, runs, stills
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User | None], Client]
Sent = list[tuple[str, dict[str, str]]]
SMILE = Segment(Exercise.SMILE_OPEN, 0.5, 1.5, 1.0, 0.9, SegmentSource.RECOGNISED, None)
PUCKER = Segment(Exercise.PUCKER, 2.0, 3.0, 2.5, 0.9, SegmentSource.RECOGNISED, None)
FOUND = selector.found_segments(changed(segments=[SMILE, PUCKER]).to_json())
CONTENT = {"schema": "seventh.corrections/1", "rest_s": 0.1, "segments": None, "frames": []}


@pytest.fixture
def session(cast: Cast) -> Session:
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    video = REPORT.to_json()["video"] | {"duration_s": 4.0}
    assessment = measured(made, report=changed(segments=[SMILE, PUCKER]), facts=video)
    store_keypoints(assessment.run)
    return made


def store_keypoints(run: AnalysisRun) -> None:
    """Two points, one of them gone in the second of three frames, as `analysis.series` writes them."""
    report = REPORT.to_json() | {"frames": {"time_s": [0.0, 1.0, 2.0], "detected": [True, False, True]}}
    points = {"width": 640, "height": 480, "unit": 0.5, "points": [291, 386], "parts": {}}
    points |= {"x": [[200, None, 20], [300, None, 0]], "y": [[100, None, -10], [80, None, 4]]}
    document = {"report": report, "details": {"extras": {}}, "keypoints": points}
    run.series.save("series.json.gz", ContentFile(gzip.compress(json.dumps(document).encode())))


def original(session: Session) -> AnalysisRun:
    return AnalysisRun.objects.get(video__session=session, correction=None)


def corrected(session: Session, by: User, **content: Any) -> Correction:
    return corrections.save(run=original(session), by=by, content=CONTENT | content, note="lid was off")


def finished(correction: Correction) -> Assessment:
    """What the worker records of the run with this correction."""
    run = correction.runs.get()
    AnalysisRun.objects.filter(pk=run.pk).update(state=RunState.DONE, finished_at=timezone.now(), attempt=1)
    run.refresh_from_db()
    return results.assess(run=run, report=changed(house_brackmann=None))


def test_correction_is_kept_queued_and_on_the_trail(
    session: Session, cast: Cast, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        correction = corrected(session, cast.clinician)
    run = correction.runs.get()
    assert (run.state, run.correction) == (RunState.QUEUED, correction)
    assert (correction.made_by, correction.base_run, correction.note) == (
        cast.clinician,
        original(session),
        "lid was off",
    )
    assert sent == [(dispatch.ANALYSE_VIDEO, {"run_id": str(run.pk)})]
    assert AuditEvent.objects.get(action="correct").object_id == str(correction.pk)


def test_worker_gets_the_run_with_its_correction(session: Session, cast: Cast) -> None:
    correction = corrected(session, cast.clinician)
    claimed = runs.claim(str(correction.runs.get().pk), worker="w")
    assert claimed is not None
    assert claimed.correction == correction


def test_new_result_counts_and_the_original_stays(session: Session, cast: Cast) -> None:
    before = original(session).assessment
    after = finished(corrected(session, cast.clinician))
    before.refresh_from_db()
    assert (before.is_current, before.hb_grade) == (False, 3)
    assert (after.is_current, after.hb_grade) == (True, None)


def test_original_can_count_again_and_then_no_correction_stands(session: Session, cast: Cast) -> None:
    before = original(session).assessment
    after = finished(corrected(session, cast.clinician))
    assert runs.standing_correction(after.run.video) == after.run.correction
    corrections.make_current(assessment=before, by=cast.clinician)
    assert list(Assessment.objects.filter(session=session, is_current=True)) == [before]
    assert runs.standing_correction(after.run.video) is None
    assert AuditEvent.objects.filter(action="restore", actor=cast.clinician).exists()


def test_later_analyses_go_on_from_the_correction_that_stands(session: Session, cast: Cast) -> None:
    after = finished(corrected(session, cast.clinician))
    assert runs.request(video=after.run.video).correction == after.run.correction


def test_failed_run_is_tried_again_with_its_correction(session: Session, cast: Cast) -> None:
    correction = corrected(session, cast.clinician)
    correction.runs.update(state=RunState.FAILED)
    assert runs.retry(run=correction.runs.get(), by=cast.clinician).correction == correction


def test_nothing_is_corrected_or_restored_while_an_analysis_is_under_way(session: Session, cast: Cast) -> None:
    corrected(session, cast.clinician)
    with pytest.raises(corrections.UnderWay):
        corrected(session, cast.clinician)
    with pytest.raises(corrections.UnderWay):
        corrections.make_current(assessment=original(session).assessment, by=cast.clinician)
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [
        {"rest_s": None},
        {"rest_s": 9.0},
        {"segments": [{**FOUND[0], "end_s": 99.0}]},
        {"segments": [{**FOUND[0], "valid": False, "reason": "blurred"}]},
        {"segments": [{**FOUND[0], "valid": False}]},
        {"frames": [{"time_s": 1.0, "from_s": 0.5, "to_s": 1.5, "points": [{"point": 291, "x": 900.0, "y": 1.0}]}]},
        {"schema": "other"},
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(session: Session, cast: Cast, content: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        corrected(session, cast.clinician, **content)
    assert refused.value.message.endswith(".")
    assert not Correction.objects.exists()


def test_without_agreement_nothing_is_measured_anew(session: Session, cast: Cast) -> None:
    cast.patient.consents.update(withdrawn_at=timezone.now())
    with pytest.raises(runs.NoConsent):
        corrected(session, cast.clinician)


# --- the form ---


def posted(segments: list[dict[str, Any]], **more: str) -> QueryDict:
    form = QueryDict(mutable=True)
    for name in ("exercise", "start_s", "apex_s", "end_s", "reason"):
        form.setlist(name, [*(str(s[name] or "") for s in segments), ""])
    form.setlist("counts", [*("yes" if s["valid"] else "no" for s in segments), "yes"])
    form.update(more)
    return form


def test_exercises_as_found_say_nothing(session: Session) -> None:
    assert content_of(posted(FOUND), FOUND)["segments"] is None


def test_moved_boundary_says_all_exercises() -> None:
    typed = [{**FOUND[0], "start_s": 0.7}, FOUND[1]]
    content = content_of(posted(typed, rest_s="0,2"), FOUND)
    assert [s["start_s"] for s in content["segments"]] == [0.7, 2.0]
    assert content["rest_s"] == 0.2


def test_points_belong_to_the_stretch_around_their_frame() -> None:
    frames = [{"time_s": t, "points": [{"point": 291, "x": 1.0, "y": 2.0}]} for t in (1.0, 1.7)]
    content = content_of(posted(FOUND, points=json.dumps(frames)), FOUND)
    assert [(f["from_s"], f["to_s"]) for f in content["frames"]] == [(0.5, 1.5), (1.5, 2.0)]


def test_exercise_that_does_not_count_bounds_no_rest() -> None:
    assert stretch(1.0, [{**FOUND[0], "valid": False}, FOUND[1]]) == (0.0, 2.0)


@pytest.mark.parametrize("form", [{"rest_s": "soon"}, {"rest_s": "nan"}, {"points": "{"}, {"points": "[1]"}])
def test_form_that_cannot_be_read_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(Refused):
        content_of(posted(FOUND, **form), FOUND)


# --- pages ---


def test_points_come_from_the_nearest_frame_with_a_face(session: Session) -> None:
    [place] = selector.places_at(original(session), [1.4])
    assert place.time_s == 2.0
    assert place.points == {291: (110.0, 45.0), 386: (150.0, 42.0)}


def test_iris_of_older_series_is_the_middle_of_its_ring(session: Session) -> None:
    stored = {"unit": 1.0, "points": [474, 475, 476, 477], "x": [[4], [2], [0], [2]], "y": [[1], [3], [1], [-1]]}
    document = {"report": {"frames": {"time_s": [0.0]}}, "keypoints": stored}
    assert selector.places(document, [0.0])[0].points == {473: (2.0, 1.0)}


def frames(client: Client, session: Session, times: list[float]) -> Any:
    where = reverse("session-correct-frames", args=[session.pk])
    return client.post(where, json.dumps({"times_s": times}), content_type="application/json")


def test_page_asks_for_pictures_once_and_again_when_the_bell_is_lost(
    session: Session, cast: Cast, as_user: As, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    client = as_user(cast.clinician)
    with django_capture_on_commit_callbacks(execute=True):
        [told] = frames(client, session, [0.1]).json()["frames"]
        frames(client, session, [0.1])
    assert told["picture"] is None
    assert [name for name, _ in sent] == [dispatch.MAKE_STILLS]
    with (
        time_machine.travel(timezone.now() + timedelta(seconds=20), tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        frames(client, session, [0.1])
    assert len(sent) == 2


def test_picture_is_made_once_and_shown_to_staff_alone(session: Session, cast: Cast, as_user: As) -> None:
    client, video = as_user(cast.clinician), original(session).video
    frames(client, session, [0.1])
    assert stills.attach(video_id=video.pk, time_ms=0, picture=b"\xff\xd8first")
    assert not stills.attach(video_id=video.pk, time_ms=0, picture=b"\xff\xd8second")
    [told] = frames(client, session, [0.1]).json()["frames"]
    answer = client.get(told["picture"])
    assert (answer.headers["Content-Type"], b"".join(answer.streaming_content)) == ("image/jpeg", b"\xff\xd8first")
    assert as_user(cast.patient_user).get(told["picture"]).status_code == 403


def test_video_that_cannot_be_read_keeps_nobody_waiting(session: Session, cast: Cast, as_user: As) -> None:
    frames(as_user(cast.clinician), session, [0.1])
    stills.refuse(video_id=original(session).video_id)
    [told] = frames(as_user(cast.clinician), session, [0.1]).json()["frames"]
    assert told["is_refused"]


def test_pictures_of_one_video_are_limited(session: Session) -> None:
    with pytest.raises(TooMany):
        stills.want(video=original(session).video, times_ms=range(stills.MOST_A_VIDEO + 1))
    assert not Still.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", '{"times_s": "x"}', '{"times_s": [-1]}', '{"times_s": [1e999]}'])
def test_times_that_cannot_be_read_are_refused(session: Session, cast: Cast, as_user: As, body: str) -> None:
    where = reverse("session-correct-frames", args=[session.pk])
    assert as_user(cast.clinician).post(where, body, content_type="application/json").status_code == 400


def test_form_without_script_corrects_exercises(session: Session, cast: Cast, as_user: As) -> None:
    form = posted([{**FOUND[0], "start_s": 0.7}, {**FOUND[1], "valid": False, "reason": "laughed"}])
    answer = as_user(cast.clinician).post(reverse("session-correct", args=[session.pk]), dict(form.lists()))
    assert answer.status_code == 302
    first, second = Correction.objects.get().content["segments"]
    assert (first["start_s"], second["valid"], second["reason"]) == (0.7, False, "laughed")


def test_refused_correction_says_why(session: Session, cast: Cast, as_user: As) -> None:
    answer = as_user(cast.clinician).post(reverse("session-correct", args=[session.pk]), dict(posted(FOUND).lists()))
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode()


def test_session_page_tells_who_corrected_and_leads_back_to_the_original(
    session: Session, cast: Cast, as_user: As
) -> None:
    first = original(session).assessment
    finished(corrected(session, cast.clinician))
    client, where = as_user(cast.clinician), reverse("session-detail", args=[session.pk])
    shown = client.get(where).content.decode()
    assert "Corrected by Carla Clinician" in shown
    assert "lid was off" in shown
    client.post(reverse("assessment-restore", args=[first.pk]))
    again = client.get(where).content.decode()
    assert "Grade III" in again  # the original is what is shown
