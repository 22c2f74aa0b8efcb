"""The lesson before a grade: both halves' intensities, mirrored with their pictures; without it nothing changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.contracts import AU_NAMES
from analysis.grading.phcnn_lstm import comparisons
from analysis.training import export, prepare
from analysis.training.loop import Options, fit
from analysis.training.recording import Intensities
from analysis.training.run import Protocol, run
from analysis.training.systems.units import UNITS, intensities_at, mirror
from analysis.weights import published
from analysis.weights.chosen import read
from tests.analysis.training import drawn
from tests.analysis.training.test_systems import TINY

NAMES = ("3dpalsynet", "phcnn-lstm")
STATED = {"id": "tiny-1", "url": "not published", "licences": "made here", "weights_licence": "free"}


@pytest.fixture(autouse=True)
def _drawn_faces(monkeypatch):
    monkeypatch.setattr(prepare, "look", drawn.seen)


def prepared(system, tmp_path, people=8):
    return prepare.prepare(drawn.cast(people, (1, 6)), system, tmp_path / "cache", quiet=True)


def taught(name):
    return replace(TINY[name], first_lesson=80)


def test_intensities_stand_in_the_order_of_all_units_and_by_side():
    stated = Intensities(("AU12", "AU1"), np.array([[1.0, 2.0], [3.0, np.nan]]), np.array([[4.0, 5.0], [6.0, 7.0]]))
    found = intensities_at(stated, np.array([1, 0, 9]))
    assert found.shape == (3, 2, len(AU_NAMES))
    assert found[0, :, AU_NAMES.index("AU12")].tolist() == [3, 6]
    assert found[1, :, AU_NAMES.index("AU1")].tolist() == [2, 5]
    assert np.isnan(found[0, 0, AU_NAMES.index("AU1")])
    assert np.isnan(found[2]).all(), "no such frame"
    assert np.isnan(found[:, :, AU_NAMES.index("AU4")]).all()
    assert np.isnan(intensities_at(None, np.array([0]))).all()


def test_mirrored_pictures_are_reversed_and_the_others_stay():
    pictures = torch.arange(2 * 1 * 2 * 3 * 3).view(2, 1, 2, 3, 3)
    (found,) = mirror([pictures], torch.tensor([True, False]))
    torch.testing.assert_close(found[0], pictures[0].flip(-2))
    torch.testing.assert_close(found[1], pictures[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_published_system_has_no_lesson(name, tmp_path):
    system = TINY[name]
    stage = system.stage(UNITS, prepared(system, tmp_path, 4), np.arange(4), {})
    assert not stage.teaches(np.arange(4))


@pytest.mark.parametrize("name", NAMES)
def test_the_lesson_is_learnt_and_a_mirrored_face_exchanges_its_halves(name, tmp_path):
    system = taught(name)
    examples = prepared(system, tmp_path)
    rows = np.arange(len(examples))
    stage = system.stage(UNITS, examples, rows, {})
    torch.manual_seed(0)
    fresh = stage.build().eval()
    network = fit(stage, rows, rows[:0], tmp_path, Options(quiet=True, patience=0))
    looks = system._look(examples)
    with torch.inference_mode():
        before, after = (stage.score(n, rows, torch.device("cpu")) for n in (fresh, network))
        assert after > 0.6 * before, "less than six tenths of the error is left"
        plain = network(*looks(rows, torch.device("cpu"), None, None)).unflatten(-1, (2, -1))
        turned = network(*[pictures.flip(-1) for pictures in looks(rows, torch.device("cpu"), None, None)]).unflatten(
            -1, (2, -1)
        )
    smile = AU_NAMES.index("AU12")
    of = [
        torch.corrcoef(torch.stack([turned[..., s, smile].flatten(), plain[..., 1 - s, smile].flatten()]))[0, 1]
        for s in (0, 1)
    ]
    assert min(of) > 0.6


@pytest.mark.parametrize(("name", "network"), [("3dpalsynet", "grade"), ("phcnn-lstm", "level")])
def test_what_was_learnt_is_kept_and_the_lesson_is_no_part_of_what_ships(name, network, tmp_path):
    system = replace(taught(name), first_lesson=2, epochs=2)
    run(system, prepared(system, tmp_path), Protocol("holdout"), tmp_path / "run", Options(quiet=True, patience=0))
    fold = tmp_path / "run" / "holdout"
    lesson, learnt = (published.load_tensors((fold / f"{n}.safetensors").read_bytes()) for n in (UNITS, network))
    kept = {
        "3dpalsynet": ("net.layer1.0.conv1.0.weight", "layer1.0.conv1.0.weight"),
        "phcnn-lstm": ("net.static.face.convolutions.1.weight", "static.face.convolutions.1.weight"),
    }[name]
    torch.testing.assert_close(lesson[kept[0]], learnt[kept[1]])
    card = export.export(tmp_path / "run", None, tmp_path / "out", STATED, only=[network])
    assert set(published.load(read(card)).networks) == {network}
    card = export.export(tmp_path / "run", None, tmp_path / "all", STATED)
    assert UNITS not in published.load(read(card)).networks


@pytest.mark.parametrize("model", comparisons.MODELS)
def test_every_model_of_the_table_keeps_what_it_learnt_of_single_frames(model, tmp_path):
    """Or the table would compare a taught model with untaught ones."""
    system = replace(TINY["phcnn-lstm"], model=model, first_lesson=1, epochs=1)
    examples = prepared(system, tmp_path, 4)
    rows = np.arange(len(examples))
    lesson = fit(system.stage(UNITS, examples, rows, {}), rows, rows[:0], tmp_path, Options(quiet=True))
    network = fit(system.stage("level", examples, rows, {UNITS: lesson}), rows, rows[:0], tmp_path, Options(quiet=True))
    for name, value in lesson.net.static.state_dict().items():
        torch.testing.assert_close(network.static.state_dict()[name], value)
    assert not any(value.requires_grad for value in network.static.parameters())
    assert network.head.weight.requires_grad, "the judgement is learnt"
