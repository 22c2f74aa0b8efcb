"""Which code made a number: the project's version and, where it can be known, the commit."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

VERSION: Final = "0.1.0"  # the same as in pyproject.toml; a test compares them
COMMIT_VARIABLE: Final = "SEVENTH_COMMIT"  # set where the code runs without its repository, as in an image
_ROOT = Path(__file__).resolve().parents[1]


@cache
def code_version() -> str:
    """For example 0.1.0+1c293fb4a0c2; without a known commit the version alone."""
    commit = os.environ.get(COMMIT_VARIABLE) or commit_of(_ROOT)
    return f"{VERSION}+{commit[:12]}" if commit else VERSION


def commit_of(root: Path) -> str | None:
    """The commit checked out in a repository, read from its files; None without one. Needs no git."""
    try:
        folder = root / ".git"
        if folder.is_file():  # a work tree of its own: "gitdir: PATH"
            folder = (root / folder.read_text().partition(":")[2].strip()).resolve()
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head or None
        return _resolve(_shared(folder), head.removeprefix("ref: "))
    except OSError:
        return None


def _shared(folder: Path) -> Path:
    common = folder / "commondir"
    return (folder / common.read_text().strip()).resolve() if common.is_file() else folder


def _resolve(folder: Path, name: str) -> str | None:
    loose = folder / name
    if loose.is_file():
        return loose.read_text().strip()
    packed = folder / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), None)
