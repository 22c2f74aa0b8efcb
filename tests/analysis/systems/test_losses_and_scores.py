"""Centre loss, the ensemble of differences, and the fused face score, against arithmetic done by hand."""

import math

import numpy as np
import pytest
import torch

from analysis.action_units.dem.ensemble import Described, choose_references, combine, describe
from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel, read_values
from analysis.faces.integrated import fan, score
from analysis.faces.integrated.model import IntegratedConfig, IntegratedDeepModel, rescored
from analysis.faces.mtcnn import Faces
from analysis.grading.palsynet.centre_loss import BALANCE, CentreLoss, joint_loss
from tests.analysis.systems.small import DEM, FAN


def test_centre_loss_is_half_the_squared_distance_to_the_own_centre():
    loss = CentreLoss(2, 3)
    with torch.no_grad():
        loss.centres[1] = torch.tensor([1.0, 0.0, 0.0])
    features = torch.tensor([[3.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    network, centres = loss(features, torch.tensor([1, 0]))
    assert network.item() == centres.item() == pytest.approx((0.5 * 4 + 0.5 * 16) / 2)


def test_the_balance_holds_back_the_network_and_not_the_centres():
    centres = CentreLoss(2, 3)
    features = torch.ones(4, 3, requires_grad=True)
    logits = torch.zeros(4, 2)
    total = joint_loss(features, logits, torch.tensor([0, 0, 1, 1]), centres)
    total.backward()
    assert features.grad[0] == pytest.approx(torch.full((3,), BALANCE / 4))
    assert centres.centres.grad[0] == pytest.approx(torch.full((3,), -0.5))
    assert total.item() == pytest.approx(math.log(2) + BALANCE * 1.5 + 1.5)


def test_softmax_loss_alone_is_the_ablation():
    logits = torch.randn(3, 2)
    classes = torch.tensor([0, 1, 1])
    expected = torch.nn.functional.cross_entropy(logits, classes)
    assert joint_loss(torch.zeros(3, 2), logits, classes, None) == expected


def test_features_of_another_width_than_the_centres_are_refused():
    with pytest.raises(ValueError, match="features"):
        CentreLoss(2, 3)(torch.zeros(1, 4), torch.tensor([0]))


def test_classes_are_read_as_intensities_and_differences():
    assert read_values(torch.eye(6)).tolist() == [0, 1, 2, 3, 4, 5]
    assert read_values(torch.eye(11)).tolist() == [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    even = torch.zeros(6)
    assert read_values(even, expected=True) == pytest.approx(2.5)


def test_references_are_other_frames_of_the_recording():
    chosen = choose_references(6, 3, seed=4)
    assert chosen.shape == (6, 3)
    for i, row in enumerate(chosen):
        assert i not in row
        assert len(set(row)) == 3
        assert set(row) <= set(range(6))
    assert np.array_equal(chosen, choose_references(6, 3, seed=4))


@pytest.mark.parametrize(("frames", "m", "width"), [(1, 2, 0), (2, 5, 1), (4, 0, 0)])
def test_short_recordings_have_as_many_references_as_there_are(frames, m, width):
    assert choose_references(frames, m).shape == (frames, width)


class _Exactly(DifferenceModel):
    """Predicts the difference that its features hold."""

    def forward(self, differences):
        wanted = differences[0][:, :2].long() + 5
        return torch.nn.functional.one_hot(wanted, 11).float()


def test_the_difference_is_added_to_the_references_value_not_to_the_frames_own():
    truth = torch.tensor([[0.0, 5.0], [2.0, 3.0], [4.0, 1.0]])
    wrong = truth.clone()
    wrong[0] += torch.tensor([3.0, -3.0])  # the value model errs on frame 0 alone
    described = Described(wrong, [truth])
    references = np.array([[1, 2], [2, 2], [1, 1]])
    out = combine(_Exactly(DEM).eval(), described, references)
    assert torch.equal(out, truth), "equation 3 repairs frame 0; Algorithm 1's slip would keep its error"


def test_without_references_the_value_model_stands_alone():
    values = torch.tensor([[1.0, 2.0]])
    assert torch.equal(combine(DifferenceModel(DEM).eval(), Described(values, []), np.empty((1, 0), int)), values)


def test_intensities_are_continuous_and_within_the_scale():
    torch.manual_seed(1)
    value, difference = ValueModel(DEM).eval(), DifferenceModel(DEM).eval()
    described = describe(value, torch.randn(5, 3, 64, 32))
    out = combine(difference, described, choose_references(5, 2))
    assert out.shape == (5, 2)
    assert ((out >= 0) & (out <= 5)).all()
    assert described.features[0].shape[0] == 5


def test_each_frame_is_described_once_however_many_references_are_asked_for():
    value = ValueModel(DEM).eval()
    calls = []
    value.stages[0].register_forward_hook(lambda _m, i, _o: calls.append(len(i[0])))
    described = describe(value, torch.randn(5, 3, 64, 32))
    for m in (1, 2, 4):
        combine(DifferenceModel(DEM).eval(), described, choose_references(5, m))
    assert sum(calls) == 5


def test_levels_that_a_backbone_lacks_are_refused():
    with pytest.raises(ValueError, match="stages 1 to 5"):
        DifferenceModel(DemConfig(backbone="vgg11", width=4, dense=8, levels=(1, 9)))


def test_landmark_probability_is_the_weighted_mean_of_peaks():
    maps = torch.zeros(1, 68, 4, 4)
    maps[:, :, 1, 2] = 0.8
    weights = score.visibility_weights()
    always = len(score.ALWAYS_VISIBLE)
    expected = 0.8 * (always + 0.75 * (68 - always)) / 68
    assert score.landmark_probability(maps, weights) == pytest.approx(expected)


@pytest.mark.parametrize(("width", "delta"), [(12.8, 0.7), (12.9, 1.0), (3.0, 0.7), (300.0, 1.0)])
def test_small_faces_are_doubted(width, delta):
    assert score.size_penalty(torch.tensor([width]), 640) == pytest.approx(delta)


def test_face_probability_is_the_mean_of_both():
    p = score.face_probability(torch.tensor([0.6]), torch.tensor([0.9]), torch.tensor([0.7]))
    assert p == pytest.approx((0.6 + 0.63) / 2)


def test_face_loss_is_cross_entropy():
    p, truth = torch.tensor([0.9, 0.2]), torch.tensor([1.0, 0.0])
    assert score.face_loss(p, truth) == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 2)


def test_heat_maps_of_another_number_are_refused():
    with pytest.raises(ValueError, match="heat maps"):
        score.landmark_probability(torch.zeros(1, 5, 4, 4), score.visibility_weights())
    with pytest.raises(ValueError, match="68"):
        score.visibility_weights(49)


def test_target_maps_peak_where_the_points_are():
    points = torch.tensor([[[20.0, 36.0], [float("nan"), 0.0], [999.0, 3.0]]])
    maps = fan.target_maps(points, 64)
    assert maps.shape == (1, 3, 16, 16)
    assert maps[0, 0].max() == pytest.approx(1)
    assert fan.peaks(maps)[0, 0].tolist() == [20, 36]
    assert not maps[0, 1].any()
    assert not maps[0, 2].any()


def test_a_detection_without_landmarks_loses_to_one_with_them():
    torch.manual_seed(0)
    net = fan.Fan(FAN).eval()
    # a network whose last maps answer only to bright pictures
    net.forward = lambda x: [(x.mean(dim=(1, 2, 3)) > 0.5).float()[:, None, None, None].expand(-1, 68, 4, 4)]
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, 100:] = 255
    boxes = np.array([[20, 20, 80, 80], [120, 20, 180, 80]], np.float32)
    faces = Faces(boxes, np.array([0.99, 0.95], np.float32), np.zeros((2, 5, 2), np.float32))
    out = rescored(net, picture, faces, IntegratedConfig(fan=FAN, margin=0.0))
    assert out.boxes[0].tolist() == boxes[1].tolist()
    assert out.scores[1] == pytest.approx(0.99 / 2)


@pytest.fixture(scope="module")
def integrated():
    torch.manual_seed(0)
    return IntegratedDeepModel(IntegratedConfig("mobilenet", FAN, min_side_px=64, max_side_px=96, min_score=0.0))


def test_the_integrated_model_judges_pictures(integrated):
    integrated.eval()
    with torch.no_grad():
        (judged,) = integrated([torch.rand(3, 64, 96)])
    assert judged.boxes.shape == (len(judged.p_face), 4)
    assert (judged.p_face[:-1] >= judged.p_face[1:]).all()


def test_the_joint_loss_reaches_every_parameter_of_the_heat_maps(integrated):
    integrated.eval()
    boxes = torch.tensor([[5.0, 5.0, 50.0, 60.0], [30.0, 2.0, 70.0, 60.0]])
    integrated.zero_grad()
    integrated.joint_loss(torch.rand(3, 64, 96), boxes, torch.tensor([0.9, 0.4]), torch.tensor([1.0, 0.0])).backward()
    assert any(p.grad is not None and p.grad.any() for p in integrated.fan.parameters())


def test_the_detector_learns_from_every_parameter(integrated):
    integrated.train()
    integrated.zero_grad()
    target = [{"boxes": torch.tensor([[5.0, 5.0, 50.0, 60.0]]), "labels": torch.tensor([1])}]
    losses = integrated.detector([torch.rand(3, 64, 96)], target)
    sum(losses.values()).backward()
    without = [n for n, p in integrated.detector.named_parameters() if p.requires_grad and p.grad is None]
    assert without == []


def test_pictures_of_another_form_are_refused(integrated):
    with pytest.raises(ValueError, match="picture"):
        integrated([torch.zeros(1, 8, 8)])
    with pytest.raises(ValueError, match="backbone"):
        IntegratedDeepModel(IntegratedConfig(backbone="vgg", fan=FAN))
