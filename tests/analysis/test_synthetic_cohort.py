"""The demonstration's fictional patients, and the command that renders them."""

import argparse
import json
from dataclasses import asdict

import pytest

from analysis.contracts import AffectedSide, SynkinesisKind
from analysis.synthetic import command
from analysis.synthetic.cohort import Cause, cohort
from analysis.synthetic.patient import PatientSpec
from tests.analysis.puppets import spec_of


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers(required=True))
    return parser.parse_args(["puppet", *words])


def by_key(key: str):
    return next(p for p in cohort() if p.key == key)


def test_at_least_seven_patients_with_four_to_six_sessions_in_order():
    patients = cohort()
    assert len(patients) >= 7
    assert len({p.sessions[0].spec.identity for p in patients}) == len(patients)
    for patient in patients:
        days = [s.day for s in patient.sessions]
        assert 4 <= len(days) <= 6
        assert days == sorted(set(days))
        assert days[-1] <= patient.onset_days_ago
        assert all(s.spec.affected_side is patient.affected_side for s in patient.sessions)


def test_videos_have_names_of_their_own():
    ids = [s.spec.video_id for p in cohort() for s in p.sessions]
    assert len(ids) == len(set(ids))


def test_exactly_one_session_is_of_bad_quality():
    assert sum(s.refused for p in cohort() for s in p.sessions) == 1


def test_courses_tell_their_stories():
    def grades(key: str) -> list[int]:
        return [s.spec.house_brackmann for s in by_key(key).sessions]

    assert grades("robin-fable")[0] == 5
    assert grades("robin-fable")[-1] == 1
    assert len(set(grades("alex-sample")[1:])) == 1
    assert grades("sam-imaginary")[0] == 6
    assert grades("charlie-madeup") == [1, 1, 1, 1]
    strengths = [sum(x.strength for x in s.spec.synkinesis) for s in by_key("kim-invented").sessions]
    assert strengths[:2] == [0, 0]
    assert max(strengths) == strengths[4] > strengths[2] > 0
    kinds = {x.kind for s in by_key("nia-nonesuch").sessions for x in s.spec.synkinesis}
    assert kinds == {SynkinesisKind.OCULAR_ORAL}
    assert all(s.spec.weakness.brow == 0 for s in by_key("jo-placeholder").sessions)


def test_both_sides_a_volunteer_and_treatments_occur():
    patients = cohort()
    assert {p.affected_side for p in patients} == {AffectedSide.LEFT, AffectedSide.RIGHT, AffectedSide.NONE}
    assert [p.key for p in patients if p.cause is Cause.VOLUNTEER] == ["charlie-madeup"]
    kinds = {t.kind.value for p in patients for t in p.treatments}
    assert {"steroids", "therapy", "botulinum", "surgery"} <= kinds


def test_random_patients_repeat_by_seed_and_cover_sides_and_grades():
    specs = [command.random_patient(seed) for seed in range(60)]
    assert specs == [command.random_patient(seed) for seed in range(60)]
    assert {s.affected_side.value for s in specs} == {"left", "right", "none"}
    assert len({s.house_brackmann for s in specs}) >= 5


def test_command_writes_video_and_truth_from_a_specification(tmp_path, capsys):
    spec = asdict(spec_of(AffectedSide.RIGHT)) | {"video_id": "mine", "exercises": ["smile_open"]}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    args = parsed("--out", str(tmp_path / "o"), "--spec", str(tmp_path / "spec.json"), "--size", "160x120", "--quiet")
    assert args.run(args) == 0
    truth = json.loads((tmp_path / "o" / "mine.json").read_text())
    assert (tmp_path / "o" / truth["video"]).stat().st_size > 5_000
    assert truth["affected_side"] == "right"
    assert [e["name"] for e in truth["exercises"]] == ["smile_open"]
    assert capsys.readouterr() == ("", "")


def test_seconds_set_the_pace():
    spec = command._lasting(PatientSpec("v", "s", seed=4), 6.0, 25)
    from analysis.synthetic.protocol import perform

    assert perform(spec, 25).acts[-1].end_s == pytest.approx(6.0, abs=0.6)


@pytest.mark.parametrize("words", [["--size", "640"], ["--size", "axb"], ["--patients", "x"]])
def test_wrong_words_are_a_usage_error(words, tmp_path):
    with pytest.raises(SystemExit) as caught:
        parsed("--out", str(tmp_path), *words)
    assert caught.value.code == 2


@pytest.mark.parametrize("content", ["not json", '{"video_id": 1, "colour": 2}'])
def test_unreadable_specification_is_reported_not_raised(content, tmp_path, capsys):
    (tmp_path / "spec.json").write_text(content)
    args = parsed("--out", str(tmp_path), "--spec", str(tmp_path / "spec.json"))
    assert args.run(args) == 2
    assert capsys.readouterr().err.startswith("puppet: ")
