"""Threads that want the same row at the same moment, with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clinic.models import AnalysisRun, Assessment
from clinic.models.results import RunState
from clinic.services import runs
from tests.tasks.reports import measured
from tests.tasks.rows import make_run

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0..count-1)` in threads that start together."""
    gate = threading.Barrier(count)

    def one(index: int) -> Any:
        gate.wait()
        try:
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_of_twenty_deliveries_at_once_one_claims(bells):
    run = make_run()
    claims = at_once(20, lambda i: runs.claim(str(run.pk), worker=f"w{i}"))
    assert sum(c is not None for c in claims) == 1
    run.refresh_from_db()
    assert (run.state, run.attempt) == (RunState.RUNNING, 1)


def test_of_ten_that_wait_for_an_ended_lease_one_claims(bells):
    run = make_run()
    runs.claim(str(run.pk), worker="lost")
    AnalysisRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    claims = at_once(10, lambda i: runs.claim(str(run.pk), worker=f"w{i}"))
    assert [c.attempt for c in claims if c] == [2]


def test_one_result_is_stored_however_often_it_is_recorded(bells):
    run = runs.claim(str(make_run().pk), worker="w")

    def record(_: int) -> str:
        try:
            runs.record(run, measured(), "")
        except runs.LeaseLost:
            return "lost"
        return "stored"

    assert sorted(at_once(6, record)) == ["lost"] * 5 + ["stored"]
    assert Assessment.objects.count() == 1


def test_sweeps_at_once_ring_every_bell_once_and_agree(bells):
    for _ in range(3):
        make_run()
    silent = runs.claim(str(make_run().pk), worker="silent")
    AnalysisRun.objects.filter(pk=silent.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    done = at_once(6, lambda _: runs.sweep())
    assert sum(d["queued_again"] for d in done) == 1
    assert sum(d["announced_again"] for d in done) == 4
    assert len({ids["run_id"] for _, ids in bells}) == len(bells) == 4


def test_record_and_sweep_at_once_leave_one_truth(bells):
    for _ in range(5):
        run = runs.claim(str(make_run().pk), worker="w")
        AnalysisRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

        def either(index: int, run: AnalysisRun = run) -> bool:
            if index:
                return bool(runs.sweep()["queued_again"])
            try:
                runs.record(run, measured(), "")
            except runs.LeaseLost:
                return False
            return True

        recorded, swept = at_once(2, either)
        assert recorded != swept
        run.refresh_from_db()
        assert run.state == (RunState.DONE if recorded else RunState.QUEUED)
        assert Assessment.objects.filter(run=run).exists() == recorded


def test_first_signs_of_life_at_once_make_one_row(bells):
    at_once(8, lambda _: runs.seen(worker="celery@here", queue="gpu"))
