"""Keeping a few of many, evenly spread, without knowing how many there will be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Evenly(Generic[T]):
    """At most `most` of what is offered: when it is full every second one goes, and every second offer from then on."""

    def __init__(self, most: int) -> None:
        self.kept: list[T] = []
        self._most, self._every, self._offered = most, 1, 0

    def offer(self, make: Callable[[], T]) -> None:
        """`make` is called for what is kept only."""
        if self._offered % self._every == 0:
            self.kept.append(make())
            if len(self.kept) > self._most:
                self.kept = self.kept[::2]
                self._every *= 2
        self._offered += 1
