"""The reference folder's bad media, when somebody has made them: see `bad_media_run`, which this drives."""

import os
from pathlib import Path

import pytest

from tests.analysis.bad_media_run import allowed, faults_of, outcome_of, run_all

SHARED = Path(__file__).resolve().parents[3] / "shared" / "bad_media" / "bad_videos.py"
VARIABLE = "BAD_MEDIA"
QUICK = ["good_h264_aac", "rot90", "hls_other_patient_mp4", "hls_other_patient", "trunc_in_first_frame", "two_faces"]


@pytest.mark.shared
def test_bad_media_end_as_the_manifest_says():
    folder = os.environ.get(VARIABLE)
    if not SHARED.is_file():
        pytest.skip("there is no reference folder ../shared")
    if not folder:
        pytest.skip(f"{VARIABLE} names no folder made by bad_videos.py (ffmpeg, 70 s)")
    rows = run_all(Path(folder), jobs=2, only=QUICK)
    assert len(rows) >= 4
    assert [(row.case["id"], row.faults) for row in rows if row.faults] == []


def report(status: str, *codes: str, frames: int = 90) -> dict:
    video = {"frame_count": frames, "width": 640, "height": 480, "rotation_deg": 0, "duration_s": 3.0}
    problems = [{"code": code} for code in codes]
    return {"status": status, "problems": problems, "video": video, "quality": {"faces_max": 1}}


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (report("measured"), "accept"),
        (report("measured", "exercises_missing"), "accept"),
        (report("measured", "truncated"), "flagged"),
        (report("refused", "no_face"), "inconclusive"),
        (report("refused", "not_a_video"), "reject"),
        (report("refused", "time_limit"), "reject"),
        (report("refused", "too_dark", "truncated"), "inconclusive"),
    ],
)
def test_a_report_is_read_as_one_of_four_verdicts(given, verdict):
    assert outcome_of(given, 1.0).verdict == verdict


def test_disagreement_is_seen():
    case = {
        "verdict": "accept",
        "stage": "analysis",
        "reason": "ok",
        "expect": {"frames": 90},
        "must_not_contain": ["51.5"],
    }
    assert faults_of(case, outcome_of(report("measured"), 1.0), 120) == []
    assert faults_of(case, outcome_of(report("measured", frames=89), 1.0), 120) == ["frames 89, not 90"]
    assert len(faults_of(case, outcome_of(report("refused", "no_face"), 200.0), 120)) == 2
    assert allowed({"verdict": "either", "allowed": ["reject: x", "flagged: accept nothing"]}) == {"reject", "flagged"}
