"""`python -m analysis bench` and `speed` measure what they say they do, against named baselines."""

import re

import pytest

from analysis import benchmark
from analysis.__main__ import main
from analysis.training import benchmark as of_networks
from tests.devices import every_device

BRIEFLY = ["--size", "small", "--batch", "2", "--batches", "1", "--quiet"]


@pytest.mark.slow
def test_every_way_reads_the_same_video_and_the_ratio_is_the_pipelines_over_the_plain_ones(tmp_path):
    video = tmp_path / "portrait.mp4"
    benchmark.write_sample(video, seconds=4.0)
    speeds = {speed.name: speed for speed in benchmark.compare(video, naive_frames=12)}
    assert {name: speed.frames for name, speed in speeds.items()} == {
        "pipeline": 120,
        "naive": 12,
        "tracking": 120,
        "decoding": 120,
    }
    assert benchmark.ratio(list(speeds.values())) == pytest.approx(speeds["pipeline"].fps / speeds["naive"].fps)


@every_device
@pytest.mark.slow
def test_networks_are_timed_on_a_device_against_the_processor(device, capsys):
    assert main(["speed", "fusion", "dem", "--device", device, *BRIEFLY]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert ("no GPU" in head) == (device == "cpu")
    networks = ["fusion palsy", "dem value", "dem difference"]
    ways = len(of_networks.ways_to(device))
    assert [" ".join(line.split()[:2]) for line in lines] == [name for name in networks for _ in range(ways)]
    for line in lines:
        learns, answers = (float(re.search(rf"{what} +([0-9.]+)/s", line)[1]) for what in ("learns", "answers"))
        assert min(learns, answers) > 0
    for first in lines[::ways]:
        assert first.count("(x1.0)") == 2, "the processor is what the others are compared with"


@pytest.mark.slow
def test_a_device_that_says_something_else_is_told(capsys, monkeypatch):
    monkeypatch.setattr(of_networks, "SAME_ROUNDED", 0.0)
    assert main(["speed", "fusion", "--device", "cpu", *BRIEFLY]) == 1
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert "DIFFERS" in second
    assert "DIFFERS" not in first
