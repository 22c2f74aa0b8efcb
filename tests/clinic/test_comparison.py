"""Two visits compared."""

import dataclasses
import subprocess
import sys

import pytest

from clinic.comparison import Reason, Verdict, Visit, compare

FIRST = Visit(
    {"mouth_asymmetry": -0.5, "sunnybrook": 60.0, "hb_grade": 4.0},
    {"mouth_asymmetry": 0.1, "sunnybrook": 8.0, "hb_grade": 0.9},
    protocol="v1", camera="640x480", fps=30, face_width_px=230, yaw_deg=2, pitch_deg=0, method="m", weights=("a",),
)  # fmt: skip


def verdicts(**values):
    after = dataclasses.replace(FIRST, values=FIRST.values | values)
    return {c.name: c.verdict for c in compare(FIRST, after)}


def test_change_beyond_its_error_has_a_direction():
    found = verdicts(mouth_asymmetry=-0.2, sunnybrook=45.0, hb_grade=3.0)
    assert found == {
        "mouth_asymmetry": Verdict.BETTER, "sunnybrook": Verdict.WORSE, "hb_grade": Verdict.BETTER
    }  # fmt: skip


def test_change_within_its_error_is_noise():
    assert set(verdicts(mouth_asymmetry=-0.42, sunnybrook=66.0).values()) == {Verdict.WITHIN_NOISE}


def test_stronger_side_that_changes_is_neither_better_nor_worse():
    after = dataclasses.replace(FIRST, values=FIRST.values | {"mouth_asymmetry": 0.45})
    change = next(c for c in compare(FIRST, after) if c.name == "mouth_asymmetry")
    assert (change.verdict, change.reasons) == (Verdict.CANNOT_TELL, (Reason.CROSSED,))


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        ({"protocol": "v2"}, Reason.PROTOCOL),
        ({"camera": "1920x1080"}, Reason.CAMERA),
        ({"fps": 60.0}, Reason.CAMERA),
        ({"yaw_deg": 15.0}, Reason.POSE),
        ({"method": "n"}, Reason.METHOD),
        ({"weights": ("b",)}, Reason.WEIGHTS),
        ({"mirrored_unknown": True}, Reason.MIRRORED),
        ({"side_doubtful": True}, Reason.SIDE),
    ],
)
def test_visits_that_are_not_comparable_say_why(difference, reason):
    changes = compare(FIRST, dataclasses.replace(FIRST, **difference))
    assert {c.verdict for c in changes} == {Verdict.CANNOT_TELL}
    assert all(reason in c.reasons for c in changes)


def test_what_is_not_known_is_not_held_against_a_visit():
    assert verdicts().keys() == FIRST.values.keys()
    after = dataclasses.replace(FIRST, camera=None, yaw_deg=None, weights=None)
    assert {c.verdict for c in compare(FIRST, after)} == {Verdict.WITHIN_NOISE}


def test_unmeasured_value_and_unknown_error_cannot_be_told():
    after = dataclasses.replace(FIRST, values={"mouth_asymmetry": None, "new": 1.0})
    reasons = {c.name: c.reasons for c in compare(FIRST, after)}
    assert reasons["mouth_asymmetry"] == (Reason.NOT_MEASURED,)
    assert reasons["new"] == (Reason.NOT_MEASURED, Reason.NO_ERROR)


def test_comparison_loads_nothing_but_the_standard_library():
    code = "import sys, clinic.comparison; sys.exit(any(m in sys.modules for m in ('numpy', 'torch', 'django.db')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
