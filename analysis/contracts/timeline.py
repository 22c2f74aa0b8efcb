"""What guided capture knows of a video."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.contracts.names import Exercise
from analysis.contracts.reading import build


@dataclass(frozen=True, slots=True)
class TimelineSegment:
    exercise: Exercise
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What guided capture knows: which exercise was asked for when."""

    segments: list[TimelineSegment]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Timeline:
        """Raises ValueError, in words for the person who wrote the file, when it is not a timeline."""
        try:
            timeline = typing.cast(Timeline, build(cls, data))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                'a timeline is {"segments": [{"exercise", "start_s", "end_s"}]} with the exercise codes of the report'
            ) from error
        if any(not 0 <= s.start_s < s.end_s for s in timeline.segments):
            raise ValueError("every timeline segment must start at or after 0 and end after it starts")
        return timeline
