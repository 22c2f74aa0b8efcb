"""Rendered subjects before any picture: shapes by side, lids that meet, weakness, resting asymmetry, the truth."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.contracts import AffectedSide, Exercise, SynkinesisKind
from analysis.evaluation.truth import read_set
from analysis.synthetic.camera import CAPTION
from analysis.synthetic.geometry import measure
from analysis.synthetic.mesh import LEFT, RIGHT
from analysis.synthetic.patient import PatientSpec, Resting, Synkinesis, Weakness, activations
from analysis.synthetic.protocol import perform
from analysis.synthetic.render import Shoot as PuppetShoot
from analysis.synthetic.rendered.creases import crease_depth
from analysis.synthetic.rendered.face import Eyes, Face, face
from analysis.synthetic.rendered.landmarks import MULTIPIE
from analysis.synthetic.rendered.lens import Skull
from analysis.synthetic.rendered.model import EYE_CENTRE, GLOBE_STEP, LIFT, SHUT, TURN, lids_meet_at
from analysis.synthetic.rendered.shoot import Shoot
from tests.analysis.synthetic import made_up

MODEL = made_up.model()
SIDES = {AffectedSide.LEFT: (LEFT, RIGHT), AffectedSide.RIGHT: (RIGHT, LEFT)}  # affected, healthy
EXERCISES = (Exercise.EYE_CLOSURE_GENTLE, Exercise.SMILE_OPEN)


def spec_of(side: AffectedSide = AffectedSide.NONE, **changes) -> PatientSpec:
    given = {"exercises": EXERCISES, "affected_side": side, "condition": "rendered"}
    if side is not AffectedSide.NONE:
        given |= {"weakness": Weakness(0.8, 0.8, 0.8), "resting": Resting(0.5, 0.5, 0.5)}
    return PatientSpec("v", "s", seed=3, **(given | changes))


def face_of(spec: PatientSpec, roll: float = 0.0) -> Face:
    shown = perform(spec, 25)
    eyes = Eyes(lids_meet_at(MODEL, MODEL.neutral), roll)
    return face(spec, shown, activations(spec, shown.command)[0], MODEL, eyes)


def measured(state: Face) -> dict[str, np.ndarray]:
    points = MODEL.points(MODEL.neutral, state.weights)
    return measure(Skull.of(points[0]).to_face(points), MULTIPIE)


def column(state: Face, shape: str) -> np.ndarray:
    return state.weights[:, MODEL.index[shape]]


def test_a_whole_shape_is_told_apart_into_sides_that_add_up_to_it():
    left, right = (MODEL.shapes[f"mouthPucker{end}"] for end in ("_L", "_R"))
    np.testing.assert_allclose(left + right, made_up.raw_shapes()["mouthPucker"], atol=1e-6)
    assert left[54, 0] == pytest.approx(-1)  # the subject's left corner, x > 0
    assert left[48, 0] == 0
    assert right[48, 0] == pytest.approx(1)


def test_the_eyeballs_turn_without_their_lids_and_stay_round():
    for end, out, globe in (("_L", 1, slice(68, 72)), ("_R", -1, slice(72, 76))):
        for name in (TURN, LIFT, SHUT):
            moved = np.flatnonzero(MODEL.shapes[name + end].any(axis=1))
            np.testing.assert_array_equal(moved, np.arange(76)[globe])
        turn, lift, shut = (MODEL.shapes[name + end][globe] for name in (TURN, LIFT, SHUT))
        assert (turn[:, 0] > 0.1).all(), "to the subject's left, whichever eye"
        assert (lift[:, 1] > 0.1).all()
        assert (shut[:, 2] < 0).all()
        from_centre = MODEL.neutral[globe] - EYE_CENTRE * (out, 1, 1)
        for moved in (turn, lift):
            np.testing.assert_allclose(
                np.linalg.norm(from_centre + moved, axis=1), np.linalg.norm(from_centre, axis=1), rtol=1e-5
            )


def test_both_eyes_roll_up_with_the_command_to_close_even_where_the_lids_cannot():
    spec = spec_of(AffectedSide.LEFT, weakness=Weakness(1, 1, 1))
    state, commanded = face_of(spec, 2 * GLOBE_STEP), perform(spec, 25).command["AU45"] >= 1
    for end in ("_L", "_R"):
        assert column(state, LIFT + end)[commanded].min() > column(state, LIFT + end)[~commanded][:20].max() + 1
    for end in ("_L", "_R"):  # behind the lids
        assert column(state, SHUT + end)[commanded].min() == pytest.approx(1)
        assert column(state, SHUT + end)[:20].max() == 0
    without = face_of(spec)
    assert np.abs(column(without, LIFT + "_L")).max() < 1


def test_lids_are_found_to_meet_at_the_weight_of_each_side():
    assert lids_meet_at(MODEL, MODEL.neutral) == pytest.approx(made_up.MEET)


@pytest.mark.parametrize("rest", [Resting(), Resting(0, 1.0, 0)])
def test_full_closure_shuts_both_eyes_whatever_the_identity_and_a_wide_fissure(rest):
    spec = spec_of(AffectedSide.LEFT, weakness=Weakness(0, 0, 0), resting=rest)
    state = face_of(spec)
    shut = state.closure.min(axis=1) >= 1
    aperture = measured(state)["eye_aperture"]
    assert shut.sum() > 10
    assert aperture[shut].max() < 0.01
    assert aperture[0].min() > 0.1


@pytest.mark.parametrize("side", [AffectedSide.LEFT, AffectedSide.RIGHT])
def test_weakness_lessens_the_affected_side_only(side):
    weak, well = SIDES[side]
    palsy, healthy = face_of(spec_of(side, resting=Resting())), face_of(spec_of())
    names = ("mouthSmile_L", "mouthSmile_R")
    assert column(palsy, names[well]).max() == pytest.approx(column(healthy, names[well]).max())
    assert column(palsy, names[weak]).max() == pytest.approx(0.2 * column(healthy, names[weak]).max(), rel=1e-5)
    aperture = measured(palsy)["eye_aperture"]
    assert aperture[:, well].min() == pytest.approx(0, abs=1e-6)
    assert aperture[:, weak].min() > 0.1


@pytest.mark.parametrize("side", [AffectedSide.LEFT, AffectedSide.RIGHT])
def test_the_affected_side_rests_lower_and_wider_and_the_mouth_goes_to_the_healthy_side(side):
    weak, well = SIDES[side]
    at_rest = {name: values[0] for name, values in measured(face_of(spec_of(side))).items()}
    assert at_rest["brow_height"][weak] < at_rest["brow_height"][well] - 0.02
    assert at_rest["eye_aperture"][weak] > at_rest["eye_aperture"][well] + 0.005
    assert at_rest["mouth_corner_y"][weak] < at_rest["mouth_corner_y"][well] - 0.02
    assert at_rest["mouth_corner_x"][well] > at_rest["mouth_corner_x"][weak]


@pytest.mark.parametrize(("side", "towards"), [(AffectedSide.LEFT, "mouthRight"), (AffectedSide.RIGHT, "mouthLeft")])
def test_the_stronger_side_drags_the_mouth(side, towards):
    state = face_of(spec_of(side, resting=Resting()))
    other = "mouthLeft" if towards == "mouthRight" else "mouthRight"
    assert column(state, towards).max() > 0.15
    assert column(state, other).max() == 0


def test_visible_units_hold_the_resting_shape_and_active_ones_do_not():
    state = face_of(spec_of(AffectedSide.RIGHT))
    assert state.active["AU15"][0].tolist() == [0, 0]
    assert state.visible["AU15"][0] == pytest.approx([0, 0.275])
    assert state.visible["AU1"][0, RIGHT] < 0
    np.testing.assert_array_equal(state.visible["AU12"][:, LEFT], state.active["AU12"][:, LEFT])


def test_mirror_image_exchanges_the_sides_of_every_shape():
    spec = spec_of(AffectedSide.LEFT, synkinesis=(Synkinesis(SynkinesisKind.ORAL_OCULAR, 0.5),), side_gain=(1.0, 0.95))
    shown = [perform(s, 25) for s in (spec, spec.mirror_image())]
    states = [
        face(s, p, activations(s, p.command)[0], MODEL, Eyes((1.0, 1.0), 0.3))
        for s, p in zip((spec, spec.mirror_image()), shown, strict=True)
    ]
    swapped = {"_L": "_R", "_R": "_L"}
    for name in MODEL.names:
        if name.startswith("eyeLook"):
            continue  # both eyes look the same way, in both
        other = {"mouthLeft": "mouthRight", "mouthRight": "mouthLeft"}.get(name, name)
        other = other[:-2] + swapped.get(other[-2:], other[-2:])
        np.testing.assert_allclose(column(states[0], name), column(states[1], other), atol=1e-6, err_msg=name)


def test_lines_are_shallower_on_the_weak_side_and_deeper_with_age():
    spec = spec_of(AffectedSide.LEFT)
    active = activations(spec, perform(spec, 25).command)[0]
    young, old = (crease_depth(spec, active, age) for age in (0.1, 0.9))
    assert (old[:, RIGHT] > young[:, RIGHT]).all()
    assert (young[0, LEFT, :2] < young[0, RIGHT, :2]).all()
    assert young[:, RIGHT, 1].max() > 2 * young[:, LEFT, 1].max()


def truth_of(spec: PatientSpec) -> dict:
    truth = Shoot(made_up.studio(), spec, (320, 240), 25).truth("v.mp4").to_json()
    return json.loads(json.dumps(truth))


def test_truth_has_every_key_of_a_puppets_and_says_that_it_is_synthetic():
    truth = truth_of(spec_of(AffectedSide.LEFT))
    puppet = PuppetShoot(replace(spec_of(AffectedSide.LEFT), identity=5), (160, 120), 10).truth("p.mp4").to_json()
    assert puppet.keys() <= truth.keys()
    assert truth.keys() - puppet.keys() == {"au_visible", "landmarks_file"}
    assert puppet["au_active"].keys() <= truth["au_active"].keys()
    assert puppet["geometry"].keys() == truth["geometry"].keys()
    assert [e.keys() for e in truth["exercises"]] == [e.keys() for e in puppet["exercises"]]
    assert truth["synthetic"] is True
    assert CAPTION in truth["notice"]
    for kind in ("au_active", "au_visible"):
        assert all(len(v) == truth["frames"] for unit in truth[kind].values() for v in unit.values())
        assert all(min(v) >= 0 and max(v) <= 5 for unit in truth[kind].values() for v in unit.values())


@pytest.mark.parametrize(("side", "sign"), [(AffectedSide.LEFT, -1), (AffectedSide.RIGHT, 1)])
def test_truth_agrees_with_the_face_that_is_shown(side, sign, tmp_path):
    truth = truth_of(spec_of(side))
    assert truth["region_sign_left_minus_right"] == {"brow": sign, "eye": sign, "mouth": sign}
    smile = next(e for e in truth["exercises"] if e["name"] == "smile_open")
    assert (smile["activation_sign_left_minus_right"], smile["sign_left_minus_right"]) == (sign, sign)
    assert np.sign(truth["rest_asymmetry_left_minus_right"]["mouth_corner_y"]) == sign
    assert truth["resting_sign_left_minus_right"]["mouth_corner_y"] == sign
    (tmp_path / "v.json").write_text(json.dumps(truth))
    read = read_set(tmp_path)[0]
    assert (read.affected_side, read.photographic) == (side, False)


def test_the_subjects_left_is_on_the_right_of_the_picture_unless_mirrored():
    plain, mirrored = (truth_of(spec_of(mirrored=m)) for m in (False, True))
    for part in ("eye_outer", "mouth_corner", "brow_mid"):
        left, right = (np.array(plain["keypoints_2d"][f"{s}_{part}"]) for s in ("left", "right"))
        assert (left[:, 0] > right[:, 0] + 20).all()
        flipped = np.array(mirrored["keypoints_2d"][f"left_{part}"])
        np.testing.assert_allclose(flipped[:, 0] + left[:, 0], 319, atol=0.11)
    assert mirrored["au_active"] == plain["au_active"]


def test_truth_counts_the_jaw_and_the_chin():
    truth = truth_of(spec_of())
    assert 0.15 < max(truth["au_active"]["AU26"]["L"]) < 0.3
    assert max(truth["au_active"]["AU17"]["L"]) == 0
    assert max(truth_of(spec_of(chin=0.5, exercises=(Exercise.PUCKER,)))["au_active"]["AU17"]["L"]) > 2
    assert max(truth["au_active"]["AU45"]["R"]) == 5


# --- puffed cheeks and speech, which are no exercise of the set


def test_cheeks_are_puffed_on_both_sides_in_their_time_alone():
    spec = spec_of(AffectedSide.LEFT, exercises=(Exercise.PUCKER, Exercise.CHEEK_PUFF))
    state, shown = face_of(spec), perform(spec, 25)
    (act,) = [a for a in shown.acts if a.exercise is Exercise.CHEEK_PUFF]
    during = (shown.time_s > act.start_s) & (shown.time_s < act.end_s)
    left, right = column(state, "cheekPuff_L"), column(state, "cheekPuff_R")
    np.testing.assert_array_equal(left, right)
    assert left[during].max() > 0.5
    assert not left[~during].any()
    assert not column(state, "mouthPucker_L")[during].any()


def test_speech_opens_and_shuts_the_jaw_several_times():
    spec = spec_of(exercises=(Exercise.SPEECH,))
    jaw = column(face_of(spec), "jawOpen")
    peaks = (jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.05)
    assert peaks.sum() >= 4
    np.testing.assert_allclose(jaw, face_of(spec).active["AU26"][:, LEFT])


def test_truth_lists_them_without_a_region_and_judges_no_movement_of_them():
    spec = spec_of(exercises=(Exercise.SMILE_OPEN, Exercise.CHEEK_PUFF, Exercise.SPEECH))
    raw = Shoot(made_up.studio(), spec, (160, 120), 10).truth("v.mp4").to_json()
    named = {s["name"]: s for s in raw["segments"]}
    assert named["smile_open"]["region"] == "mouth"
    assert "region" not in named["cheek_puff"]
    assert "region" not in named["speech"]
    assert [e["name"] for e in raw["exercises"]] == ["smile_open"]


def test_puppet_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="cheek_puff or speech; rendered faces can"):
        PuppetShoot(PatientSpec("v", "s", exercises=(Exercise.CHEEK_PUFF, Exercise.SPEECH)))
