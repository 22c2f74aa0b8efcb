"""Trials: recordings read again with other weights, one after the other; nothing of them becomes a result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic import dispatch
from clinic.errors import Conflict, Refused
from clinic.models import Assessment, TrialRecording
from clinic.models.weights import MAX_TRIES, TrialState
from clinic.selectors import weights as selector
from clinic.services import consents, trials, weights
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.test_weights import Sent, ready, take_in


def start(cast: Cast, *videos: Any) -> Any:
    return trials.start(weights=ready(cast), video_ids=[video.pk for video in videos], by=cast.administrator)


def test_a_trial_reads_recordings_one_after_the_other(
    cast: Cast, case: Case, sent: Sent, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    second = make.AssessmentFactory(run__video__session__patient=cast.patient).run.video
    with django_capture_on_commit_callbacks(execute=True):
        trial = start(cast, case.video, second)
    asked = [ids["recording_id"] for name, ids in sent if name == dispatch.TRY_WEIGHTS]
    assert len(asked) == 1
    claimed = trials.claim(asked[0])
    assert claimed is not None
    assert trials.claim(asked[0]) is None
    before = Assessment.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        trials.record(claimed, candidate={"system": "fusion"}, active=None)
    asked = [ids["recording_id"] for name, ids in sent if name == dispatch.TRY_WEIGHTS]
    assert len(set(asked)) == 2
    assert Assessment.objects.count() == before
    assert trial.recordings.get(pk=claimed.pk).state == TrialState.DONE


def test_a_trial_needs_checked_weights_and_recordings_of_people_who_agree(cast: Cast, case: Case) -> None:
    taken = take_in(cast)
    with pytest.raises(Conflict):
        trials.start(weights=taken, video_ids=[case.video.pk], by=cast.administrator)
    weights.checked(weights_id=str(taken.pk), fits=True, message="fits")
    taken.refresh_from_db()
    outside = make.AssessmentFactory(run__video__session__patient=cast.outside_patient).run.video
    with pytest.raises(Refused):
        trials.start(weights=taken, video_ids=[outside.pk], by=cast.administrator)
    consents.withdraw(patient=cast.patient, purpose="care", by=cast.patient_user)
    with pytest.raises(Refused):
        trials.start(weights=taken, video_ids=[case.video.pk], by=cast.administrator)


def test_a_lost_recording_of_a_trial_is_read_again_and_given_up_in_the_end(cast: Cast, case: Case, sent: Sent) -> None:
    row = start(cast, case.video).recordings.get()
    for attempt in range(MAX_TRIES):
        assert trials.claim(str(row.pk)) is not None, attempt
        TrialRecording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        trials.ask_again()
        TrialRecording.objects.update(sent_at=None)
    row.refresh_from_db()
    assert row.state == TrialState.FAILED
    assert "three times" in row.problem


def test_what_a_lost_worker_brings_late_is_dropped(cast: Cast, case: Case) -> None:
    row = start(cast, case.video).recordings.get()
    late = trials.claim(str(row.pk))
    assert late is not None
    TrialRecording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert trials.claim(str(row.pk)) is not None
    trials.record(late, candidate={"system": "fusion"}, active=None)
    row.refresh_from_db()
    assert (row.state, row.candidate) == (TrialState.RUNNING, None)


def test_storage_away_gives_a_recording_back_until_it_was_tried_often(cast: Cast, case: Case) -> None:
    row = start(cast, case.video).recordings.get()
    for _ in range(MAX_TRIES):
        claimed = trials.claim(str(row.pk))
        assert claimed is not None
        trials.give_back(claimed)
    row.refresh_from_db()
    assert row.state == TrialState.FAILED


def _result(target: str, value: Any, probabilities: dict[str, float] | None = None) -> dict[str, Any]:
    answer = {"target": target, "value": value, "probabilities": probabilities or {}, "looked_at": 3, "parts": {}}
    return {
        "system": "fusion",
        "method": "m",
        "answers": [answer],
        "experimental": True,
        "reason": None,
        "weights": None,
    }


@pytest.mark.parametrize(
    ("candidate", "active", "words", "differs"),
    [
        (_result("house_brackmann", 4), _result("house_brackmann", 2), "2 grades worse", True),
        (_result("house_brackmann", 2), _result("house_brackmann", 3), "1 grade better", True),
        (_result("severity_level", 2), _result("severity_level", 2), "the same", False),
        (_result("palsy", 0.7), _result("palsy", 0.4), "+30 points, another verdict", True),
        (_result("palsy", 0.7), _result("palsy", 0.6), "+10 points", False),
        (_result("palsy", 0.7), None, "nothing to compare with", False),
    ],
)
def test_differences_are_told_in_words(
    cast: Cast, case: Case, candidate: Any, active: Any, words: str, differs: bool
) -> None:
    trial = start(cast, case.video)
    claimed = trials.claim(str(trial.recordings.get().pk))
    assert claimed is not None
    trials.record(claimed, candidate=candidate, active=active)
    view = selector.trial(trial)
    (row,) = view.rows
    assert (row.words, row.is_different, view.different) == (words, differs, int(differs))
    assert row.landmarks == "Grade III"
    assert not view.is_open
