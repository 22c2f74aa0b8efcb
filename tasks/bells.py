"""Doorbells as files: the broker of the embedded set-up, with nothing to install.

One folder a queue. A bell is written beside and renamed into place, so that nobody reads half of it; whoever renames it
away has it. A file that is no message is put aside as `bad`. A bell that dies with its worker is not brought back: the
row it rang for is the truth, and the sweep rings again.

kombu's own file transport writes in place and stops the worker at the first half-written file (5.7.0), hence this one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, virtual

SCHEME = "bells"  # broker address: bells://; folder and polling interval are transport options
_NAME = re.compile(r"\A[A-Za-z0-9_][A-Za-z0-9._@-]*\Z")
_STALE_DRAFT_S = 3600

logger = logging.getLogger(__name__)


class Channel(virtual.Channel):
    @property
    def root(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])  # type: ignore[union-attr,index]

    def _folder(self, queue: str) -> Path:
        if not _NAME.match(queue):
            raise ChannelError(f"not a queue name: {queue!r}")
        folder = self.root / queue
        if not folder.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _new_queue(self, queue: str, **_: Any) -> None:
        self._folder(queue)

    def _has_queue(self, queue: str, **_: Any) -> bool:
        return (self.root / queue).is_dir()

    def _waiting(self, queue: str) -> Iterator[Path]:
        yield from (path for path in sorted(self._folder(queue).iterdir()) if path.suffix == ".bell")

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        folder = self._folder(queue)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        draft = folder / f"{name}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(message, file)
        draft.rename(folder / f"{name}.bell")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002  # kombu's
        for path in self._waiting(queue):
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:  # another worker was faster
                continue
            if (message := _read(taken)) is not None:
                taken.unlink(missing_ok=True)
                return message
        self._discard_old_drafts(queue)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._waiting(queue))

    def _purge(self, queue: str) -> int:
        waiting = list(self._waiting(queue))
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _discard_old_drafts(self, queue: str) -> None:
        """What a process left that died while writing or taking."""
        before = time.time() - _STALE_DRAFT_S
        for path in self._folder(queue).iterdir():
            try:
                if path.suffix in (".draft", ".taken") and path.stat().st_mtime < before:
                    path.unlink()
            except FileNotFoundError:
                continue


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = driver_name = SCHEME

    def driver_version(self) -> str:
        return "1"


def _read(path: Path) -> dict[str, Any] | None:
    """The message, or None after putting aside a file that is none."""
    try:
        message = json.loads(path.read_bytes())
        if {"body", "headers", "properties"} <= message.keys():
            return dict(message)
    except (ValueError, AttributeError):
        pass
    path.rename(path.with_suffix(".bad"))
    logger.warning("%s is not a message: put aside", path.name)
    return None


def register() -> None:
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
