"""Learning and answering on any device: the same answers, in mixed precision too, and nothing left on the processor."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.action_units.dem import halves
from analysis.action_units.dem.ensemble import choose_references, combine, describe
from analysis.training import benchmark, loop, prepare
from analysis.training.benchmark import PROCESSOR, compare, ways_to
from analysis.training.loop import Options, Way, fit
from analysis.training.run import Protocol, run
from tests.analysis.training import drawn, test_integrated
from tests.analysis.training.test_systems import TINY as CLASSIFYING
from tests.devices import ELSEWHERE, OneDevice, every_device

TINY = {**CLASSIFYING, "integrated": test_integrated.TINY}
MIXED = Way(torch.device("cpu"), torch.bfloat16)
STAGES = [(name, stage) for name, system in TINY.items() for stage in system.stage_names]
CHOOSING = ("detector", "joint")  # their losses choose among boxes, which needs values
every_stage = pytest.mark.parametrize(("name", "stage"), STAGES, ids=[f"{n}-{s}" for n, s in STAGES])
QUIET = Options(quiet=True, patience=0)


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """Two people whom every network can learn from."""
    monkeypatch.setattr(prepare, "look", drawn.seen)
    return lambda system: prepare.prepare(drawn.cast(4, (1, 6)), system, tmp_path / "cache", quiet=True)


def taught(name):
    """With a first lesson where the system knows one."""
    return replace(TINY[name], first_lesson=2) if hasattr(TINY[name], "first_lesson") else TINY[name]


def staged(name, wanted, table):
    """One stage, with untrained networks of those before it."""
    system, done = taught(name), {}
    for stage_name in system.stage_names:
        stage = system.stage(stage_name, table, np.arange(len(table)), done)
        if stage_name == wanted:
            return stage
        done[stage_name] = stage.export(stage.build()).eval()
    raise AssertionError(wanted)


@every_stage
def test_nothing_is_left_on_the_processor(name, stage, examples):
    one = staged(name, stage, examples(taught(name)))
    rows = one.usable(np.arange(8))
    network = one.build().to(ELSEWHERE)
    with OneDevice():
        assert one.outputs(network.eval(), rows, ELSEWHERE).device == ELSEWHERE
        if stage not in CHOOSING:
            generator = torch.Generator().manual_seed(0)
            loss = one.loss(network.train(), next(iter(one.batches(rows, 4, generator))), generator, ELSEWHERE)
            loss.backward()
            assert loss.device == ELSEWHERE


def test_the_ensemble_leaves_nothing_on_the_processor(examples):
    table = examples(TINY["dem"])
    value, difference = (staged("dem", name, table).build().eval().to(ELSEWHERE) for name in ("value", "difference"))
    pictures = torch.from_numpy(table.gather("half", np.arange(6))).to(ELSEWHERE)
    with OneDevice(), torch.inference_mode():
        found = combine(difference, describe(value, halves.normalise(pictures)), choose_references(6, 2))
    assert found.device == ELSEWHERE


def test_tensors_of_two_devices_in_one_operation_are_noticed():
    with OneDevice():
        torch.ones(2, device=ELSEWHERE) * torch.tensor(3.0)
        with pytest.raises((AssertionError, RuntimeError)):
            torch.nn.functional.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 2, device=ELSEWHERE))


@every_device
@pytest.mark.parametrize("name", list(TINY))
def test_a_device_says_what_the_processor_says(name, device, examples):
    system = taught(name)
    ways = [PROCESSOR, Way(torch.device(device)), *ways_to(device)[-1:]]
    found = list(compare(system, examples(system), ways, batch=2, batches=2))
    assert [speed.network for speed in found[::3]] == [f"{system.name} {stage}" for stage in system.stage_names]
    assert [speed.way for speed in found[:3]] == ways
    for speed in found:
        assert speed.learnt_per_s > 0
        assert speed.answered_per_s > 0
        assert (speed.memory_mib is None) == (speed.way.device.type == "cpu")
        assert speed.is_same, speed
    assert all(speed.away > 0 for speed in found if speed.way.kept_in is not torch.float32), "it was rounded"


def test_what_is_away_by_more_than_is_allowed_differs():
    speed = benchmark.Speed("a network", MIXED, 1.0, 1.0, away=0.051, memory_mib=None)
    assert not speed.is_same
    assert replace(speed, away=0.049).is_same
    assert not replace(speed, way=PROCESSOR, away=0.0011).is_same


def test_a_lesson_that_is_not_taught_is_not_timed(examples):
    system = TINY["phcnn-lstm"]
    found = compare(system, examples(system), [PROCESSOR], batch=4, batches=1)
    assert [speed.network for speed in found] == ["phcnn-lstm level"]


@every_device
@pytest.mark.parametrize(
    ("name", "epochs", "learning_rate"), [("3dpalsynet", 80, 0.003), ("phcnn-lstm", 30, 0.03), ("fusion", 30, 1e-3)]
)
def test_mixed_precision_learns_too(name, epochs, learning_rate, device, examples, tmp_path, monkeypatch):
    """On the processor's bfloat16 where there is no GPU, which training itself never uses there."""
    if device == "cpu":
        monkeypatch.setattr(loop, "way_of", lambda _options: MIXED)
    system = replace(TINY[name], augment=False, batch=8, learning_rate=learning_rate)
    table = examples(system)
    rows = np.arange(len(table))
    stage = system.stage(system.spread_by, table, rows, {})
    network = fit(stage, rows, rows[:0], tmp_path, replace(QUIET, epochs=epochs, device=device))
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert stage.score(network, rows, torch.device(device)) > 0.9


@every_device
def test_a_training_in_mixed_precision_goes_on_after_a_kill(device, examples, tmp_path, monkeypatch):
    if device == "cpu":
        monkeypatch.setattr(loop, "way_of", lambda _options: MIXED)
    system = TINY["fusion"]
    table = examples(system)
    rows = np.arange(len(table))
    whole, broken = (system.stage(system.spread_by, table, rows, {}) for _ in range(2))
    options = replace(QUIET, epochs=3, device=device)
    first = fit(whole, rows, rows[:0], tmp_path / "whole", options)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "one_pass", _until_killed(loop.one_pass, 2))
        with pytest.raises(KeyboardInterrupt):
            fit(broken, rows, rows[:0], tmp_path / "broken", options)
    again = fit(broken, rows, rows[:0], tmp_path / "broken", options)
    close = {"rtol": 0.0, "atol": 0.0} if device == "cpu" else {"rtol": 1e-2, "atol": 1e-3}
    for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, **close)


def _until_killed(one_pass, passes):
    left = iter(range(passes))

    def run(*given):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return one_pass(*given)

    return run


def test_a_gpu_learns_in_mixed_precision_unless_it_is_told_not_to(monkeypatch):
    for has_bfloat16, kept_in in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda answer=has_bfloat16: answer)
        assert loop.way_of(Options(device="cuda:1")) == Way(torch.device("cuda:1"), kept_in)
    assert loop.way_of(Options(device="cuda", mixed_precision=False)) == Way(torch.device("cuda"))
    assert loop.way_of(Options(device="cpu")) == PROCESSOR


def test_figures_are_of_full_precision(examples, tmp_path, monkeypatch):
    seen = []
    system = replace(TINY["fusion"], epochs=1)
    predict = type(system).predict

    def spied(*given):
        seen.append(torch.backends.cudnn.allow_tf32)
        return predict(*given)

    monkeypatch.setattr(type(system), "predict", spied)
    run(system, examples(system), Protocol("holdout"), tmp_path / "run", replace(QUIET, epochs=1))
    assert seen == [False]


def test_full_precision_on_a_gpu_is_full_and_repeatable(examples, tmp_path, monkeypatch):
    """torch's own default rounds factors in convolutions."""
    seen = []

    def spied(*given):
        seen.append((torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic))
        return one_pass(*given)

    one_pass = loop.one_pass
    monkeypatch.setattr(loop, "one_pass", spied)
    table = examples(TINY["fusion"])
    rows = np.arange(len(table))
    for mixed in (True, False):
        stage = TINY["fusion"].stage("palsy", table, rows, {})
        fit(stage, rows, rows[:0], tmp_path / str(mixed), replace(QUIET, epochs=1, mixed_precision=mixed))
    assert seen == [(True, True), (False, True)]
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic) == (True, False), "as it was before"
