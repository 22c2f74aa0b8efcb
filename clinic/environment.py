"""Values from the environment, checked: a bad one stops start-up with one clear line, before anything is touched."""

from __future__ import annotations

import os
import secrets
import zoneinfo
from pathlib import Path
from typing import Any, NoReturn

import environ

env = environ.FileAwareEnv()  # NAME_FILE=/run/secrets/name works for every name

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off", ""}
_SAMPLE_WORDS = ("change", "secret-key", "insecure", "example", "your")
_SHORTEST_SECRET = 32


def stop(name: str, why: str) -> NoReturn:
    """One line and exit status 1: under gunicorn, celery and manage.py alike."""
    raise SystemExit(f"Seventh does not start: {name} {why}")


def text(name: str, default: str) -> str:
    return str(env.str(name, default))


def flag(name: str, default: bool) -> bool:
    """django-environ reads any unknown word as false; for a security switch that is the wrong guess."""
    value = env.str(name, str(default)).strip().lower()
    if value not in _YES | _NO:
        stop(name, f"must be yes or no, not {value!r}")
    return value in _YES


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    value = env.str(name, str(default)).strip()
    if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
        stop(name, f"must be a whole number from {least}{f' to {most}' if most is not None else ''}, not {value!r}")
    return int(value)


def words(name: str, default: list[str]) -> list[str]:
    return [word.strip() for word in env.list(name, default=default) if word.strip()]


def hosts(name: str, default: list[str]) -> list[str]:
    found = words(name, default)
    if not found or any(bad in host for host in found for bad in ("*", "/", " ")):
        stop(name, "must list host names without scheme, path or *, e.g. clinic.example.org,localhost")
    return found


def origins(name: str, default: list[str]) -> list[str]:
    found = words(name, default)
    if any(not origin.startswith(("http://", "https://")) for origin in found):
        stop(name, "must list origins with their scheme, e.g. https://clinic.example.org")
    return found


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        stop(name, f"must be a time zone such as Europe/Berlin, not {value!r}")
    return value


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        stop(name, f"must be one of {', '.join(allowed)}, not {value!r}")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """The value may carry a password: it is never repeated in the message."""
    if env.str(name, default).split(":", 1)[0] not in ("sqlite", "postgres", "postgresql"):
        stop(name, "must begin with sqlite:// or postgres://")
    try:
        return dict(env.db(name, default))
    except (ValueError, KeyError, environ.ImproperlyConfigured):
        stop(name, "is not a database address such as postgres://user:password@host:5432/name")


def redis(name: str) -> str:
    value = text(name, "")
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        stop(name, "must begin with redis://, rediss:// or unix://")
    return value


def email(name: str, default: str) -> dict[str, Any]:
    try:
        return dict(env.email_url(name, default))
    except (ValueError, KeyError, environ.ImproperlyConfigured):
        stop(name, "must be like smtp+tls://user:password@host:587, or consolemail://")


def secret_key(name: str, keep_in: Path) -> str:
    """From the environment, else made once and kept where only this account reads it."""
    value = text(name, "")
    if not value:
        return _kept_secret(keep_in)
    if len(value) < _SHORTEST_SECRET or any(word in value.lower() for word in _SAMPLE_WORDS):
        stop(name, f"must be at least {_SHORTEST_SECRET} random characters and no sample text")
    return value


def _kept_secret(path: Path) -> str:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(draft)  # web and worker may start together: the first one wins, whole
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def private_folder(name: str, default: Path, *, public: list[Path]) -> Path:
    """Videos must never lie where a web server hands files to anybody."""
    folder = Path(env.str(name, str(default))).resolve()
    if any(folder.is_relative_to(p.resolve()) or p.resolve().is_relative_to(folder) for p in public):
        stop(name, "must not share a folder with the public static files")
    return folder
