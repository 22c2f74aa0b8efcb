"""What the live site is still answering after a browser has gone."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from django.core.signals import request_finished, request_started

_QUIET_S: Final = 0.1  # a request that the socket has taken has begun within this time
_LONGEST_S: Final = 10.0


class InFlight:
    """Counts requests, so that tables are emptied when nobody reads them: PostgreSQL would see a deadlock in that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._changed = 0, time.monotonic()
        request_started.connect(self._began)
        request_finished.connect(self._ended)

    def close_when_quiet(self) -> None:
        """Wait until nothing is answered for a moment. Raises AssertionError when a request does not end."""
        until = time.monotonic() + _LONGEST_S
        while not self._is_quiet():
            assert time.monotonic() < until, f"{self._count} requests are still answered after {_LONGEST_S:.0f} s"
            time.sleep(0.02)
        request_started.disconnect(self._began)
        request_finished.disconnect(self._ended)

    def _is_quiet(self) -> bool:
        with self._lock:
            return self._count == 0 and time.monotonic() - self._changed > _QUIET_S

    def _began(self, **_: Any) -> None:
        self._add(1)

    def _ended(self, **_: Any) -> None:
        self._add(-1)

    def _add(self, number: int) -> None:
        with self._lock:
            self._count, self._changed = self._count + number, time.monotonic()
