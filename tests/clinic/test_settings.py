"""Start-up: a bad value stops it with one line; secrets and private folders are what they should be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinic import environment

ROOT = Path(__file__).resolve().parents[2]
LOAD = (
    "from clinic import settings; print(settings.HTTPS, settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT)"
)


def start(var: Path, code: str = LOAD, **values: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**clean, "SEVENTH_VAR_DIR": str(var), **values},
        capture_output=True,
        text=True,
        timeout=60,
    )


BAD = [
    ("SEVENTH_DEBUG", "maybe"),
    ("SEVENTH_HTTPS", "2"),
    ("SEVENTH_SECRET_KEY", "short"),
    ("SEVENTH_SECRET_KEY", "change-me-change-me-change-me-change-me"),
    ("SEVENTH_ALLOWED_HOSTS", "*"),
    ("SEVENTH_ALLOWED_HOSTS", "https://clinic.example.org"),
    ("SEVENTH_TRUSTED_ORIGINS", "clinic.example.org"),
    ("TIME_ZONE", "Mars/Olympus"),
    ("DATABASE_URL", "mysql://u:pass-word@h/d"),
    ("DATABASE_URL", "postgres://u:pass-word@h:port/d"),
    ("REDIS_URL", "http://u:pass-word@h"),
    ("EMAIL_URL", "nonsense://u:pass-word@h"),
    ("MEDIA_ROOT", str(ROOT / "static" / "videos")),
    ("MEDIA_ROOT", str(ROOT)),
    ("SEVENTH_UPLOAD_MAX_MB", "-1"),
    ("SEVENTH_UPLOAD_MAX_MB", "many"),
    ("SEVENTH_PROXIES", "99"),
    ("SEVENTH_LOG_LEVEL", "LOUD"),
]


def test_each_bad_value_stops_start_up_with_one_line_that_names_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda bad: start(tmp_path, **{bad[0]: bad[1]}), BAD))
    told = {}
    for (name, value), run in zip(BAD, runs, strict=True):
        line = run.stderr.strip()
        good = run.returncode == 1 and line.count("\n") == 0 and name in line and "pass-word" not in line
        if not good:
            told[name, value] = (run.returncode, line)
    assert told == {}


def test_start_without_any_value_is_secure_and_makes_one_secret(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert first.stdout == "True True True\n", first.stderr
    key = tmp_path / "secret_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) > 64
    kept = key.read_text()
    start(tmp_path)
    assert key.read_text() == kept


def test_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: environment._kept_secret(tmp_path / "secret_key"), range(8)))
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "mounted"
    secret.write_text("k" * 60)
    run = start(
        tmp_path, "from clinic import settings; print(settings.SECRET_KEY)", SEVENTH_SECRET_KEY_FILE=str(secret)
    )
    assert run.stdout.strip() == "k" * 60


def test_demonstration_works_without_https_and_without_collected_files(tmp_path: Path) -> None:
    code = "from clinic import settings as s; print(s.HTTPS, s.SESSION_COOKIE_NAME, s.COLLECTED, s.DEBUG)"
    assert start(tmp_path, code, SEVENTH_DEMO="yes").stdout == "False session False False\n"


def test_deployment_check_has_nothing_to_say_with_the_values_of_production(tmp_path: Path) -> None:
    code = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'clinic.settings'\n"
        "from django.core.management import execute_from_command_line as run\n"
        "run(['manage.py', 'check', '--deploy', '--fail-level', 'WARNING'])"
    )
    run = start(tmp_path, code, SEVENTH_SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!")
    assert (run.returncode, run.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), run.stderr


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("0", False), ("", False)]
)
def test_switch_is_read(text: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVENTH_X", text)
    assert environment.flag("SEVENTH_X", not value) is value


def test_sqlite_takes_its_lock_at_the_start_of_a_transaction_and_lets_readers_go_on(tmp_path: Path) -> None:
    code = (
        "import django, os\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'clinic.settings'\n"
        "django.setup()\n"
        "from django.db import connection, transaction\n"
        "print(connection.cursor().execute('PRAGMA journal_mode').fetchone()[0], connection.transaction_mode)\n"
    )
    assert start(tmp_path, code).stdout.split() == ["wal", "IMMEDIATE"]
