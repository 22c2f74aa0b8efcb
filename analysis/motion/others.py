"""Movements that are no prescribed exercise of the voluntary set but must not be taken for one: speech, puffed cheeks.

By rule on the head frame, because no face of the fitted sets shows them; both are symmetric in the two halves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import white_tophat

from analysis.contracts import Exercise
from analysis.faces.anatomy import LOWER_LIP_MID, MIRROR, MOUTH_CORNER, UPPER_LIP_MID, Points
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
_LEAST_PUFF_S: Final = 0.5


def others(frame: HeadFrame, rest: Rest) -> list[Found]:
    """Stretches of speech and of puffed cheeks, in the order of time."""
    if len(frame.time_s) < 3:
        return []
    points = smooth(frame.points, frame.time_s, _SMOOTHING_S)
    found = _speech(points, frame.time_s) + _puffs(points, rest.reference.points, frame.time_s)
    return sorted(found, key=lambda f: f.first)


def without_speech(found: list[Found], spoken: list[Found]) -> list[Found]:
    """Exercises that were not merely seen in a talking mouth: less than half of each lies within speech."""
    talk = [f for f in spoken if f.exercise is Exercise.SPEECH]
    return [f for f in found if sum(_shared(f, s) for s in talk) < 0.5 * (f.last - f.first + 1)]


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
            found.append(Found(Exercise.SPEECH, *whole, slice(a, b + 1), 0.5))
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
        Found(Exercise.CHEEK_PUFF, first, last, slice(first, last + 1), 0.5)
        for state, first, last in runs(puffed.astype(np.intp))
        if state and time_s[last] - time_s[first] >= _LEAST_PUFF_S
    ]


def _breadth(points: Points, left: tuple[int, ...]) -> Points:
    breadth: Points = np.abs(points[..., left, 0] - points[..., MIRROR[list(left)], 0]).mean(axis=-1)
    return breadth
