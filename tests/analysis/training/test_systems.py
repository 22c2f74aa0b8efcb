"""Each system learns drawn faces: by heart, and well enough to beat the majority class on people it never saw."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.action_units.dem.network import DemConfig
from analysis.grading.fusion.network import FusionConfig, Modality
from analysis.grading.fusion.trunk import TrunkConfig
from analysis.grading.palsynet.network import PalsyNetConfig
from analysis.grading.phcnn_lstm.network import PhcnnConfig
from analysis.training import names, prepare
from analysis.training.examples import Examples
from analysis.training.loop import Options, fit
from analysis.training.run import PROTOCOLS, Protocol, judge, run
from analysis.training.systems import SYSTEMS
from analysis.training.systems.dem import DemSystem
from analysis.training.systems.fusion import FusionSystem, mirrored
from analysis.training.systems.palsynet import PalsyNetSystem
from analysis.training.systems.phcnn import PhcnnSystem
from tests.analysis.training import drawn

TINY = {
    "3dpalsynet": PalsyNetSystem(
        PalsyNetConfig(frames=4, size_px=32, width=8, blocks=(1, 1, 1, 1)),
        learning_rate=0.02,
        batch=8,
        epochs=20,
    ),
    "dem": DemSystem(
        DemConfig(action_units=drawn.UNITS, backbone="vgg11", width=4, dense=32, size_px=(64, 32), levels=(2, 3, 4, 5)),
        learning_rate=3e-3,
        batch=16,
        pair_batch=32,
        pairs=256,
        epochs=12,
    ),
    "phcnn-lstm": PhcnnSystem(
        PhcnnConfig(
            face_px=32,
            strip_px=(16, 48),
            face_widths=(4, 8, 8),
            strip_widths=(4, 8, 8),
            features=16,
            memory=16,
            dropout=0.1,
        ),
        learning_rate=0.03,
        batch=8,
        epochs=15,
    ),
    "fusion": FusionSystem(
        FusionConfig(
            size_px=48,
            trunk=TrunkConfig((1, 1, 1, 1), bottleneck=False, width=4),
            features=16,
            hidden=(32,),
            dropout=0.0,
        ),
        learning_rate=3e-3,
        batch=16,
        epochs=10,
    ),
}

UNHURRIED = {
    "3dpalsynet": {"learning_rate": 0.01, "epochs": 30},
    "phcnn-lstm": {"learning_rate": 0.01, "epochs": 30},
    "fusion": {"learning_rate": 1e-3, "epochs": 20},
}


@pytest.fixture
def drawn_faces(monkeypatch):
    monkeypatch.setattr(prepare, "look", drawn.seen)


@pytest.fixture
def options():
    return Options(quiet=True, patience=0)


def prepared(system, tmp_path, people: int = 8) -> Examples:
    return prepare.prepare(drawn.cast(people, (1, 6)), system, tmp_path / "cache", quiet=True)


def test_the_command_line_knows_every_system():
    assert tuple(SYSTEMS) == names.SYSTEM_NAMES
    assert PROTOCOLS == names.PROTOCOL_NAMES


# Few people and few steps leave much to chance, and to the order in which a processor adds: hence the middle of three.
@pytest.mark.slow
@pytest.mark.parametrize("name", ["3dpalsynet", "phcnn-lstm", "fusion"])
def test_a_classifier_beats_the_majority_on_people_it_never_saw(name, tmp_path, drawn_faces, options):
    system = replace(TINY[name], **UNHURRIED.get(name, {}))
    examples = prepared(system, tmp_path, 16)
    above: dict[str, list[float]] = {}
    for seed in range(3):
        folder = tmp_path / f"run-{seed}"
        for result in run(system, examples, Protocol("holdout"), folder, replace(options, seed=seed)):
            found = result.figures["macro F1"]
            above.setdefault(result.title, []).append(found.value - found.baseline)
    assert above
    for title, values in above.items():
        assert np.median(values) > 0.2, (title, values)


def test_the_difference_ensemble_beats_the_mean_on_people_it_never_saw(tmp_path, drawn_faces, options):
    (result,) = run(TINY["dem"], prepared(TINY["dem"], tmp_path), Protocol("holdout"), tmp_path / "run", options)
    assert result.figures["MAE"].value < 0.75 * result.figures["MAE"].baseline
    assert result.figures["PCC"].value > 0.5


@pytest.mark.parametrize(
    ("name", "epochs", "learning_rate"), [("3dpalsynet", 80, 0.003), ("phcnn-lstm", 30, 0.03), ("fusion", 30, 1e-3)]
)
def test_a_system_can_learn_its_training_people_by_heart(name, epochs, learning_rate, tmp_path, drawn_faces, options):
    system = replace(TINY[name], augment=False, batch=8, learning_rate=learning_rate)
    examples = prepared(system, tmp_path, people=4)
    everybody = np.arange(len(examples))
    stage = system.stage(system.spread_by, examples, everybody, {})
    network = fit(stage, everybody, everybody[:0], tmp_path, replace(options, epochs=epochs))
    assert stage.score(network, everybody, torch.device("cpu")) > 0.9


def test_the_difference_ensemble_reports_every_number_of_references(tmp_path, drawn_faces, options):
    system = replace(TINY["dem"], epochs=1)
    (result,) = run(system, prepared(system, tmp_path, 4), Protocol("holdout"), tmp_path / "run", options)
    assert list(result.curve) == ["0", "1", "2", "4", "8"]
    assert list(result.table) == list(drawn.UNITS)


def test_mirroring_exchanges_the_intensities_of_the_two_halves(tmp_path, drawn_faces):
    """A symmetric system by construction: the left half of a mirrored face is the right half of the face."""
    from analysis.action_units.dem import halves
    from tests.analysis.systems.cartoons import five, landmarks, picture
    from tests.analysis.systems.cartoons import mirrored as mirror

    torch.manual_seed(0)
    system = TINY["dem"]
    network = system.stage("value", prepared(system, tmp_path, 2), np.arange(2), {}).build().eval()
    points = landmarks(drawn.look_of(1, 5, 0, 6))
    image = picture(points)

    def intensities(image, points):
        parts = halves.halves(halves.aligned(image, five(points), 64))
        with torch.no_grad():
            return network(halves.normalise(torch.from_numpy(np.stack(parts))))[0].softmax(-1)

    straight = intensities(image, points)
    flipped = intensities(np.ascontiguousarray(image[:, ::-1]), mirror(points))
    torch.testing.assert_close(flipped, straight.flip(0), atol=0.02, rtol=0)
    assert (straight[0] - straight[1]).abs().max() > 1e-4


def test_mirroring_inputs_of_the_fusion_model_twice_changes_nothing():
    generator = torch.Generator().manual_seed(0)
    shapes = {
        Modality.RGB: (3, 8, 8, 3),
        Modality.SEGMENTS: (3, 8, 8, 3),
        Modality.COORDINATES: (3, 136),
        Modality.EXPRESSION: (3, 29),
    }
    flip = torch.tensor([True, False, True])
    for modality, shape in shapes.items():
        values = torch.rand(shape, generator=generator)
        once = mirrored(modality, values, flip)
        assert torch.equal(once[1], values[1])
        assert not torch.equal(once[0], values[0])
        torch.testing.assert_close(mirrored(modality, once, flip), values)


def test_mirrored_features_are_those_of_the_mirrored_face():
    from analysis.grading.fusion import modalities
    from tests.analysis.systems.cartoons import Look, landmarks
    from tests.analysis.systems.cartoons import mirrored as mirror

    points = landmarks(Look(smile=(1, 0), brow=(0, 1)))
    flip = torch.tensor([True])
    for modality, view in (
        (Modality.EXPRESSION, modalities.expression),
        (Modality.COORDINATES, modalities.coordinates),
    ):
        expected = torch.from_numpy(view(mirror(points)))[None]
        found = mirrored(modality, torch.from_numpy(view(points))[None], flip)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_recordings_without_a_label_that_the_system_learns_give_no_examples(tmp_path, drawn_faces):
    plain = replace(drawn.recording(0, 1, 0), intensities=None)
    with pytest.raises(ValueError, match="no example"):
        prepare.prepare([plain], TINY["dem"], tmp_path, quiet=True)


def test_sequences_lie_within_movements_where_these_are_marked(tmp_path, drawn_faces):
    system = TINY["phcnn-lstm"]
    whole = drawn.recording(0, 1, 0)
    shown = drawn.seen(whole, tmp_path)
    frames = system.cfg.frames
    second = replace(whole, movements=(replace(whole.movements[0], first=frames),))
    counts = [
        len(system.cut(recording, shown)[1]["level"]) for recording in (whole, second, replace(second, movements=()))
    ]
    assert counts == [drawn.FRAMES // frames, drawn.FRAMES // frames - 1, drawn.FRAMES // frames]
    assert system.cut(replace(whole, movements=(replace(whole.movements[0], last=1),)), shown) is None


def test_prepared_pictures_are_not_made_again(tmp_path, drawn_faces, monkeypatch):
    system = TINY["fusion"]
    first = prepared(system, tmp_path, 2)
    monkeypatch.setattr(prepare, "look", lambda *_: pytest.fail("prepared again"))
    again = prepared(system, tmp_path, 2)
    rows = np.arange(3)
    assert np.array_equal(first.gather("expression", rows), again.gather("expression", rows))


@pytest.mark.parametrize("name", list(SYSTEMS))
def test_every_table_of_the_papers_has_its_rows(name):
    system = SYSTEMS[name]()
    for table in system.ablations:
        variants = system.variants(table)
        assert len(variants) >= 2
        assert len(set(variants.values())) == len(variants)
    with pytest.raises(ValueError, match="ablations"):
        system.variants("nothing")


def test_figures_can_be_judged_again_from_the_folder(tmp_path, drawn_faces, options):
    system = replace(TINY["fusion"], epochs=1)
    first = run(system, prepared(system, tmp_path, 4), Protocol("kfold", folds=2), tmp_path / "run", options)
    assert judge(system, tmp_path / "run") == first
