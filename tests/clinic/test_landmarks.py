"""Landmarks for the player: a small head, pieces of a known layout, and nothing for strangers."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis import series as stored_series
from clinic.models import User
from clinic.selectors import landmarks
from tests.analysis.meshes import track_of_faces
from tests.clinic.cast import Case, Cast

As = Callable[[User | None], Client]
RECORD = 2 * 2 + len(landmarks.VALUES)  # two points


def document(count: int, *, unseen: int | None = None, extras: dict[str, Any] | None = None) -> dict[str, Any]:
    """Two points that walk one step a frame, the second one down; `unseen` is a frame without a face."""
    walk: list[int | None] = [100, *[1] * (count - 1)]
    still: list[int | None] = [40, *[0] * (count - 1)]
    for row in (walk, still):
        if unseen is not None:
            row[unseen] = None
    points = {"width": 640, "height": 480, "unit": 0.5, "points": [4, 152], "parts": {"nose": [4]}}
    segments = [{"exercise": "smile_open", "start_s": 2.0, "end_s": 3.0, "apex_s": 2.5, "confidence": 1.0}]
    return {
        "report": {"frames": {"time_s": [i / 25 for i in range(count)]}, "segments": segments},
        "details": {"extras": extras or {}, "curves": {"palpebral_fissure_left": [0.2] * count}},
        "keypoints": {**points, "x": [walk, still], "y": [still, walk]},
    }


def records(content: bytes) -> list[tuple[int, ...]]:
    return list(struct.iter_unpack(f"<{RECORD}h", content))


def test_positions_are_sums_of_what_is_stored_and_values_are_steps() -> None:
    first, second, *_ = records(landmarks.piece(document(30), 0))
    assert first[:5] == (100, 40, 40, 100, 2000)
    assert second[:5] == (101, 40, 40, 101, 2000)
    assert second[5:] == (landmarks.ABSENT,) * 5  # no such curves


def test_frame_without_a_face_is_absent_and_the_sum_goes_on() -> None:
    found = records(landmarks.piece(document(30, unseen=10), 0))
    assert found[10][:4] == (landmarks.ABSENT,) * 4
    assert found[11][0] == 110


def test_second_piece_goes_on_where_the_first_ended() -> None:
    long = document(landmarks.PIECE + 5)
    head = landmarks.head(long)
    assert (head["pieces"], len(head["frames_s"])) == (2, landmarks.PIECE + 5)
    rest = records(landmarks.piece(long, 1))
    assert len(rest) == 5
    assert rest[0][0] == 100 + landmarks.PIECE
    with pytest.raises(IndexError):
        landmarks.piece(long, 2)


def test_pieces_say_the_same_as_the_pipelines_own_reader() -> None:
    track = track_of_faces(_faces())
    points = stored_series.keypoints(track)
    made = {"report": {"frames": {"time_s": track.time_s.tolist()}}, "keypoints": points}
    width = 2 * len(points["points"]) + len(landmarks.VALUES)
    found = list(struct.iter_unpack(f"<{width}h", landmarks.piece(made, 0)))
    for k in (0, 50, len(points["points"]) - 1):
        row = stored_series.restore(points["x"][k], points["unit"])
        assert [record[2 * k] * points["unit"] for record in found] == pytest.approx(row)


def _faces() -> Any:
    from tests.analysis.meshes import lopsided, visits

    return visits(lopsided())


@pytest.mark.parametrize(
    ("extras", "expected"),
    [({"rest": {"at_s": 7.25}}, 7.25), ({"rest": {"frames": 3}}, 1.0), ({}, 1.0)],
    ids=["as the worker found it", "an older result: before the first exercise", "nothing stored"],
)
def test_rest_is_found(extras: dict[str, Any], expected: float) -> None:
    assert landmarks.rest_s(document(100, extras=extras)) == expected


def test_rest_exercise_is_where_the_face_rests() -> None:
    made = document(100)
    made["report"]["segments"].insert(0, {"exercise": "rest", "start_s": 0.5, "end_s": 1.5})
    assert landmarks.rest_s(made) == 1.0


def test_scale_and_its_error_travel_with_the_head() -> None:
    head = landmarks.head(document(30, extras={"scale": {"mm_per_iod": 60.0, "relative_sd": 0.04}}))
    assert (head["mm_per_unit"], head["scale_sd"]) == (60.0, 0.04)
    assert landmarks.head(document(30))["mm_per_unit"] is None


def test_result_without_landmarks_still_tells_its_times() -> None:
    made = {**document(30), "keypoints": None}
    head = landmarks.head(made)
    assert (head["pieces"], head["points"], len(head["frames_s"])) == (0, [], 30)
    with pytest.raises(IndexError):
        landmarks.piece(made, 0)


def test_pieces_are_fetched_packed_or_plain(cast: Cast, case: Case, as_user: As) -> None:
    where = reverse("run-landmark-piece", args=[case.run.pk])
    client = as_user(cast.clinician)
    plain = client.get(where)
    packed = client.get(where, headers={"Accept-Encoding": "gzip"})
    assert plain["Content-Type"] == "application/octet-stream"
    assert gzip.decompress(packed.content) == plain.content
    head = client.get(reverse("run-landmarks", args=[case.run.pk])).json()
    assert len(plain.content) == len(head["frames_s"]) * 2 * (2 * len(head["points"]) + len(head["values"]))


@pytest.mark.parametrize("asked", ["1", "-1", "x", "", "9" * 5000, "٣"])
def test_piece_that_does_not_exist_is_not_found(asked: str, cast: Cast, case: Case, as_user: As) -> None:
    where = reverse("run-landmark-piece", args=[case.run.pk])
    assert as_user(cast.clinician).get(where, {"piece": asked}).status_code == 404


def test_landmarks_of_others_are_not_found(cast: Cast, case: Case, as_user: As) -> None:
    for name in ("run-landmarks", "run-landmark-piece"):
        for stranger in (cast.outsider, cast.colleague):
            assert as_user(stranger).get(reverse(name, args=[case.run.pk])).status_code == 404
        assert as_user(cast.patient_user).get(reverse(name, args=[case.run.pk])).status_code == 403
