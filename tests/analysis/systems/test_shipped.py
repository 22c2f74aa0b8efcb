"""Weights that ship: what lies in the folder is whole, small, strict to load, and one a system."""

import dataclasses
import os
from pathlib import Path

import pytest

from analysis.contracts import ANSWERING, PublishedSystem
from analysis.report import analyse
from analysis.weights import published, shipping, toml
from analysis.weights.chosen import SHIPPED, Wanted, read, shipped
from analysis.weights.loader import WeightsError
from tests.analysis.media import write
from tests.analysis.portraits import moving
from tests.analysis.systems.test_detection import numbers
from tests.analysis.systems.written import weights

FUSION, DEM = PublishedSystem.FUSION, PublishedSystem.DEM


@pytest.fixture
def folder(tmp_path) -> Path:
    """As the one that ships, with small weights of two systems that learnt nothing."""
    (tmp_path / shipping.NOTE).write_text("what lies here")
    weights(FUSION, tmp_path, name="fusion-synthetic-1", datasets=("synthetic",))
    weights(DEM, tmp_path, name="dem-synthetic-1", datasets=("synthetic",))
    return tmp_path


def rewrite(folder: Path, name: str, **values: object) -> None:
    path = folder / f"{name}.toml"
    path.write_text(toml.dumps({**read(path).card, **values}))


def test_the_folder_that_ships_may_ship_and_every_card_in_it_loads():
    assert (SHIPPED / shipping.NOTE).is_file()
    assert shipping.problems() == []
    for system, chosen in shipped().items():
        loaded = published.load(chosen)
        assert (loaded.system, loaded.used.training_data) == (system, chosen.card["training"]["word"])


def test_a_card_and_a_file_are_all_it_needs(folder):
    found = shipped(folder)
    assert {system: chosen.card["id"] for system, chosen in found.items()} == {
        DEM: "dem-synthetic-1",
        FUSION: "fusion-synthetic-1",
    }
    assert all(chosen.is_shipped for chosen in found.values())
    assert shipping.problems(folder) == []
    assert published.load(found[FUSION]).experimental


def test_a_file_without_a_card_and_a_card_without_a_file_do_not_ship(folder):
    (folder / "dem-synthetic-1.safetensors").rename(folder / "other.safetensors")
    assert shipping.problems(folder) == ["other.safetensors has no card", "dem-synthetic-1 has no file"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"sha256": "0" * 64}, "the file of dem-synthetic-1 is not the one its card was written for"),
        ({"bytes": 5}, "states 5 bytes"),
        ({"bytes": None}, "states None bytes"),
        ({"id": "other"}, "is of 'other'"),
        ({"config": {"system": "fusion"}}, "fusion has two cards"),
        ({"config": {"system": "x"}}, "no published system"),
        ({"not_for": None}, "lacks"),
    ],
)
def test_a_card_that_is_not_its_files_does_not_ship(folder, values, why):
    rewrite(folder, "dem-synthetic-1", **values)
    (problem,) = shipping.problems(folder)
    assert why in problem


def test_two_cards_of_one_system_are_no_choice(folder):
    weights(FUSION, folder, name="fusion-synthetic-2", seed=1, datasets=("synthetic",))
    with pytest.raises(WeightsError, match="two cards"):
        shipped(folder)


def test_a_file_that_is_too_large_does_not_ship_and_neither_do_too_many(folder):
    path = folder / "dem-synthetic-1.safetensors"
    os.truncate(path, shipping.MOST_BYTES + 1)
    assert f"dem-synthetic-1 has {shipping.MOST_BYTES + 1:,} bytes" in shipping.problems(folder)[0]
    os.truncate(path, shipping.MOST_TOGETHER_BYTES)
    assert "together" in shipping.problems(folder)[-1]


def test_shipped_weights_answer_beside_the_measurements_and_change_none(tmp_path):
    for system in ANSWERING:
        weights(system, tmp_path, name=f"{system.value}-synthetic-1", datasets=("synthetic",))
    video = write(tmp_path / "v.mp4", moving(36))
    asked = [Wanted(system, shipped(tmp_path).get(system)) for system in ANSWERING]
    alone, beside = numbers(analyse(video)), numbers(analyse(video, systems=asked))
    said = beside["details"].pop("systems")
    assert [(one["system"], one["experimental"]) for one in said] == [(system.value, True) for system in ANSWERING]
    for one in said:
        assert one["answers"], one["reason"]
        card = shipped(tmp_path)[PublishedSystem(one["system"])].card
        assert one["weights"] == {"id": card["id"], "sha256": card["sha256"], "training_data": "synthetic"}
    assert (beside.pop("severity_level")["origin"], beside.pop("palsy")["origin"]) == ("synthetic", "synthetic")
    assert alone["details"].pop("systems") == []
    assert (alone.pop("severity_level"), alone.pop("palsy")) == (None, None)
    assert beside == alone


def test_what_is_shipped_is_chosen_like_any_other_weights(folder):
    here = shipped(folder)[FUSION]
    assert dataclasses.replace(here, is_shipped=False) == read(folder / "fusion-synthetic-1.toml")
