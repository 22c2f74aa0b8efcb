"""The training loop: repeatable, interruptible, and it stops when held-out people get no better."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from analysis.training import loop
from analysis.training.examples import Examples, Shard
from analysis.training.loop import Options, fit
from analysis.training.stage import Pace, Stage, Tuner, evenly_drawn


def examples(n: int = 24) -> Examples:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 3)).astype(np.float32)
    return Examples([Shard("set/a", "set", "r", {"x": x}, {"y": (x[:, 0] > 0).astype(np.int64)})])


class Small(Stage):
    """Dropout and momentum, so that anything forgotten between epochs would show."""

    def __init__(self, table: Examples, scores: list[float] | None = None) -> None:
        super().__init__("small", Pace(epochs=6, batch=8), table)
        self.scores, self.stop_before_epoch, self.epoch = scores, None, -1

    def build(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))

    def tune(self, network: nn.Module, steps: int) -> list[Tuner]:
        optimiser = torch.optim.SGD(network.parameters(), 0.1, 0.9)
        slow = torch.optim.Adam(network[3].parameters(), 0.01)
        decay = torch.optim.lr_scheduler.PolynomialLR(optimiser, steps)
        return [
            Tuner(optimiser, decay, every_step=True),
            Tuner(slow, torch.optim.lr_scheduler.ExponentialLR(slow, 0.9)),
        ]

    def batches(self, rows, size, generator):
        self.epoch += 1
        if self.stop_before_epoch == self.epoch:
            raise KeyboardInterrupt
        yield from super().batches(rows, size, generator)

    def loss(self, network, rows, generator, device):
        x = torch.from_numpy(self.examples.gather("x", rows)) + 0.1 * torch.randn(len(rows), 3, generator=generator)
        return nn.functional.cross_entropy(network(x), torch.from_numpy(self.examples.classes("y", rows)))

    def outputs(self, network, rows, device):
        return network(torch.from_numpy(self.examples.gather("x", rows)))

    def score(self, network, rows, device):
        if self.scores is not None:
            return self.scores[self.epoch]
        right = self.outputs(network, rows, device).argmax(1).numpy()
        return float((right == self.examples.classes("y", rows)).mean())


QUIET = Options(quiet=True, patience=0)
EVERYBODY, NOBODY = np.arange(24), np.arange(0)


def parameters(network: nn.Module) -> torch.Tensor:
    return torch.cat([v.flatten().double() for v in network.state_dict().values()])


def test_the_same_seed_gives_the_same_network(tmp_path):
    one, other, third = (
        fit(Small(examples()), EVERYBODY, NOBODY, tmp_path / str(i), replace(QUIET, seed=seed))
        for i, seed in enumerate((1, 1, 2))
    )
    assert torch.equal(parameters(one), parameters(other))
    assert not torch.equal(parameters(one), parameters(third))


@pytest.mark.parametrize("killed_in", [1, 3, 5])
def test_a_training_that_was_killed_ends_in_the_same_network(tmp_path, killed_in):
    whole = fit(Small(examples()), EVERYBODY[:18], EVERYBODY[18:], tmp_path / "whole", QUIET)
    broken = Small(examples())
    broken.stop_before_epoch = killed_in
    with pytest.raises(KeyboardInterrupt):
        fit(broken, EVERYBODY[:18], EVERYBODY[18:], tmp_path / "broken", QUIET)
    again = Small(examples())
    resumed = fit(again, EVERYBODY[:18], EVERYBODY[18:], tmp_path / "broken", QUIET)
    assert torch.equal(parameters(whole), parameters(resumed))
    assert again.epoch == 5 - killed_in, "epochs that were done are not done again"


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    broken = Small(examples())
    broken.stop_before_epoch = 2
    with pytest.raises(KeyboardInterrupt):
        fit(broken, EVERYBODY, NOBODY, tmp_path, QUIET)
    before = (tmp_path / "small.checkpoint").read_bytes()

    def half(state, file):
        file.write(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loop.torch, "save", half)
        with pytest.raises(KeyboardInterrupt):
            fit(Small(examples()), EVERYBODY, NOBODY, tmp_path, QUIET)
    assert (tmp_path / "small.checkpoint").read_bytes() == before
    whole = fit(Small(examples()), EVERYBODY, NOBODY, tmp_path / "whole", QUIET)
    assert torch.equal(parameters(fit(Small(examples()), EVERYBODY, NOBODY, tmp_path, QUIET)), parameters(whole))


def test_training_stops_when_held_out_people_get_no_better_and_keeps_the_best(tmp_path):
    stage = Small(examples(), scores=[0.1, 0.5, 0.4, 0.3, 0.2, 0.9])
    fit(stage, EVERYBODY[:18], EVERYBODY[18:], tmp_path, replace(QUIET, patience=2))
    assert stage.epoch == 3, "the best epoch was 1, two more were waited for"
    stopped = torch.load(tmp_path / "small.checkpoint", weights_only=True)  # noqa: TID251
    assert stopped["progress"]["best_epoch"] == 1


def test_the_log_has_a_line_an_epoch(tmp_path):
    fit(Small(examples()), EVERYBODY[:18], EVERYBODY[18:], tmp_path, QUIET)
    with (tmp_path / "small.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(r["epoch"]) for r in rows] == list(range(6))
    assert all(math.isfinite(float(r["loss"])) for r in rows)
    assert float(rows[-1]["learning_rate"]) < float(rows[0]["learning_rate"])


def test_even_drawing_shows_rare_classes_as_often_as_common_ones():
    classes = torch.tensor([0] * 90 + [1] * 10)
    generator = torch.Generator().manual_seed(0)
    drawn = np.concatenate(list(evenly_drawn(np.arange(100), classes, 25, generator)))
    assert 30 < (drawn >= 90).sum() < 70


def test_a_batch_of_one_is_left_out():
    stage = Small(examples())
    sizes = [len(b) for b in Stage.batches(stage, np.arange(9), 4, torch.Generator().manual_seed(0))]
    assert sizes == [4, 4]
