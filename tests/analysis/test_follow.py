"""One face through a video: the right one, at the right place, and none where there is none."""

import threading

import cv2
import numpy as np
import pytest

from analysis.faces.boxes import Window, alike, first_choice, overlap, same_face, window_around
from analysis.faces.follow import follow_frames
from analysis.faces.mesh import MeshTracker
from analysis.faces.mtcnn import FaceDetector, Faces
from analysis.faces.rows import track_of
from tests.analysis.portraits import HEIGHT, WIDTH, moving, placed, timed


def followed(pictures, fps=30.0):
    rows, without_face = follow_frames(timed(pictures, fps))
    height, width, _ = pictures[0].shape
    return track_of(rows, width, height, 1.0), without_face


def faces(*boxes) -> Faces:
    return Faces(
        np.array(boxes, np.float32).reshape(-1, 4), np.ones(len(boxes), np.float32), np.zeros((len(boxes), 5, 2))
    )


def test_landmarks_move_with_the_face():
    shifts = [(4.0 * i, 2.0 * i) for i in range(12)]
    track, _ = followed([placed(x, y) for x, y in shifts])
    assert track.detected.all()
    assert track.landmarks.shape == (12, 478, 3)
    moved = track.landmarks[:, :, :2].mean(axis=1) - track.landmarks[0, :, :2].mean(axis=0)
    assert np.abs(moved - shifts).max() < 2.5  # pixels, of a face 175 wide


def test_box_and_five_points_lie_on_the_face_as_the_detector_says():
    pictures = moving(12)
    track, _ = followed(pictures)
    found = FaceDetector().detect([pictures[6]])[0]
    assert overlap(track.box[6], found.boxes[0]) > 0.8
    width = track.box[6, 2] - track.box[6, 0]
    assert np.abs(track.five_points[6] - found.points[0]).max() < 0.08 * width
    eyes, mouth = track.five_points[6, :2], track.five_points[6, 3:]
    assert eyes[0, 0] < eyes[1, 0]
    assert mouth[0, 0] < mouth[1, 0]


def test_a_mirrored_video_gives_mirrored_landmarks():
    from analysis.faces.anatomy import MIRROR

    pictures = moving(9)
    straight, _ = followed(pictures)
    flipped, _ = followed([np.ascontiguousarray(p[:, ::-1]) for p in pictures])
    back = flipped.landmarks[:, MIRROR, :2] * [-1, 1] + [WIDTH, 0]
    width = straight.box[0, 2] - straight.box[0, 0]
    assert np.median(np.linalg.norm(back - straight.landmarks[:, :, :2], axis=2)) < 0.03 * width


def test_frames_without_the_face_are_not_measured():
    empty = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    track, without_face = followed(moving(12) + [empty] * 20 + moving(12))
    assert track.detected[:12].all()
    assert not track.detected[12:32].any()
    assert track.detected[36:].all()
    assert np.isnan(track.landmarks[20]).all()
    assert np.isnan(track.sharpness[20])
    assert without_face


def test_a_video_without_a_face_has_no_track():
    scene = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8), (0, 0), 20)
    track, without_face = followed([np.roll(scene, 3 * i, axis=1) for i in range(15)])
    assert not track.detected.any()
    assert len(without_face) >= 1


def test_an_empty_room_is_not_watched_to_the_end():
    room = placed()[300:, :300]
    frames = ((float(i), room) for i in range(200))
    rows, without_face = follow_frames(frames)
    assert 30 < len(rows) < 100
    assert without_face


def test_of_two_faces_the_same_one_is_followed():
    large, small = moving(18), moving(18, scale=1.1)
    pictures = [np.hstack([b[:, 120:520], a[:, 100:540]]) for a, b in zip(large, small, strict=True)]
    track, _ = followed(pictures)
    assert track.faces.max() == 2
    assert track.detected.all()
    centres = track.landmarks[:, :, 0].mean(axis=1)
    assert (centres > 400).all()
    assert np.abs(np.diff(centres)).max() < 10


def test_a_small_face_in_a_large_picture_is_followed():
    track, _ = followed(moving(9, scale=0.7, width=960, height=540))
    assert track.detected.all()


def test_sharpness_falls_with_blur_and_brightness_with_light():
    pictures = moving(6)
    sharp, _ = followed(pictures)
    soft, _ = followed([cv2.GaussianBlur(p, (0, 0), 3) for p in pictures])
    dim, _ = followed([(p * 0.5).astype(np.uint8) for p in pictures])
    assert np.nanmedian(soft.sharpness) < 0.3 * np.nanmedian(sharp.sharpness)
    assert np.nanmedian(dim.brightness) == pytest.approx(0.5 * np.nanmedian(sharp.brightness), rel=0.1)


def test_a_mesh_tracker_stays_in_its_thread():
    errors = []
    with MeshTracker() as mesh:

        def elsewhere() -> None:
            try:
                mesh.track(placed())
            except RuntimeError as error:
                errors.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert len(errors) == 1


def test_the_largest_face_is_chosen_and_the_middle_counts():
    assert first_choice(faces([0, 0, 50, 50], [100, 100, 200, 200]), 640, 480) == 1
    assert first_choice(faces([0, 0, 110, 110], [270, 190, 370, 290]), 640, 480) == 1
    assert first_choice(faces(), 640, 480) is None


def test_a_face_far_away_or_of_another_size_is_another_face():
    last = np.array([100, 100, 200, 200], np.float32)
    assert same_face(faces([400, 100, 500, 200], [110, 100, 210, 200]), last) == 1
    assert same_face(faces([400, 100, 500, 200]), last) is None
    assert not alike(np.array([130, 130, 170, 170], np.float32), last)


def test_a_window_moves_only_when_the_face_has_left_its_middle():
    box = np.array([100, 100, 200, 200], np.float32)
    window = window_around(box, 640, 480)
    assert not window.drifted_from(window_around(box + 20, 640, 480))
    assert window.drifted_from(window_around(box + 90, 640, 480))
    assert window_around(box - 90, 640, 480) == Window(0, 0, 180, 180)
