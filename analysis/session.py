"""One video between being followed and being judged: its face, its rest, its exercises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis import corrections as corrected
from analysis.action_units import personal
from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import Corrections, Exercise, Quality, Timeline
from analysis.faces.head import HeadFrame
from analysis.faces.track import FaceTrack
from analysis.models import Models
from analysis.motion import compliance
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found, apex_of
from analysis.motion.rest import Rest, RestReference


@dataclass(frozen=True, slots=True)
class Session:
    """One video on its way through the measuring: what is known before anything is judged."""

    track: FaceTrack
    frame: HeadFrame
    rest: Rest
    raw: SideActionUnits  # an average face's intensities
    recognised: list[Found]
    beside: list[Found]  # speech and puffed cheeks: shown, never measured
    timeline: Timeline | None
    quality: Quality | None
    pinned: RestReference | None
    models: Models
    corrections: Corrections | None = None

    @property
    def by_hand(self) -> list[Found] | None:
        """The exercises as a clinician put them right; None where they are as found."""
        return corrected.stretches(self.corrections, self.raw, self.frame.time_s) if self.corrections else None

    @property
    def stretches(self) -> list[Found]:
        """What the numbers are taken from: the recognised exercises, and asked ones that were not recognised.

        A timeline tells what was meant even where one half hardly moves, so an asked exercise counts where it was asked
        for; its apex is looked for in its own time. What a clinician put right goes before both.
        """
        if (by_hand := self.by_hand) is not None:
            return by_hand
        if self.timeline is None:
            return self.recognised
        return [
            asked(self, s.exercise, s.start_s, s.end_s) for s in self.timeline.segments if s.exercise in prescriptions()
        ]

    @property
    def checks(self) -> list[compliance.Check]:
        """What became of each prompt of a prescribed exercise, in their order."""
        checks = []
        for prompt in self.timeline.segments if self.timeline else []:
            if prompt.exercise in prescriptions():
                stretch = asked(self, prompt.exercise, prompt.start_s, prompt.end_s)
                share = personal.effort(self.raw, prompt.exercise, stretch.apex)
                checks.append(compliance.check(prompt, self.recognised, self.frame.time_s, share))
        return checks

    @property
    def done(self) -> list[Found]:
        """The stretches that say something about this face: those in which what was asked for was tried."""
        if self.timeline is None or self.by_hand is not None:
            return self.stretches
        return [f for f, check in zip(self.stretches, self.checks, strict=True) if not check.is_undone]


def asked(session: Session, exercise: Exercise, start_s: float, end_s: float) -> Found:
    """The stretch that a prompt covers, moved onto the recognised one where that overlaps it by half."""
    time_s = session.frame.time_s
    for f in session.recognised:
        overlap = min(end_s, time_s[f.last]) - max(start_s, time_s[f.first])
        if f.exercise is exercise and overlap >= 0.5 * min(end_s - start_s, time_s[f.last] - time_s[f.first]):
            return f
    first = int(np.searchsorted(time_s, start_s))
    last = max(first, int(np.searchsorted(time_s, end_s)) - 1)
    first, last = min(first, len(time_s) - 1), min(last, len(time_s) - 1)
    return Found(exercise, first, last, apex_of(session.raw, exercise, first, last), 0.0)
