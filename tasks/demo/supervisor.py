"""Starts web, worker and renderer, shows what they do, ends them all."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from clinic import failures
from clinic.models import AnalysisRun
from clinic.models.results import RunState
from clinic.selectors.demo import demo_logins_offered
from clinic.services import runs
from tasks.demo.children import Child, end_all
from tasks.demo.people import make_people
from tasks.demo.progress import Line, progress
from tasks.demo.videos import SAMPLE

FIRST_PORT = 8000
GRACE_S = 4.0  # a warm end would wait for the analysis; the run is given back instead, and goes on at the next start


class Ended(Exception):
    """Somebody pressed Ctrl-C, or the terminal was closed."""


def run() -> None:
    with only_one(), ending_on_signals():
        line = Line()
        line.say("Seventh: preparing the fictional clinic ...")
        call_command("migrate", verbosity=0)
        planned = sum(len(patient.sessions) for patient in make_people())
        take_up_what_was_interrupted()
        connection.close()
        port = free_port()
        children = [web(port), *workers(), renderer()]
        try:
            for child in children:
                child.start()
            wait_for_web(children[0], port)
            introduce(line, port)
            watch(children, planned, line)
        except Ended:
            line.say("Ending ...")
        finally:
            end_all(children, within_s=GRACE_S)
    line.say("Ended. The data is kept; `make demo` goes on, `make demo-reset` begins anew.")


def web(port: int) -> Child:
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8", "--timeout", "120"]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "clinic.wsgi",
        *options,
        "--graceful-timeout",
        "3",
        "--no-control-socket",
    ]
    return Child("web", command, settings.VAR_DIR / "web.log")


def workers(platform: str = sys.platform) -> list[Child]:
    """One worker with its clock. macOS forbids much after a fork, which MediaPipe needs: there nothing forks."""
    celery = [sys.executable, "-m", "celery", "-A", "tasks"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    log = settings.VAR_DIR / "worker.log"
    work = [*celery, "worker", "-Q", "gpu,light", *quiet]
    if platform == "darwin":
        beat = Child("clock", [*celery, "beat", "--pidfile="], settings.VAR_DIR / "beat.log")
        return [Child("worker", [*work, "--pool", "solo"], log, gently=signal.SIGQUIT), beat]
    forking = ["--beat", "--pool", "prefork", "--concurrency", "1"]
    return [Child("worker", [*work, *forking], log, gently=signal.SIGQUIT)]


def renderer() -> Child:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo_cohort", "--videos"]
    return Child("renderer", command, settings.VAR_DIR / "renderer.log", nice=5)


def watch(children: list[Child], planned: int, line: Line) -> None:
    """Until Ctrl-C. Raises SystemExit when web or worker cannot be kept running."""
    *servers, maker = children
    told = False
    while True:
        for child in servers:
            if not child.keep_running():
                raise SystemExit(f"The {child.name} process ends again and again:\n{child.last_words()}")
        if maker.exit_status not in (None, 0) and not told:
            told = True
            line.say(f"Making the videos stopped; what is there stays usable:\n{maker.last_words()}")
        state = progress(planned)
        if state.complete and not told:
            told = True
            line.say(f"All videos are analysed: {state}. Ctrl-C ends the demonstration.")
        elif not state.complete:
            line.show(str(state))
        connection.close()
        time.sleep(1)


def introduce(line: Line, port: int) -> None:
    logins = demo_logins_offered()
    assert logins is not None
    line.say(f"\n  Seventh is at  http://127.0.0.1:{port}\n")
    line.say("  Everybody is fictional, every video synthetic, every number measured from the video by this machine.")
    for group in logins.groups:
        line.say(f"  {group.role:<14} {group.people[0].email:<30} password {logins.password}")
    line.say("  More log-ins are on the log-in page. To try an upload, log in as the patient and send")
    line.say(f"  {settings.VAR_DIR / SAMPLE} (made after the first six videos). Ctrl-C ends the demonstration.\n")


def take_up_what_was_interrupted() -> None:
    """Nobody else works on this database, so every run that is under way was left by the last demonstration."""
    AnalysisRun.objects.filter(state=RunState.RUNNING).update(lease_until=Now())
    time.sleep(0.01)
    runs.sweep()
    lost = AnalysisRun.objects.filter(state=RunState.FAILED, error_code=failures.WORKER_LOST)
    for run in lost.exclude(video__runs__state__in=[RunState.QUEUED, RunState.DONE, RunState.REFUSED]):
        runs.request(video=run.video)


def free_port() -> int:
    wanted = int(os.environ.get("SEVENTH_PORT") or FIRST_PORT)
    for port in (*range(wanted, wanted + 20), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No free port was found.")


def wait_for_web(child: Child, port: int) -> None:
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a clinic's proxy knows no port of ours
    for _ in range(600):
        if child.exit_status is not None:
            raise SystemExit(f"The web process ended:\n{child.last_words()}")
        try:
            with straight.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"The web process does not answer:\n{child.last_words()}")


@contextmanager
def only_one() -> Iterator[None]:
    """Two demonstrations on the same data would take each other's runs."""
    path: Path = settings.VAR_DIR / "demo.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("The demonstration runs already; end it first with Ctrl-C.") from None
        yield


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Ctrl-C, a closed terminal and `kill` all end in order; a second one does not disturb the ending."""
    asked = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise Ended

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except Ended:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
