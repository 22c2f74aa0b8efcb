"""Whether what was asked for was done, so that a retake can be asked for before the patient leaves the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from analysis.contracts import Exercise, Problem, Timeline, TimelineSegment
from analysis.faces.anatomy import Points
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found

WRONG, MISSING, HALF = "exercise_wrong", "exercise_missing", "exercise_half_hearted"
MISSING_ALL = "exercises_missing"
LEAST_EFFORT: Final = 0.5  # share of a healthy movement on the stronger half under which an exercise was half-hearted
_OVERLAP: Final = 0.3  # of the asked stretch that the recognised exercise must fill
_LATE_S: Final = 0.8  # a patient may answer a prompt this late
_NAMES: Final = {
    Exercise.BROW_RAISE: "raise your eyebrows",
    Exercise.EYE_CLOSURE_GENTLE: "close your eyes gently",
    Exercise.EYE_CLOSURE_TIGHT: "close your eyes tightly",
    Exercise.SMILE_CLOSED: "smile with closed lips",
    Exercise.SMILE_OPEN: "smile showing your teeth",
    Exercise.PUCKER: "pucker your lips",
    Exercise.LOWER_LIP_DEPRESS: "show your lower teeth",
    Exercise.SNARL: "wrinkle your nose",
}
_LIKE: Final = ({Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT}, {Exercise.SMILE_CLOSED, Exercise.SMILE_OPEN})


@dataclass(frozen=True, slots=True)
class Check:
    asked: TimelineSegment
    done: Exercise | None  # what was recognised in its place; None: nothing
    effort: float | None  # share of the healthy movement on the stronger half
    verdict: str  # "done", WRONG, MISSING or HALF

    @property
    def is_undone(self) -> bool:
        """Neither half did what was asked for: a smile in a brow raise's time says nothing about the brow.

        A half that does it keeps the stretch, whatever it was taken for.
        """
        return self.verdict in (WRONG, MISSING) and (self.effort is None or self.effort < LEAST_EFFORT)


def check(asked: TimelineSegment, found: list[Found], time_s: Points, effort: float | None) -> Check:
    """Compare one prompt with what was recognised in its time. `effort` is the stronger half's share at the apex."""
    overlaps: dict[Exercise, float] = {}
    for f in found:
        inside = min(asked.end_s + _LATE_S, time_s[f.last]) - max(asked.start_s, time_s[f.first])
        overlaps[f.exercise] = overlaps.get(f.exercise, 0.0) + max(0.0, float(inside))
    needed = _OVERLAP * (asked.end_s - asked.start_s)
    done = max(overlaps, key=lambda e: (overlaps[e], e == asked.exercise), default=None)
    if overlaps.get(asked.exercise, 0.0) >= needed:
        done = asked.exercise
    if done is None or overlaps[done] < min(needed, 0.5):
        weak = effort is not None and effort >= LEAST_EFFORT / 2
        return Check(asked, None, effort, HALF if weak else MISSING)
    if done is not asked.exercise and not any({done, asked.exercise} <= like for like in _LIKE):
        return Check(asked, done, effort, WRONG)
    return Check(asked, done, effort, HALF if effort is not None and effort < LEAST_EFFORT else "done")


def problems(checks: list[Check]) -> list[Problem]:
    """One sentence of advice per exercise that needs a retake."""
    found = []
    for c in checks:
        wanted = _NAMES.get(c.asked.exercise, c.asked.exercise.value)
        if c.verdict == MISSING:
            text = f"We could not see this exercise: {wanted}. Please record it again."
        elif c.verdict == WRONG:
            seen = _NAMES.get(c.done, c.done.value) if c.done else ""
            text = f"Asked for: {wanted}. It looked more like: {seen}. Please record it again."
        elif c.verdict == HALF:
            text = f"This exercise was very small: {wanted}. Please do it as strongly as you can and record it again."
        else:
            continue
        found.append(Problem(c.verdict, text, at_s=round(c.asked.start_s, 2)))
    return found


def nothing_done(found: list[Found], timeline: Timeline | None) -> Problem | None:
    """The video does not show the exercises: then nothing about a palsy can be said from it.

    With a timeline a third of what was asked for must have been recognised, else three exercises of two regions: talk
    and laughter give one or two that look like it.
    """
    done = {f.exercise for f in found if f.exercise in prescriptions()}
    wanted = {s.exercise for s in timeline.segments if s.exercise in prescriptions()} if timeline else set()
    if wanted and 3 * len(done & wanted) >= len(wanted):
        return None
    if not wanted and len(done) >= 3 and len({prescriptions()[e].region for e in done}) >= 2:
        return None
    asked = " The exercises asked for were not recognised." if timeline and timeline.segments else ""
    return Problem(
        MISSING_ALL,
        "The prescribed exercises are not in this video, so weakness, synkinesis and a grade cannot be estimated "
        f"from it.{asked} Please record the exercises again, one after the other, with a short rest between them.",
    )


def to_json(checks: list[Check]) -> list[dict[str, Any]]:
    return [
        {
            "asked": c.asked.exercise.value,
            "start_s": c.asked.start_s,
            "end_s": c.asked.end_s,
            "done": None if c.done is None else c.done.value,
            "effort": None if c.effort is None else round(c.effort, 3),
            "verdict": c.verdict,
        }
        for c in checks
    ]
