"""The quality gate: what is refused, what is warned of, and what the patient is told."""

import dataclasses

import cv2
import numpy as np
import pytest

from analysis.contracts import Mirrored, VideoFacts
from analysis.faces.absent import why_absent
from analysis.faces.follow import Followed, follow_frames
from analysis.faces.looks import Glance, Look
from analysis.faces.mtcnn import Faces
from analysis.faces.rows import Row, track_of
from analysis.video.problems import REFUSALS, WARNINGS
from analysis.video.quality import CHECKS, assess, figures_of
from tests.analysis.portraits import moving, placed, timed
from tests.analysis.tracks import track_of as plain_track

FACTS = VideoFacts("0" * 64, "mp4", "h264", 2.0, 60, 30.0, 640, 480, 0, Mirrored.UNKNOWN)


def followed(n: int = 60, *, boxes: int = 1, look: dict | None = None, glance: dict | None = None, **track) -> Followed:
    """Sixty frames of an ordinary face, and what a test changes of them."""
    found = Faces(
        np.tile(np.array([200, 120, 440, 420], np.float32), (boxes, 1)), np.ones(boxes), np.zeros((boxes, 5, 2))
    )
    ordinary = {"sharpness": 300.0, "brightness": 130.0, "mouth_detail": 0.6} | (look or {})
    seen = {"light": 120.0, "change": 0.6} | (glance or {})
    rows = [
        Row(i / 30, Glance(**seen), boxes, None, Look(**ordinary), found if i % 15 == 0 else None, 0, agrees=True)
        for i in range(n)
    ]
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(200, 400, (478, 3)) + rng.normal(0, 0.1, (n, 478, 3))
    return Followed(plain_track(landmarks.astype(np.float32), **track), FACTS, rows, [], [])


def codes(problems) -> list[str]:
    return [p.code for p in problems]


def judged(changed: Followed) -> tuple[list[str], list[str]]:
    assessment = assess(changed)
    shown = {"turned_away"}  # the random landmarks have no pose worth the name
    return (
        [c for c in codes(assessment.refusals) if c not in shown],
        [c for c in codes(assessment.warnings) if c not in shown],
    )


def full(value: float, n: int = 60) -> np.ndarray:
    return np.full(n, value, np.float32)


def box(width: float, n: int = 60) -> np.ndarray:
    return np.tile(np.array([300, 100, 300 + width, 100 + 1.25 * width], np.float32), (n, 1))


def test_an_ordinary_face_is_neither_refused_nor_warned_of():
    assert judged(followed()) == ([], [])


@pytest.mark.parametrize(
    ("changes", "refusals", "warnings"),
    [
        ({"brightness": full(30)}, [], ["too_dark"]),
        ({"brightness": full(10)}, ["too_dark"], []),
        ({"brightness": full(225)}, [], ["too_bright"]),
        ({"brightness": full(245)}, ["too_bright"], []),
        ({"sharpness": full(7)}, [], ["blurred"]),
        ({"sharpness": full(2)}, ["blurred"], []),
        ({"box": box(50)}, [], ["face_too_small"]),
        ({"box": box(30)}, ["face_too_small"], []),
        ({"boxes": 2}, ["several_faces"], []),
        ({"look": {"mouth_detail": 0.18}}, [], ["face_covered"]),
        ({"look": {"mouth_detail": 0.05}}, ["face_covered"], []),
        ({"glance": {"change": 0.0}}, [], ["no_movement"]),
        ({"detected": np.arange(60) < 40}, [], ["face_lost"]),
    ],
)
def test_limits_lead_to_a_warning_and_then_to_a_refusal(changes, refusals, warnings):
    assert judged(followed(**changes)) == (refusals, warnings)


def test_a_lost_face_is_told_with_its_time():
    warned = assess(followed(detected=np.arange(60) < 45)).warnings
    assert [(p.code, p.at_s) for p in warned if p.code == "face_lost"] == [("face_lost", 1.5)]


def test_a_flickering_light_is_seen():
    ordinary = followed()
    rows = [dataclasses.replace(r, glance=Glance(120.0 + 20 * (i % 2), 1.0)) for i, r in enumerate(ordinary.rows)]
    assert judged(dataclasses.replace(ordinary, rows=rows))[1] == ["flicker"]


def test_a_face_that_is_hardly_there_is_refused_with_one_reason():
    assert judged(followed(detected=np.arange(60) < 10)) == (["face_lost"], [])


def test_a_refused_video_scores_zero_and_a_poor_one_less_than_a_good_one():
    good, poor = assess(followed()), assess(followed(sharpness=full(12)))
    assert assess(followed(boxes=2)).quality.score == 0
    assert 0 < poor.quality.score < good.quality.score or good.quality.score == 0  # pose of random points may score 0
    assert figures_of(followed()).detected == 1


def test_shaking_and_jitter_are_told_apart():
    shaken, trembling = followed(), followed()
    rng = np.random.default_rng(1)
    shaken.track.landmarks[:, :, :2] += rng.normal(0, 60, (60, 1, 2)).astype(np.float32)
    trembling.track.landmarks[:, :, :2] += rng.normal(0, 3, (60, 478, 2)).astype(np.float32)
    assert judged(shaken)[1] == ["camera_shake"]
    assert judged(trembling)[1] == ["low_quality"]


def test_every_check_has_its_sentences_and_sane_limits():
    for check in CHECKS:
        assert check.code in WARNINGS
        assert check.refuse is None or check.code in REFUSALS
        rising = check.good > check.warn
        assert check.refuse is None or (check.warn > check.refuse) == rising
        assert check.position(check.good) == 1


def test_sentences_tell_what_to_do_and_never_diagnose():
    for sentence in [*REFUSALS.values(), *WARNINGS.values()]:
        assert sentence.endswith(".")
        assert not {"palsy", "diagnos", "disease"} & set(sentence.lower().replace(".", "").split())
    assert all("lease" in s or "next time" in s for s in REFUSALS.values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda p: (p * 0.04).astype(np.uint8), "too_dark"),
        (lambda p: np.clip(p.astype(int) * 3 + 130, 0, 255).astype(np.uint8), "too_bright"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 18), "blurred"),
        (lambda p: np.ascontiguousarray(p[::-1, ::-1]), "wrong_orientation"),
        (lambda p: np.ascontiguousarray(np.rot90(p)), "wrong_orientation"),
        (lambda p: np.full_like(p, 0), "no_face"),
        (lambda p: np.full_like(p, 252), "no_face"),
        (lambda p: np.ascontiguousarray(p[300:].repeat(2, axis=0)), "no_face"),
    ],
    ids=["dark", "bright", "blurred", "upside down", "sideways", "black", "white", "nobody"],
)
def test_why_there_is_no_face(change, code):
    rows, without_face = follow_frames(timed([change(p) for p in moving(12)]))
    assert not track_of(rows, 640, 480, 1.0).detected.any()
    assert why_absent(without_face) == code


def test_a_board_before_the_mouth_is_noticed():
    pictures = []
    for picture in moving(10):
        covered = picture.copy()
        covered[268:] = 200
        pictures.append(covered)
    rows, without_face = follow_frames(timed(pictures))
    track = track_of(rows, 640, 480, 1.0)
    assert track.detected.mean() > 0.5
    facts = dataclasses.replace(FACTS, duration_s=2.0)
    assert "face_covered" in codes(assess(Followed(track, facts, rows, without_face, [])).refusals)


def test_a_still_picture_is_told():
    rows, without_face = follow_frames(timed([placed()] * 12))
    track = track_of(rows, 640, 480, 1.0)
    assert codes(assess(Followed(track, FACTS, rows, without_face, [])).warnings) == ["no_movement"]
