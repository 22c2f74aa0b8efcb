"""Movements that are no prescribed exercise of the voluntary set but must not be taken for one: speech, puffed cheeks.

By rule on the head frame, because no face of the fitted sets shows them; both are symmetric in the two halves.
FaceMesh leaves cheeks where they are when they swell: by its landmarks a puff is a small pucker, and only the pucker
beside it, or a timeline that asked for it, tells it from one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from scipy.ndimage import white_tophat

from analysis.contracts import Exercise, Timeline
from analysis.faces.anatomy import (
    LOWER_LIP_MID,
    LOWER_LIP_OUTER,
    MIRROR,
    MOUTH_CORNER,
    UPPER_LIP_MID,
    UPPER_LIP_OUTER,
    Points,
)
from analysis.faces.head import HeadFrame, smooth
from analysis.motion.recognise import Found, runs
from analysis.motion.rest import Rest

CHEEK: Final = (361, 435, 367)  # cheek's edge at the height of the mouth, on the left half
_SMOOTHING_S: Final = 0.03  # more would level syllables
_OPENING: Final = 0.03  # inter-ocular distances by which the lips part and meet again in a syllable
_SYLLABLES_APART_S: Final = (0.1, 0.6)  # two to eight syllables a second or so; slower is an exercise done twice
_LEAST_SYLLABLES: Final = 4
_PUFFED: Final = 0.05  # share by which the face is broader at the cheeks
_CLOSED: Final = 0.03  # gap of the lips, inter-ocular distances
_CORNERS_STAY: Final = 0.03  # a smile broadens the face too, but takes the corners along
_LEAST_PUFF_S: Final = 0.7  # a face between two exercises may look like one for a moment
_BY_RULE: Final = 0.5  # confidence of what nothing was fitted for
_LEFT_LIPS: Final = (MOUTH_CORNER, *UPPER_LIP_OUTER, *LOWER_LIP_OUTER, *UPPER_LIP_MID, *LOWER_LIP_MID)
_LIPS: Final = (*_LEFT_LIPS, *(int(MIRROR[p]) for p in _LEFT_LIPS))
_SMALLER: Final = 0.7  # share of the own pucker's narrowing of the mouth below which another may be a puff
_LIKE_PUCKER: Final = 0.9  # cosine between the two movements above which it is a small pucker after all


def others(frame: HeadFrame, rest: Rest, puffs: list[Found]) -> list[Found]:
    """Stretches of speech and of puffed cheeks, with those that `puffs_among` found, in the order of time."""
    if len(frame.time_s) < 3:
        return []
    points = smooth(frame.points, frame.time_s, _SMOOTHING_S)
    spoken = _speech(points, frame.time_s)
    puffs = without_speech(puffs, spoken)
    broad = [f for f in _puffs(points, rest.reference.points, frame.time_s) if not any(_shared(f, p) for p in puffs)]
    return sorted(spoken + broad + puffs, key=lambda f: f.first)


def without_speech(found: list[Found], spoken: list[Found]) -> list[Found]:
    """Exercises that were not merely seen in a talking mouth: less than half of each lies within speech."""
    talk = [f for f in spoken if f.exercise is Exercise.SPEECH]
    return [f for f in found if sum(_shared(f, s) for s in talk) < 0.5 * (f.last - f.first + 1)]


def puffs_among(found: list[Found], frame: HeadFrame, rest: Rest, timeline: Timeline | None) -> list[Found]:
    """What was taken for a pucker but is none: asked for as a puff, or unlike this person's clear pucker and smaller.

    Stretches in whose time a pucker was asked for stay puckers. A video with one pucker gives nothing to compare.
    """
    puckers = [f for f in found if f.exercise is Exercise.PUCKER]
    asked = {id(f): _asked(f, frame.time_s, timeline) for f in puckers}
    moved = {id(f): _moved(f, frame, rest) for f in puckers}
    clearest = max(moved.values(), key=_narrowed, default=None)
    return [
        f
        for f in puckers
        if asked[id(f)] is Exercise.CHEEK_PUFF
        or (asked[id(f)] is not Exercise.PUCKER and clearest is not None and _unlike(moved[id(f)], clearest))
    ]


def as_puffs(puckers: list[Found], time_s: Points) -> list[Found]:
    """Those that last; what is shorter is neither a pucker nor a puff."""
    lasting = [f for f in puckers if time_s[f.last] - time_s[f.first] >= _LEAST_PUFF_S]
    return [replace(f, exercise=Exercise.CHEEK_PUFF, confidence=_BY_RULE) for f in lasting]


def _asked(f: Found, time_s: Points, timeline: Timeline | None) -> Exercise | None:
    """The exercise in whose time half of a stretch lies."""
    for segment in timeline.segments if timeline else []:
        shared = min(segment.end_s, time_s[f.last]) - max(segment.start_s, time_s[f.first])
        if shared >= 0.5 * (time_s[f.last] - time_s[f.first]):
            return segment.exercise
    return None


def _moved(f: Found, frame: HeadFrame, rest: Rest) -> Points:
    """(2 k,) of the lips, from rest to the apex, inter-ocular distances."""
    lips = np.nanmedian(frame.points[f.apex][:, list(_LIPS), :2], axis=0) - rest.reference.points[list(_LIPS), :2]
    moved: Points = np.nan_to_num(lips).ravel()
    return moved


def _unlike(moved: Points, clearest: Points) -> bool:
    alike = float(moved @ clearest) / max(float(np.linalg.norm(moved) * np.linalg.norm(clearest)), 1e-9)
    return _narrowed(moved) < _SMALLER * _narrowed(clearest) and alike < _LIKE_PUCKER


def _narrowed(moved: Points) -> float:
    """How much nearer the corners of the mouth are to each other, inter-ocular distances."""
    to_left = moved.reshape(-1, 2)[:, 0]
    return float(to_left[len(_LEFT_LIPS)] - to_left[0])


def _shared(a: Found, b: Found) -> int:
    return max(0, min(a.last, b.last) - max(a.first, b.first) + 1)


def _gap(points: Points) -> Points:
    upper, lower = UPPER_LIP_MID[1], LOWER_LIP_MID[1]
    gap: Points = np.nan_to_num(np.linalg.norm(points[..., upper, :2] - points[..., lower, :2], axis=-1))
    return gap


def _speech(points: Points, time_s: Points) -> list[Found]:
    """Lips that part and meet in quick succession; an exercise opens them once and holds."""
    around = _frames(time_s)
    risen = white_tophat(_gap(points), size=2 * around + 1)  # what opens and shuts again within a syllable
    openings = [(a, b) for state, a, b in runs((risen > _OPENING).astype(np.intp)) if state]
    peaks = np.array([a + int(risen[a : b + 1].argmax()) for a, b in openings], dtype=np.intp)
    quick = np.diff(time_s[peaks])
    linked = (quick >= _SYLLABLES_APART_S[0]) & (quick <= _SYLLABLES_APART_S[1])
    found = []
    for together, first, last in runs(linked.astype(np.intp)) if len(linked) else []:
        if together and last - first + 2 >= _LEAST_SYLLABLES:
            a, b = int(peaks[first]), int(peaks[last + 1])
            whole = max(0, a - around), min(len(time_s) - 1, b + around)
            found.append(Found(Exercise.SPEECH, *whole, slice(a, b + 1), _BY_RULE))
    return found


def _frames(time_s: Points) -> int:
    """Frames in half of the longest time between two syllables."""
    return max(1, round(_SYLLABLES_APART_S[1] / 2 / float(np.median(np.diff(time_s)))))


def _puffs(points: Points, rest: Points, time_s: Points) -> list[Found]:
    """Closed lips, corners where they are at rest or nearer, and a face that is broader at the cheeks."""
    broader = _breadth(points, CHEEK) / _breadth(rest, CHEEK) - 1.0
    corners = _breadth(points, (MOUTH_CORNER,)) - _breadth(rest, (MOUTH_CORNER,))
    puffed = (broader > _PUFFED) & (corners < _CORNERS_STAY) & (_gap(points) < _gap(rest) + _CLOSED)
    return [
        Found(Exercise.CHEEK_PUFF, first, last, slice(first, last + 1), _BY_RULE)
        for state, first, last in runs(puffed.astype(np.intp))
        if state and time_s[last] - time_s[first] >= _LEAST_PUFF_S
    ]


def _breadth(points: Points, left: tuple[int, ...]) -> Points:
    breadth: Points = np.abs(points[..., left, 0] - points[..., MIRROR[list(left)], 0]).mean(axis=-1)
    return breadth
