"""The life of a run, step by step; races between threads and processes are next door."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.utils import timezone

from clinic import dispatch
from clinic.models import AnalysisRun, Assessment, AuditEvent, WorkerBeat
from clinic.models.results import MAX_ATTEMPTS, RunState
from clinic.services import runs
from tasks.series import write_series
from tests.tasks.reports import measured, refused
from tests.tasks.rows import make_run, make_user, make_video

pytestmark = pytest.mark.django_db


def claimed(run: AnalysisRun) -> AnalysisRun:
    held = runs.claim(str(run.pk), worker="w1")
    assert held is not None
    return held


def expire(run: AnalysisRun) -> None:
    AnalysisRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_requested_run_is_announced_after_commit_and_only_then(bells, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        run = runs.request(video=make_video())
    assert bells == []
    for callback in callbacks:
        callback()
    assert bells == [(dispatch.ANALYSE_VIDEO, {"run_id": str(run.pk)})]
    run.refresh_from_db()
    assert run.sent_at is not None


def test_run_stays_queued_when_the_broker_refuses_and_the_sweep_sends_it(
    monkeypatch, django_capture_on_commit_callbacks
):
    def broken(*_, **__):
        raise ConnectionRefusedError

    monkeypatch.setattr("clinic.dispatch.current_app.send_task", broken)
    with django_capture_on_commit_callbacks(execute=True):
        run = runs.request(video=make_video())
    run.refresh_from_db()
    assert (run.state, run.sent_at) == (RunState.QUEUED, None)
    sent = []
    monkeypatch.setattr("clinic.dispatch.current_app.send_task", lambda name, **kw: sent.append((name, kw["kwargs"])))
    assert runs.sweep()["announced_again"] == 1
    assert sent == [(dispatch.ANALYSE_VIDEO, {"run_id": str(run.pk)})]


def test_a_refused_second_bell_is_tried_again_by_the_next_sweep(monkeypatch):
    make_run()
    monkeypatch.setattr(dispatch, "publish", lambda *_, **__: False)
    assert runs.sweep()["announced_again"] == 0
    monkeypatch.setattr(dispatch, "publish", lambda *_, **__: True)
    assert runs.sweep()["announced_again"] == 1


def test_fresh_bell_is_not_rung_again(bells):
    make_run()
    assert [runs.sweep()["announced_again"] for _ in range(3)] == [1, 0, 0]


def test_long_queue_is_announced_a_few_at_a_time(bells):
    for _ in range(9):
        make_run()
    assert runs.sweep()["announced_again"] == 4


def test_claim_counts_the_attempt_and_takes_a_lease():
    run = claimed(make_run())
    assert (run.state, run.attempt, run.worker) == (RunState.RUNNING, 1, "w1")
    assert run.lease_until > timezone.now() + timedelta(seconds=30)


def test_claimed_run_cannot_be_claimed_again():
    run = claimed(make_run())
    assert runs.claim(str(run.pk), worker="w2") is None


@pytest.mark.parametrize("state", [RunState.DONE, RunState.REFUSED, RunState.FAILED])
def test_finished_run_cannot_be_claimed(state):
    assert runs.claim(str(make_run(state=state).pk), worker="w") is None


def test_run_whose_lease_ended_can_be_claimed_by_another():
    run = claimed(make_run())
    expire(run)
    again = runs.claim(str(run.pk), worker="w2")
    assert again is not None
    assert (again.attempt, again.worker) == (2, "w2")


def test_claim_of_a_run_that_was_deleted_is_none():
    run = make_run()
    run_id = str(run.pk)
    run.delete()
    assert runs.claim(run_id, worker="w") is None


def test_heartbeat_extends_the_lease_and_shows_progress():
    run = claimed(make_run())
    before = run.lease_until
    assert runs.heartbeat(run, stage="Finding the face", progress=1.7)
    run.refresh_from_db()
    assert run.lease_until >= before
    assert (run.stage, run.progress) == ("Finding the face", 1.0)


def test_heartbeat_of_a_ghost_changes_nothing():
    ghost = claimed(make_run())
    expire(ghost)
    runs.claim(str(ghost.pk), worker="w2")
    assert not runs.heartbeat(ghost, stage="late", progress=0.9)
    ghost.refresh_from_db()
    assert ghost.stage == ""


def test_measured_report_becomes_the_current_assessment():
    run = claimed(make_run())
    report = measured()
    runs.record(run, report, write_series(run, report))
    run.refresh_from_db()
    assert (run.state, run.progress, run.problems[0]["code"]) == (RunState.DONE, 1.0, "dim")
    assert run.series.name == f"series/{run.pk}/1.json.gz"
    row = Assessment.objects.get(run=run)
    assert (row.mouth_asymmetry, row.eye_asymmetry, row.brow_asymmetry) == (-0.5, None, None)
    assert (row.hb_grade, row.affected_side, row.synkinesis_present, row.is_current) == (3, "left", True, True)
    assert row.days_since_onset == (row.recorded_at.date() - row.episode.onset_date).days
    assert row.errors["mouth_asymmetry"]["mdc95"] == 0.2
    assert row.report["frames"] is None
    assert "left" not in row.report["action_units"]
    assert "curves" not in row.details
    assert row.details["extras"] == {"blinks": 3}


def test_video_gets_the_facts_that_decoding_showed():
    run = claimed(make_run())
    runs.record(run, measured(), "")
    run.video.refresh_from_db()
    assert run.video.facts["codec"] == "h264"


def test_refused_report_has_advice_and_no_numbers():
    run = claimed(make_run())
    runs.record(run, refused(), "")
    run.refresh_from_db()
    assert (run.state, run.problems[0]["code"]) == (RunState.REFUSED, "no_face")
    assert not Assessment.objects.filter(run=run).exists()


def test_second_result_of_a_video_replaces_the_first_as_current():
    first = claimed(make_run())
    runs.record(first, measured(), "")
    second = claimed(AnalysisRun.objects.create(video=first.video))
    runs.record(second, measured(), "")
    assert list(Assessment.objects.filter(is_current=True).values_list("run", flat=True)) == [second.pk]
    assert Assessment.objects.count() == 2


def test_result_of_a_ghost_is_rejected_whole():
    ghost = claimed(make_run())
    expire(ghost)
    winner = runs.claim(str(ghost.pk), worker="w2")
    with pytest.raises(runs.LeaseLost):
        runs.record(ghost, refused(), "")
    runs.record(winner, measured(), "")
    with pytest.raises(runs.LeaseLost):
        runs.record(ghost, refused(), "")
    winner.refresh_from_db()
    assert (winner.state, winner.attempt) == (RunState.DONE, 2)
    assert Assessment.objects.count() == 1


def test_failing_record_leaves_nothing_behind(monkeypatch):
    run = claimed(make_run())

    def broken(**_):
        raise IntegrityError("no")

    monkeypatch.setattr("clinic.services.results.assess", broken)
    with pytest.raises(IntegrityError):
        runs.record(run, measured(), "")
    run.refresh_from_db()
    assert (run.state, run.video.facts) == (RunState.RUNNING, None)


def test_series_of_lost_attempts_are_removed_when_one_is_recorded(django_capture_on_commit_callbacks, bells):
    lost = claimed(make_run())
    leftover = write_series(lost, measured())
    expire(lost)
    run = runs.claim(str(lost.pk), worker="w2")
    with django_capture_on_commit_callbacks(execute=True):
        runs.record(run, measured(), write_series(run, measured()))
    assert not default_storage.exists(leftover)
    assert default_storage.exists(AnalysisRun.objects.get(pk=run.pk).series.name)


def test_recorded_run_asks_for_a_playback_copy(django_capture_on_commit_callbacks, bells):
    run = claimed(make_run())
    with django_capture_on_commit_callbacks(execute=True):
        runs.record(run, measured(), "")
    assert bells == [(dispatch.MAKE_PLAYBACK, {"video_id": str(run.video_id)})]


def test_report_with_a_number_that_is_not_finite_is_not_stored():
    run = claimed(make_run())
    bad = dataclasses.replace(measured(), quality=dataclasses.replace(measured().quality, score=float("nan")))
    with pytest.raises(ValueError, match="JSON"):
        write_series(run, bad)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("name of a person"), "internal"),
        (MemoryError("name of a person"), "memory"),
        (TimeoutError("name of a person"), "too_long"),
        (FileNotFoundError("name of a person"), "storage"),
        (KeyError("name of a person"), "internal"),
    ],
)
def test_error_becomes_a_code_and_a_sentence_without_its_text(error, code, caplog):
    run = claimed(make_run())
    with runs.settled(run, codes={TimeoutError: "too_long"}):
        raise error
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, code)
    assert run.failure
    assert "name of a person" not in run.failure
    assert "Traceback" in caplog.text


def test_retryable_error_queues_again_until_attempts_end(bells, django_capture_on_commit_callbacks):
    run = make_run()
    states = []
    for _ in range(MAX_ATTEMPTS):
        held = claimed(run)
        with django_capture_on_commit_callbacks(execute=True), runs.settled(held, retry_on=(ConnectionError,)):
            raise ConnectionError
        run.refresh_from_db()
        states.append((run.state, run.attempt))
    assert states == [("queued", 1), ("queued", 2), ("failed", 3)]
    assert run.error_code == "storage"
    assert len(bells) == 2


def test_worker_that_is_told_to_stop_gives_its_run_back():
    run = claimed(make_run())
    with pytest.raises(SystemExit), runs.settled(run):
        raise SystemExit(0)
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_error_of_a_ghost_does_not_disturb_the_run():
    ghost = claimed(make_run())
    expire(ghost)
    runs.claim(str(ghost.pk), worker="w2")
    with runs.settled(ghost):
        raise RuntimeError
    ghost.refresh_from_db()
    assert (ghost.state, ghost.worker) == (RunState.RUNNING, "w2")


def test_sweep_queues_a_run_whose_worker_went_silent(bells):
    run = claimed(make_run())
    assert runs.sweep()["queued_again"] == 0
    expire(run)
    done = runs.sweep()
    assert (done["queued_again"], done["announced_again"]) == (1, 1)
    assert runs.sweep() == {"failed": 0, "queued_again": 0, "announced_again": 0}


def test_run_that_kills_its_worker_every_time_ends_after_three_attempts(bells):
    run = make_run()
    for _ in range(MAX_ATTEMPTS):
        expire(claimed(run))
        runs.sweep()
    run.refresh_from_db()
    assert (run.state, run.attempt, run.error_code) == (RunState.FAILED, 3, "worker_lost")
    assert runs.claim(str(run.pk), worker="w") is None


def test_person_can_try_a_failed_run_again_and_it_is_audited(bells):
    run, person = make_run(state=RunState.FAILED, attempt=3), make_user()
    again = runs.retry(run=run, by=person)
    assert (again.state, again.attempt, again.video) == (RunState.QUEUED, 0, run.video)
    assert AuditEvent.objects.filter(actor=person, action="retry", patient=run.video.session.patient).exists()
    assert runs.claim(str(again.pk), worker="w") is not None


def test_second_retry_is_refused_while_the_first_waits(bells):
    run, person = make_run(state=RunState.FAILED), make_user()
    runs.retry(run=run, by=person)
    with pytest.raises(runs.CannotRetry):
        runs.retry(run=run, by=person)


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.DONE])
def test_open_or_done_run_cannot_be_retried(state):
    with pytest.raises(runs.CannotRetry):
        runs.retry(run=make_run(state=state), by=make_user())


def test_sign_of_life_is_one_row_a_worker():
    for queue in ("gpu", "light", "light"):
        runs.seen(worker="celery@here", queue=queue)
    row = WorkerBeat.objects.get()
    assert row.queue == "light"
    assert timezone.now() - row.seen_at < timedelta(minutes=1)


def test_worker_that_has_been_silent_for_a_month_is_forgotten():
    runs.seen(worker="old", queue="gpu")
    WorkerBeat.objects.update(seen_at=timezone.now() - timedelta(days=31))
    runs.seen(worker="new", queue="gpu")
    runs.forget_old_workers()
    assert list(WorkerBeat.objects.values_list("worker", flat=True)) == ["new"]
