"""The Integrated Deep Model's score in face detection: off it changes nothing, on it is told, refused it is unused."""

import json

import numpy as np
import pytest
import torch

from analysis.__main__ import main
from analysis.contracts import PublishedSystem
from analysis.faces.mtcnn import FaceDetector
from analysis.report import analyse
from analysis.systems.detection import FACE_DETECTION, METHOD, JudgedDetection
from analysis.weights.chosen import NO_PLACE, Chosen, read
from analysis.weights.published import load
from tests.analysis.media import write
from tests.analysis.portraits import moving, placed
from tests.analysis.systems.written import weights
from tests.devices import every_device

INTEGRATED = PublishedSystem.INTEGRATED


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write(tmp_path_factory.mktemp("video") / "v.mp4", moving(36))


@pytest.fixture
def chosen(tmp_path) -> Chosen:
    return weights(INTEGRATED, tmp_path, name="faces-1", datasets=("synthetic",), only=("fan",))


@pytest.fixture
def sees_landmarks(chosen, monkeypatch):
    """The loaded heat-map network answers as if it had learnt: every landmark at this height."""

    def put(height: float) -> None:
        fan = load(chosen).networks["fan"]
        monkeypatch.setattr(fan, "forward", lambda x: [torch.full((len(x), 68, 16, 16), height)])

    return put


def numbers(report) -> dict:
    """Everything that was measured, without where and how fast."""
    told = report.to_json() | {"details": report.details_json()}
    told["origin"] = {k: v for k, v in told["origin"].items() if k not in ("seconds", "stages")}
    return json.loads(json.dumps(told))


def test_off_it_changes_no_number_and_on_it_is_part_of_their_origin(video, chosen, sees_landmarks):
    sees_landmarks(0.9)
    off, on = numbers(analyse(video)), numbers(analyse(video, face_score=chosen))
    assert FACE_DETECTION not in off["details"]["extras"]
    told = on["details"]["extras"].pop(FACE_DETECTION)
    used = {"id": "faces-1", "sha256": chosen.card["sha256"], "training_data": "synthetic"}
    assert told == {"method": METHOD, "weights": used, "experimental": True}
    assert on["origin"]["weights"].pop() == used
    assert on == off  # the portrait's face counts either way, so everything else is the same


def test_what_it_takes_for_no_face_is_not_followed(video, chosen, sees_landmarks):
    sees_landmarks(0.0)  # p_face is half of MTCNN's score, so below the card's threshold of .5
    assert analyse(video, face_score=chosen).status.value == "refused"
    sees_landmarks(0.3)
    assert analyse(video, face_score=chosen).status.value == "measured"


def test_a_sure_face_counts_although_hidden_landmarks_weigh_less(chosen, sees_landmarks):
    """At best p_face is (.787 + 1) / 2: under MTCNN's own threshold of .9 no face would ever count."""
    sees_landmarks(1.0)
    detector = JudgedDetection(chosen)()
    (faces,) = detector.detect([placed()])
    (alone,) = FaceDetector().detect([placed()])
    assert len(faces) == 1
    np.testing.assert_array_equal(faces.boxes, alone.boxes)
    assert faces.scores[0] == pytest.approx((0.787 + alone.scores[0]) / 2, abs=1e-3)
    assert faces.scores[0] < 0.9


@pytest.mark.parametrize("fault", ["file", "system"])
def test_weights_that_are_refused_leave_mtcnn_alone_and_say_so(fault, chosen, tmp_path, video):
    if fault == "file":
        chosen.file.write_bytes(chosen.file.read_bytes()[:-1] + b"\x01")
    else:
        chosen = weights(PublishedSystem.FUSION, tmp_path)
    report = analyse(video, face_score=chosen)
    told = report.details.extras[FACE_DETECTION]
    assert told["method"] == "MTCNN"
    assert ("refused" if fault == "file" else "are of fusion") in told["reason"]
    assert report.origin.weights == analyse(video).origin.weights


def test_a_card_alone_is_enough_on_the_command_line(chosen, video, tmp_path):
    out, details = tmp_path / "r.json", tmp_path / "d.json"
    card = read(chosen.file.with_suffix(".toml"))
    arguments = ["--weights", str(card.file.with_suffix(".toml")), "--systems", "none", "--quiet"]
    assert main(["report", str(video), *arguments, "--out", str(out), "--details", str(details)]) == 0
    assert json.loads(out.read_text())["origin"]["weights"][-1]["id"] == "faces-1"
    assert json.loads(details.read_text())["extras"][FACE_DETECTION]["method"] == METHOD


def test_a_device_without_room_leaves_mtcnn_alone_and_says_so(video, chosen, monkeypatch):
    """As torch says it of a GPU that is gone or full."""

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("analysis.weights.published.load", full)
    report = analyse(video, face_score=chosen)
    assert report.status.value == "measured"
    assert report.details.extras[FACE_DETECTION] == {"method": "MTCNN", "reason": NO_PLACE}
    assert report.origin.weights == analyse(video).origin.weights


@every_device
def test_a_device_scores_faces_as_the_processor_does(chosen, device):
    (here,), (there,) = (JudgedDetection(chosen, d)().detect([placed()]) for d in ("cpu", device))
    np.testing.assert_allclose(there.scores, here.scores, atol=1e-3)
    assert len(here)


def test_faces_are_scored_in_full_precision(chosen):
    seen = []
    load(chosen).networks["fan"].register_forward_pre_hook(lambda *_: seen.append(torch.backends.cudnn.allow_tf32))
    JudgedDetection(chosen)().detect([placed()])
    assert seen == [False]
