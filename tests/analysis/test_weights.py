"""Weights: complete cards, and a loader that trusts neither card nor file."""

import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from analysis.action_units import estimator, personal
from analysis.motion import recognise
from analysis.weights import card, loader

SHIPPED = {
    estimator.WEIGHTS_ID: (estimator.SHAPES, "landmark-features/2"),
    recognise.WEIGHTS_ID: (recognise.SHAPES, recognise.PREPROCESS),
    personal.WEIGHTS_ID: (personal.SHAPES, personal.PREPROCESS),
}


@pytest.fixture(params=SHIPPED)
def weights_id(request):
    return request.param


@pytest.fixture
def copied(weights_id, tmp_path):
    for ending in ("toml", "safetensors"):
        shutil.copy(loader.FOLDER / f"{weights_id}.{ending}", tmp_path)
    return tmp_path


def load(weights_id, folder, shapes=None, preprocess=None):
    known, made = SHIPPED[weights_id]
    return loader.load(weights_id, shapes or known, folder, preprocess=preprocess or made)


def test_shipped_weights_load_and_say_where_they_come_from(weights_id):
    used = load(weights_id, loader.FOLDER).used
    assert (used.id, used.training_data) == (weights_id, "synthetic")
    assert len(used.sha256) == 64


def test_weights_are_kilobytes(weights_id):
    assert (loader.FOLDER / f"{weights_id}.safetensors").stat().st_size < 200_000


def test_changed_file_is_refused(weights_id, copied):
    path = copied / f"{weights_id}.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(loader.WeightsError, match="not the one"):
        load(weights_id, copied)


@pytest.mark.parametrize("field", [*loader.FIELDS, *(f"training.{name}" for name in loader.TRAINING_FIELDS)])
def test_card_without_a_field_is_refused(weights_id, copied, field):
    path = copied / f"{weights_id}.toml"
    name = field.split(".")[-1]
    lines = [line for line in path.read_text().splitlines() if not line.startswith((f"{name} =", f"[{name}]"))]
    path.write_text("\n".join(lines))
    with pytest.raises(loader.WeightsError):
        load(weights_id, copied)


def test_other_shapes_are_refused(weights_id, copied):
    shapes = dict(SHIPPED[weights_id][0])
    shapes[next(iter(shapes))] = (1,)
    with pytest.raises(loader.WeightsError, match="tensors"):
        load(weights_id, copied, shapes=shapes)


def test_weights_for_other_features_are_refused(weights_id, copied):
    with pytest.raises(loader.WeightsError, match="fitted on"):
        load(weights_id, copied, preprocess="other/1")


def test_weights_that_hold_no_number_are_refused(tmp_path):
    made = loader.FOLDER / f"{personal.WEIGHTS_ID}.safetensors"
    tensors = {name: value.astype(np.float64) for name, value in load_file(made).items()}
    tensors["bias"][0] = np.nan
    template = tmp_path / "template.toml"
    template.write_text((loader.FOLDER / f"{personal.WEIGHTS_ID}.toml").read_text())
    save_file({name: value.astype(np.float16) for name, value in tensors.items()}, tmp_path / "unused.safetensors")
    card.write(tensors, template, tmp_path, {"id": personal.WEIGHTS_ID})
    digest = loader.hashlib.sha256((tmp_path / f"{personal.WEIGHTS_ID}.safetensors").read_bytes()).hexdigest()
    text = template.read_text()
    old = loader.read_card(personal.WEIGHTS_ID)["sha256"]
    (tmp_path / f"{personal.WEIGHTS_ID}.toml").write_text(text.replace(old, digest))
    with pytest.raises(loader.WeightsError, match="no number"):
        load(personal.WEIGHTS_ID, tmp_path)


def test_unknown_weights_are_refused(tmp_path):
    with pytest.raises(loader.WeightsError, match="no card"):
        loader.load("nothing", {}, tmp_path, preprocess="x")
