"""The face at rest: found in the video's own calm frames, or pinned from an earlier session of the same patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import Exercise, Timeline
from analysis.faces.anatomy import (
    BROW_UPPER,
    LOWER_LID,
    LOWER_LIP_OUTER,
    MIRROR,
    MOUTH_CORNER,
    UPPER_LID,
    UPPER_LIP_OUTER,
    Points,
)
from analysis.faces.head import HeadFrame

REST_REFERENCE: Final = "rest_reference"  # its name in `details.extras` of a frame series

_HALF: Final = np.array([*BROW_UPPER, *UPPER_LID, *LOWER_LID, MOUTH_CORNER, *UPPER_LIP_OUTER, *LOWER_LIP_OUTER])
_WATCHED: Final = np.concatenate([_HALF, MIRROR[_HALF]])  # points that every exercise moves
_SAMPLES: Final = 400  # frames compared with each other; more change nothing
_BIN_S: Final = 0.3  # a pause between two exercises lasts about this long
_NEAR: Final = 0.35  # share of the typical distance between two frames within which they show the same face
_JITTER: Final = 0.03  # distance between two frames of a face that does not move at all
_MIN_REST_S: Final = 0.2
_DRIFT_S: Final = 2.5  # standard deviation of the time over which calm frames stand for the rest of a moment
_EVERYWHERE: Final = 1e-3  # weight of a calm frame however far away


@dataclass(frozen=True, slots=True)
class RestReference:
    """A patient's face at rest in the head frame, (478, 3) inter-ocular units; JSON-able, kept beside a patient."""

    points: Points
    source: str  # "own" or the session it was pinned from

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "points": np.round(self.points, 5).tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RestReference:
        """Raises ValueError when it is not 478 points."""
        points = np.asarray(data["points"], dtype=np.float64)
        if points.shape != (478, 3) or not np.isfinite(points).all():
            raise ValueError(f"a rest reference has 478 finite points, not {points.shape}")
        return cls(points=points, source=str(data["source"]))


@dataclass(frozen=True, slots=True)
class Rest:
    frames: npt.NDArray[np.bool_]  # (n,) frames that show the face at rest
    reference: RestReference


def find_rest(frame: HeadFrame, timeline: Timeline | None = None) -> Rest | None:
    """The configuration that the face keeps coming back to; None when no face was seen.

    Exercises differ from each other, the pauses between them do not: of all frames, one at rest has look-alikes in
    the most different moments of the video. With a timeline only its rest segments are searched, if it has any.
    """
    usable = frame.seen & _asked_to_rest(frame, timeline)
    if usable.sum() < 3:
        usable = frame.seen
    if not usable.any():
        return None
    shown = frame.points[:, _WATCHED, :2].reshape(len(frame.points), -1)
    picked = np.flatnonzero(usable)
    sample = picked[np.linspace(0, len(picked) - 1, min(_SAMPLES, len(picked))).astype(int)]
    apart = _distances(shown[sample], shown[sample])
    near = max(_NEAR * float(np.median(apart)), _JITTER)
    moments = np.floor(frame.time_s[sample] / _BIN_S).astype(int)
    returns = np.array([len(set(moments[row <= near])) for row in apart])
    centre = np.median(shown[sample[apart[int(returns.argmax())] <= near]], axis=0)
    frames = _calm_frames(frame, shown, centre, near)
    points = np.median(frame.points[frames], axis=0)
    return Rest(frames=frames, reference=RestReference(points=points, source="own"))


def rest_course(frame: HeadFrame, rest: Rest) -> Points:
    """(n, 478, 3) the face at rest around each moment: calm frames weighted by nearness in time.

    Pose and light drift through a video and landmarks drift with them. Far from every calm frame all of them count.
    """
    calm = np.flatnonzero(rest.frames & frame.seen)
    if not len(calm):
        return np.broadcast_to(rest.reference.points, frame.points.shape)
    away = (frame.time_s[:, None] - frame.time_s[None, calm]) / _DRIFT_S
    weight = np.exp(-0.5 * away**2) + _EVERYWHERE
    weight /= weight.sum(axis=1, keepdims=True)
    course: Points = (weight @ frame.points[calm].reshape(len(calm), -1)).reshape(frame.points.shape)
    return course


def _calm_frames(frame: HeadFrame, shown: Points, centre: Points, near: float) -> npt.NDArray[np.bool_]:
    """Frames near the centre; the centre is moved to their median once, so that it does not hang on one frame."""
    seen = frame.seen
    for _ in range(2):
        away = np.full(len(shown), np.inf)
        away[seen] = _distances(shown[seen], centre[None])[:, 0]
        limit = max(near * 0.6, float(np.partition(away, 2)[:3].max())) if seen.sum() > 2 else np.inf
        calm = away <= limit
        centre = np.median(shown[calm], axis=0)
    return calm


def _asked_to_rest(frame: HeadFrame, timeline: Timeline | None) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(frame.time_s), dtype=bool)
    for segment in timeline.segments if timeline else []:
        if segment.exercise is Exercise.REST and segment.end_s - segment.start_s >= _MIN_REST_S:
            inside |= (frame.time_s >= segment.start_s) & (frame.time_s <= segment.end_s)
    return inside if inside.any() else np.ones(len(frame.time_s), dtype=bool)


def _distances(a: Points, b: Points) -> Points:
    """(len(a), len(b)) Euclidean distances between rows."""
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    root: Points = np.sqrt(np.maximum(squared, 0.0))
    return root
