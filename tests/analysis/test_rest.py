"""Finding the face at rest."""

import numpy as np
import pytest

from analysis.contracts import Exercise, Timeline, TimelineSegment
from analysis.faces.head import head_frame
from analysis.motion.rest import RestReference, find_rest, rest_course
from tests.analysis.meshes import face, lopsided, track_of_faces, visits


def two_exercises() -> np.ndarray:
    """Rest between movements that differ from each other; the movements together last longer than the rest."""
    still = face()
    faces = []
    for k in range(6):
        free = np.random.default_rng(k).normal(0, 0.08, (478, 3))
        moved = lopsided(0.01) + free * (np.abs(still[:, 1:2]) < 0.5)
        faces += [still] * 8 + [moved] * 20
    return np.stack(faces + [still] * 8)


def test_rest_is_what_the_face_keeps_coming_back_to():
    frame = head_frame(track_of_faces(two_exercises()))
    rest = find_rest(frame)
    assert rest is not None
    still = np.tile([True] * 8 + [False] * 20, 6)
    assert (rest.frames[: len(still)] == still).mean() > 0.95


def test_rest_segments_of_a_timeline_are_believed():
    faces = visits(lopsided(), times=3, hold=25)
    frame = head_frame(track_of_faces(faces))
    asked = Timeline([TimelineSegment(Exercise.REST, 1.0, 2.0)])  # here the face is moved
    rest = find_rest(frame, asked)
    assert rest is not None
    assert rest.frames[30:45].all()
    assert not rest.frames[:20].any()


def test_no_face_gives_no_rest():
    track = track_of_faces(visits(lopsided()))
    track.landmarks[:] = np.nan
    assert find_rest(head_frame(track)) is None


def test_rest_course_follows_a_slow_drift():
    faces = np.stack([face() + [0, 0.0002 * k, 0] * (np.arange(478)[:, None] > 100) for k in range(300)])
    frame = head_frame(track_of_faces(faces))
    rest = find_rest(frame)
    assert rest is not None
    course = rest_course(frame, rest)
    drift = np.abs(course[20] - course[-20]).max()
    assert drift > 10 * np.abs(course[20] - course[24]).max()


def test_reference_survives_json():
    reference = RestReference(face(), "session 1")
    again = RestReference.from_json(reference.to_json())
    assert again.source == "session 1"
    assert np.abs(again.points - reference.points).max() < 1e-4


def test_reference_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="478"):
        RestReference.from_json({"source": "x", "points": [[0, 0, 0]]})
