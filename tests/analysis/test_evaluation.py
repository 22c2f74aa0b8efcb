"""Reports against the truth."""

import argparse
import copy
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.contracts import AU_NAMES
from analysis.evaluation import command, fit, page
from analysis.evaluation.repeatability import error_table
from analysis.evaluation.score import macro_f1, score
from analysis.evaluation.tracks import load_track, save_track
from analysis.evaluation.truth import Truth, read_set
from tests.analysis.tracks import track_of

SHARED = Path(__file__).parents[3] / "shared" / "truth"
FRAMES, FPS = 50, 25


def truth_of(video_id: str, side: str, grade: int, weakness: float, **more) -> Truth:
    course = np.sin(np.linspace(0, np.pi, FRAMES)) * 4
    units = {name: {"L": course.tolist(), "R": (course * 0.5).tolist()} for name in ("AU1", "AU12", "AU45")}
    sign = {"left": -1, "right": 1, "none": 0}[side]
    raw = {
        "format": "facial-palsy-gt/1",
        "subject_id": video_id,
        "frames": FRAMES,
        "fps": FPS,
        "affected_side": side,
        "spec": {"weakness": dict.fromkeys(("brow", "eye", "mouth"), weakness)},
        "region_sign_left_minus_right": dict.fromkeys(("brow", "eye", "mouth"), sign),
        "au_active": units,
        "nominal_house_brackmann": grade,
        "synkinesis_pairs": [{"name": "oral-ocular", "strength": 0.4}] if side == "left" else [],
        "segments": [{"name": "rest", "start": 0, "end": 0.5}, {"name": "pucker", "start": 0.5, "end": 1.5}],
        "exercises": [{"name": "pucker", "activation_asymmetry_index": sign * weakness}],
    }
    return Truth(video_id, more.pop("subject_id", video_id), raw | more)


def perfect(truth: Truth) -> dict:
    """The report that says exactly what the truth says."""
    names = list(AU_NAMES)
    stated = truth.raw["au_active"]
    rows = {}
    for word, letter in (("left", "L"), ("right", "R")):
        columns = [stated[n][letter] if n in stated else [None] * FRAMES for n in names]
        rows[word] = [list(row) for row in zip(*columns, strict=True)]
    sign, weakness = truth.raw["region_sign_left_minus_right"], truth.raw["spec"]["weakness"]
    words = {-1: "left", 1: "right", 0: "none"}
    kinds = [p["name"] for p in truth.raw["synkinesis_pairs"]]
    return {
        "schema": "seventh.report/1",
        "status": "measured",
        "frames": {"time_s": (np.arange(FRAMES) / FPS).tolist(), "detected": [True] * FRAMES},
        "action_units": {"names": names, **rows},
        "regions": {r: {"weaker_side": words[sign[r]], "delta_am": weakness[r]} for r in sign},
        "affected_side": {"side": truth.raw["affected_side"], "confidence": 1.0},
        "synkinesis": {"present": bool(kinds), "pairs": [{"kind": k, "side": "left"} for k in kinds]},
        "house_brackmann": {"grade": truth.raw["nominal_house_brackmann"]},
        "segments": [
            {"exercise": s["name"], "start_s": s["start"], "end_s": s["end"], "source": "recognised",
             "movement": {"asymmetry_index": truth.raw["exercises"][0]["activation_asymmetry_index"]}}
            for s in truth.raw["segments"]
        ],
    }  # fmt: skip


def visit(index: int, weakness: float) -> Truth:
    session = {"index": index, "of": 2, "weeks_since_onset": index}
    return truth_of(f"v{index}", "left", 3, weakness, subject_id="s", session=session)


TRUTHS = [truth_of("a", "none", 1, 0.0), truth_of("b", "right", 4, 0.7), visit(1, 0.8), visit(2, 0.3)]
REPORTS = {t.video_id: perfect(t) for t in TRUTHS}


def test_perfect_reports_give_perfect_figures():
    scores = score(TRUTHS, REPORTS)
    assert (scores.mean.pcc, scores.mean.icc, scores.mean.mae) == (pytest.approx(1), pytest.approx(1), pytest.approx(0))
    for name, value in scores.figures.items():
        if "majority" not in name:
            assert value == pytest.approx(0.0 if name.endswith("MAE") else 1.0), name


def test_missing_and_refused_reports_count_as_wrong():
    some = {k: r for k, r in REPORTS.items() if k != "b"} | {"a": {"status": "refused"}}
    scores = score(TRUTHS, some)
    assert (scores.videos, scores.measured) == (4, 2)
    assert scores.figures["affected side, accuracy"] == pytest.approx(0.5)
    assert scores.figures["House-Brackmann, exact"] == pytest.approx(0.5)
    assert scores.figures["exercises, F1"] < 1.0
    assert scores.mean.pcc < 1.0


def test_wrong_direction_of_change_is_seen():
    swapped = copy.deepcopy(REPORTS)
    swapped["v1"]["regions"], swapped["v2"]["regions"] = REPORTS["v2"]["regions"], REPORTS["v1"]["regions"]
    assert score(TRUTHS, swapped).figures["direction of change between visits"] == 0.0


def test_macro_f1_worked_example():
    assert macro_f1(["a", "a", "b", "b"], ["a", "b", "b", "missing"]) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_tables_replace_the_marked_part_of_a_page(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.replace(readme, page.tables({"shipped": {"all": score(TRUTHS, REPORTS)}}, "1"))
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| AU12 | 1.000 / 1.000 / 0.000 |" in text


def test_page_without_marks_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("nothing here")
    with pytest.raises(ValueError, match="no place"):
        page.replace(tmp_path / "README.md", "x")


def test_smallest_detectable_change_worked_example():
    """Pairs that differ by 2: variance of a pair 2, SEM sqrt 2, MDC95 = 1.96 sqrt 2 sqrt 2 = 3.92."""
    groups = [[{"m/left": (5.0, "mm")}, {"m/left": (7.0, "mm")}]] * 5
    assert error_table(groups, "x")["m"] == {"mdc95": 3.92, "unit": "mm", "n": 5, "origin": "x"}


def test_too_few_repeats_give_no_error():
    assert error_table([[{"m/left": (5.0, "mm")}, {"m/left": (7.0, "mm")}]], "x") == {}


def test_track_survives_its_file(tmp_path):
    track = track_of(n=3)
    save_track(tmp_path / "t.npz", track)
    again = load_track(tmp_path / "t.npz")
    assert (again.width, again.height) == (track.width, track.height)
    assert np.array_equal(again.landmarks, track.landmarks)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference folder with known truth is not here")
def test_figures_agree_with_the_sets_own_scorer(tmp_path):
    truths = read_set(SHARED / "open")[:4]
    folder, given = tmp_path / "truth", tmp_path / "reports"
    folder.mkdir()
    given.mkdir()
    for number, truth in enumerate(truths):
        (folder / f"{truth.video_id}.json").write_text(json.dumps(truth.raw))
        report = imperfect(truth, number)
        (given / f"{truth.video_id}.json").write_text(json.dumps(report))
    told = tmp_path / "s.json"
    command = [sys.executable, str(SHARED / "score.py"), str(folder), str(given), "--json", str(told)]
    subprocess.run(command, check=True, capture_output=True)
    theirs = json.loads(told.read_text())
    reports = {t.video_id: json.loads((given / f"{t.video_id}.json").read_text()) for t in truths}
    ours = score(read_set(folder), reports)
    assert (ours.mean.pcc, ours.mean.icc, ours.mean.mae) == pytest.approx(tuple(theirs["au_all"].values()), abs=1e-6)
    assert ours.figures["weaker side eye, macro F1"] == pytest.approx(theirs["regions"]["eye"]["macro_f1"])
    assert ours.figures["movement asymmetry index, PCC"] == pytest.approx(theirs["movement_asymmetry"]["pcc"])
    assert ours.figures["exercises, F1"] == pytest.approx(theirs["segments"]["f1"])
    assert ours.figures["House-Brackmann, exact"] == pytest.approx(theirs["house_brackmann"]["exact"])


def imperfect(truth: Truth, number: int) -> dict:
    """A made-up report with every kind of mistake."""
    chance = np.random.default_rng(number)
    n = truth.raw["frames"]
    rows = {w: np.clip(chance.normal(1, 1, (n, len(AU_NAMES))), 0, 5).tolist() for w in ("left", "right")}
    segments = [
        {"exercise": s["name"], "start_s": s["start"] + 0.2, "end_s": s["end"], "source": "recognised",
         "movement": {"asymmetry_index": float(chance.normal(0, 0.3))}}
        for s in truth.raw["segments"][number:]
    ]  # fmt: skip
    return {
        "status": "measured",
        "frames": {"time_s": (np.arange(n) / truth.raw["fps"]).tolist()},
        "action_units": {"names": list(AU_NAMES), **rows},
        "regions": {r: {"weaker_side": "left", "delta_am": 0.1} for r in ("brow", "eye", "mouth")},
        "affected_side": {"side": "none"},
        "synkinesis": {"present": False, "pairs": []},
        "house_brackmann": {"grade": 1 + number},
        "segments": segments,
    }


@pytest.mark.parametrize("folds", [None, 2])
def test_nobody_is_judged_by_models_fitted_on_them(folds, monkeypatch):
    people = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c")]
    truths = [truth_of(name, "left", 3, 0.5, subject_id=who) for name, who in people]
    truths.append(truth_of("photo", "left", 3, 0.5, condition="puppet"))
    ready = SimpleNamespace
    monkeypatch.setattr(fit, "prepared", lambda truth, track: ready(truth=truth))
    monkeypatch.setattr(fit, "read", lambda sets: [ready(truth=truth_of("other", "left", 3, 0.5))])
    monkeypatch.setattr(fit, "fit_models", lambda videos: {v.truth.video_id for v in videos})
    monkeypatch.setattr(command, "report_of", lambda track, models: {"fitted_on": models})
    asked = argparse.Namespace(fit=["SET:TRACKS"], folds=folds)
    found = command.held_out(asked, truths, {t.video_id: object() for t in truths})
    assert found.keys() == {t.video_id for t in truths}
    for truth in truths:
        same = {t.video_id for t in truths if t.subject_id == truth.subject_id}
        assert not found[truth.video_id]["fitted_on"] & (same | {"photo"})
        assert "other" in found[truth.video_id]["fitted_on"]
    if folds is None:
        assert found["b1"]["fitted_on"] == {"a1", "a2", "c1", "other"}
