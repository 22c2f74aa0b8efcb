"""The whole way from a video to a report, and the file of its frames."""

import dataclasses
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import version
from analysis.contracts import MOVABLE, Mirrored, ReportStatus
from analysis.report import analyse
from analysis.series import KEYPOINTS, PARTS, POINTS, keypoints, pack, restore, unpack
from analysis.stopwatch import Stopwatch
from tests.analysis.media import write
from tests.analysis.portraits import moving
from tests.analysis.tracks import track_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def report(told, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("video") / "v.mp4", moving(36))
    return analyse(path, progress=lambda stage, share: told.append((stage, share)))


def test_progress_rises_from_reading_to_measuring(report, told):
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert {stage for stage, _ in told} == {"reading the video", "measuring"}


def test_a_report_has_a_row_for_every_frame(report):
    assert report.status is ReportStatus.MEASURED
    assert report.video.frame_count == 36 == len(report.frames.detected) == len(report.action_units.left)
    assert report.quality.detected_fraction == 1
    assert report.quality.faces_max == 1
    assert 0 < report.quality.score <= 1


def test_untrained_systems_give_no_number(report):
    assert report.severity_level is None
    assert report.palsy is None


def test_a_report_survives_json_and_says_where_it_comes_from(report):
    again = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert type(report).from_json(again).to_json() == report.to_json()
    assert report.origin.seconds >= sum(report.origin.stages.values()) * 0.9
    assert all(w.training_data for w in report.origin.weights)


def test_a_mirrored_video_swaps_nothing_but_the_picture(report, tmp_path):
    pictures = [np.ascontiguousarray(p[:, ::-1]) for p in moving(36)]
    back = analyse(write(tmp_path / "v.mp4", pictures), mirrored=Mirrored.YES)
    assert back.video.mirrored is Mirrored.YES
    points, straight = (r.details.extras[KEYPOINTS] for r in (back, report))
    assert points["x"][0][0] == pytest.approx(straight["x"][0][0], abs=10)  # steps of .27 px


def test_the_series_file_is_gzip_and_json_alone(report):
    packed = pack(report)
    document = json.loads(gzip.decompress(packed))
    assert document.keys() == {"report", "details", "keypoints"}
    assert document == unpack(packed)
    assert KEYPOINTS not in document["details"]["extras"]
    assert document["keypoints"]["points"] == list(POINTS)
    assert len(document["keypoints"]["x"][0]) == 36
    assert KEYPOINTS in report.details.extras


def test_twenty_seconds_of_keypoints_stay_small(report):
    rng = np.random.default_rng(3)
    sway = np.cumsum(rng.normal(0, 0.7, (600, 1, 3)), axis=0)
    landmarks = (rng.uniform(150, 450, (1, 478, 3)) + sway + rng.normal(0, 0.5, (600, 478, 3))).astype(np.float32)
    extras = report.details.extras | {KEYPOINTS: keypoints(track_of(landmarks))}
    packed = pack(dataclasses.replace(report, details=dataclasses.replace(report.details, extras=extras)))
    assert len(packed) < 500_000


def test_keypoints_come_back_within_their_step():
    landmarks = np.random.default_rng(4).uniform(0, 640, (5, 478, 3)).astype(np.float32)
    landmarks[2] = np.nan
    stored = keypoints(track_of(landmarks, detected=np.array([True, True, False, True, True])))
    for i, point in enumerate(POINTS):
        for axis, name in enumerate("xy"):
            row = restore(json.loads(json.dumps(stored[name][i])), stored["unit"])
            assert row[2] is None
            seen = [v for v in row if v is not None]
            assert seen == pytest.approx(landmarks[[0, 1, 3, 4], point, axis], abs=stored["unit"])


def test_drawn_parts_are_points_of_the_subjects_own_sides():
    drawn = {i for part in PARTS.values() for i in part}
    assert set(POINTS) == drawn | MOVABLE
    for name in PARTS:
        if name.startswith("left_"):
            assert len(PARTS[name]) == len(PARTS["right_" + name.removeprefix("left_")])


def test_what_is_not_a_series_is_refused():
    with pytest.raises(ValueError, match="not a frame series"):
        unpack(gzip.compress(b"[1]"))
    with pytest.raises(OSError, match="gzip"):
        unpack(b"no")


def test_version_is_the_projects():
    import tomllib

    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == version.VERSION


def test_the_commit_is_read_without_git(tmp_path):
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert version.commit_of(tmp_path) is None
    (git / "packed-refs").write_text("# pack-refs\n" + "a" * 40 + " refs/heads/main\n")
    assert version.commit_of(tmp_path) == "a" * 40
    (git / "refs" / "heads" / "main").write_text("b" * 40 + "\n")
    assert version.commit_of(tmp_path) == "b" * 40
    (git / "HEAD").write_text("c" * 40 + "\n")
    assert version.commit_of(tmp_path) == "c" * 40
    assert version.commit_of(tmp_path / "elsewhere") is None


def test_a_stopwatch_adds_up_and_waits():
    watch = Stopwatch()
    with watch("a"):
        pass
    assert list(watch.waiting_for([1, 2], "b")) == [1, 2]
    assert watch.seconds.keys() == {"a", "b"}
    assert watch.total >= sum(watch.seconds.values())
