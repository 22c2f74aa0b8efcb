"""Blinks: no exercise, no lowering of the brows, and no face to judge a movement by."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from analysis import measure
from analysis.action_units import estimator
from analysis.action_units.lids import blinking, brows_held, without_blinks
from analysis.contracts import AU_NAMES, CorrectedSegment, Corrections, Exercise
from analysis.corrections import stretches
from analysis.motion.recognise import clear_of_blinks
from analysis.symptoms.measures import Faces
from tests.analysis.curves import FPS, Session, session

AU1, AU2, AU4, AU45 = (AU_NAMES.index(name) for name in ("AU1", "AU2", "AU4", "AU45"))


def raised_with_blink(exercise: Exercise = Exercise.BROW_RAISE) -> tuple[Session, np.ndarray]:
    """One exercise with a blink of .3 s in its middle, in which the brows are drawn lower; and the blink's frames."""
    made = session((exercise,))
    middle = sum(made.spans[0][1:]) / 2
    blink = np.abs(made.time_s - middle) < 0.15
    for half in (made.units.left, made.units.right):
        half[blink, AU45] = 4.0
        half[np.ix_(blink, [AU1, AU2])] *= 0.3
    return made, blink


def test_long_closures_survive_the_taking_out_of_blinks():
    time_s = np.arange(100) / 25
    lids = np.where((time_s > 1) & (time_s < 1.2), 5.0, 0.0) + np.where(time_s > 2.5, 5.0, 0.0)
    opened = without_blinks(lids, time_s)
    assert opened[time_s < 2].max() == 0.0
    assert opened[-10:].min() == 5.0


def test_brows_stay_raised_through_a_blink():
    made, blink = raised_with_blink()
    left, right = brows_held((made.units.left, made.units.right), made.time_s)
    for half, before in ((left, made.units.left), (right, made.units.right)):
        assert half[blink][:, [AU1, AU2]] == pytest.approx(4.65)
        others = np.delete(np.arange(len(AU_NAMES)), [AU1, AU2])
        assert np.array_equal(half[:, others], before[:, others])
        assert np.array_equal(half[~blink], before[~blink])


def test_blink_at_rest_raises_no_brow():
    made = session((Exercise.BROW_RAISE,))
    blink = (made.time_s > 0.2) & (made.time_s < 0.5)
    made.units.left[blink, AU45] = 4.0
    made.units.left[blink, AU1] = -0.5
    left, _ = brows_held((made.units.left, made.units.right), made.time_s)
    assert np.array_equal(left, made.units.left)


def test_brows_that_come_down_with_a_blink_stay_down():
    made = session((Exercise.BROW_RAISE,))
    end = made.spans[0][2]
    blink = np.abs(made.time_s - end) < 0.15  # the raise is over when the eyes open again
    made.units.left[blink, AU45] = 4.0
    left, _ = brows_held((made.units.left, made.units.right), made.time_s)
    assert np.array_equal(left, made.units.left)


def test_brows_are_held_alike_on_both_halves_and_through_frames_without_a_face():
    made, blink = raised_with_blink()
    made.units.right[:, [AU1, AU2]] *= 0.5
    made.units.left[:8] = made.units.right[:8] = np.nan
    left, right = brows_held((made.units.left, made.units.right), made.time_s)
    other, one = brows_held((made.units.right, made.units.left), made.time_s)
    assert np.array_equal(left, one, equal_nan=True)
    assert np.array_equal(right, other, equal_nan=True)
    assert left[blink, AU1] == pytest.approx(2 * right[blink, AU1])


def test_movement_is_judged_by_frames_in_which_no_eye_blinks():
    made, blink = raised_with_blink(Exercise.SMILE_OPEN)
    (found,) = made.found
    frames = clear_of_blinks(found, made.units, made.time_s)
    assert len(frames) > 0
    assert not blink[frames].any()
    assert frames[0] == found.apex.start
    assert frames[-1] == found.apex.stop - 1


def test_frames_of_an_eye_closure_are_never_taken_for_blinks():
    made = session((Exercise.EYE_CLOSURE_GENTLE,), hold_s=0.4)
    (found,) = made.found
    assert blinking((made.units.left, made.units.right), made.time_s).any()
    assert clear_of_blinks(found, made.units, made.time_s).tolist() == list(range(found.apex.start, found.apex.stop))


def test_apex_that_is_hardly_more_than_a_blink_is_kept():
    made, blink = raised_with_blink(Exercise.SMILE_OPEN)
    first = int(np.flatnonzero(blink)[0])
    (found,) = made.found
    short = replace(found, apex=slice(first, first + round(0.3 * FPS)))
    assert clear_of_blinks(short, made.units, made.time_s).tolist() == list(range(first, short.apex.stop))


def test_apex_that_a_clinician_chose_counts_as_it_is():
    made, blink = raised_with_blink(Exercise.SMILE_OPEN)
    (found,) = made.found
    before = float(made.time_s[blink][0]) - 0.1  # so near that the blink begins among its frames
    segment = CorrectedSegment(found.exercise, found.first / FPS, found.last / FPS, before)
    (chosen,) = stretches(Corrections(segments=[segment]), made.units, made.time_s)
    frames = clear_of_blinks(chosen, made.units, made.time_s).tolist()
    assert frames == list(range(chosen.apex.start, chosen.apex.stop))
    assert len(clear_of_blinks(replace(chosen, chosen=False), made.units, made.time_s)) < len(frames)


def test_height_that_is_shown_is_a_face_with_open_eyes():
    made, blink = raised_with_blink()
    session = SimpleNamespace(
        timeline=None,
        by_hand=None,
        beside=[],
        stretches=made.found,
        done=made.found,
        raw=made.units,
        frame=SimpleNamespace(time_s=made.time_s),
    )
    (shown,) = measure._segments(session, made.units)
    (found,) = made.found
    assert blink[(found.apex.start + found.apex.stop - 1) // 2]  # what the middle of the apex would show
    assert not blink[np.flatnonzero(np.isclose(made.time_s, shown.apex_s))].any()


def test_estimated_brows_are_held(monkeypatch):
    made, blink = raised_with_blink()
    seen = iter((made.units.left, made.units.right))
    monkeypatch.setattr(estimator, "side_features", lambda *_: None)
    monkeypatch.setattr(estimator, "_raw", lambda *_: next(seen))
    units = estimator.estimate(SimpleNamespace(time_s=made.time_s), SimpleNamespace(), SimpleNamespace())
    for half in (units.left, units.right):
        assert half[blink][:, [AU1, AU2]] == pytest.approx(4.65)


def test_measures_are_taken_from_frames_without_a_blink():
    made, _ = raised_with_blink(Exercise.SMILE_OPEN)
    blinks = blinking((made.units.left, made.units.right), made.time_s)
    first, last = np.flatnonzero(blinks)[[0, -1]]
    (found,) = made.found
    mostly = replace(found, apex=slice(int(first) - 4, int(last) + 5))  # more than half of it is the blink
    points = np.zeros((len(made.time_s), 478, 3))
    points[blinks] = 1.0
    frame = SimpleNamespace(points=points, time_s=made.time_s)
    shown = Faces(frame, points[0], made.units, [mostly]).at_apex(Exercise.SMILE_OPEN)
    assert shown is not None
    assert not shown.any()
