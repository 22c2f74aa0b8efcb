"""Co-occurrence matrices: Niu et al., equations 7-9 and algorithm 2."""

import numpy as np
import pytest

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Exercise, Side
from analysis.symptoms.cooccurrence import co_occurrence, flagged_pairs, matrices, normal_mask
from tests.analysis.curves import session, swapped

AU = AU_NAMES.index


def test_worked_example():
    """AU j is active in 4 frames, AU i of the other half in 3 of them: P(i | j) = .75."""
    rows, given = np.zeros((6, 2)), np.zeros((6, 2))
    given[:4, 1] = 2.0
    rows[1:5, 0] = 1.0
    chance = co_occurrence(rows, given)
    assert chance[0, 1] == pytest.approx(0.75)
    assert np.isnan(chance[0, 0])  # the given unit never acts


def test_differences_are_the_two_equations():
    found = matrices(session(right=0.1).units)
    assert np.allclose(found.right_minus_left, found.right_left - found.left_left, equal_nan=True)
    assert np.allclose(found.left_minus_right, found.left_right - found.right_right, equal_nan=True)


def test_unit_that_follows_on_one_half_only_is_flagged_there():
    puckers = [(Exercise.PUCKER, "AU45", "right", 3.0)]
    pairs = flagged_pairs(matrices(session((Exercise.PUCKER,), extra=puckers).units))
    assert (Side.RIGHT, "AU18", "AU45") in [(p.side, p.given, p.follows) for p in pairs]
    assert all(p.side is Side.RIGHT for p in pairs)


def test_healthy_session_flags_nothing():
    assert flagged_pairs(matrices(session().units)) == []


def test_pairs_that_healthy_faces_show_are_masked():
    assert normal_mask()[AU("AU6"), AU("AU12")]  # the cheek rises in a smile
    assert not normal_mask()[AU("AU45"), AU("AU18")]  # the eye does not shut in a pucker


def test_swapped_halves_swap_the_matrices():
    units = session(right=0.3).units
    here, there = matrices(units).to_matrices(), matrices(swapped(units)).to_matrices()
    assert here.left_left == there.right_right
    assert here.right_minus_left == there.left_minus_right


def test_unmeasured_session_gives_matrices_of_nothing():
    empty = SideActionUnits(np.full((4, len(AU_NAMES)), np.nan), np.full((4, len(AU_NAMES)), np.nan))
    assert all(value is None for row in matrices(empty).to_matrices().left_left for value in row)
