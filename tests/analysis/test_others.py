"""Speech and puffed cheeks, which are no exercise of the set and must not pass for one."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.contracts import Exercise, Timeline, TimelineSegment
from analysis.faces.anatomy import LOWER_LIP_MID, LOWER_LIP_OUTER, MIRROR, MOUTH_CORNER, UPPER_LIP_MID, UPPER_LIP_OUTER
from analysis.faces.head import HeadFrame
from analysis.motion import others
from analysis.motion.recognise import Found
from analysis.motion.rest import Rest, RestReference
from tests.analysis.meshes import face

FPS = 25
TIME_S = np.arange(6 * FPS) / FPS


def closed():
    """The symmetric face with its inner lips together."""
    points = face()
    points[LOWER_LIP_MID[1]] = points[UPPER_LIP_MID[1]]
    return points


def found_in(points):
    rest = Rest(np.ones(len(points), dtype=bool), RestReference(closed(), "own"))
    return others.others(HeadFrame(TIME_S[: len(points)], points, None), rest, [])


def opening(height):
    """(n, 478, 3) a still face whose lower lip's inner edge falls by `height` (n,)."""
    points = np.repeat(closed()[None], len(TIME_S), axis=0)
    points[:, LOWER_LIP_MID[1], 1] -= height
    return points


def puffed(share, *, corners=0.0):
    points = np.repeat(closed()[None], len(TIME_S), axis=0)
    during = (TIME_S > 2) & (TIME_S < 4)
    for side in (np.array(others.CHEEK), MIRROR[list(others.CHEEK)]):
        points[np.ix_(during, side, [0])] *= 1 + share
    for corner in (MOUTH_CORNER, int(MIRROR[MOUTH_CORNER])):
        points[during, corner, 0] += np.sign(points[during, corner, 0]) * corners
    return points


def test_lips_that_part_and_meet_in_quick_succession_are_speech():
    syllables = 0.06 * np.sin(2 * np.pi * 2 * TIME_S) ** 2 * ((TIME_S > 1) & (TIME_S < 4))  # four a second
    (talk,) = found_in(opening(syllables))
    assert talk.exercise is Exercise.SPEECH
    assert TIME_S[talk.first] == pytest.approx(1, abs=0.4)
    assert TIME_S[talk.last] == pytest.approx(4, abs=0.4)


@pytest.mark.parametrize("openings", [1, 2, 3])
def test_mouth_opened_slowly_is_no_speech(openings):
    assert found_in(opening(0.1 * np.sin(np.pi * openings * TIME_S / TIME_S[-1]) ** 2)) == []


def test_broader_cheeks_over_closed_lips_are_puffed():
    (puff,) = found_in(puffed(0.09))
    assert puff.exercise is Exercise.CHEEK_PUFF
    assert TIME_S[puff.first] == pytest.approx(2, abs=0.15)
    assert TIME_S[puff.last] == pytest.approx(4, abs=0.15)


def test_smile_that_broadens_the_cheeks_is_not_puffed():
    assert found_in(puffed(0.09, corners=0.05)) == []


def test_face_at_rest_shows_neither():
    assert found_in(opening(np.zeros(len(TIME_S)))) == []


def test_exercise_seen_in_a_talking_mouth_is_dropped_and_one_beside_it_stays():
    talk = Found(Exercise.SPEECH, 10, 60, slice(10, 61), 0.5)
    within = Found(Exercise.SMILE_OPEN, 20, 50, slice(30, 40), 0.9)
    beside = Found(Exercise.BROW_RAISE, 55, 90, slice(70, 80), 0.9)
    assert others.without_speech([within, beside], [talk]) == [beside]


PUCKER = Found(Exercise.PUCKER, 25, 50, slice(30, 45), 0.9)
SECOND = Found(Exercise.PUCKER, 75, 100, slice(80, 95), 0.8)


def two(first, second):
    """A head frame in whose two stretches the corners come nearer and the lips' edges rise, (narrowing, rise) each."""
    points = np.repeat(closed()[None], len(TIME_S), axis=0)
    corners = [MOUTH_CORNER, int(MIRROR[MOUTH_CORNER])]
    lips = [*UPPER_LIP_OUTER, *LOWER_LIP_OUTER]
    for stretch, (narrowing, rise) in ((PUCKER, first), (SECOND, second)):
        during = np.arange(stretch.first, stretch.last + 1)
        points[np.ix_(during, corners, [0])] += np.array([[-narrowing / 2], [narrowing / 2]])  # x is to the left
        points[np.ix_(during, [*lips, *(int(MIRROR[p]) for p in lips)], [1])] += rise
    return HeadFrame(TIME_S, points, None)


def puffs(frame, timeline=None):
    rest = Rest(np.ones(len(TIME_S), dtype=bool), RestReference(closed(), "own"))
    return others.puffs_among([PUCKER, SECOND], frame, rest, timeline)


def test_small_pucker_that_moves_the_lips_otherwise_is_a_puff():
    found = puffs(two((0.14, 0.03), (0.06, -0.02)))
    assert found == [SECOND]
    (shown,) = others.as_puffs(found, TIME_S)
    assert (shown.exercise, shown.first, shown.confidence) == (Exercise.CHEEK_PUFF, SECOND.first, 0.5)


def test_moment_between_two_exercises_is_neither_pucker_nor_puff():
    brief = replace(SECOND, last=SECOND.first + 15)
    assert others.as_puffs([brief], TIME_S) == []


@pytest.mark.parametrize("second", [(0.06, 0.013), (0.13, -0.02)])
def test_small_pucker_of_the_same_shape_and_a_strong_one_stay_puckers(second):
    assert puffs(two((0.14, 0.03), second)) == []


@pytest.mark.parametrize(("asked", "expected"), [(Exercise.CHEEK_PUFF, [SECOND]), (Exercise.PUCKER, [])])
def test_timeline_says_what_was_asked_for(asked, expected):
    timeline = Timeline([TimelineSegment(asked, 2.9, 4.1)])
    assert puffs(two((0.14, 0.03), (0.14, 0.03)), timeline) == expected
    assert puffs(two((0.14, 0.03), (0.06, -0.02)), timeline) == expected


def test_puff_in_a_talking_mouth_is_none():
    frame = two((0.14, 0.03), (0.06, -0.02))
    rest = Rest(np.ones(len(TIME_S), dtype=bool), RestReference(closed(), "own"))
    syllables = 0.06 * np.sin(2 * np.pi * 2 * TIME_S) ** 2 * ((TIME_S > 2.5) & (TIME_S < 4.5))
    frame.points[:, LOWER_LIP_MID[1], 1] -= syllables
    assert [f.exercise for f in others.others(frame, rest, others.as_puffs([SECOND], TIME_S))] == [Exercise.SPEECH]
