"""What the worker stores beside the report is told on the session page, and what is absent is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Session, User
from clinic.selectors import findings
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User | None], Client]

EXTRAS: dict[str, Any] = {
    "blinks": {
        "count": 2,
        "rate_per_min": 11.5,
        "complete_left": 0,
        "complete_right": 2,
        "blinks": [
            {"start_s": 1.2, "end_s": 1.4, "closure_left": 0.41, "closure_right": 0.96, "delay_ms": -20.0},
            {"start_s": 8.0, "end_s": 8.2, "closure_left": 0.9, "closure_right": 0.9, "delay_ms": 0.2},
        ],
        "note": "left-right delay needs 50 frames/s, this video has 25",
    },
    "resting": {
        "palpebral_fissure": {
            "affected_minus_healthy": 1.9,
            "unit": "mm",
            "normal_within": 1.32,
            "reading": "loss of tone",
        },
        "fold_height": None,
    },
    "compliance": [
        {"asked": "pucker", "start_s": 9.0, "end_s": 11.0, "done": None, "effort": 0.1, "verdict": "exercise_missing"},
        {"asked": "snarl", "start_s": 12.0, "end_s": 14.0, "done": "snarl", "effort": 0.9, "verdict": "done"},
    ],
    "coupling": [
        {
            "kind": "oral-ocular",
            "side": "left",
            "exercise": "pucker",
            "moved": "AU18",
            "followed": "AU45",
            "strength": 0.34,
            "lag_s": -0.04,
            "trigger": [0.0, 0.5, 1.0, 0.5, 0.0],
            "follower": [0.0, 0.1, 0.34, 0.25, -0.5],
        },
        {
            "kind": "oral-ocular",
            "side": "right",
            "exercise": "pucker",
            "moved": "AU18",
            "followed": "AU45",
            "strength": 0.0,
            "lag_s": None,
            "trigger": [],
            "follower": [],
        },
    ],
    "coupling_unjudged": [
        {
            "kind": "mentalis",
            "side": "right",
            "exercise": "smile_open",
            "moved": "AU12",
            "followed": "AU17",
            "strength": 0.28,
            "lag_s": 0.02,
            "trigger": [],
            "follower": [],
        },
    ],
    "synkinesis_unmeasured": {"mentalis": "too many pairs were missed"},
    "region_function": {"mouth": {"left": 0.35, "right": 1.0, "missing": ["snarl"]}},
    "pose": {"yaw_deg": {"median": -3.4, "p05": -5.0, "p95": 1.0}},
    "scale": {"mm_per_iod": 56.9, "relative_sd": 0.04, "by": "iris"},
    "rest": {"source": "own", "frames": 73, "at_s": 0.6},
    "against_pinned_rest": {
        "source": "pinned",
        "rest_intensity": {"left": {"AU12": 0.8, "AU1": 0.1}, "right": {"AU12": -0.4, "AU1": 0.0}},
    },
}


@pytest.fixture
def shown(cast: Cast, as_user: As) -> str:
    """The page of a session with all of it."""
    session: Session = make.SessionFactory(patient=cast.patient)
    details = dataclasses.replace(REPORT.details, extras={**REPORT.details.extras, **EXTRAS})
    measured(session, report=changed(details=details))
    answer = as_user(cast.clinician).get(reverse("session-detail", args=[session.pk]))
    return " ".join(answer.content.decode().replace("\N{NARROW NO-BREAK SPACE}", " ").split())


def test_blinks_are_told_with_how_complete_either_eye_is(shown: str) -> None:
    assert "Left</span> 0 of 2" in shown
    assert "Right</span> 2 of 2" in shown
    assert "12 a minute" in shown or "11 a minute" in shown
    assert 'data-look="1.300"' in shown
    assert "Left-right delay needs 50 frames/s" in shown


def test_blink_delay_names_the_later_eye() -> None:
    found = findings.blinks(EXTRAS)
    assert found is not None
    assert [row.delay for row in found.rows] == ["right 20 ms later", "together"]
    assert [row.is_complete for row in found.rows] == [False, True]


def test_resting_asymmetry_has_its_sign_its_normal_range_and_its_reading(shown: str) -> None:
    assert "The face at rest" in shown
    assert "+1.9 mm" in shown
    assert "±1.3 mm" in shown
    assert "loss of tone" in shown


def test_exercise_that_was_not_done_is_open_to_see(shown: str) -> None:
    assert '<details class="older" open><summary>What was asked for' in shown
    assert "nothing recognised" in shown
    assert "not seen" in shown


def test_protocol_that_was_followed_stays_folded() -> None:
    rows = findings.compliance({"compliance": EXTRAS["compliance"][1:]})
    assert [(row.verdict, row.tone) for row in rows] == [("done", "ok")]


def test_coupling_below_synkinesis_is_listed_for_the_half_that_has_it(shown: str) -> None:
    assert "What came along in each exercise (2)" in shown
    assert "\N{MINUS SIGN}40 ms" in shown


def test_what_came_along_is_drawn_over_what_was_moved(shown: str) -> None:
    """96 x 64 units: no movement at (4, 53.3), a full one of both at (84, 8.5); what goes below is kept inside."""
    assert shown.count('<svg class="coupling coupling--left"') == 1
    assert 'aria-label="moved up to 100 % of a full movement, came along up to 34 %"' in shown
    assert 'd="M4.0 53.3L44.0 48.8L84.0 38.0L44.0 42.1L4.0 60.0"' in shown
    assert 'coupling__slope" d="M4.0 53.3L84.0 38.0"' in shown


def test_kind_that_is_not_judged_is_shown_as_such() -> None:
    assert [(row.kind, row.is_judged) for row in findings.couplings(EXTRAS)] == [
        ("mouth to eye", True),
        ("chin", False),
    ]


def test_kinds_that_are_not_measured_say_why(shown: str) -> None:
    assert "Kinds that are not judged (1)" in shown
    assert "too many pairs were missed" in shown
    assert "not judged" in shown


def test_function_of_a_region_names_the_exercise_that_was_not_seen(shown: str) -> None:
    assert "Function of each half" in shown
    assert "35 %" in shown
    assert '<td class="quiet">snarl</td>' in shown


def test_drift_against_the_pinned_rest_lists_what_moved(shown: str) -> None:
    assert "Against the pinned rest of this patient" in shown
    assert [(row.unit, row.left, row.right) for row in findings.drifts(EXTRAS)] == [
        ("AU12 lip corner puller", "+0.8", "\N{MINUS SIGN}0.4")
    ]


def test_pose_scale_and_rest_are_told_with_the_quality(shown: str) -> None:
    assert "\N{MINUS SIGN}3° (median)" in shown
    assert "56.9 mm between the eyes" in shown
    assert "73 frames" in shown


def test_missing_scale_is_said() -> None:
    assert [fact.value for fact in findings.recording({"scale": None})] == ["none"]


def test_result_without_any_of_it_is_shown(cast: Cast, as_user: As) -> None:
    session = make.SessionFactory(patient=cast.patient)
    measured(session, report=changed(details=dataclasses.replace(REPORT.details, extras={})))
    answer = as_user(cast.clinician).get(reverse("session-detail", args=[session.pk])).content.decode()
    for title in ("The face at rest", "Blinks", "What was asked for", "Function of each half"):
        assert title not in answer
