"""`python -m analysis bench` measures what it says it does, against named baselines."""

import pytest

from analysis import benchmark


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
