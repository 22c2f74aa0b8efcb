"""What the decoding process may not do, tried from inside one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.video import decode, process, sandbox
from analysis.video.problems import VideoRefused

ROOT = Path(__file__).resolve().parents[2]

INSIDE = """
import os, resource, socket, sys
from analysis.video import sandbox
sandbox.confine(memory_bytes=1 << 30, cpu_s=20, parent_pid=os.getppid())
closed = sandbox.close_file_system()
def tried(action):
    try:
        action()
    except OSError:
        return "refused"
    return "allowed"
print("closed" if closed else "open",
      tried(lambda: open(sys.argv[1]).read()),
      tried(lambda: open(sys.argv[2], "w")),
      tried(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2)),
      tried(lambda: __import__("colorsys")),
      resource.getrlimit(resource.RLIMIT_AS)[0] == 1 << 30,
      resource.getrlimit(resource.RLIMIT_CORE)[0] == 0)
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    import socket

    folder = tmp_path_factory.mktemp("other")
    (folder / "patient.txt").write_text("private")
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = [str(folder / "patient.txt"), str(folder / "new.txt"), str(server.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-c", INSIDE, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        )
    return done.stdout.split()


def test_limits_of_memory_and_core_dumps_hold(inside):
    if sys.platform != "linux":
        pytest.skip("only Linux keeps to the limit of address space")
    assert inside[5:] == ["True", "True"]


def test_no_other_file_can_be_read_or_written(inside):
    if inside[0] == "open":
        pytest.skip("this kernel has no Landlock")
    assert inside[1:3] == ["refused", "refused"]


def test_nothing_can_be_reached_over_the_network(inside):
    if sys.platform != "linux":
        pytest.skip("name spaces of networks are Linux's")
    if inside[3] == "allowed" and inside[0] == "open":
        pytest.skip("this machine lends neither a network name space nor Landlock")
    assert inside[3] == "refused"


def test_pythons_own_libraries_stay_readable(inside):
    assert inside[4] == "allowed"


def test_no_setting_and_no_secret_reaches_the_decoder(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    assert "DATABASE_URL" not in process._ENVIRONMENT
    assert set(process._ENVIRONMENT) <= {"LANG", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"}
    assert os.environ["DATABASE_URL"]


def run_inside(script):
    """By way of a shell: on Linux a process's highest mark of memory begins with that of the one that started it."""
    by_shell = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, script]
    return subprocess.run(by_shell, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_where_address_space_has_no_limit_a_process_that_grows_is_ended():
    grown = run_inside(
        "import time\n"
        "from analysis.video import sandbox\n"
        "sandbox.watch_memory(100 << 20)\n"
        "held = bytearray(b'x') * (50 << 20); time.sleep(0.3); print('fits', flush=True)\n"
        "more = bytearray(b'x') * (300 << 20); time.sleep(20)\n"
    )
    assert (grown.stdout.strip(), grown.returncode) == ("fits", sandbox.OUT_OF_MEMORY)


def test_refused_limits_do_not_keep_a_mac_from_decoding():
    """As on macOS: setrlimit says no, and there is neither prctl nor Landlock."""
    done = run_inside(
        "import os, resource, sys, threading\n"
        "from analysis.video import sandbox\n"
        "def refuse(*_): raise ValueError('current limit exceeds maximum limit')\n"
        "resource.setrlimit, sys.platform = refuse, 'darwin'\n"
        "sandbox.confine(memory_bytes=2 << 30, cpu_s=20, parent_pid=os.getppid())\n"
        "print(sandbox.close_file_system(), threading.active_count())\n"
    )
    assert done.stdout.split() == ["False", "2"], done.stderr


def test_decoder_that_grew_too_large_is_a_picture_that_is_too_large():
    refused = decode._crashed(process.ProcessEnded(sandbox.OUT_OF_MEMORY, ""))
    assert isinstance(refused, VideoRefused) and refused.code == "too_large_picture"
