"""What a clinician put right by hand, applied to what was detected: points, exercises, rest. Pure functions.

A point that was moved takes its neighbours on the same line of the face along (a lid, a brow, an edge of the lips),
less the farther they lie, down to nothing at the next point that can be moved. In time a shift holds in full for half
the way from its frame to the ends of its stretch (its exercise, or the rest between two), then fades to nothing there
(raised cosine).
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import (
    MOVABLE,
    CorrectedFrame,
    CorrectedSegment,
    Corrections,
)
from analysis.faces.anatomy import (
    BROW_LOWER,
    BROW_UPPER,
    INNER_CANTHUS,
    IRIS_CENTRE,
    IRIS_RING,
    LOWER_LID,
    LOWER_LIP_INNER,
    LOWER_LIP_MID,
    LOWER_LIP_OUTER,
    MIRROR,
    MOUTH_CORNER,
    OUTER_CANTHUS,
    UPPER_LID,
    UPPER_LIP_INNER,
    UPPER_LIP_MID,
    UPPER_LIP_OUTER,
    Points,
)
from analysis.faces.head import HeadFrame
from analysis.faces.track import FaceTrack
from analysis.motion.exercises import prescriptions
from analysis.motion.recognise import Found, apex_of
from analysis.motion.rest import Rest, RestReference

_APEX_S: Final = 0.12  # a corrected apex stands for the frames this near to it
_REST_S: Final = 0.2  # likewise a corrected rest
_FULL_SHARE: Final = 0.5  # of the way to the end of a stretch over which a shift holds in full
_INNER_CORNER: Final = 308  # the corner of the mouth on the inner edge of the lips

# Lines of the left half along which a shift spreads; their ends and every movable point on them hold their own.
_LINES: Final = (
    BROW_UPPER,
    (OUTER_CANTHUS, *UPPER_LID, INNER_CANTHUS),
    (OUTER_CANTHUS, *LOWER_LID, INNER_CANTHUS),
    (MOUTH_CORNER, *UPPER_LIP_OUTER, UPPER_LIP_MID[0]),
    (MOUTH_CORNER, *LOWER_LIP_OUTER, LOWER_LIP_MID[0]),
    (_INNER_CORNER, *UPPER_LIP_INNER, UPPER_LIP_MID[1]),
    (_INNER_CORNER, *LOWER_LIP_INNER, LOWER_LIP_MID[1]),
)
# Points that go exactly where another one goes.
_TOGETHER: Final = {
    **dict(zip(BROW_LOWER, BROW_UPPER, strict=True)),
    **dict.fromkeys(IRIS_RING, IRIS_CENTRE),
    _INNER_CORNER: MOUTH_CORNER,
}


def corrected_track(track: FaceTrack, corrections: Corrections) -> FaceTrack:
    """The track with every shift of `corrections.frames`; the same object when there is none."""
    seen = np.flatnonzero(track.detected)
    if not corrections.frames or not len(seen):
        return track
    total = np.zeros((len(track.time_s), track.landmarks.shape[1], 2))
    weights = np.zeros((len(track.time_s), 1, 1))
    for frame in corrections.frames:
        weight = time_weight(track.time_s, frame)[:, None, None]
        total += weight * spread(_shifts(track, seen, frame))
        weights += weight
    landmarks = track.landmarks.copy()
    landmarks[..., :2] += (total / np.maximum(weights, 1.0)).astype(landmarks.dtype)
    return dataclasses.replace(track, landmarks=landmarks)


def _shifts(track: FaceTrack, seen: npt.NDArray[np.intp], frame: CorrectedFrame) -> dict[int, Points]:
    """How far each moved point is from where it was detected in the nearest frame with a face, pixels."""
    nearest = int(seen[np.abs(track.time_s[seen] - frame.time_s).argmin()])
    found = track.landmarks[nearest, :, :2].astype(np.float64)
    return {p.point: np.array([p.x, p.y]) - found[p.point] for p in frame.points}


def spread(shifts: dict[int, Points]) -> Points:
    """(478, 2) shift of every point when these were moved."""
    field = np.zeros((len(MIRROR), 2))
    for point, shift in shifts.items():
        field[point] = shift
    for half in (lambda i: i, lambda i: int(MIRROR[i])):
        corner = half(MOUTH_CORNER)
        field[half(_INNER_CORNER)] = field[corner]
        for line in _LINES:
            _along([half(i) for i in line], field)
        for follower, leader in _TOGETHER.items():
            field[half(follower)] = field[half(leader)]
    return field


def _along(line: list[int], field: Points) -> None:
    """Shifts between the movable points of one line, in equal steps."""
    ends = {0, len(line) - 1}
    held = [i for i, point in enumerate(line) if point in MOVABLE or i in ends]
    for axis in (0, 1):
        field[line, axis] = np.interp(range(len(line)), held, field[[line[i] for i in held], axis])


def time_weight(time_s: Points, frame: CorrectedFrame) -> Points:
    """(n,) 0-1: how much of a frame's shifts holds at each moment."""
    before = np.clip((frame.time_s - time_s) / max(frame.time_s - frame.from_s, 1e-9), 0.0, None)
    after = np.clip((time_s - frame.time_s) / max(frame.to_s - frame.time_s, 1e-9), 0.0, None)
    away = np.clip((np.maximum(before, after) - _FULL_SHARE) / (1.0 - _FULL_SHARE), 0.0, 1.0)
    weight: Points = 0.5 * (1.0 + np.cos(np.pi * away))
    weight[(time_s < frame.from_s) | (time_s > frame.to_s)] = 0.0
    return weight


def rest_at(frame: HeadFrame, at_s: float) -> Rest | None:
    """The face at rest around a chosen moment, at least three frames; None when no face was seen."""
    seen = np.flatnonzero(frame.seen)
    if not len(seen):
        return None
    away = np.abs(frame.time_s[seen] - at_s)
    near = seen[(away <= _REST_S) | (away <= np.sort(away)[: min(3, len(away))].max())]
    frames = np.zeros(len(frame.time_s), dtype=bool)
    frames[near] = True
    return Rest(frames=frames, reference=RestReference(points=np.median(frame.points[near], axis=0), source="own"))


def stretches(corrections: Corrections, units: SideActionUnits, time_s: Points) -> list[Found] | None:
    """The repetitions that count, in the order of time; None when exercises were left as found."""
    if corrections.segments is None:
        return None
    counted = [s for s in corrections.segments if s.valid and s.exercise in prescriptions()]
    found = [_found(s, units, time_s) for s in sorted(counted, key=lambda s: s.start_s)]
    return [f for f in found if f is not None]


def _found(segment: CorrectedSegment, units: SideActionUnits, time_s: Points) -> Found | None:
    """None when no frame lies in it."""
    inside = np.flatnonzero((time_s >= segment.start_s - 1e-6) & (time_s <= segment.end_s + 1e-6))
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1])
    if segment.apex_s is None:
        return Found(segment.exercise, first, last, apex_of(units, segment.exercise, first, last), 1.0)
    away = np.abs(time_s[inside] - segment.apex_s)
    near = inside[away <= max(_APEX_S, float(away.min()))]
    return Found(segment.exercise, first, last, slice(int(near[0]), int(near[-1]) + 1), 1.0, chosen=True)


def to_extras(corrections: Corrections) -> dict[str, Any]:
    """What a page tells of it, JSON-able."""
    return {
        "points": sum(len(f.points) for f in corrections.frames),
        "frames": [round(f.time_s, 3) for f in corrections.frames],
        "exercises": corrections.segments is not None,
        "rest_s": corrections.rest_s,
        "not_counted": [
            {"exercise": s.exercise.value, "start_s": s.start_s, "end_s": s.end_s, "reason": s.reason}
            for s in corrections.segments or []
            if not s.valid
        ],
    }
