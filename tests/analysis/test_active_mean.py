"""Active mean: Niu et al., equations 4-6."""

import numpy as np
import pytest

from analysis.symptoms.active_mean import active_mean


def test_worked_example():
    left = np.array([0.0, 2.0, 4.0, 0.4])
    right = np.array([0.2, 0.4, 3.0, 0.3])  # frames 1 and 2 are active: left or right above .5
    mean = active_mean(left, right)
    assert (mean.left, mean.right, mean.frames) == (pytest.approx(3.0), pytest.approx(1.7), 2)
    assert mean.difference == pytest.approx(1.3)


def test_threshold_itself_is_not_active():
    assert active_mean(np.array([0.5]), np.array([0.5])).left is None


def test_unit_that_is_never_active_differs_by_nothing():
    assert active_mean(np.zeros(5), np.zeros(5)).difference == 0.0


def test_unmeasured_and_disallowed_frames_do_not_count():
    left, right = np.array([5.0, np.nan, 3.0]), np.array([5.0, 5.0, 1.0])
    mean = active_mean(left, right, np.array([False, True, True]))
    assert (mean.left, mean.right, mean.frames) == (3.0, 1.0, 1)
