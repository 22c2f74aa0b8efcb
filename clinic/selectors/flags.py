"""What a clinician should look at first, found in what is stored; nothing here is computed from pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analysis.contracts import Mirrored
from clinic.charts import words
from clinic.models.results import OPEN_STATES, RunState

POOR_VIDEO = 0.4  # below this quality score the numbers deserve doubt
SURE_OF_SIDE = 0.6  # confidence from which a measured side may contradict a recorded one
SIDES = ("left", "right")
EFFORTS = ("gentle", "tight")
EYE_SAFETY = "details__extras__eye_safety"

# What `of_assessment` reads, for `.values(...)`.
FIELDS = ("affected_side", "affected_confidence", "quality_score", EYE_SAFETY)


@dataclass(frozen=True, slots=True)
class Flag:
    code: str
    label: str
    tone: str  # of the badge: warn, bad, info
    icon: str = "alert"
    reason: str = ""  # why, in a sentence with its numbers
    of_day: date | None = None  # of an earlier session, which a newer one may have overtaken

    def because(self, reason: str) -> Flag:
        return replace(self, reason=reason)

    def of_earlier(self, day: date) -> Flag:
        return replace(self, of_day=day)


EYE_CLOSURE = Flag("eye_closure", "Eye stays open", "bad", "eye")
WORSE = Flag("worse", "Worse beyond error", "bad", "chart")
SYNKINESIS = Flag("synkinesis", "New synkinesis", "bad", "link")
SIDE_CONFLICT = Flag("side_conflict", "Side conflict", "bad")
FAILED = Flag("failed", "Analysis failed", "bad", "alert")
REFUSED = Flag("refused", "Video refused", "warn", "repeat")
POOR = Flag("poor_video", "Poor video", "warn", "video")
MISSED = Flag("missed", "Recording overdue", "warn", "calendar")
PLATEAU = Flag("plateau", "No change for long", "info", "clock")
IN_PROGRESS = Flag("in_progress", "Being analysed", "info", "pulse")

# What to look at first, and therefore what the list shows first.
ORDER = (EYE_CLOSURE, WORSE, SYNKINESIS, SIDE_CONFLICT, FAILED, REFUSED, POOR, MISSED, PLATEAU)
RANK = {flag.code: rank for rank, flag in enumerate(ORDER)}


def sides_conflict(stored: str | None, measured: str | None, confidence: float | None) -> bool:
    """A stored side and one that was measured with some confidence, which cannot both be true."""
    one_sided = stored in SIDES and measured in SIDES
    return one_sided and stored != measured and (confidence is None or confidence >= SURE_OF_SIDE)


def eye_stays_open(eye_safety: Mapping[str, Any] | None) -> bool:
    """Either eye, at gentle or tight effort, by the worker's own rule."""
    efforts = [(eye_safety or {}).get(effort) or {} for effort in EFFORTS]
    return any(effort.get(f"flag_{side}") for effort in efforts for side in SIDES)


def of_assessment(row: Mapping[str, Any], stored_side: str | None) -> tuple[Flag, ...]:
    """`row`: an assessment's FIELDS."""
    found = []
    if eye_stays_open(row[EYE_SAFETY]):
        found.append(EYE_CLOSURE.because(_eye_words(row[EYE_SAFETY] or {})))
    if sides_conflict(stored_side, row["affected_side"], row["affected_confidence"]):
        found.append(SIDE_CONFLICT.because(_side_words(row, stored_side)))
    if row["quality_score"] < POOR_VIDEO:
        score = f"{row['quality_score']:.2f} of 1"
        found.append(POOR.because(f"Quality {score}, below {POOR_VIDEO}: the numbers deserve doubt."))
    return tuple(found)


def _eye_words(eye_safety: Mapping[str, Any]) -> str:
    """One part an eye and effort, with what is left open."""
    parts = []
    for effort in EFFORTS:
        shown = eye_safety.get(effort) or {}
        for side in SIDES:
            if shown.get(f"flag_{side}"):
                parts.append(f"{side} eye {_opening(shown.get(side), shown.get('unit', ''))} at {effort} effort")
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]} (estimate)."


def _opening(value: float | None, unit: str) -> str:
    if value is None:
        return "stays open"
    return f"{value:.1f} mm open" if unit == "mm" else f"{value:.2f} eye distances open"


def _side_words(row: Mapping[str, Any], stored: str | None) -> str:
    sure = row["affected_confidence"]
    told = "" if sure is None else f" (confidence {words.probable(sure)})"
    return f"Recorded: {stored}. Measured: {row['affected_side']}{told}."


def of_run(state: str, why: str = "") -> tuple[Flag, ...]:
    if state in OPEN_STATES:
        return (IN_PROGRESS,)
    found = {RunState.REFUSED.value: REFUSED, RunState.FAILED.value: FAILED}.get(state)
    return (found.because(why),) if found else ()


def mirror_words(mirrored: str) -> str:
    """What is known about the picture, for the warning about sides."""
    return {
        Mirrored.NO.value: "The video is marked as not mirrored.",
        Mirrored.YES.value: "The video is marked as mirrored, so left and right were exchanged before measuring.",
    }.get(mirrored, "It is not known whether the camera mirrored the video.")
