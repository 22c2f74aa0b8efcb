"""Every container's command as a plain process, with the health check that its container has.

The services' settings are those of compose.yaml; only addresses and folders differ.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from clinic.models import WorkerBeat
from tests.docker.files import DOCKER, ROOT, command_of, compose
from tests.tasks.processes import database_url, wait_for

pytestmark = [pytest.mark.services, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

BIN = Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    assert settings.REDIS_URL, "the mark `services` needs REDIS_URL"
    given = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SEVENTH_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR",
        "SEVENTH_ALLOWED_HOSTS": "localhost,seventh.test",
        "SEVENTH_TRUSTED_ORIGINS": "https://seventh.test",
        "SEVENTH_PROXIES": "1",
        "EMAIL_URL": "consolemail://",
        "TIME_ZONE": "UTC",
    }
    assert set(given) == set(compose()["services"]["web"]["environment"])
    folders = {
        "SEVENTH_VAR_DIR": str(tmp_path / "var"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    only_for_tests = {"SEVENTH_REDIS_PREFIX": settings.BROKER_PREFIX, "SEVENTH_SWEEP_S": "1", "OMP_NUM_THREADS": "1"}
    path = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    return {**given, **folders, **only_for_tests, **path}


@contextlib.contextmanager
def started(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def healthy(what: str, environment: dict[str, str]) -> bool:
    script = str(DOCKER / "healthy.py")
    return (
        subprocess.run([BIN / "python", script, what], cwd=ROOT, env=environment, capture_output=True).returncode == 0
    )


def run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_migration_ends_well(environment):
    run(compose()["services"]["migration"]["command"], environment)


def test_web_answers_its_health_check_and_shows_the_log_in_page(environment, tmp_path):
    run(["python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], environment)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment["PORT"] = port
    command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in command_of(DOCKER / "web.Dockerfile")]
    assert not healthy("web", environment)
    with started(command, environment, tmp_path / "web.log"):
        wait_for(lambda: healthy("web", environment), "web is healthy")
        page = through_the_proxy(f"http://127.0.0.1:{port}/account/login/")
        assert 'type="password"' in page
        assert through_the_proxy(f"http://127.0.0.1:{port}{first_stylesheet(page)}")


@pytest.mark.parametrize("name", ["light", "gpu"])
def test_worker_answers_a_ping(name, environment, tmp_path):
    assert not healthy("worker", environment)
    with started(command_of(DOCKER / f"{name}.Dockerfile"), environment, tmp_path / f"{name}.log"):
        wait_for(lambda: healthy("worker", environment), f"{name} is healthy")


def test_beat_keeps_the_light_worker_sweeping(environment, tmp_path):
    beat = compose()["services"]["beat"]["command"]
    with (
        started(command_of(DOCKER / "light.Dockerfile"), environment, tmp_path / "light.log"),
        started(beat, environment, tmp_path / "beat.log"),
    ):
        wait_for(lambda: (tmp_path / "light.log").read_text().count("sweep_runs") >= 6, "three sweeps")
        assert WorkerBeat.objects.filter(queue="light").exists()


def through_the_proxy(url: str) -> str:
    headers = {"Host": "seventh.test", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    for _ in range(3):
        with (
            contextlib.suppress(ConnectionError),
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer,
        ):
            assert answer.status == 200
            return answer.read().decode()
        time.sleep(0.5)
    raise AssertionError(f"no answer from {url}")


def first_stylesheet(page: str) -> str:
    return page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
