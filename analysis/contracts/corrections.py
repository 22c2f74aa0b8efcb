"""What a clinician puts right in a video: `seventh.corrections/1`."""

from __future__ import annotations

import dataclasses
import itertools
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.contracts.names import Exercise
from analysis.contracts.reading import build

CORRECTIONS_SCHEMA = "seventh.corrections/1"

# Points that a person may move, as FaceMesh indices: of the subject's left half and the midline, each with its name.
MOVABLE_LEFT: typing.Final[Mapping[int, str]] = {
    300: "brow, outer end", 334: "brow, middle", 336: "brow, inner end", 263: "outer corner of the eye",
    362: "inner corner of the eye", 386: "upper lid", 374: "lower lid", 473: "iris", 358: "side of the nose",
    291: "corner of the mouth", 270: "upper lip", 321: "lower lip", 311: "upper lip, inside", 402: "lower lip, inside",
}  # fmt: skip
MOVABLE_RIGHT: typing.Final[Mapping[int, str]] = {
    70: "brow, outer end", 105: "brow, middle", 107: "brow, inner end", 33: "outer corner of the eye",
    133: "inner corner of the eye", 159: "upper lid", 145: "lower lid", 468: "iris", 129: "side of the nose",
    61: "corner of the mouth", 40: "upper lip", 91: "lower lip", 81: "upper lip, inside", 178: "lower lip, inside",
}  # fmt: skip
MOVABLE_MIDLINE: typing.Final[Mapping[int, str]] = {
    4: "tip of the nose", 2: "base of the nose", 164: "philtrum", 0: "upper lip, middle", 17: "lower lip, middle",
    13: "upper lip, inside, middle", 14: "lower lip, inside, middle",
}  # fmt: skip
MOVABLE: typing.Final = frozenset({*MOVABLE_LEFT, *MOVABLE_RIGHT, *MOVABLE_MIDLINE})


@dataclass(frozen=True, slots=True)
class CorrectedPoint:
    """Where a person put one point: pixels of the upright, unmirrored frame."""

    point: int  # one of MOVABLE
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CorrectedFrame:
    """Points of one frame; what was moved in it fades out at both ends of the stretch that it belongs to."""

    time_s: float
    from_s: float  # the stretch: an exercise, or the rest between two
    to_s: float
    points: list[CorrectedPoint]


@dataclass(frozen=True, slots=True)
class CorrectedSegment:
    """One repetition as a person put it right; an invalid one is not measured, and says why."""

    exercise: Exercise
    start_s: float
    end_s: float
    apex_s: float | None = None
    valid: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corrections:
    """`seventh.corrections/1`: everything that a person put right in one video, relative to what was detected in it."""

    frames: list[CorrectedFrame] = field(default_factory=list)
    segments: list[CorrectedSegment] | None = None  # all of them; None: as they were found
    rest_s: float | None = None  # where the face is at rest; None: as it was found
    schema: str = CORRECTIONS_SCHEMA

    @property
    def is_empty(self) -> bool:
        return not self.frames and self.segments is None and self.rest_s is None

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Corrections:
        """Raises ValueError, in words for the person who sent it, when it is not a correction."""
        if data.get("schema") != CORRECTIONS_SCHEMA:
            raise ValueError(f"not {CORRECTIONS_SCHEMA}")
        try:
            found = typing.cast(Corrections, build(cls, data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("the correction cannot be read") from error
        _check_corrections(found)
        return found


def _check_corrections(found: Corrections) -> None:
    numbers = [
        found.rest_s,
        *(v for f in found.frames for v in (f.time_s, f.from_s, f.to_s, *(c for p in f.points for c in (p.x, p.y)))),
    ]
    segments = found.segments or []
    numbers += [v for s in segments for v in (s.start_s, s.end_s, s.apex_s)]
    if not all(v is None or (isinstance(v, float) and math.isfinite(v) and v >= 0) for v in numbers):
        raise ValueError("times and places are numbers from 0 on")
    if any(not f.from_s <= f.time_s <= f.to_s for f in found.frames):
        raise ValueError("a frame lies in the stretch that it belongs to")
    if any(p.point not in MOVABLE for f in found.frames for p in f.points):
        raise ValueError("a point that cannot be moved")
    for s in segments:
        if s.start_s >= s.end_s:
            raise ValueError("an exercise ends after it starts")
        if s.apex_s is not None and not s.start_s <= s.apex_s <= s.end_s:
            raise ValueError("an apex lies between the start and the end of its exercise")
        if not isinstance(s.valid, bool) or not isinstance(s.reason, str):
            raise ValueError("the correction cannot be read")
        if not s.valid and not s.reason.strip():
            raise ValueError("a repetition that does not count needs a reason")
    counted = sorted((s for s in segments if s.valid), key=lambda s: s.start_s)
    if any(a.end_s > b.start_s for a, b in itertools.pairwise(counted)):
        raise ValueError("two exercises overlap")
