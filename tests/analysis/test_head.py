"""Landmarks in the head's own axes."""

import numpy as np
import pytest

from analysis.contracts import Side
from analysis.evaluation.tracks import mirrored
from analysis.faces.anatomy import MIRROR, MOUTH_CORNER, side_view
from analysis.faces.head import head_frame, smooth
from analysis.symptoms import geometry
from tests.analysis.meshes import face, lopsided, track_of_faces


def turn(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def test_mirror_table_is_its_own_inverse():
    assert (MIRROR[MIRROR] == np.arange(478)).all()


@pytest.mark.parametrize("name", geometry.LENGTHS)
def test_mirrored_track_swaps_the_sides_of_every_distance(name):
    track = track_of_faces(lopsided()[None])
    seen, flipped = head_frame(track).points[0], head_frame(mirrored(track)).points[0]
    series = geometry.LENGTHS[name]
    for side in Side:
        here, there = geometry.of_side(series, seen, side), geometry.of_side(series, flipped, side.other)
        assert here == pytest.approx(there, abs=1e-5)


def test_turned_and_distant_head_gives_the_same_points():
    near = head_frame(track_of_faces(lopsided()[None])).points
    far = head_frame(track_of_faces(lopsided()[None] * 0.6, rotation=turn(20))).points
    assert np.abs(near - far).max() < 1e-5


def test_unit_is_the_inter_ocular_distance():
    points = head_frame(track_of_faces(face()[None] * 3)).points[0]
    centres = [points[list(corners)].mean(axis=0) for corners in ((263, 362), (33, 133))]
    assert np.linalg.norm(centres[0] - centres[1]) == pytest.approx(1.0, abs=1e-6)


def test_frames_without_a_face_stay_unknown():
    track = track_of_faces(np.stack([face()] * 3))
    track.landmarks[1] = np.nan
    frame = head_frame(track)
    assert frame.seen.tolist() == [True, False, True]
    assert np.isnan(frame.points[1]).all()


def test_side_view_of_a_symmetric_face_is_the_same_from_both_sides():
    assert np.allclose(side_view(face(), Side.LEFT), side_view(face(), Side.RIGHT))


def test_smoothing_has_no_lag_and_bridges_no_gap():
    time_s = np.arange(61) / 30
    pulse = np.exp(-(((time_s - 1.0) / 0.1) ** 2))[:, None]
    pulse[40] = np.nan
    smoothed = smooth(pulse, time_s, 0.05)
    assert int(np.nanargmax(smoothed[:, 0])) == 30
    assert np.isnan(smoothed[40, 0])
    assert np.isfinite(np.delete(smoothed[:, 0], 40)).all()


def test_direction_of_a_mouth_corner_is_outwards_and_up_on_its_own_half():
    rest = head_frame(track_of_faces(lopsided()[None])).points[0]
    smile = rest.copy()
    smile[MOUTH_CORNER, :2] += 0.1 * np.array([np.cos(np.radians(30)), np.sin(np.radians(30))])
    smile[MIRROR[MOUTH_CORNER], :2] += 0.1 * np.array([-1.0, 0.0])
    found = [float(geometry.corner_direction(smile, rest, side)) for side in (Side.LEFT, Side.RIGHT)]
    assert found == pytest.approx([30.0, 0.0], abs=1e-4)


def test_corner_that_hardly_moves_has_no_direction():
    rest = head_frame(track_of_faces(lopsided()[None])).points[0]
    smile = rest.copy()
    smile[MOUTH_CORNER, 0] += 0.02
    assert np.isnan(geometry.corner_direction(smile, rest, Side.LEFT))
