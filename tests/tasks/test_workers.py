"""Real worker processes that are killed, stopped and asked to end, on whichever database and broker is set."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from clinic import dispatch
from clinic.models import AnalysisRun, Assessment, WorkerBeat
from clinic.models.results import RunState
from clinic.services import runs
from tests.tasks.processes import Worker, wait_for
from tests.tasks.rows import make_video

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

OPEN = (RunState.QUEUED, RunState.RUNNING)


@pytest.fixture
def start(tmp_path):
    started: list[Worker] = []

    def start(*extra: str) -> Worker:
        started.append(Worker(tmp_path, f"w{len(started)}", *extra))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture(autouse=True)
def empty_queues():
    from tasks.celery import app

    with app.connection_for_write() as connection:
        for queue in app.conf.task_queues:
            queue(connection.default_channel).declare()
            queue(connection.default_channel).purge()


def request(text: str) -> AnalysisRun:
    with transaction.atomic():
        return runs.request(video=make_video(text.encode()))


def finished(*wanted: AnalysisRun) -> bool:
    return not AnalysisRun.objects.filter(pk__in=[run.pk for run in wanted], state__in=OPEN).exists()


def measurements(folder: Path) -> Counter[str]:
    notes = folder / "measured"
    return Counter(notes.read_text().split()) if notes.exists() else Counter()


def assert_finished_once(run: AnalysisRun, attempt: int) -> None:
    run.refresh_from_db()
    assert (run.state, run.attempt, run.lease_until) == (RunState.DONE, attempt, None)
    assert Assessment.objects.filter(run=run, is_current=True).count() == 1
    assert default_storage.listdir(f"series/{run.pk}")[1] == [f"{attempt}.json.gz"]


def test_pool_process_killed_at_any_point_leaves_one_result(start, tmp_path):
    expected = {"claimed": 2, "measuring": 2, "stored": 2, "recording": 2, "recorded": 1}
    wanted = {point: request(f"die {point}") for point in expected}
    worker = start("-B")
    wait_for(lambda: finished(*wanted.values()), "every run finished")
    for point, run in wanted.items():
        assert (tmp_path / f"{run.video_id}.{point}").exists(), "the fault did not happen"
        assert_finished_once(run, expected[point])
    assert worker.process.poll() is None


def test_whole_worker_killed_in_mid_analysis_is_taken_over_by_another_exactly_once(start, tmp_path):
    run = request("slow 4")
    first = start("-B")
    wait_for(lambda: AnalysisRun.objects.get(pk=run.pk).stage == "Measuring", "first worker at work")
    first.kill()
    assert AnalysisRun.objects.get(pk=run.pk).state == RunState.RUNNING
    start("-B")
    wait_for(lambda: finished(run), "second worker done")
    assert_finished_once(run, 2)
    assert measurements(tmp_path) == {str(run.video_id): 2}


def test_poison_ends_after_three_attempts_and_others_go_on(start, tmp_path):
    poison, *good = [request(text) for text in ("poison measuring", "plain", "plain")]
    start("-B")
    wait_for(lambda: finished(poison, *good), "all ended")
    poison.refresh_from_db()
    assert (poison.state, poison.attempt, poison.error_code) == (RunState.FAILED, 3, "worker_lost")
    assert measurements(tmp_path)[str(poison.video_id)] == 3
    for run in good:
        assert_finished_once(run, 1)


def test_ghost_that_wakes_up_late_changes_nothing(start, tmp_path):
    run = request("slow 6")
    ghost = start()
    wait_for(lambda: AnalysisRun.objects.get(pk=run.pk).stage == "Measuring", "ghost at work")
    ghost.send(signal.SIGSTOP)
    start("-B")
    wait_for(lambda: finished(run), "taken over")
    assert_finished_once(run, 2)
    ghost.send(signal.SIGCONT)
    wait_for(lambda: "lease lost" in ghost.log(), "ghost notices")
    assert_finished_once(run, 2)


def test_two_workers_and_twenty_bells_measure_once(start, tmp_path):
    run = request("slow 1")
    for _ in range(20):
        assert dispatch.publish(dispatch.ANALYSE_VIDEO, run_id=str(run.pk))
    start()
    start()
    wait_for(lambda: finished(run), "done")
    wait_for(lambda: all(count == 0 for count in waiting().values()), "all bells heard")
    assert_finished_once(run, 1)
    assert measurements(tmp_path) == {str(run.video_id): 1}


def test_worker_asked_to_end_finishes_what_it_has(start, tmp_path):
    run = request("slow 3")
    worker = start()
    wait_for(lambda: AnalysisRun.objects.get(pk=run.pk).stage == "Measuring", "at work")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(timeout=30) == 0
    assert_finished_once(run, 1)


def test_lost_bell_is_replaced_by_the_sweep(start):
    run = AnalysisRun.objects.create(video=make_video(b"plain"))  # nobody rang
    start("-B")
    wait_for(lambda: finished(run), "found and done")
    assert_finished_once(run, 1)
    assert WorkerBeat.objects.filter(worker="w0@test").exists()


def waiting() -> dict[str, int]:
    from tasks.celery import app

    with app.connection_for_write() as connection:
        channel = connection.default_channel
        return {queue.name: channel._size(queue.name) for queue in app.conf.task_queues}


def test_workers_use_what_the_environment_names():
    """The run on PostgreSQL and Redis must not silently test files."""
    from tasks.celery import app

    scheme = "redis" if django_settings.REDIS_URL else "bells"
    assert app.conf.broker_url.startswith(scheme)


def test_worker_that_does_not_fork_measures_too(start):
    """The way of macOS."""
    run = request("plain")
    start("--pool", "solo")
    wait_for(lambda: finished(run), "done")
    assert_finished_once(run, 1)


def test_analysis_that_takes_too_long_is_stopped_and_says_so(start):
    run = AnalysisRun.objects.create(video=make_video(b"slow 50"), sent_at=timezone.now())
    send_with_limits(run, soft_s=2, hard_s=20)
    start()
    wait_for(lambda: finished(run), "stopped")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "too_long")


def test_analysis_that_hears_nothing_is_killed_and_tried_again(start, tmp_path):
    run = AnalysisRun.objects.create(video=make_video(b"deaf 50"), sent_at=timezone.now())
    send_with_limits(run, soft_s=1, hard_s=3)
    worker = start("-B")
    wait_for(lambda: finished(run), "second attempt done")
    assert (tmp_path / f"{run.video_id}.deaf").exists()
    assert_finished_once(run, 2)
    assert worker.process.poll() is None


def send_with_limits(run: AnalysisRun, *, soft_s: int, hard_s: int) -> None:
    from tasks.celery import app

    app.send_task(dispatch.ANALYSE_VIDEO, kwargs={"run_id": str(run.pk)}, soft_time_limit=soft_s, time_limit=hard_s)
