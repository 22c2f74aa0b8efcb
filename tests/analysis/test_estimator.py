"""The landmark estimator of action units."""

import numpy as np
import pytest

from analysis.action_units import estimator
from analysis.action_units.features import WIDTH, side_features
from analysis.contracts import AU_NAMES, Exercise, Side
from analysis.evaluation.tracks import mirrored
from analysis.faces.follow import follow
from analysis.faces.head import head_frame
from analysis.motion.rest import find_rest
from tests.analysis.meshes import lopsided, track_of_faces, visits
from tests.analysis.puppets import puppet_clip

AU = AU_NAMES.index


@pytest.fixture(scope="module")
def track():
    return track_of_faces(visits(lopsided()))


def units_of(track):
    frame = head_frame(track)
    return estimator.estimate(frame, find_rest(frame))


def test_mirrored_track_swaps_the_halves(track):
    seen, flipped = units_of(track), units_of(mirrored(track))
    for side in Side:
        assert np.nanmax(np.abs(seen.side(side) - flipped.side(side.other))) < 0.02  # pixels are single precision


def test_face_at_rest_shows_no_unit(track):
    frame = head_frame(track)
    rest = find_rest(frame)
    calm = estimator.estimate(frame, rest).left[rest.frames]
    assert np.nanmax(np.abs(np.nanmedian(calm, axis=0))) < 0.05


def test_raised_chin_is_read_and_a_chin_at_ease_is_not():
    read = []
    for chin in (0.0, 1.0):
        made = puppet_clip(chin=chin, exercises=(Exercise.SMILE_CLOSED, Exercise.BROW_RAISE))
        units = units_of(follow(made.path).track)
        smile = next(s for s in made.truth["segments"] if s["name"] == "smile_closed")
        apex = slice(int(smile["apex_start"] * made.truth["fps"]) + 1, int(smile["apex_end"] * made.truth["fps"]))
        read.append([float(np.nanmedian(units.of("AU17", side)[apex])) for side in Side])
    assert max(read[0]) < 1.0
    assert min(read[1]) > max(read[0]) + 1.0


def test_held_closure_is_the_closure_of_the_moment(track):
    units = units_of(track)
    assert (units.of("AU43", Side.LEFT) == units.of("AU45", Side.LEFT)).all()


def test_frame_without_a_face_is_not_measured():
    track = track_of_faces(visits(lopsided()))
    track.landmarks[5] = np.nan
    assert np.isnan(units_of(track).left[5]).all()


def test_features_have_the_stated_width(track):
    frame = head_frame(track)
    assert side_features(frame, find_rest(frame), Side.LEFT).shape == (len(frame.points), WIDTH)


def test_network_of_zeros_answers_the_output_bias():
    shipped = estimator.shipped()
    zeros = {name: np.zeros_like(value) for name, value in shipped.tensors.items()}
    zeros["last_bias"] = np.full_like(zeros["last_bias"], 0.4)
    answers = estimator.network(np.ones((2, WIDTH)), type(shipped)(shipped.card, zeros))
    assert answers == pytest.approx(2.0)  # 5 x .4
