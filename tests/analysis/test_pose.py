import numpy as np
import pytest

from analysis.faces.pose import TEMPLATE, head_pose
from tests.analysis.tracks import track_of


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    y, p, r = np.radians([yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def template_landmarks(turn: np.ndarray) -> np.ndarray:
    points = np.full((478, 3), 7.0, np.float32)
    turned = np.array(list(TEMPLATE.values())) @ turn.T
    points[list(TEMPLATE)] = turned * [100, -100, -100] + [320, 240, 0]
    return points


@pytest.mark.parametrize("angles", [(0, 0, 0), (20, 0, 0), (0, -15, 0), (0, 0, 30), (12, 7, -9)])
def test_a_turned_template_gives_its_own_angles(angles):
    track = track_of(landmarks=template_landmarks(rotation(*angles))[None])
    assert head_pose(track)[0] == pytest.approx(angles, abs=1e-4)


def test_a_mirrored_head_turns_the_other_way():
    landmarks = template_landmarks(rotation(15, 5, 8))
    mirrored = landmarks.copy()
    for index, (x, y, z) in TEMPLATE.items():
        twin = next(i for i, point in TEMPLATE.items() if point == (-x, y, z))
        mirrored[twin] = landmarks[index] * [-1, 1, 1] + [640, 0, 0]
    yaw, pitch, roll = head_pose(track_of(landmarks=mirrored[None]))[0]
    assert (yaw, pitch, roll) == pytest.approx((-15, 5, -8), abs=1e-4)


def test_frames_without_a_face_have_no_pose():
    landmarks = np.stack([template_landmarks(np.eye(3)), np.full((478, 3), np.nan)]).astype(np.float32)
    pose = head_pose(track_of(landmarks=landmarks, detected=np.array([True, False])))
    assert np.isfinite(pose[0]).all()
    assert np.isnan(pose[1]).all()
