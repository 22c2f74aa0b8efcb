"""Two visits compared: better, worse, within noise, or cannot tell and why. Standard library only.

Works on recorded numbers alone: no query, and usable in a notebook on an exported course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    WITHIN_NOISE = "within noise"
    CANNOT_TELL = "cannot tell"


class Reason(StrEnum):
    """Why two visits, or one number of them, cannot be compared."""

    PROTOCOL = "the exercises asked for differ"
    CAMERA = "the camera or its settings differ"
    POSE = "the head was held differently"
    METHOD = "the measuring method differs"
    WEIGHTS = "the weights differ"
    MIRRORED = "one of the videos may be a mirror image"
    SIDE = "one of the videos contradicts the side on record"
    NOT_MEASURED = "not measured in one of the visits"
    NO_ERROR = "the error of this measurement is not known"
    CROSSED = "the stronger side has changed"


class Direction(StrEnum):
    """Which change is an improvement."""

    LOWER = "lower"  # grades, points of synkinesis
    HIGHER = "higher"  # shares of movement, scores
    TOWARDS_ZERO = "towards zero"  # signed left-right differences


POSE_LIMIT_DEG: Final = 8.0  # difference of the median yaw or pitch beyond which landmarks shift more than faces do
RATE_LIMIT: Final = 1.5  # ratio of frame rates beyond which quick movements are sampled differently
SIZE_LIMIT: Final = 1.6  # ratio of face widths in pixels
TOWARDS_ZERO: Final = ("_asymmetry", "_delta_am", "_difference")
LOWER: Final = ("hb_", "synkinesis", "fngs2", "palpebral_fissure_")  # what stays open at an effort to close


@dataclass(frozen=True, slots=True)
class Visit:
    """What was recorded of one session. None where it is not known: what is not known is not held against it."""

    values: Mapping[str, float | None]
    mdc95: Mapping[str, float] = field(default_factory=dict)  # in the values' own units
    protocol: str | None = None
    camera: str | None = None
    fps: float | None = None
    face_width_px: float | None = None
    yaw_deg: float | None = None  # medians of the video
    pitch_deg: float | None = None
    method: str | None = None
    weights: tuple[str, ...] | None = None  # hashes
    mirrored_unknown: bool = False
    side_doubtful: bool = False  # the measured side contradicts the one on record: mirrored, or somebody else's face


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    before: float | None
    after: float | None
    mdc95: float | None
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


def compare(before: Visit, after: Visit) -> list[Change]:
    """One verdict per number that either visit has, in the order of the first visit's numbers.

    A change counts when it exceeds the greater MDC95 of the two (smallest change that one patient's repeat shows with
    95 % confidence). Visits that are not comparable give `CANNOT_TELL` for every number, with all the reasons.
    """
    common = incomparable(before, after)
    return [_change(name, before, after, common) for name in dict.fromkeys([*before.values, *after.values])]


def incomparable(before: Visit, after: Visit) -> tuple[Reason, ...]:
    """Why no number of two visits can be compared; empty when they can."""
    checks = {
        Reason.PROTOCOL: _differ(before.protocol, after.protocol),
        Reason.CAMERA: _differ(before.camera, after.camera)
        or _apart(before.fps, after.fps, RATE_LIMIT)
        or _apart(before.face_width_px, after.face_width_px, SIZE_LIMIT),
        Reason.POSE: _far(before.yaw_deg, after.yaw_deg) or _far(before.pitch_deg, after.pitch_deg),
        Reason.METHOD: _differ(before.method, after.method),
        Reason.WEIGHTS: _differ(before.weights, after.weights),
        Reason.MIRRORED: before.mirrored_unknown != after.mirrored_unknown,
        Reason.SIDE: before.side_doubtful != after.side_doubtful,
    }
    return tuple(reason for reason, holds in checks.items() if holds)


def direction(name: str) -> Direction:
    """By the ending or beginning of a number's name; a share or score unless it says otherwise."""
    if name.endswith(TOWARDS_ZERO):
        return Direction.TOWARDS_ZERO
    return Direction.LOWER if name.startswith(LOWER) else Direction.HIGHER


def _change(name: str, before: Visit, after: Visit, common: tuple[Reason, ...]) -> Change:
    a, b = before.values.get(name), after.values.get(name)
    errors = [visit.mdc95[name] for visit in (before, after) if name in visit.mdc95]
    mdc95 = max(errors, default=None)
    reasons = list(common)
    if a is None or b is None:
        reasons.append(Reason.NOT_MEASURED)
    if mdc95 is None:
        reasons.append(Reason.NO_ERROR)
    if reasons or a is None or b is None or mdc95 is None:
        return Change(name, a, b, mdc95, Verdict.CANNOT_TELL, tuple(reasons))
    return Change(name, a, b, mdc95, *_judge(a, b, mdc95, direction(name)))


def _judge(a: float, b: float, mdc95: float, improves: Direction) -> tuple[Verdict, tuple[Reason, ...]]:
    if abs(b - a) <= mdc95:
        return Verdict.WITHIN_NOISE, ()
    if improves is Direction.TOWARDS_ZERO:
        gain = abs(a) - abs(b)
        if a * b < 0 and abs(gain) <= mdc95:
            return Verdict.CANNOT_TELL, (Reason.CROSSED,)
    else:
        gain = b - a if improves is Direction.HIGHER else a - b
    return (Verdict.BETTER if gain > 0 else Verdict.WORSE), ()


def _differ(a: object | None, b: object | None) -> bool:
    return a is not None and b is not None and a != b


def _apart(a: float | None, b: float | None, limit: float) -> bool:
    return a is not None and b is not None and min(a, b) > 0 and max(a, b) / min(a, b) > limit


def _far(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and abs(a - b) > POSE_LIMIT_DEG
