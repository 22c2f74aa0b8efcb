"""From evidence to weakness, sides and grades."""

import dataclasses

import numpy as np
import pytest

from analysis.contracts import AffectedSide, Exercise, Region, Side, SynkinesisKind, SynkinesisPair, WeakerSide
from analysis.grading import house_brackmann
from analysis.symptoms import evidence as ev
from analysis.symptoms.affected import affected_side, both_weak
from analysis.symptoms.patients import Posterior, patients, posterior
from analysis.symptoms.regions import region_function, region_result
from tests.analysis.curves import session, swapped

MODEL = ev.shipped()
CLOSURES = (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT)


def seen_in(made):
    return {r: ev.evidence(r, made.units, made.time_s, made.found) for r in Region}


def ideal(brow: float, eye: float, mouth: float) -> Posterior:
    """What is concluded when every index is exactly what this weakness gives on average; + the right half is weaker."""
    weakness = dict(zip(Region, (brow, eye, mouth), strict=True))
    return posterior({r: MODEL.index(r, np.array(w)) for r, w in weakness.items()}, MODEL)


def functions_of(found: Posterior):
    made = session().found
    return {r: region_function(r, found, made) for r in Region}


def test_prior_patients_are_as_often_left_as_right():
    weakness, weight, _ = patients()
    assert weight.sum() == pytest.approx(1.0)
    assert weight @ weakness == pytest.approx(np.zeros(3), abs=1e-9)


def test_without_evidence_no_side_is_preferred():
    nothing = posterior({r: np.full(len(ev.ITEMS[r]), np.nan) for r in Region}, MODEL)
    left, right, _ = nothing.side()
    assert left == pytest.approx(right)


@pytest.mark.parametrize("weakness", [(0.3, 0.12, 0.25), (0.6, 0.25, 0.45), (0.9, 0.5, 0.7), (1.0, 0.95, 1.0)])
def test_weakness_is_recovered_within_its_error(weakness):
    found = ideal(*weakness)
    for region, true in zip(Region, weakness, strict=True):
        assert found.mean(region) == pytest.approx(true, abs=max(0.1, 2 * found.spread(region)))
        assert region_function(region, found, session().found).weaker is WeakerSide.RIGHT


def test_equal_halves_are_no_palsy():
    found = ideal(0.0, 0.0, 0.0)
    assert all(f.weaker is WeakerSide.NONE for f in functions_of(found).values())
    assert affected_side(found, [], session().units, session().found).side is AffectedSide.NONE


def test_mirrored_evidence_mirrors_the_answer():
    here, there = ideal(0.5, 0.2, 0.4), ideal(-0.5, -0.2, -0.4)
    for region in Region:
        assert here.mean(region) == pytest.approx(-there.mean(region), abs=0.02)


def test_evidence_is_positive_where_the_right_half_is_weaker_and_swaps():
    made = session(right=0.4)
    flipped = {r: ev.evidence(r, swapped(made.units), made.time_s, made.found) for r in Region}
    for region, values in seen_in(made).items():
        assert (values > 0).all()
        assert values == pytest.approx(-flipped[region])


def test_missing_exercise_is_missing_evidence_only():
    made = session((Exercise.BROW_RAISE, Exercise.SMILE_OPEN), right=0.5)
    found = seen_in(made)
    assert np.isnan(found[Region.EYE]).all()
    assert np.isfinite(found[Region.BROW]).all()
    function = region_function(Region.EYE, posterior(found, MODEL), made.found)
    assert (function.weakness, function.weaker) == (None, None)
    assert Exercise.EYE_CLOSURE_GENTLE in function.missing


def test_synkinesis_outside_a_regions_own_exercises_is_no_strength():
    """A mouth corner that follows the right eye's closure must not make the weak right mouth look stronger."""
    follows = [(Exercise.EYE_CLOSURE_TIGHT, "AU12", "right", 4.0)]
    plain, synkinetic = session(right=0.5), session(right=0.5, extra=follows)
    function = region_function(Region.MOUTH, ideal(0.5, 0.2, 0.5), plain.found)
    results = [region_result(function, s.units, s.time_s, s.found) for s in (plain, synkinetic)]
    assert results[0].delta_am == pytest.approx(results[1].delta_am, abs=0.05)
    assert results[0].delta_am > 1.0  # left minus right


def test_pair_of_synkinesis_moves_a_doubtful_side():
    found = ideal(0.04, 0.02, 0.04)
    pair = SynkinesisPair(Side.LEFT, "AU18", "AU45", 0.4, SynkinesisKind.ORAL_OCULAR)
    made = session()
    without = affected_side(found, [], made.units, made.found)
    with_pair = affected_side(found, [pair], made.units, made.found)
    assert without.side is not AffectedSide.LEFT or with_pair.confidence > without.confidence


def test_both_halves_weak_leaves_no_reference():
    made = session(left=0.2, right=0.25)
    assert both_weak(made.units, made.found)
    assert affected_side(ideal(0, 0, 0), [], made.units, made.found).side is AffectedSide.BOTH


def test_nothing_tested_is_none_without_confidence():
    result = affected_side(None, [], session().units, [])
    assert (result.side, result.confidence) == (AffectedSide.NONE, 0.0)


@pytest.mark.parametrize(
    ("weakness", "grade"),
    [((0, 0, 0), 1), ((0.2, 0.1, 0.2), 2), ((0.5, 0.2, 0.4), 3), ((0.9, 0.5, 0.7), 4), ((1, 0.8, 0.9), 5),
     ((1, 1, 1), 6), ((0, 0, 0.65), 4), ((1, 1, 0.5), 5)],
)  # fmt: skip
def test_rule_grades_the_worst_region(weakness, grade):
    assert house_brackmann.region_grades(np.array([weakness], dtype=float))[0] == grade


def test_natural_difference_of_sound_halves_is_no_grade_ii():
    """Two halves that differ by less than a palsy are normal, whatever the cut-off between grades I and II."""
    sound = Posterior(np.array([[0.06, 0.0, -0.06]]), np.ones(1), np.array([True]))
    assert house_brackmann.combined(sound, 0.0)[0] == pytest.approx(1.0, abs=0.01)
    assert {house_brackmann.region_grade(r, sound) for r in Region} == {(1, 1.0)}
    slight = dataclasses.replace(sound, is_sound=np.array([False]))
    assert house_brackmann.combined(slight, 0.0)[1] == pytest.approx(1.0, abs=0.01)
    graded = house_brackmann.grade(ideal(0, 0, 0), functions_of(ideal(0, 0, 0)), [], 0.0)
    alike = "Eye closure: both halves move alike (by itself most likely grade I, "
    assert any(sentence.startswith(alike) for sentence in graded.evidence)


def test_how_sure_a_region_is_of_its_own_grade_is_told():
    """A third of certainty for grade I reads as a contradiction beside a half that achieves four fifths."""
    weakness = np.zeros((3, 3))
    weakness[:, 1] = (0.0, 0.1, 0.4)  # of the eye: grades I, II and IV
    split = Posterior(weakness, np.array([0.4, 0.3, 0.3]), np.zeros(3, dtype=bool))
    assert house_brackmann.region_grade(Region.EYE, split) == (1, pytest.approx(0.4))
    graded = house_brackmann.grade(split, functions_of(split), [], 0.0)
    assert any("by itself most likely grade I, 40 %" in sentence for sentence in graded.evidence)


def test_an_eye_stays_open_as_far_as_it_is_weaker_than_effort_can_hide():
    gentle, tight = (ideal(0.6, 0.5, 0.55).opening(e) for e in CLOSURES)
    assert gentle[0] == pytest.approx(0.0, abs=0.01)
    assert gentle[1] == pytest.approx(1 - 1.15 * 0.5, abs=0.1)
    assert tight[1] < gentle[1]
    assert max(ideal(0.0, 0.0, 0.0).opening(Exercise.EYE_CLOSURE_GENTLE)) < 0.02
    assert ideal(-0.6, -0.5, -0.55).opening(CLOSURES[0]) == pytest.approx(gentle[::-1], abs=0.02)


@pytest.mark.parametrize(("weakness", "grade"), [((0, 0, 0), 1), ((0.55, 0.22, 0.42), 3), ((0.9, 0.48, 0.68), 4)])
def test_grade_of_clear_evidence(weakness, grade):
    found = ideal(*weakness)
    graded = house_brackmann.grade(found, functions_of(found), [], 0.0)
    assert graded.result.grade == grade
    assert sum(graded.result.probabilities) == pytest.approx(1.0)
    assert len(graded.evidence) == 4


def test_marked_synkinesis_is_at_least_grade_three():
    found = ideal(0.0, 0.0, 0.0)
    assert house_brackmann.grade(found, functions_of(found), [], 0.5).result.grade >= 3
    assert house_brackmann.grade(found, functions_of(found), [], 0.9).result.grade >= 4


def test_untested_region_gives_no_grade():
    made = session((Exercise.BROW_RAISE, Exercise.SMILE_OPEN))
    found = posterior(seen_in(made), MODEL)
    functions = {r: region_function(r, found, made.found) for r in Region}
    assert house_brackmann.grade(found, functions, [], 0.0) is None
