"""What a clinician put right: points and their neighbours, fading in time, exercises, rest; nothing else changes."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest

from analysis import corrections as corrected
from analysis.contracts import (
    CORRECTIONS_SCHEMA,
    MOVABLE,
    MOVABLE_LEFT,
    MOVABLE_MIDLINE,
    MOVABLE_RIGHT,
    AffectedSide,
    CorrectedFrame,
    CorrectedPoint,
    CorrectedSegment,
    Corrections,
    Exercise,
    SegmentSource,
)
from analysis.faces.anatomy import MIRROR, MOUTH_CORNER, UPPER_LID
from analysis.faces.follow import follow
from analysis.faces.head import head_frame
from analysis.faces.track import FaceTrack
from analysis.measure import Measured, measure
from analysis.series import POINTS
from analysis.video.stills import write_stills
from tests.analysis.puppets import Clip, puppet_clip
from tests.analysis.tracks import track_of

SMILES = (Exercise.BROW_RAISE, Exercise.SMILE_OPEN, Exercise.EYE_CLOSURE_TIGHT)


@functools.cache
def clip() -> Clip:
    return puppet_clip(AffectedSide.NONE, exercises=SMILES, pace=0.7)


@functools.cache
def track() -> FaceTrack:
    return follow(clip().path).track


@functools.cache
def found() -> Measured:
    return measure(track())


def again(corrections: Corrections) -> Measured:
    return measure(corrected.corrected_track(track(), corrections), corrections=corrections)


def segments() -> list[CorrectedSegment]:
    return [CorrectedSegment(s.exercise, s.start_s, s.end_s, s.apex_s) for s in found().segments]


def moved(track: FaceTrack, at_s: float, shifts: dict[int, tuple[float, float]], span: tuple[float, float]) -> Any:
    frame = int(np.abs(track.time_s - at_s).argmin())
    places = track.landmarks[frame, :, :2].astype(float)
    points = [CorrectedPoint(p, float(places[p, 0] + x), float(places[p, 1] + y)) for p, (x, y) in shifts.items()]
    return CorrectedFrame(at_s, *span, points)


def still_face(n: int = 31) -> FaceTrack:
    faces = np.zeros((n, 478, 3), np.float32)
    faces[:, :, 0] = np.arange(478)
    return track_of(faces)


def test_movable_points_are_mirror_images_and_travel_with_the_series() -> None:
    assert {int(MIRROR[point]): name for point, name in MOVABLE_LEFT.items()} == MOVABLE_RIGHT
    assert all(MIRROR[point] == point for point in MOVABLE_MIDLINE)
    assert set(POINTS) >= MOVABLE


def test_no_correction_changes_nothing() -> None:
    assert corrected.corrected_track(track(), Corrections()) is track()
    result = again(Corrections())
    for name in ("segments", "measures", "regions", "house_brackmann", "scales", "action_units", "synkinesis"):
        assert getattr(result, name) == getattr(found(), name), name


def test_point_takes_its_line_along_and_no_other() -> None:
    field = corrected.spread({386: np.array([0.0, -4.0])})
    assert field[list(UPPER_LID), 1].tolist() == [-1.0, -2.0, -3.0, -4.0, -3.0, -2.0, -1.0]
    assert set(np.flatnonzero(field.any(axis=1))) == set(UPPER_LID)


def test_spreading_is_the_same_on_both_halves() -> None:
    left = corrected.spread({MOUTH_CORNER: np.array([3.0, 1.0])})
    right = corrected.spread({int(MIRROR[MOUTH_CORNER]): np.array([-3.0, 1.0])})
    assert np.allclose(right[MIRROR] * [-1.0, 1.0], left)


def test_shift_is_whole_at_its_frame_fades_to_the_ends_and_stays_inside() -> None:
    face = still_face()
    frame = moved(face, 0.5, {MOUTH_CORNER: (0.0, 6.0)}, (0.2, 0.8))
    shift = corrected.corrected_track(face, Corrections([frame])).landmarks[:, MOUTH_CORNER, 1]
    assert shift[15] == pytest.approx(6.0)
    assert shift[11:20] == pytest.approx(6.0)  # half the way to the ends
    assert 0.0 < shift[8] < 6.0
    assert not shift[:7].any()
    assert not shift[25:].any()
    assert np.all(np.diff(shift[:16]) >= -1e-6)


def test_two_frames_of_one_stretch_are_blended_and_never_added() -> None:
    face = still_face()
    frames = [moved(face, at, {MOUTH_CORNER: (0.0, 6.0)}, (0.0, 1.0)) for at in (0.4, 0.6)]
    shift = corrected.corrected_track(face, Corrections(frames)).landmarks[:, MOUTH_CORNER, 1]
    assert shift.max() == pytest.approx(6.0)


def test_frames_without_a_face_stay_unmeasured() -> None:
    face = still_face()
    gone = dataclasses.replace(face, detected=face.detected.copy(), landmarks=face.landmarks.copy())
    gone.detected[10] = False
    gone.landmarks[10] = np.nan
    frame = moved(face, 0.5, {MOUTH_CORNER: (0.0, 6.0)}, (0.0, 1.0))
    assert np.isnan(corrected.corrected_track(gone, Corrections([frame])).landmarks[10]).all()


def test_moved_corner_changes_its_own_excursion_and_leaves_the_other_side() -> None:
    smile = next(s for s in found().segments if s.exercise is Exercise.SMILE_OPEN)
    assert smile.apex_s is not None
    frame = moved(track(), smile.apex_s, {MOUTH_CORNER: (0.0, 8.0)}, (smile.start_s, smile.end_s))
    name = "commissure_excursion_smile_open"
    before, after = found().measures[name], again(Corrections([frame])).measures[name]
    assert before.left is not None and after.left is not None
    assert after.left < before.left - 1.0  # mm: the corner was put lower
    assert after.right == pytest.approx(before.right, abs=0.05)
    lids = again(Corrections([frame])).measures["palpebral_fissure"].left
    assert lids == pytest.approx(found().measures["palpebral_fissure"].left, abs=0.05)


def test_moved_point_does_not_change_which_exercise_it_was() -> None:
    """A corner dragged far down undoes the smile in the points: recognised anew, it would be something else."""
    smile = next(s for s in found().segments if s.exercise is Exercise.SMILE_OPEN)
    assert smile.apex_s is not None
    frame = int(np.argmin(np.abs(track().time_s - smile.apex_s)))
    x, y = track().landmarks[frame, MOUTH_CORNER, :2].tolist()
    far = CorrectedPoint(MOUTH_CORNER, x, y + 0.8 * float(np.ptp(track().landmarks[frame, :, 0])))
    moved = Corrections([CorrectedFrame(smile.apex_s, smile.start_s, smile.end_s, [far])])
    changed = corrected.corrected_track(track(), moved)
    kinds = [s.exercise for s in found().segments]
    assert [s.exercise for s in measure(changed, corrections=moved).segments] != kinds
    kept = measure(changed, corrections=moved, detected=track())
    assert [s.exercise for s in kept.segments] == kinds
    assert [(s.start_s, s.end_s) for s in kept.segments] == [(s.start_s, s.end_s) for s in found().segments]


def test_exercise_that_does_not_count_is_not_measured_and_is_told() -> None:
    kept = [
        dataclasses.replace(s, valid=False, reason="turned away") if s.exercise is Exercise.SMILE_OPEN else s
        for s in segments()
    ]
    result = again(Corrections(segments=kept))
    assert [s.exercise for s in result.segments] == [Exercise.BROW_RAISE, Exercise.EYE_CLOSURE_TIGHT]
    assert {s.source for s in result.segments} == {SegmentSource.CORRECTED}
    assert "commissure_excursion_smile_open" not in result.measures
    assert result.details.extras["corrections"]["not_counted"][0]["reason"] == "turned away"


def test_boundaries_kind_and_apex_are_taken_as_they_were_set() -> None:
    first, *others = segments()
    early = dataclasses.replace(first, exercise=Exercise.SNARL, start_s=first.start_s + 0.2, apex_s=first.start_s + 0.3)
    shown = again(Corrections(segments=[early, *others])).segments[0]
    assert shown.exercise is Exercise.SNARL
    assert (shown.start_s, shown.end_s) == pytest.approx((early.start_s, first.end_s), abs=0.05)
    assert shown.apex_s == pytest.approx(early.apex_s, abs=0.06)


def test_rest_is_taken_where_it_was_chosen() -> None:
    frame = head_frame(track())
    rest = corrected.rest_at(frame, 0.1)
    assert rest is not None
    assert np.abs(track().time_s[rest.frames] - 0.1).max() <= 0.21
    smile = next(s for s in found().segments if s.exercise is Exercise.SMILE_OPEN)
    assert smile.apex_s is not None
    wrong = again(Corrections(segments=segments(), rest_s=smile.apex_s)).measures["commissure_excursion_smile_open"]
    assert wrong.left == pytest.approx(0.0, abs=1.0)  # a smile measured from a smile


def test_corrections_survive_json() -> None:
    whole = Corrections(
        [CorrectedFrame(1.0, 0.5, 1.5, [CorrectedPoint(291, 10.0, 20.0)])],
        [CorrectedSegment(Exercise.PUCKER, 0.5, 1.5, None, False, "laughed")],
        0.25,
    )
    assert Corrections.from_json(whole.to_json()) == whole


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "seventh.corrections/2"},
        {"rest_s": -1.0},
        {"rest_s": float("nan")},
        {"rest_s": "soon"},
        {"frames": [{"time_s": 1.0, "from_s": 0.0, "to_s": 2.0, "points": [{"point": 7, "x": 1.0, "y": 1.0}]}]},
        {"frames": [{"time_s": 3.0, "from_s": 0.0, "to_s": 2.0, "points": []}]},
        {"frames": 3},
        {"segments": [{"exercise": "yawn", "start_s": 0.0, "end_s": 1.0}]},
        {"segments": [{"exercise": "snarl", "start_s": 1.0, "end_s": 1.0}]},
        {"segments": [{"exercise": "snarl", "start_s": 0.0, "end_s": 1.0, "apex_s": 2.0}]},
        {"segments": [{"exercise": "snarl", "start_s": 0.0, "end_s": 1.0, "valid": False, "reason": " "}]},
        {"segments": [{"exercise": "snarl", "start_s": 0.0, "end_s": 1.0}] * 2},
    ],
)
def test_what_is_no_correction_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Corrections.from_json({"schema": CORRECTIONS_SCHEMA, **changed})


def test_stills_are_the_frames_nearest_to_the_times() -> None:
    import cv2

    made = write_stills(clip().path, [0.0, 0.5, 999.0])
    assert set(made) == {0.0, 0.5, 999.0}
    picture = cv2.imdecode(np.frombuffer(made[0.5], np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (track().height, track().width, 3)
