"""`train`, `evaluate` and `ablate` as a person types them, on drawn faces."""

import json
from pathlib import Path

import pytest

from analysis.__main__ import main
from analysis.evaluation.page import README
from analysis.training import ablate, datasets, prepare, readme
from analysis.training.published import PUBLISHED
from analysis.training.systems import SYSTEMS
from tests.analysis.training import drawn

SETTINGS = [
    "--set", "cfg.modalities=('expression',)", "--set", "cfg.size_px=32", "--set", "learning_rate=0.03",
    "--device", "cpu", "--quiet", "--patience", "0",
]  # fmt: skip


@pytest.fixture
def cast(monkeypatch, tmp_path):
    """Data sets named synthetic (8 people), MEEI (4 others) and DISFA, whatever folder is given."""
    people = drawn.cast(12)
    sets = {
        "synthetic": people[:16],
        "MEEI": people[16:],
    }
    monkeypatch.setattr(datasets, "read", lambda stated: [r for text in stated for r in sets[text.partition("=")[0]]])
    monkeypatch.setattr(prepare, "look", drawn.seen)
    return tmp_path


def typed(cast: Path, *words: str) -> int:
    return main([*words, "--cache", str(cast / "cache")])


def train(cast: Path, out: str = "run", *more: str) -> int:
    words = ["train", "fusion", "--dataset", "synthetic=x", "--protocol", "kfold", "--folds", "2", "--epochs", "2"]
    return typed(cast, *words, "--out", str(cast / out), *SETTINGS, *more)


def test_training_writes_weights_figures_and_a_page(cast, capsys):
    assert train(cast, "run", "--epochs", "25") == 0
    run = cast / "run"
    assert "Palsy in a frame: accuracy" in capsys.readouterr().out
    assert {p.name for p in run.glob("*/palsy.safetensors")} == {"palsy.safetensors"}
    assert not list(run.glob("*/*.checkpoint")), "a finished fold needs none"
    result, of_recordings = json.loads((run / "metrics.json").read_text())
    assert result["people"] == 8
    assert (of_recordings["title"], of_recordings["examples"]) == ("Palsy, one answer a recording", 16)
    assert result["figures"]["accuracy"]["value"] > result["figures"]["accuracy"]["baseline"]
    facts = json.loads((run / "run.json").read_text())
    assert (facts["protocol"], facts["datasets"]) == ("2 folds by person", ["synthetic"])


def test_the_page_is_complete_without_the_network_and_says_what_it_is(cast):
    train(cast)
    page = (cast / "run/report.html").read_text(encoding="utf-8")
    assert 'src="plotly.min.js"' in page
    assert "http" not in page.replace("http://www.w3.org", "").split("<footer>")[0].split("Plotly.newPlot")[0]
    assert (cast / "run/plotly.min.js").stat().st_size > 1_000_000
    assert "All faces are synthetic" in page
    assert "not a diagnosis" in page
    assert "Confusion matrix" in page
    assert "baseline" in page


def test_a_finished_run_is_not_overwritten_and_a_resumed_one_keeps_its_figures(cast, capsys):
    train(cast)
    before = (cast / "run/metrics.json").read_text()
    assert train(cast) == 2
    assert "--resume" in capsys.readouterr().err
    assert train(cast, "run", "--resume") == 0
    assert (cast / "run/metrics.json").read_text() == before


def test_a_run_cannot_be_resumed_as_another(cast, capsys):
    train(cast)
    assert train(cast, "run", "--resume", "--batch", "3") == 2
    assert train(cast, "run", "--resume", "--seed", "3") == 2
    assert "seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--as-in-the-paper"], "only the Difference Ensemble"),
        (["--set", "cfg.nothing=1"], "no setting"),
        (["--set", "epochs"], "NAME=VALUE"),
        (["--set", "epochs='ten'"], "not like"),
        (["--folds", "9"], "at least 9"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(cast, capsys, words, reason):
    assert train(cast, "other", *words) == 2
    assert reason in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_refused(cast, capsys, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train(cast, "other", "--device", "cuda") == 2
    assert "no GPU" in capsys.readouterr().err


def evaluate(cast: Path, *more: str) -> int:
    settings = ["--set", "cfg.modalities=('expression',)", "--set", "cfg.size_px=32", "--quiet", "--device", "cpu"]
    return typed(cast, "evaluate", "fusion", str(cast / "run"), *settings, *more)


def test_a_run_is_judged_again_to_the_same_figures(cast, capsys):
    train(cast)
    said = capsys.readouterr().out
    assert evaluate(cast) == 0
    assert capsys.readouterr().out == said


def test_networks_are_tested_on_other_people(cast, capsys):
    train(cast)
    assert evaluate(cast, "--dataset", "MEEI=x") == 0
    result, _ = json.loads((cast / "run/other/metrics.json").read_text())
    assert result["people"] == 4


def test_people_that_were_learnt_from_are_no_test(cast, capsys):
    train(cast)
    assert evaluate(cast, "--dataset", "synthetic=x") == 2
    assert "learnt from" in capsys.readouterr().err


def test_another_size_than_the_trained_one_is_refused(cast, capsys):
    train(cast)
    assert typed(cast, "evaluate", "fusion", str(cast / "run"), "--quiet") == 2
    assert "another system or size" in capsys.readouterr().err
    assert evaluate(cast, "--set", "cfg.features=8") == 2


def test_a_papers_table_is_trained_row_by_row(cast, capsys):
    words = ["ablate", "fusion", "--table", "modalities", "--only", "expression", "--only", "coordinates"]
    words += ["--dataset", "synthetic=x", "--protocol", "holdout", "--epochs", "2", "--out", str(cast / "table")]
    assert typed(cast, *words, *SETTINGS) == 0
    page = (cast / "table/ablation.html").read_text(encoding="utf-8")
    assert "<td>expression</td>" in page
    assert "<td>coordinates</td>" in page
    assert (cast / "table/expression/metrics.json").is_file()


def test_a_papers_table_is_put_beside_the_published_figures(cast, monkeypatch):
    page = cast / "README.md"
    begin, end = readme.marks("fusion", "modalities")
    page.write_text(f"before\n{begin}\nold\n{end}\n\nafter\n", encoding="utf-8")
    monkeypatch.setattr(ablate, "README", page)
    words = ["ablate", "fusion", "--table", "modalities", "--only", "expression", "--only", "coordinates", "--readme"]
    words += ["--dataset", "synthetic=x", "--protocol", "holdout", "--epochs", "2", "--out", str(cast / "table")]
    assert typed(cast, *words, *SETTINGS) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "synthetic faces: 8 people, one fifth of the people held out, 2 epochs, patience 0, seed 0." in text
    assert "Not as published: `cfg.modalities=('expression',)`, `cfg.size_px=32`, `learning_rate=0.03`." in text
    value = json.loads((cast / "table/expression/metrics.json").read_text())[0]["figures"]["accuracy"]["value"]
    (row,) = [line for line in text.splitlines() if line.startswith("| expression | precision .7622 |")][:1]
    assert f"| {value:.3f}" in row


def test_a_table_without_a_place_in_the_readme_is_refused_before_anything_is_trained(cast, capsys, monkeypatch):
    (cast / "README.md").write_text("nothing here", encoding="utf-8")
    monkeypatch.setattr(ablate, "README", cast / "README.md")
    words = ["ablate", "fusion", "--table", "modalities", "--readme", "--dataset", "synthetic=x"]
    assert typed(cast, *words, "--out", str(cast / "table"), *SETTINGS) == 2
    assert "no place" in capsys.readouterr().err
    assert not (cast / "table").exists()


@pytest.mark.parametrize(("system", "table"), PUBLISHED)
def test_published_rows_are_rows_of_our_tables(system, table):
    assert set(PUBLISHED[system, table]) <= set(SYSTEMS[system]().variants(table))


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.name)
def test_every_table_has_a_place_in_the_readme(system):
    for table in system.ablations:
        readme.expect_place(README, system(), table)


def test_a_table_or_row_that_does_not_exist_is_refused(cast, capsys):
    words = ["ablate", "fusion", "--dataset", "synthetic=x", "--out", str(cast / "t"), "--table"]
    assert typed(cast, *words, "frames", "--quiet") == 2
    assert typed(cast, *words, "modalities", "--only", "smell", "--quiet") == 2
    assert "smell" in capsys.readouterr().err
