"""The worklist's flags: which session raises which, why, and what puts it to rest."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from django.utils import timezone

from analysis.contracts import AffectedSide, AffectedSideResult
from clinic.models.results import RunState
from clinic.selectors.worklist import Asked, Show, worklist
from clinic.services import worklist as service
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.listed import NOON, SAFE, line, names, patient, session
from tests.clinic.measured import measured


def codes(cast: Cast) -> set[str]:
    return {flag.code for flag in line(cast, "Anna Alder").flags}


def test_measured_side_against_the_record_is_flagged(cast: Cast) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, side="right")
    measured(session(cast.patient, episode=episode), report=SAFE)
    assert codes(cast) == {"side_conflict"}
    assert names(cast, show=Show.ATTENTION) == ["Anna Alder"]


def test_incomplete_eye_closure_and_poor_video_are_flagged(cast: Cast) -> None:
    safety = {"gentle": {"flag_left": False, "flag_right": None}, "tight": {"flag_left": True, "flag_right": False}}
    details = {"extras": {"eye_safety": safety}}
    make.AssessmentFactory(run__video__session=session(cast.patient), details=details, quality_score=0.1)
    assert codes(cast) == {"eye_closure", "poor_video"}
    assert names(cast, show=Show.ATTENTION) == ["Anna Alder"]


def test_eyes_that_close_or_were_not_measured_are_not_flagged(cast: Cast) -> None:
    for safety in ({"gentle": {"flag_left": False, "flag_right": None}, "tight": None}, None):
        details = {"extras": {"eye_safety": safety}}
        make.AssessmentFactory(run__video__session=session(cast.patient), details=details)
    assert codes(cast) == set()
    assert names(cast, show=Show.ATTENTION) == []


def test_side_that_was_hardly_measured_contradicts_nothing(cast: Cast) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, side="right")
    unsure = dataclasses.replace(SAFE, affected_side=AffectedSideResult(AffectedSide.LEFT, 0.4))
    measured(session(cast.patient, episode=episode), report=unsure)
    assert codes(cast) == set()
    assert names(cast, show=Show.ATTENTION) == []


def test_refused_failed_and_running_videos_are_flagged(cast: Cast) -> None:
    for state in (RunState.REFUSED, RunState.FAILED, RunState.QUEUED):
        make.RunFactory(video__session=session(cast.patient), state=state)
    assert codes(cast) == {"refused", "failed", "in_progress"}


def test_successful_second_attempt_clears_the_refusal(cast: Cast) -> None:
    video = make.VideoFactory(session=session(cast.patient))
    make.RunFactory(video=video, state=RunState.FAILED, created_at=NOON)
    make.RunFactory(video=video, state=RunState.DONE, created_at=NOON + timedelta(hours=1))
    assert codes(cast) == set()
    assert names(cast, show=Show.ATTENTION) == []


def test_reviewed_sessions_raise_no_flags(cast: Cast) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, side="right")
    measured(session(cast.patient, episode=episode, reviewed=True))
    make.RunFactory(video__session=session(cast.patient, reviewed=True), state=RunState.REFUSED)
    assert codes(cast) == set()
    assert names(cast, show=Show.ATTENTION) == names(cast, show=Show.OPEN) == []


def test_agreeing_side_needs_no_attention(cast: Cast) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, side="left")
    measured(session(cast.patient, episode=episode), report=SAFE)
    found = worklist(user=cast.clinician)
    assert found.counts == {"all": 1, "since": 1, "open": 1, "attention": 0, "reviewed": 0}


def test_gravest_flags_come_first_whatever_is_newer(cast: Cast) -> None:
    session(patient(cast, "Only new"), 9)
    make.AssessmentFactory(run__video__session=session(patient(cast, "Poor video"), 5), quality_score=0.1)
    make.AssessmentFactory(run__video__session=session(patient(cast, "Open eye")), details=open_eye())
    assert names(cast)[:3] == ["Open eye", "Poor video", "Only new"]


def open_eye() -> dict[str, Any]:
    gentle = {"unit": "mm", "left": 3.25, "right": 0.2, "flag_left": True, "flag_right": False}
    return {"extras": {"eye_safety": {"gentle": gentle, "tight": None}}}


def test_flag_says_why_with_its_numbers(cast: Cast) -> None:
    make.AssessmentFactory(run__video__session=session(cast.patient), details=open_eye(), quality_score=0.25)
    reasons = {flag.code: flag.reason for flag in line(cast, "Anna Alder").flags}
    assert reasons == {
        "eye_closure": "Left eye 3.2 mm open at gentle effort (estimate).",
        "poor_video": "Quality 0.25 of 1, below 0.4: the numbers deserve doubt.",
    }


def test_refusal_says_what_the_person_was_told(cast: Cast) -> None:
    problems = [{"code": "too_dark", "message": "The video is too dark.", "at_s": None}]
    make.RunFactory(video__session=session(cast.patient), state=RunState.REFUSED, problems=problems)
    assert [flag.reason for flag in line(cast, "Anna Alder").flags] == ["The video is too dark."]


def test_flag_of_a_reviewed_session_is_only_remembered(cast: Cast) -> None:
    make.AssessmentFactory(run__video__session=session(cast.patient, reviewed=True), details=open_eye())
    found = line(cast, "Anna Alder")
    assert (found.flags, [flag.code for flag in found.seen]) == ((), ["eye_closure"])
    assert names(cast, flag="eye_closure") == names(cast, show=Show.ATTENTION) == []
    assert names(cast, flag="eye_closure", show=Show.REVIEWED) == ["Anna Alder"]
    assert worklist(user=cast.clinician, asked=Asked(show=Show.REVIEWED)).flag_counts == {"eye_closure": 1}


def worsened(cast: Cast, **newest: Any) -> None:
    """Two comparable results, the mouth twice as asymmetric in the second."""
    episode = make.EpisodeFactory(patient=cast.patient)
    known = {"errors": {"mouth_asymmetry": {"mdc95": 0.1, "unit": "index", "origin": "test"}}, "origin": {}}
    for day, asymmetry in ((0, -0.3), (7, -0.6)):
        values = {**known, "mouth_asymmetry": asymmetry, **(newest if day else {})}
        recording = session(cast.patient, day, episode=episode, reviewed=not day)
        make.AssessmentFactory(run__video__session=recording, run__video__mirrored="no", **values)


def test_deterioration_beyond_the_error_is_flagged_with_numbers(cast: Cast) -> None:
    worsened(cast)
    [flag] = line(cast, "Anna Alder").flags
    assert flag.code == "worse"
    assert flag.reason.startswith("Mouth") and "30" in flag.reason and "1 Jun 2026" in flag.reason


def test_change_by_another_method_is_no_deterioration(cast: Cast) -> None:
    worsened(cast, method="another method")
    assert codes(cast) == set()


def test_reprocessed_reference_is_read_from_its_current_result(cast: Cast) -> None:
    worsened(cast, mouth_asymmetry=-0.35)
    assert codes(cast) == set()


def test_overdue_by_the_planned_interval_until_none_is_expected(cast: Cast) -> None:
    at = timezone.now() - timedelta(days=20)
    make.SessionFactory(patient=cast.patient, recorded_at=at, reviewed_at=at)
    service.expect(patient=cast.patient, by=cast.clinician, every_days=7)
    assert [flag.reason for flag in line(cast, "Anna Alder").flags] == [
        "Last recorded 20 days ago, planned every 7 days."
    ]
    service.expect(patient=cast.patient, by=cast.clinician)
    assert line(cast, "Anna Alder").flags == ()
