"""Cards and files of the published systems: what does not fit is refused, whatever its hash."""

import hashlib
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from analysis.action_units.dem import halves
from analysis.action_units.dem.ensemble import combine, describe, intensities
from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel
from analysis.contracts import PublishedSystem
from analysis.grading.fusion.network import FusionConfig
from analysis.grading.palsynet.network import PalsyNetConfig
from analysis.grading.phcnn_lstm.network import PhcnnConfig
from analysis.training.export import training_word
from analysis.weights import published, toml
from analysis.weights.configuration import plain, restore
from analysis.weights.loader import WeightsError
from tests.analysis.systems.small import DEM, PHCNN
from tests.analysis.systems.written import weights

FUSION = PublishedSystem.FUSION


@pytest.mark.parametrize("cfg", [PalsyNetConfig(), DemConfig(levels=(1, 2)), PHCNN, PhcnnConfig(), FusionConfig()])
def test_a_configuration_survives_its_card(cfg):
    text = toml.dumps({"config": {"cfg": plain(cfg)}})
    assert restore(type(cfg), tomllib.loads(text)["config"]["cfg"]) == cfg


@pytest.mark.parametrize(
    "stated",
    [
        {"depth": 3},
        {"frames": "8"},
        {"frames": -1},
        {"frames": 10**9},
        {"frames": True},
        {"blocks": [1, 1]},
        {"tasks": 3},
    ],
)
def test_a_configuration_that_the_network_does_not_have_is_refused(stated):
    with pytest.raises(ValueError):
        restore(PalsyNetConfig, stated)


def test_words_and_tables_survive_toml():
    table = {"a": 'it\'s "so"\n\tü', "b": [1, 2.5, True], "c d": {"e": {"f": -1, "g": {}}}, "none": None}
    assert tomllib.loads(toml.dumps(table)) == {"a": table["a"], "b": table["b"], "c d": {"e": {"f": -1, "g": {}}}}
    with pytest.raises(ValueError, match="no TOML"):
        toml.dumps({"a": object()})


@pytest.mark.parametrize("system", list(PublishedSystem))
def test_what_was_written_loads_into_the_same_network(system, tmp_path):
    chosen = weights(system, tmp_path)
    loaded = published.load(chosen)
    stored = load_file(chosen.file)
    for name, network in loaded.networks.items():
        assert not network.training
        for key, value in network.state_dict().items():
            torch.testing.assert_close(value, stored[f"{name}.{key}"])
    assert published.load(chosen) is loaded


def _tampered(chosen, change, **card):
    tensors = change(dict(load_file(chosen.file)))
    raw = save(tensors)
    chosen.file.write_bytes(raw)
    parameters = sum(t.numel() for t in tensors.values())
    return replace(
        chosen, card={**chosen.card, "sha256": hashlib.sha256(raw).hexdigest(), "parameters": parameters, **card}
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: {k: v for k, v in t.items() if k != "palsy.head.bias"}, "not those"),
        (lambda t: {**t, "palsy.more": torch.zeros(1)}, "not those"),
        (lambda t: {**t, "palsy.head.bias": torch.zeros(3)}, "not those"),
        (lambda t: {**t, "other.bias": torch.zeros(3)}, "networks"),
        (lambda t: {}, "networks"),
        (lambda t: {**t, "palsy.head.bias": torch.tensor([0.0, float("nan")])}, "no number"),
    ],
)
def test_tensors_that_are_not_the_systems_are_refused(change, why, tmp_path):
    chosen = _tampered(weights(FUSION, tmp_path), change)
    with pytest.raises(WeightsError, match=why):
        published.load(chosen)


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ({"preprocess": "fusion-views/0"}, "was trained on"),
        ({"parameters": 3}, "number of parameters"),
        ({"config": {"system": "landmarks"}}, "no published system"),
        ({"config": {"system": "fusion", "cfg": {"size_px": "big"}}}, "sizes"),
        ({"metrics": None}, "lacks"),
    ],
)
def test_cards_that_do_not_fit_are_refused(card, why, tmp_path):
    chosen = weights(FUSION, tmp_path)
    with pytest.raises(WeightsError, match=why):
        published.load(replace(chosen, card={**chosen.card, **card}))


def test_a_file_that_holds_no_tensors_is_refused(tmp_path):
    chosen = weights(FUSION, tmp_path)
    chosen.file.write_bytes(b"no")
    with pytest.raises(WeightsError, match="other than tensors"):
        published.load(replace(chosen, card={**chosen.card, "sha256": hashlib.sha256(b"no").hexdigest()}))


@pytest.mark.parametrize(
    "cfg",
    [
        {"fan": {"landmarks": 5}},
        {"fan": {"size_px": 90}},
        {"fan": {"size_px": 4096}},
        {"fan": {"stacks": 9}},
        {"min_score": 2.0},
        {"margin": 1.5},
        {"max_side_px": 32},
    ],
)
def test_sizes_that_no_face_model_has_are_refused(cfg, tmp_path):
    chosen = weights(PublishedSystem.INTEGRATED, tmp_path)
    before = chosen.card["config"]["cfg"]
    stated = {**before, **cfg, "fan": {**before["fan"], **cfg.get("fan", {})}}
    card = {**chosen.card, "config": {"system": "integrated", "cfg": stated}}
    with pytest.raises(WeightsError, match="sizes"):
        published.load(replace(chosen, card=card))


def test_the_face_detector_itself_may_stay_away_and_works_when_it_is_there(tmp_path):
    alone = weights(PublishedSystem.INTEGRATED, tmp_path, name="fan-alone", only=("fan",))
    assert set(published.load(alone).networks) == {"fan"}
    both = published.load(weights(PublishedSystem.INTEGRATED, tmp_path))
    (found,) = both.networks["detector"]([torch.rand(3, 64, 64)])
    assert found["boxes"].shape[1] == 4
    with pytest.raises(WeightsError, match="networks"):
        published.load(weights(PublishedSystem.INTEGRATED, tmp_path, name="no-fan", only=("detector",)))


def test_one_word_says_what_was_learnt_from():
    assert training_word(["synthetic"]) == "synthetic"
    assert training_word(["YFP", "CK+"]) == "CKplus+YFP"


@pytest.mark.parametrize("m", [0, 1, 2, 5])
def test_few_references_are_those_of_equation_3(m):
    torch.manual_seed(0)
    cfg = replace(DEM, references=m)
    value, difference = ValueModel(cfg).eval(), DifferenceModel(cfg).eval()
    pictures = torch.randint(0, 255, (20, *cfg.size_px, 3), dtype=torch.uint8)
    found = intensities(value, difference, pictures, m)
    described = describe(value, halves.normalise(pictures))
    few = np.unique(np.round(np.linspace(0, 19, m + 1)).astype(int))
    others = np.stack([few[few != i][:m] for i in range(20)]) if m else np.empty((20, 0), np.intp)
    torch.testing.assert_close(found, combine(difference, described, others), rtol=1e-4, atol=1e-4)


def test_key_frames_one_by_one_are_those_of_the_whole_list():
    from tests.analysis.systems.cartoons import Look, five, landmarks, picture

    points = [landmarks(Look(smile=(v, v), brow=(v, v))) for v in np.sin(np.linspace(0, 3.14, 15))]
    pictures, fives = [picture(p) for p in points], [five(p) for p in points]
    finder = halves.KeyFrames(threshold=2.0)
    taken = [i for i, (p, f) in enumerate(zip(pictures, fives, strict=True)) if finder.take(p, f)]
    assert taken == halves.key_frames(pictures, fives, threshold=2.0)
    assert 1 < len(taken) < 15
