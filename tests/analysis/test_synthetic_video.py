"""Puppets' pixels agree with their truth, as FaceMesh sees them; kept to a few short clips."""

import functools
import json
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from analysis.contracts import AffectedSide, Exercise
from analysis.faces.anatomy import MIRROR
from analysis.synthetic.camera import CAPTION
from analysis.synthetic.geometry import measure
from analysis.synthetic.identity import identity
from analysis.synthetic.mesh import EYE_CORNERS, LEFT, LOWER_LID, RIGHT, UPPER_LID, FaceFrame
from analysis.synthetic.patient import PatientSpec, Trouble, Weakness
from analysis.synthetic.render import Shoot, frames
from tests.analysis.puppets import Clip, clip_of, puppet_clip, spec_of

SIZE = (480, 360)
PARALYSED = Weakness(1.0, 1.0, 1.0)
LETTER = {LEFT: "L", RIGHT: "R"}


def decoded(path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@functools.cache
def tracked(side: AffectedSide) -> tuple[np.ndarray, dict]:
    """`seen` in a clip with one side paralysed."""
    return seen(puppet_clip(side, weakness=PARALYSED))


def seen(clip: Clip) -> tuple[np.ndarray, dict]:
    """(n, 468, 2) FaceMesh points of a clip, in the face frame, and the clip's truth."""
    from mediapipe.python.solutions import face_mesh

    points = []
    with face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True) as mesh:
        for picture in decoded(clip.path):
            found = mesh.process(picture).multi_face_landmarks
            assert found, "FaceMesh lost the puppet"
            pixels = np.array([[p.x * SIZE[0], p.y * SIZE[1]] for p in found[0].landmark])
            points.append(FaceFrame.of(pixels).to_face(pixels)[:468])
    return np.array(points), clip.truth


def eye_aspect_ratio(points: np.ndarray, side: int) -> np.ndarray:
    upper, lower, (outer, inner) = UPPER_LID[side], LOWER_LID[side], EYE_CORNERS[side]
    gaps = [np.linalg.norm(points[:, upper[i]] - points[:, lower[i]], axis=1) for i in (3, 5)]
    return np.mean(gaps, axis=0) / np.linalg.norm(points[:, outer] - points[:, inner], axis=1)


def apex(truth: dict, name: str) -> slice:
    segment = next(s for s in truth["segments"] if s["name"] == name)
    return slice(int(segment["apex_start"] * truth["fps"]) + 2, int(segment["apex_end"] * truth["fps"]))


@pytest.mark.parametrize("side", [AffectedSide.LEFT, AffectedSide.RIGHT])
def test_healthy_eye_closes_and_paralysed_eye_stays_open(side):
    points, truth = tracked(side)
    healthy, weak = (RIGHT, LEFT) if side is AffectedSide.LEFT else (LEFT, RIGHT)
    closing = apex(truth, "eye_closure_gentle")
    assert np.median(eye_aspect_ratio(points, healthy)[closing]) < 0.12
    assert np.median(eye_aspect_ratio(points, weak)[closing]) > 0.18


@pytest.mark.parametrize("side", [AffectedSide.LEFT, AffectedSide.RIGHT])
def test_smile_pulls_only_the_healthy_corner_outwards_and_up(side):
    points, truth = tracked(side)
    healthy, weak = (RIGHT, LEFT) if side is AffectedSide.LEFT else (LEFT, RIGHT)
    shown = measure(points)
    smile = apex(truth, "smile_open")
    for name, at_least in (("mouth_corner_x", 0.05), ("mouth_corner_y", 0.05)):
        moved = np.median(shown[name][smile], axis=0) - np.median(shown[name][:20], axis=0)
        assert moved[healthy] > at_least, name
        assert abs(moved[weak]) < 0.5 * moved[healthy], name


@pytest.mark.parametrize("side", [AffectedSide.LEFT, AffectedSide.RIGHT])
def test_only_the_healthy_brow_rises(side):
    points, truth = tracked(side)
    healthy, weak = (RIGHT, LEFT) if side is AffectedSide.LEFT else (LEFT, RIGHT)
    height = measure(points)["brow_height"]
    rise = np.median(height[apex(truth, "brow_raise")], axis=0) - np.median(height[:20], axis=0)
    assert rise[healthy] > 0.05
    assert rise[weak] < 0.6 * rise[healthy]


def test_raised_chin_lifts_the_chin_and_the_lower_lip():
    below_lip, boss = 17, 199
    lifted = []
    for chin in (0.0, 1.0):
        points, truth = seen(puppet_clip(chin=chin, exercises=(Exercise.SMILE_CLOSED,)))
        smile = apex(truth, "smile_closed")
        up = np.median(points[smile, :, 1], axis=0) - np.median(points[:12, :, 1], axis=0)
        lifted.append(up[[below_lip, boss]])
    assert (lifted[1] - lifted[0] > 0.02).all(), "inter-ocular distances"


def test_true_points_lie_where_facemesh_finds_them():
    clip = puppet_clip(AffectedSide.LEFT, weakness=PARALYSED)
    points, _ = tracked(AffectedSide.LEFT)
    shoot = Shoot(clip.spec, SIZE)
    i = 12  # at rest
    true = shoot.puppet.points_at_rest_pose(shoot.faces.at(i))
    here = shoot.puppet.to_frame(true, shoot.camera.view(i))
    error = points[i] - FaceFrame.of(here).to_face(here)
    inner = np.linalg.norm(true - (0, -0.5), axis=1) < 0.8  # FaceMesh guesses the rim under the hair
    assert np.median(np.linalg.norm(error[inner], axis=1)) < 0.04, "inter-ocular distances"
    assert np.abs(np.median(error[inner], axis=0)).max() < 0.02, "picture and points are shifted"


def test_person_built_on_the_mirrored_photograph_is_the_mirror_image(monkeypatch):
    from analysis.synthetic import sitter as module

    who = replace(identity(4), light_strength=0.0)
    faces = []
    for flipped in (False, True):
        monkeypatch.setattr(module, "identity", lambda seed, flipped=flipped: replace(who, flipped=flipped))
        faces.append(module.sitter.__wrapped__(4))
    plain, mirrored = faces
    np.testing.assert_allclose(plain.points[MIRROR] * (-1, 1), mirrored.points, atol=0.002)
    column = int(module.ORIGIN[0] * module.UNIT)
    window = (slice(250, 450), slice(column - 90, column + 91))  # eyes to chin around the midline
    difference = plain.texture[window][:, ::-1].astype(int) - mirrored.texture[window]
    assert np.abs(cv2.blur(difference.astype(np.float32), (5, 5))).mean() < 3.0


def test_same_seed_gives_the_same_pictures_and_another_seed_others():
    spec = spec_of(AffectedSide.LEFT)
    first, again, other = (Shoot(s, (240, 180)) for s in (spec, spec, replace(spec, seed=9)))
    for i in (0, 40, len(first) - 1):
        np.testing.assert_array_equal(first.frame(i), again.frame(i))
    assert np.abs(first.frame(40).astype(int) - other.frame(40)).mean() > 1


def test_mirrored_patient_has_mirrored_truth():
    clip, other = (clip_of(s, (240, 180)) for s in (spec_of(AffectedSide.LEFT), spec_of(AffectedSide.RIGHT)))
    assert (clip.truth["affected_side"], other.truth["affected_side"]) == ("left", "right")
    for unit in ("AU1", "AU12", "AU45"):
        assert clip.truth["au_active"][unit]["L"] == other.truth["au_active"][unit]["R"]
    for here, there in zip(clip.truth["exercises"], other.truth["exercises"], strict=True):
        assert here["activation_asymmetry_index"] == pytest.approx(-there["activation_asymmetry_index"])
        assert here["activation_sign_left_minus_right"] == -1
    assert clip.truth["nominal_house_brackmann"] == other.truth["nominal_house_brackmann"]


def test_selfie_mirroring_flips_the_picture_and_keeps_the_patients_sides():
    spec = spec_of(AffectedSide.LEFT)
    plain, selfie = Shoot(spec, (240, 180)), Shoot(replace(spec, mirrored=True), (240, 180))
    above = slice(0, 150)  # without the caption, which stays readable
    np.testing.assert_array_equal(plain.frame(5)[above], selfie.frame(5)[above, ::-1])
    truth, mirrored = plain.truth("a").to_json(), selfie.truth("a").to_json()
    assert mirrored["mirrored"] is True
    assert mirrored["au_active"] == truth["au_active"]
    corner, flipped = (t["keypoints_2d"]["left_mouth_corner"][0][0] for t in (truth, mirrored))
    assert corner + flipped == pytest.approx(239, abs=0.11)


def test_truth_carries_the_documented_keys_and_says_that_it_is_synthetic():
    truth = puppet_clip(AffectedSide.LEFT, weakness=PARALYSED).truth
    assert truth["format"] == "facial-palsy-gt/1"
    assert truth["synthetic"] is True
    assert CAPTION in truth["notice"]
    assert truth["region_sign_left_minus_right"] == {"brow": -1, "eye": -1, "mouth": -1}
    assert truth["nominal_house_brackmann"] == 6
    assert {"AU1", "AU12", "AU25", "AU43", "AU45"} <= truth["au_active"].keys()
    for sides in (*truth["au_active"].values(), *truth["geometry"].values()):
        assert len(sides["L"]) == len(sides["R"]) == truth["frames"]
    assert [e["name"] for e in truth["exercises"]] == ["brow_raise", "eye_closure_gentle", "smile_open"]
    assert json.loads(json.dumps(truth)) == truth


def test_file_is_h264_and_names_itself_synthetic_in_its_metadata():
    clip = puppet_clip(AffectedSide.LEFT, weakness=PARALYSED)
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == SIZE
        assert stream.frames == clip.truth["frames"]
        assert "ynthetic" in container.metadata["comment"]
    head = clip.path.read_bytes()[: 64 * 1024]
    assert head.index(b"moov") < head.index(b"mdat"), "the index must come first, for playing while loading"


def test_caption_is_burnt_in_below_the_face():
    spec = spec_of()
    shoot = Shoot(spec, SIZE)
    corner = (slice(SIZE[1] - 24, SIZE[1]), slice(0, 200))
    bright = (shoot.frame(0)[corner].min(axis=2) > 190).sum()
    assert bright > 60
    assert shoot.truth("x").pixels[..., 1].max() < SIZE[1] - 24


def test_identities_look_different_and_stay_themselves():
    pictures = [Shoot(PatientSpec("v", "s", identity=i, seed=1), (160, 120)).frame(0).astype(int) for i in (3, 4, 6)]
    again = Shoot(PatientSpec("v", "s", identity=3, seed=1), (160, 120)).frame(0)
    np.testing.assert_array_equal(pictures[0], again)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(pictures[a] - pictures[b]).mean() > 10


def test_bad_recordings_are_bad():
    def middle(trouble: Trouble) -> np.ndarray:
        return Shoot(spec_of(trouble=trouble), (240, 180)).frame(60)[20:140, 60:180].astype(float)

    good = middle(Trouble.NONE)
    assert middle(Trouble.DARK).mean() < 0.25 * good.mean()
    rough = [np.abs(np.diff(middle(t).mean(axis=2), axis=0)).mean() for t in (Trouble.NONE, Trouble.BLURRED)]
    assert rough[1] < 0.7 * rough[0]
    for trouble in (Trouble.TINY, Trouble.LEAVING):
        shoot = Shoot(spec_of(trouble=trouble), (240, 180))
        points = shoot.truth("x").pixels[60:]
        width = np.ptp(points[..., 0], axis=1).mean()
        outside = (points[..., 0].min(axis=1) > 240).mean()
        assert width < 30 if trouble is Trouble.TINY else outside > 0.4


def test_odd_or_tiny_pictures_are_refused():
    for size in ((641, 480), (64, 64)):
        with pytest.raises(ValueError, match="even sides"):
            next(iter(frames(spec_of(), size=size)))


def test_frames_come_without_writing_a_file():
    picture = next(frames(spec_of(exercises=(Exercise.PUCKER,)), size=(160, 120)))
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
