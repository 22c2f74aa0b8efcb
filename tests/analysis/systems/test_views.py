"""What the systems look at: sizes, choice of frames, and left and right under mirroring."""

import numpy as np
import pytest
import torch

from analysis.action_units.dem import halves
from analysis.grading import severity
from analysis.grading.crops import cut, face_square
from analysis.grading.fusion import modalities, points68
from analysis.grading.palsynet import clips
from analysis.grading.phcnn_lstm import comparisons, strips
from tests.analysis.systems.cartoons import Look, five, landmarks, mirrored, picture
from tests.devices import every_device

CROOKED = Look(smile=(1.0, 0.1), brow=(0.8, 0.0), closed=(0.0, 0.7))


@pytest.fixture
def face():
    points = landmarks(CROOKED)
    return picture(points), points


@pytest.fixture
def flipped(face):
    image, points = face
    return np.ascontiguousarray(image[:, ::-1]), mirrored(points)


def close(a: np.ndarray, b: np.ndarray, levels: float = 2.0) -> bool:
    """Mean difference, in grey levels: rounding of sub-pixel places is allowed."""
    return float(np.abs(a.astype(float) - b.astype(float)).mean()) < levels


def test_a_crop_of_the_whole_picture_is_the_picture(face):
    image, _ = face
    assert np.array_equal(cut(image, (0, 0, 120, 120), 120, 120), image)


def test_a_crop_shows_grey_beyond_the_picture(face):
    image, _ = face
    crop = cut(image, (-120, 0, 120, 120), 60, 30)
    assert (crop[:, :25] == 128).all()


@pytest.mark.parametrize("box", [(0, 0, 0, 10), (5, 5, 1, 9), (0, float("nan"), 3, 3)])
def test_an_empty_box_is_refused(face, box):
    with pytest.raises(ValueError, match="not a box"):
        cut(face[0], box, 8, 8)


@pytest.mark.parametrize("size", [112, 40])
def test_a_mirrored_face_gives_the_mirrored_crop(face, flipped, size):
    one, other = (cut(image, face_square(points), size, size) for image, points in (face, flipped))
    assert close(one[:, ::-1], other)
    assert not close(one, other)


def test_a_mirrored_face_gives_mirrored_regions(face, flipped):
    one, other = (strips.regions(*f, face_px=64, strip_px=(40, 120)) for f in (face, flipped))
    for a, b in zip(one, other, strict=True):
        assert close(a[:, ::-1], b, 3.0)


def test_strips_hold_eyes_and_mouth(face):
    image, points = face
    regions = strips.regions(image, points, face_px=64, strip_px=(40, 120))
    assert [r.shape for r in regions] == [(64, 64, 3), (40, 120, 3), (40, 120, 3)]
    assert all((r < 100).any() for r in regions), "no dark line in the strip"


def test_aligned_points_lie_where_the_template_says(face):
    image, points = face
    marked = np.zeros_like(image)
    for x, y in np.round(five(points)[:3]).astype(int):
        marked[y, x] = 255
    out = halves.aligned(marked, np.round(five(points)), 128)
    for x, y in ((0.35, 0.42), (0.65, 0.42), (0.5, 0.62)):
        patch = out[round(y * 128) - 3 : round(y * 128) + 3, round(x * 128) - 3 : round(x * 128) + 3]
        assert patch.max() > 60


def test_mirroring_exchanges_the_half_faces(face, flipped):
    (image, points), (other_image, other_points) = face, flipped
    left, right = halves.halves(halves.aligned(image, five(points), 128))
    other_points_five = five(other_points)
    other_left, other_right = halves.halves(halves.aligned(other_image, other_points_five, 128))
    assert left.shape == (128, 64, 3)
    assert close(left, other_right)
    assert close(right, other_left)
    assert not close(left, right)


def test_a_right_half_is_flipped_onto_the_left(face):
    symmetric = landmarks(Look(smile=(0.5, 0.5)))
    left, right = halves.halves(halves.aligned(picture(symmetric), five(symmetric), 128))
    assert close(left, right)


def test_key_frames_leave_out_what_did_not_move():
    looks = [Look()] * 4 + [Look(smile=(k / 3, k / 3), brow=(k / 3, k / 3)) for k in (1, 2, 3)] + [Look()] * 2
    points = [landmarks(look) for look in looks]
    pictures = [picture(p) for p in points]
    kept = halves.key_frames(pictures, [five(p) for p in points], threshold=1.0)
    assert kept[0] == 0
    assert not {1, 2, 3, 8} & set(kept)
    assert len(kept) >= 4
    assert len(halves.key_frames(pictures, [five(p) for p in points], threshold=1.0, limit=2)) == 2


def test_key_frames_do_not_see_a_head_that_only_moves_across_the_picture():
    base = landmarks(Look(), iod_px=20)
    points = [base + np.array([shift, 0, 0]) for shift in (-8, 0, 8)]
    assert halves.key_frames([picture(p) for p in points], [five(p) for p in points], threshold=2.0) == [0]


@pytest.mark.parametrize(
    ("available", "wanted", "chosen"),
    [
        (3, 8, [0, 0, 1, 1, 1, 1, 2, 2]),
        (16, 4, [0, 5, 10, 15]),
        (5, 5, [0, 1, 2, 3, 4]),
        (1, 3, [0, 0, 0]),
    ],
)
def test_clips_have_a_fixed_number_of_frames(available, wanted, chosen):
    assert clips.frame_choice(available, wanted).tolist() == chosen


def test_a_clip_without_frames_is_refused():
    with pytest.raises(ValueError, match="at least one frame"):
        clips.frame_choice(0, 8)


@pytest.mark.parametrize(("frames", "order"), [(3, [0, 1, 2, 1, 0]), (1, [0])])
def test_a_sequence_to_full_expression_goes_back_to_rest(frames, order):
    assert clips.there_and_back(frames).tolist() == order


def test_clips_are_normalised_to_channels_first():
    clip = torch.full((2, 4, 8, 8, 3), 255, dtype=torch.uint8)
    out = clips.normalise(clip)
    assert out.shape == (2, 3, 4, 8, 8)
    assert out[0, 0, 0, 0, 0] == pytest.approx((1 - 0.43216) / 0.22803)


@every_device
def test_augmentation_keeps_shape_and_is_repeatable_on_every_device(face, device):
    clip = torch.as_tensor(np.stack([face[0]] * 3))[None].repeat(4, 1, 1, 1, 1)
    one, other = (clips.augment(clip.to(place), torch.Generator().manual_seed(5)).cpu() for place in ("cpu", device))
    assert one.shape == clip.shape
    assert close(one.numpy(), other.numpy(), levels=0.5)
    assert not close(one.numpy(), clip.numpy(), levels=0.5)


@every_device
def test_sequences_are_changed_alike_on_every_device(face, device):
    clip = torch.as_tensor(np.stack([face[0]] * 3))[None].repeat(4, 1, 1, 1, 1)
    (one,), (other,) = (strips.augment([clip.to(place)], torch.Generator().manual_seed(5)) for place in ("cpu", device))
    assert other.device.type == device
    assert close(one.numpy(), other.cpu().numpy(), levels=0.5)


def test_sequences_are_changed_each_as_one_and_by_chances_of_their_own(face):
    still = torch.as_tensor(np.ascontiguousarray(face[0][:64, :64]))[None, None].repeat(6, 3, 1, 1, 1)
    strip = still[:, :, :24, :48]
    one, other = (strips.augment([still, strip], torch.Generator().manual_seed(5)) for _ in range(2))
    assert [part.shape for part in one] == [still.shape, strip.shape]
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert torch.equal(one[0][:, 0], one[0][:, 2])  # all frames of a sequence move together
    assert len({tuple(row.tolist()) for row in one[0][:, 0, 32, 32]}) == 6
    assert 0 <= float(one[0].min()) <= float(one[0].max()) <= 255


def test_a_sequence_is_turned_without_being_sheared(monkeypatch):
    """A turn of a wide strip keeps right angles: 8 degrees of a bright bar, whichever way the strip is shaped."""
    chances = iter([torch.zeros(1), torch.tensor([[0.5], [0.5], [1.0], [0.5]]), torch.full((1, 3), 0.5)])
    monkeypatch.setattr(strips.torch, "rand", lambda *_, **__: next(chances))
    bar = torch.zeros(1, 1, 40, 120, 3, dtype=torch.uint8)
    bar[:, :, 18:22] = 255
    (turned,) = strips.augment([bar], torch.Generator())
    rows = turned[0, 0, :, :, 0].argmax(dim=0).float()
    slope = float((rows[100] - rows[20]) / 80)  # mirrored, so that it rises the other way
    assert abs(slope) == pytest.approx(np.tan(np.radians(8)), abs=0.03)


def test_sequences_are_of_consecutive_frames_at_the_wanted_rate():
    times = np.arange(30) / 12
    found = strips.sequences(times, frames=4, rate_hz=6)
    assert [f.tolist() for f in found] == [[0, 2, 4, 6], [8, 10, 12, 14], [16, 18, 20, 22]]


def test_sequences_do_not_bridge_a_gap():
    times = [0, 0.2, 0.4, 5.0, 5.2, 5.4, 5.6]
    assert [f.tolist() for f in strips.sequences(times, frames=4)] == [[3, 4, 5, 6]]


def test_mirroring_a_face_mirrors_its_line_segments(face, flipped):
    one, other = (modalities.segments(points, 96) for points in (face[1], flipped[1]))
    assert one.any()
    assert close(one[:, ::-1], other, 6.0)
    assert not close(one, other, 6.0)


def test_mirroring_a_face_exchanges_left_and_right_of_its_features(face, flipped):
    one, other = (
        dict(zip(modalities.EXPRESSION_NAMES, modalities.expression(points), strict=True))
        for points in (face[1], flipped[1])
    )
    for name, value in one.items():
        if name.endswith("_left"):
            assert other[name.replace("_left", "_right")] == pytest.approx(value, abs=1e-5)
        elif name.endswith("_difference"):
            assert other[name] == pytest.approx(-value, abs=1e-5)
    assert one["mouth_corner_height_left"] < one["mouth_corner_height_right"], "the corner that smiles lies higher"
    assert one["eye_opening_left"] > one["eye_opening_right"]


def test_features_do_not_change_with_place_size_and_roll(face):
    points = face[1]
    angle = np.radians(20)
    turned = points.copy()
    turned[:, :2] = 2 * points[:, :2] @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 50
    assert modalities.expression(turned) == pytest.approx(modalities.expression(points), abs=1e-4)
    assert modalities.coordinates(turned) == pytest.approx(modalities.coordinates(points), abs=1e-4)


def test_the_68_points_are_their_own_mirror_image():
    assert [points68.MIRROR68[i] for i in points68.MIRROR68] == list(range(68))


def test_faces_without_a_distance_between_the_eyes_are_refused():
    with pytest.raises(ValueError, match="one point"):
        modalities.upright(np.zeros((478, 3)))


@pytest.mark.parametrize(("grade", "level"), [(1, 1), (2, 2), (4, 2), (5, 3), (6, 3)])
def test_grades_map_to_levels(grade, level):
    assert severity.severity_level(grade) == level


@pytest.mark.parametrize("grade", [0, 7])
def test_a_grade_outside_the_scale_is_refused(grade):
    with pytest.raises(ValueError, match="1-6"):
        severity.severity_level(grade)


def test_class_weights_are_inverse_to_frequency_and_zero_for_unseen_classes():
    weights = comparisons.class_weights(torch.tensor([10.0, 40.0, 0.0]))
    assert weights[0] / weights[1] == pytest.approx(4)
    assert weights[2] == 0
    assert weights[:2].mean() == pytest.approx(1)


def test_networks_get_contiguous_pictures():
    """Channels that lie last crashed narrow networks in training (oneDNN, torch 2.13)."""
    pictures = torch.zeros(2, 8, 8, 3, dtype=torch.uint8)
    for ready in (
        modalities.normalise(pictures),
        halves.normalise(pictures),
        strips.normalise(pictures),
        clips.normalise(pictures[None]),
    ):
        assert ready.is_contiguous()
