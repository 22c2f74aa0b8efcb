"""From the folder of a training run to a file and a card that load, and from the command line to what is run."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from analysis.__main__ import main
from analysis.commands.report import UsageError, available, wanted_face_score, wanted_systems
from analysis.contracts import ANSWERING, PublishedSystem
from analysis.weights import chosen as chosen_weights
from analysis.weights import published, shipping
from analysis.weights.chosen import NO_WEIGHTS, read
from tests.analysis.systems.small import PALSYNET, PHCNN
from tests.analysis.systems.written import INTEGRATED, weights

ARGUMENTS = ["--licences", "none", "--weights-licence", "for tests"]


@pytest.fixture
def run_folder(tmp_path) -> Path:
    """As `train phcnn-lstm` leaves it, of a network that learnt nothing."""
    fold = tmp_path / "run" / "fold-1"
    fold.mkdir(parents=True)
    torch.manual_seed(0)
    network = published.build(PublishedSystem.PHCNN_LSTM, "level", PHCNN)
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, fold / "level.safetensors")
    (fold / "people.json").write_text(json.dumps({"learnt": ["a", "b", "c"], "datasets": ["CK+"]}))
    (fold / "predictions.npz").write_bytes(b"")
    facts = {
        "system": "phcnn-lstm",
        "configuration": {"cfg": json.loads(json.dumps(dataclasses.asdict(PHCNN))), "model": "PHCNN-LSTM"},
        "protocol": "5 folds by person",
        "datasets": ["CK+", "YFP"],
        "seed": 0,
        "code": "1.0+abc",
    }
    figure = {"value": 0.51234, "low": 0.4, "high": None, "baseline": 0.3}
    results = [{"title": "Severity level", "examples": 30, "people": 5, "figures": {"macro F1": figure}}]
    (fold.parent / "run.json").write_text(json.dumps(facts))
    (fold.parent / "metrics.json").write_text(json.dumps(results))
    return fold.parent


def export(run_folder: Path, out: Path, *more: str, system: str = "phcnn-lstm") -> int:
    return main(["export", system, str(run_folder), "--id", "phcnn-1", "--out", str(out), *ARGUMENTS, *more])


@pytest.mark.parametrize("half", [(), ("--half",)])
def test_a_run_becomes_weights_that_load(run_folder, tmp_path, half):
    assert export(run_folder, tmp_path / "out", *half) == 0
    chosen = read(tmp_path / "out" / "phcnn-1.toml")
    loaded = published.load(chosen)
    assert loaded.cfg == PHCNN
    assert loaded.used.training_data == "CKplus+YFP"
    assert chosen.card["training"]["people"] == 3
    assert chosen.card["metrics"]["Severity level"]["macro F1"] == {"value": 0.5123, "low": 0.4, "baseline": 0.3}


def test_figures_on_other_people_are_stated_under_their_name(run_folder, tmp_path, capsys):
    other = tmp_path / "other"
    other.mkdir()
    results = [{"title": "Severity level", "examples": 7, "people": 7, "figures": {"accuracy": {"value": 0.25}}}]
    (other / "metrics.json").write_text(json.dumps(results))
    assert export(run_folder, tmp_path / "out", "--also", f"open set={other}") == 0
    stated = read(tmp_path / "out" / "phcnn-1.toml").card["metrics"]
    assert set(stated) == {"Severity level", "Severity level, open set"}
    assert stated["Severity level, open set"] == {"examples": 7, "people": 7, "accuracy": {"value": 0.25}}
    assert export(run_folder, tmp_path / "out", "--also", str(other)) == 2
    assert "NAME=FOLDER" in capsys.readouterr().err


def test_another_systems_run_and_an_unfinished_one_are_refused(run_folder, tmp_path, capsys):
    assert export(run_folder, tmp_path / "out", system="fusion") == 2
    assert "trained phcnn-lstm" in capsys.readouterr().err
    (run_folder / "fold-1" / "people.json").unlink()
    assert export(run_folder, tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


@pytest.fixture
def run_of_faces(run_folder) -> Path:
    """As `train integrated` leaves it: a file a stage, the last of them with both networks."""
    fold = run_folder / "fold-1"
    (fold / "level.safetensors").unlink()
    torch.manual_seed(0)
    parts = {name: published.build(PublishedSystem.INTEGRATED, name, INTEGRATED) for name in ("fan", "detector")}
    joint = {f"{name}.{k}": v.contiguous() for name, part in parts.items() for k, v in part.state_dict().items()}
    save_file(joint, fold / "joint.safetensors")
    save_file({"other": torch.zeros(1)}, fold / "fan.safetensors")
    facts = json.loads((run_folder / "run.json").read_text())
    facts |= {"system": "integrated", "configuration": {"cfg": dataclasses.asdict(INTEGRATED)}}
    (run_folder / "run.json").write_text(json.dumps(facts))
    return run_folder


def test_a_network_that_is_left_out_leaves_no_figures_on_the_card(run_folder, tmp_path):
    fold = run_folder / "fold-1"
    for name in ("grade", "mouth"):
        network = published.build(PublishedSystem.PALSYNET, name, PALSYNET)
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, fold / f"{name}.safetensors")
    (fold / "level.safetensors").unlink()
    facts = json.loads((run_folder / "run.json").read_text())
    facts |= {"system": "3dpalsynet", "configuration": {"cfg": dataclasses.asdict(PALSYNET)}}
    (run_folder / "run.json").write_text(json.dumps(facts))
    titles = ["House-Brackmann grade", "House-Brackmann grade, one answer a recording", "Mouth motion"]
    results = [{"title": title, "examples": 9, "people": 5, "figures": {}} for title in titles]
    (run_folder / "metrics.json").write_text(json.dumps(results))
    for only, networks, named in (((), {"grade", "mouth"}, titles), (("--only", "mouth"), {"mouth"}, titles[2:])):
        assert export(run_folder, tmp_path / "out", *only, system="3dpalsynet") == 0
        chosen = read(tmp_path / "out" / "phcnn-1.toml")
        assert set(published.load(chosen).networks) == networks
        assert list(chosen.card["metrics"]) == named


@pytest.mark.parametrize(("only", "kept"), [((), {"fan", "detector"}), (("--only", "fan"), {"fan"})])
def test_the_face_model_is_exported_as_its_last_stage_left_it(run_of_faces, tmp_path, only, kept):
    assert export(run_of_faces, tmp_path / "out", *only, system="integrated") == 0
    loaded = published.load(read(tmp_path / "out" / "phcnn-1.toml"))
    assert set(loaded.networks) == kept
    assert loaded.cfg == INTEGRATED


def test_a_network_that_the_run_does_not_have_cannot_be_taken(run_folder, tmp_path, capsys):
    assert export(run_folder, tmp_path / "out", "--only", "grade") == 2
    assert "no network grade: level" in capsys.readouterr().err


def test_an_export_into_what_ships_says_what_is_too_large(run_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(chosen_weights, "SHIPPED", tmp_path)
    monkeypatch.setattr(shipping, "problems", lambda: ["a file is too large"])
    assert export(run_folder, tmp_path) == 2
    assert "this cannot ship: a file is too large" in capsys.readouterr().err
    monkeypatch.setattr(shipping, "problems", list)
    assert export(run_folder, tmp_path) == 0


def test_the_command_line_runs_what_has_weights_and_says_why_not(tmp_path):
    chosen = weights(PublishedSystem.FUSION, tmp_path)
    found = available([chosen.file.with_suffix(".toml")])
    wanted = {one.system: one for one in wanted_systems("all", found)}
    assert list(wanted) == list(ANSWERING)
    assert wanted[PublishedSystem.FUSION].weights == chosen
    assert all(one.weights or one.reason == NO_WEIGHTS for one in wanted.values())
    assert wanted_systems("none", {}) == []
    assert [one.system for one in wanted_systems("dem,fusion", {})] == [PublishedSystem.DEM, PublishedSystem.FUSION]
    with pytest.raises(UsageError, match="no published system"):
        wanted_systems("dem,other", {})
    with pytest.raises(UsageError, match="cannot be read"):
        available([tmp_path / "absent.toml"])


def test_shipped_weights_are_run_by_default_and_a_given_card_goes_before_them(tmp_path, monkeypatch):
    for system in (PublishedSystem.FUSION, PublishedSystem.DEM):
        weights(system, tmp_path, name=f"{system.value}-shipped", datasets=("synthetic",))
    beside = chosen_weights.shipped(tmp_path)
    monkeypatch.setattr(chosen_weights, "shipped", lambda: beside)
    given = weights(PublishedSystem.FUSION, tmp_path / "own", name="own", seed=1)
    wanted = {one.system: one.weights for one in wanted_systems("all", available([given.file.with_suffix(".toml")]))}
    assert wanted[PublishedSystem.FUSION] == given
    assert wanted[PublishedSystem.DEM] == beside[PublishedSystem.DEM]
    assert wanted[PublishedSystem.DEM].is_shipped
    assert wanted[PublishedSystem.PALSYNET] is None


def test_detected_faces_are_judged_only_when_that_is_asked_for(tmp_path):
    chosen = weights(PublishedSystem.INTEGRATED, tmp_path)
    given = {PublishedSystem.INTEGRATED: chosen}
    came_along = {PublishedSystem.INTEGRATED: dataclasses.replace(chosen, is_shipped=True)}
    assert wanted_face_score("all", given) == chosen
    assert wanted_face_score("all", came_along) is None
    assert wanted_face_score("all,integrated", came_along) == came_along[PublishedSystem.INTEGRATED]
    assert wanted_face_score("none", {}) is None
    with pytest.raises(UsageError, match="no weights of it"):
        wanted_face_score("integrated", {})
