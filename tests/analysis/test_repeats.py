"""Error from repeats: within a session, and which of two errors counts."""

import functools

import pytest

from analysis.contracts import AffectedSide, Exercise, Measure, MeasurementError
from analysis.faces.follow import follow
from analysis.measure import Measured, measure
from analysis.motion.recognise import Found
from analysis.symptoms.errors import measurement_errors, table
from analysis.symptoms.repeats import POINTS, Sided, errors, share_of, turns
from tests.analysis.puppets import puppet_clip

BROW, SMILE = Exercise.BROW_RAISE, Exercise.SMILE_OPEN


def stretch(exercise: Exercise, at: int) -> Found:
    return Found(exercise, at, at + 9, slice(at + 3, at + 6), 0.9)


def test_turns_hold_each_exercise_once():
    found = [stretch(BROW, 0), stretch(SMILE, 10), stretch(BROW, 20), stretch(BROW, 30), stretch(SMILE, 40)]
    assert [[f.first for f in turn] for turn in turns(found)] == [[0, 10], [20, 40], [30]]


def test_error_is_that_of_the_mean_of_the_repetitions():
    """Left 4, 6, 8 and right 5, 5, 5: variances 4 and 0, SEM squared (4 + 0) / 2 / 3."""
    doings = [{"brow_excursion": Sided(left, 5.0, "mm")} for left in (4.0, 6.0, 8.0)]
    found = errors(doings)["brow_excursion"]
    assert found.mdc95 == pytest.approx(1.96 * (2 * 2 / 3) ** 0.5, abs=1e-3)
    assert (found.unit, found.origin) == ("mm", "3 repetitions in this session")


def test_what_was_done_once_or_not_measured_has_no_error_of_its_own():
    assert errors([{"a": Sided(1.0, 2.0, "mm")}, {"b": Sided(None, None, "mm")}, {"b": Sided(1.0, None, "mm")}]) == {}


def test_greater_error_counts_with_its_origin():
    name = "brow_excursion"
    known = table()["values"][name]
    measures = {name: Measure(5.0, 6.0, -1.0, 0.83, known["unit"], BROW)}
    for mdc95, origin in ((known["mdc95"] * 2, "3 repetitions"), (known["mdc95"] / 2, known["origin"])):
        own = {name: MeasurementError(mdc95, known["unit"], "3 repetitions")}
        assert measurement_errors(measures, own)[name].origin == origin
    other_unit = {name: MeasurementError(99.0, "iod", "3 repetitions")}
    assert measurement_errors(measures, other_unit)[name].origin == known["origin"]


@functools.cache
def done_twice() -> Measured:
    clip = puppet_clip(AffectedSide.LEFT, exercises=(BROW, SMILE, BROW))
    return measure(follow(clip.path).track)


def test_session_with_a_repetition_states_its_error():
    found = done_twice()
    assert [s.exercise for s in found.segments].count(BROW) == 2
    share = found.details.errors[share_of(BROW)]
    assert (share.unit, share.mdc95 > 0) == (POINTS, True)
    assert found.details.errors[share_of(SMILE)].origin == table()["values"][share_of(SMILE)]["origin"]
