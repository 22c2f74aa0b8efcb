"""What the demonstration is doing, as one line."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TextIO

from django.db.models import Count

from clinic.models import AnalysisRun, Video
from clinic.models.results import RunState


@dataclass(frozen=True)
class Progress:
    videos: int
    planned: int
    analysed: int
    refused: int
    failed: int
    now: str

    @property
    def complete(self) -> bool:
        return self.videos >= self.planned and self.analysed + self.refused + self.failed >= self.videos

    def __str__(self) -> str:
        ended = f"analysed {self.analysed + self.refused}/{self.planned}"
        refused = f" ({self.refused} refused)" if self.refused else ""
        failed = f"  failed {self.failed}" if self.failed else ""
        return (
            f"videos made {self.videos}/{self.planned}  {ended}{refused}{failed}{f'  {self.now}' if self.now else ''}"
        )


def progress(planned: int) -> Progress:
    """One look at the database. A video counts once, by its latest run."""
    newest: dict[object, str] = dict(AnalysisRun.objects.order_by("created_at").values_list("video", "state"))
    states = list(newest.values())
    return Progress(
        videos=Video.objects.aggregate(n=Count("pk"))["n"],
        planned=planned,
        analysed=states.count(RunState.DONE),
        refused=states.count(RunState.REFUSED),
        failed=states.count(RunState.FAILED),
        now=_now(),
    )


def _now() -> str:
    run = AnalysisRun.objects.filter(state=RunState.RUNNING).select_related("video__session__patient").first()
    if run is None:
        return ""
    session = run.video.session
    stage = f": {run.stage} {run.progress:.0%}" if run.stage else ""
    return f"now {session.patient.name}, {session.recorded_at:%d %b %Y}{stage}"


class Line:
    """Rewrites itself on a terminal; elsewhere a new line when something changed, every few seconds at most."""

    def __init__(self, out: TextIO = sys.stdout, every_s: float = 5.0) -> None:
        self.out, self.every_s = out, every_s
        self._last, self._at = "", float("-inf")

    def show(self, text: str) -> None:
        if self.out.isatty():
            self.out.write(f"\r\x1b[K{text[:150]}")
        elif text != self._last and time.monotonic() - self._at >= self.every_s:
            self.out.write(f"{text}\n")
            self._last, self._at = text, time.monotonic()
        self.out.flush()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.out.write(f"\r\x1b[K{text}\n" if self.out.isatty() else f"{text}\n")
        self.out.flush()
