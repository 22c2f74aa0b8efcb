"""The fictional patient: grades, weakness, synkinesis, specifications as JSON."""

import dataclasses
import itertools

import numpy as np
import pytest

from analysis.contracts import AffectedSide, Exercise, SynkinesisKind
from analysis.synthetic.mesh import LEFT, RIGHT
from analysis.synthetic.patient import (
    PatientSpec,
    Resting,
    SessionOf,
    Synkinesis,
    Trouble,
    Weakness,
    activations,
)
from analysis.synthetic.protocol import ORDER, perform

ORAL_OCULAR = Synkinesis(SynkinesisKind.ORAL_OCULAR, 0.5)


def palsy(**changes) -> PatientSpec:
    given = {"affected_side": AffectedSide.RIGHT, "weakness": Weakness(0.8, 0.5, 0.6)} | changes
    return PatientSpec("v", "s", seed=3, **given)


@pytest.mark.parametrize(
    ("weakness", "synkinesis", "grade"),
    [
        (Weakness(0, 0, 0), (), 1),
        (Weakness(0.05, 0.05, 0.05), (), 1),
        (Weakness(0.3, 0.1, 0.2), (), 2),
        (Weakness(0.3, 0.2, 0.2), (), 3),
        (Weakness(1.0, 0.0, 0.0), (), 4),
        (Weakness(0.5, 0.3, 0.81), (), 5),
        (Weakness(0.5, 0.95, 0.5), (), 5),
        (Weakness(0.93, 0.93, 0.93), (), 6),
        (Weakness(0.1, 0.1, 0.1), (Synkinesis(SynkinesisKind.OCULAR_ORAL, 0.3),), 3),
        (Weakness(0.1, 0.1, 0.1), (Synkinesis(SynkinesisKind.OCULAR_ORAL, 0.7),), 4),
    ],
)
def test_nominal_grade_follows_the_written_rule(weakness, synkinesis, grade):
    assert palsy(weakness=weakness, synkinesis=synkinesis).house_brackmann == grade


def test_weakness_lessens_the_affected_side_only():
    spec = palsy()
    active, unasked = activations(spec, perform(spec, 25).command)
    assert active["AU12"][:, RIGHT].max() == pytest.approx(0.4 * active["AU12"][:, LEFT].max())
    assert active["AU1"][:, RIGHT].max() == pytest.approx(0.2 * active["AU1"][:, LEFT].max())
    assert not unasked


def test_lid_opener_is_not_weakened_because_another_nerve_moves_it():
    spec = palsy()
    active, _ = activations(spec, perform(spec, 25).command)
    np.testing.assert_array_equal(active["AU5"][:, LEFT], active["AU5"][:, RIGHT])


@pytest.mark.parametrize(("weak", "gentle", "tight"), [(0.10, True, True), (0.25, False, True), (0.45, False, False)])
def test_mild_weakness_still_closes_the_eye_with_effort(weak, gentle, tight):
    spec = palsy(weakness=Weakness(0, weak, 0), exercises=(Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT))
    shown = perform(spec, 25)
    closure = activations(spec, shown.command)[0]["AU45"][:, RIGHT]
    for act, closes in zip([a for a in shown.acts if a.exercise is not Exercise.REST], (gentle, tight), strict=True):
        inside = (shown.time_s > act.apex_start_s) & (shown.time_s < act.apex_end_s)
        assert (closure[inside].min() >= 0.999) == closes


def test_synkinesis_moves_the_eye_with_the_smile_on_the_affected_side_only():
    spec = palsy(synkinesis=(ORAL_OCULAR,), exercises=(Exercise.SMILE_OPEN,))
    shown = perform(spec, 25)
    _, unasked = activations(spec, shown.command)
    smile = shown.command["AU12"]
    np.testing.assert_allclose(unasked["AU45"][:, RIGHT], 0.5 * np.minimum(smile, 1))
    assert not unasked["AU45"][:, LEFT].any()


def test_mentalis_follows_the_mouth_on_the_affected_side_and_a_habit_on_both():
    spec = palsy(synkinesis=(Synkinesis(SynkinesisKind.MENTALIS, 0.4),), exercises=(Exercise.SMILE_CLOSED,))
    shown = perform(spec, 25)
    active, unasked = activations(spec, shown.command)
    np.testing.assert_allclose(unasked["AU17"][:, RIGHT], 0.4 * shown.command["AU12"])
    assert not active["AU17"][:, LEFT].any()
    habit = palsy(chin=0.5, exercises=(Exercise.PUCKER, Exercise.BROW_RAISE))
    shown = perform(habit, 25)
    active, unasked = activations(habit, shown.command)
    pucker, brow = ((shown.time_s > act.start_s) & (shown.time_s < act.end_s) for act in shown.acts[1::2])
    assert active["AU17"][pucker, LEFT].max() > 0.4
    assert active["AU17"][pucker, RIGHT].max() == pytest.approx(0.4 * active["AU17"][pucker, LEFT].max())
    assert not active["AU17"][brow].any()
    assert not unasked


def test_mirror_image_exchanges_the_sides_of_everything():
    spec = palsy(synkinesis=(ORAL_OCULAR,), side_gain=(1.0, 0.94))
    here, there = (activations(s, perform(s, 25).command)[0] for s in (spec, spec.mirror_image()))
    for unit, values in here.items():
        np.testing.assert_array_equal(values, there[unit][:, ::-1], err_msg=unit)


def test_specification_survives_json():
    spec = palsy(
        synkinesis=(ORAL_OCULAR,),
        resting=Resting(0.1, 0.2, 0.3),
        exercises=(Exercise.PUCKER,),
        trouble=Trouble.DARK,
        session=SessionOf(2, 90),
    )
    assert PatientSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("wrong", [{"affected_side": "up"}, {"weakness": {"nose": 1}}, {"colour": 3}, {}])
def test_wrong_specification_is_refused(wrong):
    with pytest.raises(ValueError, match="not a puppet's specification"):
        PatientSpec.from_json(({"video_id": "v", "subject_id": "s"} | wrong) if wrong else {})


@pytest.mark.parametrize(
    "spec", [{"weakness": Weakness(0.5, 0, 0)}, {"synkinesis": (ORAL_OCULAR,)}, {"affected_side": AffectedSide.BOTH}]
)
def test_palsy_without_an_affected_side_is_refused(spec):
    with pytest.raises(ValueError, match="side"):
        PatientSpec("v", "s", **spec)


def test_session_runs_through_all_eight_exercises_between_rests():
    acts = perform(palsy(), 25).acts
    assert tuple(a.exercise for a in acts[1::2]) == ORDER
    assert all(a.exercise is Exercise.REST for a in acts[::2])
    assert all(before.end_s == pytest.approx(after.start_s) for before, after in itertools.pairwise(acts))


def test_no_spontaneous_blink_during_an_eye_exercise_and_some_otherwise():
    eyes = (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT)
    blinks = 0
    for seed in range(12):
        shown = perform(dataclasses.replace(palsy(), seed=seed), 25)
        blinks += len(shown.blinks)
        for act in (a for a in shown.acts if a.exercise in eyes):
            assert not any(start < act.end_s and end > act.start_s for start, end in shown.blinks)
    assert blinks > 12
