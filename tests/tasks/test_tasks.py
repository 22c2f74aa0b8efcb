"""The tasks themselves, called as functions; real workers are next door."""

from __future__ import annotations

import dataclasses
import gzip
import json
import sys
import threading
import types
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from analysis.contracts import AffectedSide, Details, Mirrored
from clinic import dispatch
from clinic.models import AnalysisRun, Assessment
from clinic.models.results import RunState
from clinic.services import playback, rest, runs
from tasks import config
from tasks.analyse import analyse_video
from tasks.celery import app
from tasks.heartbeat import Heartbeat
from tasks.sweep import sweep_runs
from tests.tasks.reports import measured, refused
from tests.tasks.rows import make_run, make_user, make_video


@pytest.fixture
def pipeline(monkeypatch):
    """Puts a function in the place of `analysis.report.analyse`."""

    def put(function):
        module = types.ModuleType("analysis.report")
        module.analyse = function
        monkeypatch.setitem(sys.modules, "analysis.report", module)

    return put


def test_every_name_that_is_sent_is_registered_and_routed():
    app.loader.import_default_modules()
    for name in dispatch.TASK_NAMES:
        task = app.tasks[name]
        assert task.acks_late
        assert task.ignore_result
        assert task.soft_time_limit < task.time_limit < config.VISIBILITY_TIMEOUT_S
        assert app.conf.task_routes[name]["queue"] in {queue.name for queue in app.conf.task_queues}


def test_limits_out_of_order_are_refused():
    with pytest.raises(AssertionError):
        config.Limits(soft_s=10, hard_s=10)
    with pytest.raises(AssertionError):
        config.Limits(soft_s=10, hard_s=config.VISIBILITY_TIMEOUT_S)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "bells://localhost"),
        ("redis://:word@127.0.0.1:6379/1", "redis://:word@127.0.0.1:6379/1"),
        ("amqp://guest@127.0.0.1//", "amqp://guest@127.0.0.1//"),
    ],
)
def test_broker_follows_from_the_address_alone(settings, url, expected):
    settings.BROKER_URL = url
    made = config.configuration()
    assert made["broker_url"] == expected
    if url.startswith("redis"):
        assert made["broker_transport_options"]["socket_timeout"] <= 2


@pytest.mark.django_db
def test_delivered_twenty_times_one_video_gives_one_result(pipeline, bells):
    measurements = []

    def analyse(path, *, timeline, mirrored, recorded_side, **_others):
        measurements.append((path.read_bytes(), timeline, mirrored, recorded_side))
        return measured()

    pipeline(analyse)
    run = make_run()
    for _ in range(20):
        analyse_video(run_id=str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.DONE, 1)
    assert measurements == [(b"not a video", None, Mirrored.UNKNOWN, AffectedSide.LEFT)]
    assert Assessment.objects.count() == 1


@pytest.mark.django_db
def test_timeline_and_mirroring_reach_the_pipeline(pipeline, bells):
    seen = []

    def analyse(path, *, timeline, mirrored, **_others):
        seen.append((timeline.segments[0].exercise.value, mirrored))
        return measured()

    pipeline(analyse)
    video = make_video()
    video.timeline = {"segments": [{"exercise": "smile_open", "start_s": 1, "end_s": 2}]}
    video.mirrored = "yes"
    video.save()
    analyse_video(run_id=str(AnalysisRun.objects.create(video=video).pk))
    assert seen == [("smile_open", Mirrored.YES)]


@pytest.mark.django_db
def test_series_file_holds_report_details_and_every_frame(pipeline, bells):
    pipeline(lambda *_, **__: measured())
    run = make_run()
    analyse_video(run_id=str(run.pk))
    run.refresh_from_db()
    with gzip.open(run.series.path) as file:
        stored = json.load(file)
    assert stored["report"]["frames"]["time_s"] == [0.0, 0.04]
    assert stored["details"]["curves"]["palpebral_fissure_left"] == [0.3, None]
    assert stored["keypoints"] == {"points": [1]}


@pytest.mark.django_db
def test_refused_video_ends_refused_with_advice(pipeline, bells):
    pipeline(lambda *_, **__: refused())
    run = make_run()
    analyse_video(run_id=str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.problems[0]["message"]) == (RunState.REFUSED, "No face was found.")


@pytest.mark.django_db
def test_crash_of_the_pipeline_fails_the_run_and_not_the_worker(pipeline, bells):
    def analyse(*_, **__):
        raise RuntimeError("inside")

    pipeline(analyse)
    run = make_run()
    analyse_video(run_id=str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "internal")


@pytest.mark.django_db
def test_video_file_that_is_gone_is_tried_again_and_then_fails_with_a_code(pipeline, bells):
    pipeline(lambda path, **_: path.read_bytes())
    run = make_run()
    run.video.file.storage.delete(run.video.file.name)
    for expected in ("queued", "queued", "failed"):
        analyse_video(run_id=str(run.pk))
        run.refresh_from_db()
        assert run.state == expected
    assert run.error_code == "storage"


@pytest.mark.django_db
def test_sweep_task_does_what_the_sweep_says(bells, settings):
    settings.FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
    make_run()
    sweep_runs()
    assert [name for name, _ in bells] == [dispatch.ANALYSE_VIDEO]


@pytest.mark.django_db
def test_lost_playback_copy_is_asked_for_again_for_a_while(bells):
    for minutes in (0, 2, 20):
        run = make_run(state=RunState.DONE, finished_at=timezone.now() - timedelta(minutes=minutes))
        run.video.facts = {"codec": "h264"}
        run.video.save()
        wanted = run.video if minutes == 2 else None
        expected = [(dispatch.MAKE_PLAYBACK, {"video_id": str(wanted.pk)})] if wanted else []
        playback.ask_again()
        assert bells == expected
        bells.clear()
        run.video.delete()


@pytest.mark.django_db(transaction=True)
def test_heartbeat_stores_what_the_work_says(settings):
    settings.RUN_HEARTBEAT_S = 0.05
    run = runs.claim(str(make_run().pk), worker="w")
    with Heartbeat(run, longest_s=5, worker="w", queue="gpu") as beat:
        beat("Finding the face", 0.25)
        _wait_for(lambda: AnalysisRun.objects.get(pk=run.pk).progress == 0.25)
    assert AnalysisRun.objects.get(pk=run.pk).stage == "Finding the face"


@pytest.mark.django_db(transaction=True)
def test_work_ends_when_the_lease_was_lost(settings):
    settings.RUN_HEARTBEAT_S = 0.05
    run = runs.claim(str(make_run().pk), worker="w")
    AnalysisRun.objects.filter(pk=run.pk).update(attempt=2)  # another has it
    with pytest.raises(runs.LeaseLost), Heartbeat(run, longest_s=5, worker="w", queue="gpu") as beat:
        for _ in range(200):
            beat("late", 0.5)
            threading.Event().wait(0.02)


@pytest.mark.django_db(transaction=True)
def test_work_that_hangs_beyond_its_time_loses_its_lease(settings):
    settings.RUN_HEARTBEAT_S, settings.RUN_LEASE_S = 0.05, 1
    run = runs.claim(str(make_run().pk), worker="w")
    with Heartbeat(run, longest_s=0.1, worker="w", queue="gpu"):
        _wait_for(lambda: runs.sweep()["queued_again"] == 1)


@pytest.mark.django_db(transaction=True)
def test_heartbeat_outlives_a_database_that_is_away_for_a_moment(settings, monkeypatch):
    settings.RUN_HEARTBEAT_S = 0.05
    run = runs.claim(str(make_run().pk), worker="w")
    real, failures = runs.heartbeat, iter([DatabaseError("away"), DatabaseError("away")])

    def shaky(run, **values):
        for error in failures:
            raise error
        return real(run, **values)

    monkeypatch.setattr(runs, "heartbeat", shaky)
    with Heartbeat(run, longest_s=5, worker="w", queue="gpu") as beat:
        beat("back again", 0.5)
        _wait_for(lambda: AnalysisRun.objects.get(pk=run.pk).stage == "back again")


def _wait_for(true, seconds: float = 5.0) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        pause.wait(0.02)
    raise AssertionError("did not happen in time")


@pytest.mark.django_db
def test_pinned_rest_reaches_the_pipeline_and_a_lost_one_costs_nothing(pipeline, bells):
    given = []

    def analyse(path, *, rest_reference, **_others):
        given.append(rest_reference)
        extras = {"rest_reference": {"source": "own", "points": [[0.0, 0.5, 1.0]] * 478}}
        return dataclasses.replace(measured(), details=Details(extras=extras))

    pipeline(analyse)
    first = make_run()
    analyse_video(run_id=str(first.pk))
    session = first.video.session
    rest.pin(patient=session.patient, session=session, by=make_user())
    analyse_video(run_id=str(AnalysisRun.objects.create(video=first.video).pk))
    for run in AnalysisRun.objects.all():
        run.series.delete(save=False)
    analyse_video(run_id=str(AnalysisRun.objects.create(video=first.video).pk))

    assert "rest_reference" not in Assessment.objects.filter(is_current=True).get().details["extras"]
    assert [None if reference is None else reference.source for reference in given] == [None, str(session.pk), None]
    assert given[1].points.shape == (478, 3)
