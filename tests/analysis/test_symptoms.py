"""Movement, blinks, eye safety, laterality, compliance."""

import numpy as np
import pytest

from analysis.contracts import AU_NAMES, AffectedSide, AffectedSideResult, Exercise, Mirrored, Timeline, TimelineSegment
from analysis.motion import compliance
from analysis.symptoms import laterality
from analysis.symptoms.blinks import blinks, summary
from analysis.symptoms.eye_safety import eye_safety, sentences
from analysis.symptoms.measures import measure
from analysis.symptoms.movement import movement
from tests.analysis.curves import session


def test_index_is_the_difference_over_the_greater():
    made = session((Exercise.SMILE_OPEN,), left=0.5, right=1.0)
    found = movement(made.units, Exercise.SMILE_OPEN, made.found[0].apex)
    assert (found.left, found.right) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.0, abs=0.02))
    assert found.asymmetry_index == pytest.approx(-0.5, abs=0.02)


def test_nothing_moved_gives_no_index():
    made = session((Exercise.SNARL,), left=0.05, right=0.1)
    assert movement(made.units, Exercise.SNARL, made.found[0].apex).asymmetry_index is None


def test_unmeasured_half_is_none():
    made = session((Exercise.SNARL,))
    made.units.left[:] = np.nan
    found = movement(made.units, Exercise.SNARL, made.found[0].apex)
    assert (found.left, found.asymmetry_index) == (None, None)


def test_speech_has_no_commanded_movement():
    made = session((Exercise.SNARL,))
    assert movement(made.units, Exercise.SPEECH, slice(0, 10)) is None


def blinking(closure_left: float, closure_right: float):
    made = session((Exercise.EYE_CLOSURE_GENTLE,), rest_s=4.0)
    for start in (1.0, 2.5, 8.0):
        inside = (made.time_s >= start) & (made.time_s < start + 0.24)
        course = np.sin(np.pi * (made.time_s[inside] - start) / 0.24)
        made.units.left[inside, AU_NAMES.index("AU45")] = closure_left * course
        made.units.right[inside, AU_NAMES.index("AU45")] = closure_right * course
    return made


def test_blinks_are_counted_outside_closures_complete_or_partial_per_eye():
    made = blinking(5.0, 3.0)
    found = blinks(made.units, made.time_s, made.found)
    told = summary(found, made.time_s, made.found)
    assert (told["count"], told["complete_left"], told["complete_right"]) == (3, 3, 0)
    assert told["rate_per_min"] == pytest.approx(60 * 3 / (9.6 - 1.6 - 0.6), rel=0.1)


def test_delay_between_the_eyes_needs_a_fast_camera():
    made = blinking(5.0, 5.0)
    assert blinks(made.units, made.time_s, made.found)[0].delay_ms is None
    assert "frames/s" in summary([], made.time_s, [])["note"]


def lids(opening_left: float, closed_left: float):
    return {
        "palpebral_fissure_gentle": measure([opening_left, 0.2], "mm", Exercise.EYE_CLOSURE_GENTLE),
        "eye_closure_gentle": measure([closed_left, 0.99], "ratio", Exercise.EYE_CLOSURE_GENTLE),
    }


def test_open_eye_is_flagged_with_millimetres():
    safety = eye_safety(lids(3.4, 0.6))
    assert (safety["gentle"]["flag_left"], safety["gentle"]["flag_right"]) == (True, False)
    assert sentences(safety) == ["Eye safety: the left eye stays 3.4 mm open at gentle effort."]


def test_effort_that_was_not_shown_is_not_judged():
    safety = eye_safety(lids(0.3, 0.97))
    assert safety["tight"] is None
    assert sentences(safety) == []


SURE_LEFT = AffectedSideResult(AffectedSide.LEFT, 0.95)


def codes(problems):
    return [p.code for p in problems]


def test_video_that_contradicts_the_record_is_warned_about():
    assert codes(laterality.laterality_problems(SURE_LEFT, AffectedSide.RIGHT)) == [laterality.CONTRADICTS]
    assert laterality.laterality_problems(SURE_LEFT, AffectedSide.LEFT) == []


def test_doubtful_side_contradicts_nothing():
    doubtful = AffectedSideResult(AffectedSide.LEFT, 0.3)
    assert laterality.laterality_problems(doubtful, AffectedSide.RIGHT, Mirrored.UNKNOWN) == []


def test_unknown_mirroring_is_warned_about_where_a_side_is_named():
    assert codes(laterality.laterality_problems(SURE_LEFT, None, Mirrored.UNKNOWN)) == [laterality.MIRRORED_UNKNOWN]


ASKED = TimelineSegment(Exercise.PUCKER, 0.8, 2.4)


def verdict(made, effort):
    return compliance.check(ASKED, made.found, made.time_s, effort).verdict


def test_done_wrong_missing_and_half_hearted_are_told_apart():
    right, wrong = session((Exercise.PUCKER,)), session((Exercise.SNARL,))
    assert verdict(right, 1.0) == "done"
    assert verdict(right, 0.3) == compliance.HALF
    assert verdict(wrong, 1.0) == compliance.WRONG
    assert compliance.check(ASKED, [], right.time_s, 0.05).verdict == compliance.MISSING


def test_prompt_that_nobody_answered_is_undone_unless_the_stronger_half_did_it():
    made = session((Exercise.SNARL,))
    for effort, undone in ((0.06, True), (0.4, True), (None, True), (0.9, False)):
        assert compliance.check(ASKED, made.found, made.time_s, effort).is_undone is undone, effort
    assert compliance.check(ASKED, [], made.time_s, 0.05).is_undone
    assert not compliance.check(ASKED, [], made.time_s, 0.3).is_undone, "a half that moves a little was asked for that"


def test_tight_for_gentle_closure_is_let_pass():
    made = session((Exercise.EYE_CLOSURE_TIGHT,))
    asked = TimelineSegment(Exercise.EYE_CLOSURE_GENTLE, 0.8, 2.4)
    assert compliance.check(asked, made.found, made.time_s, 1.0).verdict == "done"


def test_advice_names_what_was_asked_for():
    wrong = compliance.check(ASKED, session((Exercise.SNARL,)).found, session((Exercise.SNARL,)).time_s, 1.0)
    (problem,) = compliance.problems([wrong])
    assert problem.code == compliance.WRONG
    assert "pucker your lips" in problem.message
    assert problem.at_s == 0.8


def test_video_without_the_exercises_says_so():
    one = session((Exercise.PUCKER,))
    assert compliance.nothing_done(one.found, None).code == compliance.MISSING_ALL
    assert compliance.nothing_done(session().found, Timeline([ASKED])) is None


def test_eye_that_shuts_gently_is_not_flagged_at_tight_effort():
    tight = {
        "palpebral_fissure_tight": measure([1.6, 0.2], "mm", Exercise.EYE_CLOSURE_TIGHT),
        "eye_closure_tight": measure([0.85, 0.99], "ratio", Exercise.EYE_CLOSURE_TIGHT),
    }
    assert eye_safety(lids(0.3, 0.97) | tight)["tight"]["flag_left"] is False
    assert eye_safety(tight)["tight"]["flag_left"] is True


def test_short_protocol_is_enough_where_it_was_asked_for():
    asked = Timeline([ASKED])
    assert compliance.nothing_done(session((Exercise.PUCKER,)).found, asked) is None
    assert compliance.nothing_done(session((Exercise.SNARL,)).found, asked).code == compliance.MISSING_ALL
