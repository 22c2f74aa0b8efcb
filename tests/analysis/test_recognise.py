"""Which exercise happens when."""

import numpy as np
import pytest

from analysis.contracts import Exercise
from analysis.motion import recognise
from analysis.motion.recognise import apex_of, cheapest_path
from tests.analysis.curves import ORDER, session, swapped


def names(found):
    return [f.exercise for f in found]


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (1.0, 0.0), (0.3, 1.0), (0.6, 0.6)])
def test_every_exercise_is_found_also_when_one_half_hardly_moves(left, right):
    made = session(left=left, right=right)
    assert names(recognise.recognise(made.units, made.time_s)) == list(ORDER)


def test_exercises_are_found_in_another_order():
    made = session(ORDER[::-1])
    assert names(recognise.recognise(made.units, made.time_s)) == list(ORDER[::-1])


def test_swapped_halves_change_nothing():
    made = session(right=0.4)
    here = recognise.recognise(made.units, made.time_s)
    assert here == recognise.recognise(swapped(made.units), made.time_s)


def test_stretches_overlap_what_was_made():
    made = session()
    for (_, start_s, end_s), f in zip(made.spans, recognise.recognise(made.units, made.time_s), strict=True):
        inside = min(end_s, made.time_s[f.last]) - max(start_s, made.time_s[f.first])
        assert inside / (max(end_s, made.time_s[f.last]) - min(start_s, made.time_s[f.first])) > 0.6


def test_still_face_shows_no_exercise():
    made = session(left=0.0, right=0.0)
    assert recognise.recognise(made.units, made.time_s) == []


def test_blink_is_no_exercise():
    made = session((Exercise.EYE_CLOSURE_GENTLE,) * 3, hold_s=0.3, rest_s=1.0)
    assert recognise.recognise(made.units, made.time_s) == []


def test_milder_of_two_closures_is_the_gentle_one():
    tight = session((Exercise.EYE_CLOSURE_TIGHT, Exercise.EYE_CLOSURE_TIGHT))
    weaker = tight.time_s < tight.spans[1][1] - 0.1
    for half in (tight.units.left, tight.units.right):
        for name in ("AU4", "AU6", "AU7"):
            half[weaker, recognise.AU_NAMES.index(name)] *= 0.45
    found = recognise.recognise(tight.units, tight.time_s)
    assert names(found) == [Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT]


def test_apex_lies_where_the_stronger_half_is_strongest():
    made = session((Exercise.SMILE_OPEN,), left=0.2)
    first, last = np.searchsorted(made.time_s, made.spans[0][1:])
    apex = apex_of(made.units, Exercise.SMILE_OPEN, int(first), int(last))
    middle = (made.spans[0][1] + made.spans[0][2]) / 2
    assert made.time_s[apex.start] < middle < made.time_s[apex.stop - 1]


def test_path_pays_for_every_change():
    costs = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert cheapest_path(costs, switch=0.1).tolist() == [0, 1, 0, 1, 1, 1]
    assert cheapest_path(costs, switch=2.0).tolist() in ([0, 0, 0, 1, 1, 1], [1] * 6)


def test_first_of_two_tight_closures_is_taken_for_the_gentle_one():
    made = session((Exercise.EYE_CLOSURE_TIGHT, Exercise.EYE_CLOSURE_TIGHT))
    found = recognise.recognise(made.units, made.time_s)
    assert names(found) == [Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT]


def test_repeated_smiles_stay_what_they_are():
    made = session((Exercise.SMILE_OPEN, Exercise.SMILE_OPEN))
    assert names(recognise.recognise(made.units, made.time_s)) == [Exercise.SMILE_OPEN] * 2
