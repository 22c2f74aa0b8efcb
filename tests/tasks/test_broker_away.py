"""A Redis that refuses, is silent, or comes back: an upload never fails nor waits long because of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from celery import Celery

from clinic import dispatch
from tasks import config

pytestmark = pytest.mark.services


@pytest.fixture
def redis_server(tmp_path):
    binary = shutil.which("redis-server")
    assert binary, "the marks `services` needs redis-server on the path"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    wait_until_open(port)
    yield process, port
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait(timeout=10)


def wait_until_open(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("redis-server did not start")


@pytest.fixture
def app(redis_server, settings, monkeypatch):
    settings.BROKER_URL = f"redis://127.0.0.1:{redis_server[1]}/0"
    app = Celery("test", set_as_current=False)
    app.conf.update(config.configuration())
    monkeypatch.setattr(dispatch, "current_app", app)
    yield app
    app.close()


def timed_publish() -> tuple[bool, float]:
    begin = time.monotonic()
    return dispatch.publish(dispatch.ANALYSE_VIDEO, run_id="x"), time.monotonic() - begin


def test_silent_redis_holds_a_request_up_for_two_seconds_at_most(redis_server, app):
    assert timed_publish()[0]
    os.kill(redis_server[0].pid, signal.SIGSTOP)
    for _ in range(2):  # with the connection that was open, and with a new one
        sent, seconds = timed_publish()
        assert not sent
        assert seconds < 2.5
    os.kill(redis_server[0].pid, signal.SIGCONT)
    assert timed_publish()[0]


def test_redis_that_is_gone_costs_no_more(redis_server, app):
    assert timed_publish()[0]
    redis_server[0].kill()
    redis_server[0].wait(timeout=10)
    for _ in range(2):
        sent, seconds = timed_publish()
        assert not sent
        assert seconds < 2.5
