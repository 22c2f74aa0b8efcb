"""The Integrated Deep Model learns drawn faces, and its score serves another detector."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.ops import FrozenBatchNorm2d

from analysis.faces.integrated.fan import FanConfig
from analysis.faces.integrated.model import IntegratedConfig, IntegratedDeepModel, detector_of
from analysis.faces.mtcnn import FaceDetector, Faces
from analysis.training import prepare
from analysis.training.examples import Examples
from analysis.training.export import export
from analysis.training.loop import Options, fit
from analysis.training.run import Protocol, run
from analysis.training.systems.integrated import IntegratedSystem, crops, place, proposals
from analysis.weights.chosen import read
from analysis.weights.published import load
from tests.analysis.training import drawn

STATED = {"id": "faces-1", "url": "none", "licences": "none", "weights_licence": "for tests"}
TINY = IntegratedSystem(
    IntegratedConfig(
        "mobilenet", FanConfig(stacks=1, depth=2, width=16, size_px=64), min_side_px=64, max_side_px=64, min_score=0.0
    ),
    picture_px=64,
    learning_rate=2e-3,
    epochs=1,
    batch=4,
)


@pytest.fixture
def examples(tmp_path, monkeypatch) -> Examples:
    monkeypatch.setattr(prepare, "look", drawn.seen)
    return prepare.prepare([drawn.recording(person, 1, 0) for person in (0, 1)], TINY, tmp_path / "cache", quiet=True)


def placed(examples, rows=range(6), seed=0):
    return place(examples, np.array(list(rows)), torch.Generator().manual_seed(seed), torch.device("cpu"))


def test_placed_faces_keep_their_points_and_boxes(examples):
    found = placed(examples)
    assert found.pictures.shape == (6, 3, 64, 64)
    assert (found.boxes[:, 0] >= 0).all()
    assert (found.boxes[:, 3] <= 64).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert (found.points.amin(dim=1) >= found.boxes[:, :2] - 1e-3).all()
    again = placed(examples)
    assert torch.equal(found.pictures, again.pictures)
    assert not torch.equal(found.boxes, placed(examples, seed=1).boxes)


def test_a_mirrored_face_has_its_points_exchanged(examples):
    """The subject's right brow (points 17-21) lies left of the left one (22-26) in every picture, mirrored or not."""
    found = placed(examples, range(12))
    assert (found.points[:, 17:22, 0].mean(dim=1) < found.points[:, 22:27, 0].mean(dim=1)).all()


def test_points_of_a_crop_lie_where_the_crop_shows_them(examples):
    found = placed(examples)
    faces, points = crops(found, TINY.cfg)
    assert faces.shape == (6, 3, 64, 64)
    assert ((points > 0) & (points < 64)).all()
    # the drawn lines are darker than the skin: along the points the crop is darker than on average
    at = points.round().long().clamp(0, 63)
    along = torch.stack([face.mean(dim=0)[p[:, 1], p[:, 0]].mean() for face, p in zip(faces, at, strict=True)])
    assert (along < faces.mean(dim=(1, 2, 3)) - 0.05).all()


def test_heat_maps_learn_where_the_landmarks_are(examples, tmp_path):
    stage = TINY.stage("fan", examples, np.arange(len(examples)), {})
    rows = np.arange(8)
    torch.manual_seed(0)
    before = stage.score(stage.build().eval(), rows, torch.device("cpu"))
    options = Options(quiet=True, patience=0, epochs=10)
    network = fit(stage, np.arange(len(examples)), rows[:0], tmp_path, options)
    with torch.inference_mode():
        after = stage.score(network, rows, torch.device("cpu"))
    assert after > 0.7 * before  # the error, which is the score's negative, has shrunk by a third


@pytest.mark.parametrize("backbone", ["mobilenet", "resnet50"])
def test_normalisation_of_an_untrained_detector_learns(backbone):
    network = detector_of(replace(TINY.cfg, backbone=backbone))
    assert any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())
    assert not any(isinstance(part, FrozenBatchNorm2d) for part in network.modules())


@pytest.mark.slow
def test_every_stage_trains_and_the_run_is_judged(examples, tmp_path):
    options = Options(quiet=True, patience=0)
    system = replace(TINY, cfg=replace(TINY.cfg, min_score=0.0))
    landmarks, found = run(system, examples, Protocol("holdout"), tmp_path / "run", options)
    assert set(found.figures) == {"found", "found by the detector alone"}
    assert 0 <= found.figures["found"].value <= 1
    assert found.figures["found"].baseline is not None
    assert landmarks.figures["error"].value > 0
    assert 0 < landmarks.figures["error"].baseline < 0.5  # a mean face is no random one
    assert {p.stem for p in (tmp_path / "run").glob("*/*.safetensors")} == {"fan", "detector", "joint"}
    card = export(tmp_path / "run", None, tmp_path / "out", STATED, half=True, system="integrated", only=["fan"])
    loaded = load(read(card))
    assert (set(loaded.networks), loaded.cfg, loaded.experimental) == ({"fan"}, system.cfg, True)


def test_equation_4_reaches_the_detectors_score_and_the_heat_maps(examples):
    torch.manual_seed(0)
    model = IntegratedDeepModel(TINY.cfg).eval()
    model.detector.roi_heads.score_thresh = 0.0
    picture = placed(examples, [0]).pictures[0]
    boxes, scores = proposals(model.detector, picture)
    assert 0 < len(boxes) <= 8
    model.joint_loss(picture, boxes.detach(), scores, torch.zeros(len(boxes))).backward()
    assert model.fan.maps[-1].weight.grad.abs().sum() > 0
    assert model.detector.roi_heads.box_predictor.cls_score.weight.grad.abs().sum() > 0


def test_joint_stage_keeps_teaching_where_landmarks_are(examples):
    """Equation 4 alone is met by a peak anywhere; and where nothing is proposed there is the landmarks' loss still."""
    torch.manual_seed(0)
    stage = TINY.stage("joint", examples, np.arange(len(examples)), {})
    network = stage.build()
    network.detector.roi_heads.score_thresh = 1.1  # nothing is sure enough to be proposed
    loss = stage.loss(network, np.arange(4), torch.Generator().manual_seed(0), torch.device("cpu"))
    loss.backward()
    assert loss > 0
    assert network.fan.maps[-1].weight.grad.abs().sum() > 0


def test_mtcnn_can_take_the_fused_score(monkeypatch):
    boxes = np.array([[10, 10, 60, 60], [70, 10, 90, 30]], np.float32)
    detector = FaceDetector(
        rescore=lambda _p, faces: Faces(faces.boxes, np.array([0.95, 0.2], np.float32), faces.points)
    )
    found = ([boxes], [np.array([0.92, 0.99])], [np.zeros((2, 5, 2))])
    monkeypatch.setattr(detector, "_mtcnn", type("Mtcnn", (), {"detect": lambda *_, **__: found})())
    (faces,) = detector.detect([np.zeros((100, 100, 3), np.uint8)])
    assert faces.boxes.tolist() == [boxes[0].tolist()]
    assert faces.scores.tolist() == pytest.approx([0.95])
