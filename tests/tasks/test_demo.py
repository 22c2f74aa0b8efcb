"""The demonstration's rows and processes; the whole of it starts for real in .ci/run."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from analysis.synthetic.cohort import cohort
from clinic.models import AnalysisRun, Episode, Membership, Patient, Role, TreatmentEvent, User, Video
from clinic.models.results import RunState
from clinic.selectors.demo import ADDRESS_ENDS_IN, PASSWORD
from tasks.demo import supervisor
from tasks.demo.children import Child, end_all
from tasks.demo.people import make_people
from tasks.demo.progress import Line, Progress, progress
from tasks.demo.videos import recordings, renderers_for, submit
from tests.tasks.processes import wait_for
from tests.tasks.rows import make_run


@pytest.fixture
def demo(settings, db):
    settings.DEMO = True
    return make_people()


def test_people_made_twice_are_there_once(demo):
    before = [model.objects.count() for model in (User, Patient, Episode, TreatmentEvent, Membership)]
    make_people()
    assert [model.objects.count() for model in (User, Patient, Episode, TreatmentEvent, Membership)] == before
    assert before[1] == len(cohort()) >= 7


def test_every_role_can_log_in_and_nobody_is_real(demo):
    for role in Role:
        member = Membership.objects.filter(role=role).select_related("user").first()
        assert member.user.email.endswith(ADDRESS_ENDS_IN)
        assert member.user.check_password(PASSWORD)
    assert not Patient.objects.filter(is_fictional=False).exists()


def test_every_recording_lies_in_the_past_and_after_the_onset(demo):
    for recording in recordings(demo):
        assert recording.patient.episodes.get().onset_date <= recording.recorded_at.date()
        assert recording.recorded_at < timezone.now() + timedelta(days=1)


def test_submitted_recording_is_marked_synthetic_and_queued_by_the_upload_service(demo, tmp_path, bells):
    recording = recordings(demo)[0]
    assert not recording.is_there
    path = tmp_path / recording.file_name
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(2000))
    submit(recording, path)
    assert recording.is_there
    video = Video.objects.get()
    assert (video.is_synthetic, video.session.recorded_at) == (True, recording.recorded_at)
    assert video.runs.get().state == RunState.QUEUED


def test_demo_is_refused_outside_the_demonstration(settings, db):
    settings.DEMO = False
    for command in ("demo", "demo_cohort"):
        with pytest.raises(CommandError):
            call_command(command)


def test_progress_counts_a_video_once(db):
    run = make_run(state=RunState.FAILED)
    AnalysisRun.objects.create(video=run.video, state=RunState.DONE)
    make_run(state=RunState.REFUSED)
    assert progress(2) == Progress(videos=2, planned=2, analysed=1, refused=1, failed=0, now="")
    assert progress(2).complete
    assert not progress(3).complete


def test_runs_left_by_the_last_demonstration_are_taken_up(db, bells):
    left = make_run(state=RunState.RUNNING, attempt=1, lease_until=timezone.now() + timedelta(hours=1))
    lost = make_run(state=RunState.FAILED, error_code="worker_lost", attempt=3)
    kept = make_run(state=RunState.FAILED, error_code="internal", attempt=1)
    supervisor.take_up_what_was_interrupted()
    left.refresh_from_db()
    assert left.state == RunState.QUEUED
    assert lost.video.runs.filter(state=RunState.QUEUED).count() == 1
    assert not kept.video.runs.filter(state=RunState.QUEUED).exists()


def test_second_demonstration_on_the_same_data_is_refused(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with (tmp_path / "demo.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SystemExit, match="runs already"), supervisor.only_one():
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_end_it_ends_it_once(number):
    with supervisor.ending_on_signals():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)  # impatience during the ending changes nothing
        pytest.fail("was not interrupted")


def test_child_and_grandchild_are_gone_after_the_end(tmp_path):
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"
    child = Child(
        "stubborn",
        [sys.executable, "-c", f"import signal; signal.signal(15, signal.SIG_IGN); {script}"],
        tmp_path / "log",
    )
    child.start()
    for _ in range(100):
        if "up" in child.last_words():
            break
        time.sleep(0.05)
    end_all([child], within_s=0.2)
    assert child.exit_status == -signal.SIGKILL
    wait_for(lambda: group_is_empty(child.process.pid), "the system has buried them", 10)


def group_is_empty(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_dying_child_is_started_again_a_few_times_only(tmp_path):
    child = Child("dying", [sys.executable, "-c", "raise SystemExit('no')"], tmp_path / "log")
    child.start()
    starts = 0
    for _ in range(10):
        child.process.wait()
        if not child.keep_running():
            break
        starts += 1
    child.process.wait()
    assert starts == 5
    assert "no" in child.last_words()


def test_line_is_repeated_only_when_it_changed_and_not_too_often():
    out = io.StringIO()
    line = Line(out, every_s=0.0)
    for text in ("a", "a", "b"):
        line.show(text)
    assert out.getvalue() == "a\nb\n"
    slow = Line(out := io.StringIO(), every_s=60)
    for text in ("a", "b"):
        slow.show(text)
    assert out.getvalue() == "a\n"


def test_rendering_leaves_half_of_the_machine():
    assert [renderers_for(cores) for cores in (1, 2, 8, 64)] == [1, 1, 4, 4]


def test_rendering_process_does_not_outlive_its_parent(tmp_path):
    """A parent that is killed outright cannot tell its pool to end."""
    script = (
        "import os, time\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "from tasks.demo.rendering import one_thread\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(1, mp_context=get_context('spawn'), initializer=one_thread) as pool:\n"
        "        print(pool.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(60)\n"
    )
    (tmp_path / "parent.py").write_text(script)
    root = supervisor.settings.BASE_DIR
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
    )
    renderer = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not is_alive(renderer), "the renderer leaves too", 15)


def is_alive(pid: int) -> bool:
    """Not counting a process that has ended and only waits to be buried."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(status) and not status.startswith("Z")


def test_on_macos_nothing_forks_and_the_clock_is_a_process_of_its_own():
    worker, clock = supervisor.workers("darwin")
    assert worker.command[-2:] == ["--pool", "solo"]
    assert "--beat" not in worker.command
    assert "beat" in clock.command
    (worker,) = supervisor.workers("linux")
    assert "--beat" in worker.command


def test_start_is_noticed_although_the_environment_names_a_proxy(monkeypatch):
    """A clinic's proxy would be asked for this machine's own port, and would refuse."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        supervisor.wait_for_web(SimpleNamespace(exit_status=None), server.server_port)


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass
