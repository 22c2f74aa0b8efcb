"""`make demo` as a person would: start, log in, see a finished analysis, Ctrl-C, nothing left; then once more.

python demo_smoke.py CLONE, where CLONE is a clean clone. Prints what took how long.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

FIRST_ANALYSIS_S = 900  # fetching packages included
SECOND_START_S = 60


class Demo:
    """`make demo` in a process group of its own, as a terminal would start it."""

    def __init__(self, clone: Path) -> None:
        self.begun = time.monotonic()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SEVENTH_", "DATABASE_", "REDIS_"))}
        self.process = subprocess.Popen(
            ["make", "demo"],
            cwd=clone,
            env=environment,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            sys.stdout.write(f"  | {line}")
            sys.stdout.flush()
            self.lines.put(line)

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        until = self.begun + seconds
        while time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                if found := re.search(pattern, self.lines.get(timeout=1)):
                    return found
            if self.process.poll() is not None and self.lines.empty():
                break
        raise SystemExit(f"make demo did not show {pattern!r} within {seconds:.0f} s")

    @property
    def age(self) -> float:
        return time.monotonic() - self.begun

    def end(self) -> float:
        """Ctrl-C reaches the whole foreground group."""
        begun = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=40)
        return time.monotonic() - begun

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Browser:
    def __init__(self, address: str) -> None:
        self.address = address
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str, data: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(data).encode() if data else None
        request = urllib.request.Request(f"{self.address}{path}", body, {"Referer": self.address})
        with self.opener.open(request, timeout=30) as answer:
            return answer.read().decode()

    def log_in(self, email: str, password: str) -> None:
        form = self.get("/account/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert found, "the log-in page has no form"
        page = self.get("/account/login/", {"csrfmiddlewaretoken": found[1], "login": email, "password": password})
        assert 'type="password"' not in page, "the log-in was refused"


def left_over(clone: Path) -> list[str]:
    """Processes that still belong to the demonstration, by what they were started as or where they run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if "demo_smoke" in words or not words:
                continue
            if str(clone) in words or str((folder / "cwd").readlink()).startswith(str(clone)):
                found.append(f"{folder.name} {words[:150]}")
    return found


def check_nothing_left(clone: Path) -> None:
    for _ in range(50):
        if not (left := left_over(clone)):
            return
        time.sleep(0.1)
    raise SystemExit("left behind:\n" + "\n".join(left))


def first_start(clone: Path) -> None:
    demo = Demo(clone)
    try:
        address = demo.wait_for(r"(http://127\.0\.0\.1:\d+)", FIRST_ANALYSIS_S)[1]
        up = demo.age
        email, password = demo.wait_for(r"Clinician\s+(\S+)\s+password (\S+)", FIRST_ANALYSIS_S).groups()
        demo.wait_for(r"analysed [1-9]", FIRST_ANALYSIS_S)
        print(f"address after {up:.0f} s, first finished analysis after {demo.age:.0f} s")
        browser = Browser(address)
        browser.log_in(email, password)
        assert "Robin Fable" in browser.get("/"), "the clinician does not see the patient"
        page = re.search(r"/patients/[0-9a-f-]{36}/", browser.get("/patients/"))
        assert page, "no link to a patient"
        assert "Research use" in browser.get(page[0])
        print(f"Ctrl-C took {demo.end():.1f} s")
        check_nothing_left(clone)
    finally:
        demo.kill()


def second_start(clone: Path) -> None:
    demo = Demo(clone)
    try:
        demo.wait_for(r"(http://127\.0\.0\.1:\d+)", SECOND_START_S)
        print(f"second start: address after {demo.age:.0f} s")
        demo.wait_for(r"analysed [1-9]", SECOND_START_S)  # what was analysed is kept
        demo.end()
        check_nothing_left(clone)
    finally:
        demo.kill()


if __name__ == "__main__":
    where = Path(sys.argv[1]).resolve()
    first_start(where)
    second_start(where)
    print("make demo: started, analysed, ended and started again; nothing left behind")
