"""Seconds a stage took, added up over a run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """`with watch("detection"): ...`, any number of times; `seconds` holds the sums."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - start

    def waiting_for(self, items: Iterable[T], stage: str) -> Iterator[T]:
        """The items, with the time that each took to come on the watch."""
        iterator = iter(items)
        while True:
            with self(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    @property
    def total(self) -> float:
        return time.monotonic() - self.started
