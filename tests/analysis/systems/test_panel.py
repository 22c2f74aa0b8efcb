"""The published systems beside the pipeline: shown every frame once, asked at the end."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis import report
from analysis.contracts import ANSWERING, Exercise, PublishedSystem, Segment, SegmentSource
from analysis.grading.phcnn_lstm import strips
from analysis.systems import panel as panels
from analysis.systems.evenly import Evenly
from analysis.systems.panel import Panel
from analysis.weights.chosen import NO_PLACE, NO_WEIGHTS, Wanted
from analysis.weights.published import load
from tests.analysis.systems.cartoons import Look, landmarks, mirrored, picture
from tests.analysis.systems.written import weights
from tests.devices import every_device

FRAMES = 48
RATE_HZ = 12.0
SEGMENTS = [Segment(Exercise.SMILE_CLOSED, 0.0, 4.0, 2.0, 1.0, SegmentSource.TIMELINE, None)]
every_system = pytest.mark.parametrize("system", ANSWERING)


def moving(*, mirror: bool = False) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """A smile in which the subject's right half hardly takes part."""
    found = []
    for i in range(FRAMES):
        height = float(np.sin(np.pi * i / (FRAMES - 1)))
        points = landmarks(Look(smile=(height, 0.1 * height), brow=(height, 0.0)))
        shown = picture(points)
        if mirror:
            points, shown = mirrored(points), np.ascontiguousarray(shown[:, ::-1])
        found.append((i / RATE_HZ, shown, points.astype(np.float32)))
    return found


def asked(wanted, frames=None, believed=None, segments=SEGMENTS, device="cpu"):
    panel = Panel(wanted, device)
    for i, (time_s, shown, points) in enumerate(frames or moving()):
        panel.look(i, time_s, shown, points)
    return panel.results(np.ones(FRAMES, bool) if believed is None else believed, segments)


@every_system
def test_without_weights_there_is_a_reason_and_no_number(system):
    (result,) = asked([Wanted(system)])
    assert result.answers == []
    assert result.reason == NO_WEIGHTS
    assert result.weights is None


def test_a_recording_without_any_weights_costs_no_network(monkeypatch):
    """Importing the networks takes longer than following a short video, and leaves a cache in the temporary folder."""
    monkeypatch.setitem(sys.modules, "analysis.systems.panel", None)
    late = report._LatePanel([Wanted(system) for system in ANSWERING], "cpu")
    time_s, shown, points = moving()[0]
    late.look(0, time_s, shown, points)
    results = late.results(np.ones(FRAMES, bool), SEGMENTS)
    assert [(r.system, r.reason, r.answers) for r in results] == [(system, NO_WEIGHTS, []) for system in ANSWERING]


TARGETS = {
    PublishedSystem.PALSYNET: ["house_brackmann", "mouth_motion"],
    PublishedSystem.DEM: ["action_units"],
    PublishedSystem.PHCNN_LSTM: ["severity_level"],
    PublishedSystem.FUSION: ["palsy"],
}


@every_system
def test_with_weights_it_answers_and_says_where_the_answer_is_from(system, tmp_path):
    chosen = weights(system, tmp_path)
    (result,) = asked([Wanted(system, chosen)])
    assert result.reason is None
    assert [answer.target for answer in result.answers] == TARGETS[system]
    assert result.weights is not None
    assert result.weights.sha256 == chosen.card["sha256"]
    assert result.weights.training_data == "clinic"
    assert not result.experimental
    for answer in result.answers:
        assert answer.looked_at > 0
        if answer.probabilities:
            assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-3)


def test_all_systems_share_one_pass(tmp_path):
    wanted = [Wanted(system, weights(system, tmp_path)) for system in ANSWERING]
    together = asked(wanted)
    for one, result in zip(wanted, together, strict=True):
        (alone,) = asked([one])
        assert [a.value for a in alone.answers] == [a.value for a in result.answers]


@every_system
def test_frames_that_are_not_believed_give_nothing(system, tmp_path):
    (result,) = asked([Wanted(system, weights(system, tmp_path))], believed=np.zeros(FRAMES, bool))
    assert result.answers == []
    assert "too few frames" in result.reason


def test_synthetic_weights_are_experimental(tmp_path):
    chosen = weights(PublishedSystem.FUSION, tmp_path, datasets=("synthetic",))
    (result,) = asked([Wanted(PublishedSystem.FUSION, chosen)])
    assert result.experimental
    assert result.weights.training_data == "synthetic"


def test_what_came_with_the_program_is_experimental_whatever_it_learnt_from(tmp_path):
    chosen = replace(weights(PublishedSystem.FUSION, tmp_path, datasets=("clinic",)), is_shipped=True)
    (result,) = asked([Wanted(PublishedSystem.FUSION, chosen)])
    assert result.experimental
    assert result.answers


def test_the_severity_level_is_the_networks_own_over_the_papers_sequences(tmp_path):
    chosen = weights(PublishedSystem.PHCNN_LSTM, tmp_path)
    (result,) = asked([Wanted(PublishedSystem.PHCNN_LSTM, chosen)])
    loaded = load(chosen)
    frames = moving()
    groups = strips.sequences([t for t, _, _ in frames], frames=loaded.cfg.frames)
    pieces = [
        [strips.regions(frames[i][1], frames[i][2], face_px=32, strip_px=(16, 48)) for i in group] for group in groups
    ]
    stacked = [
        strips.normalise(torch.from_numpy(np.stack([np.stack([getattr(r, name) for r in rows]) for rows in pieces])))
        for name in ("face", "eyes", "mouth")
    ]
    expected = loaded.networks["level"](*stacked).softmax(1).mean(0)
    assert result.answers[0].looked_at == len(groups)
    assert list(result.answers[0].probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-3)


def test_severity_is_read_from_movements_where_they_are_known(tmp_path):
    """4 s at 6 frames a second: six sequences, of which the first second and a half holds two."""
    wanted = [Wanted(PublishedSystem.PHCNN_LSTM, weights(PublishedSystem.PHCNN_LSTM, tmp_path))]
    seen = {}
    for end_s in (4.0, 1.5, 0.2):
        (result,) = asked(wanted, segments=[replace(SEGMENTS[0], end_s=end_s)])
        seen[end_s] = result.answers[0].looked_at
    assert seen == {4.0: 6, 1.5: 2, 0.2: 6}
    rest = replace(SEGMENTS[0], exercise=Exercise.REST)
    assert asked(wanted, segments=[rest])[0].answers[0].looked_at == 6


def test_a_grade_is_never_a_mean_of_grades(tmp_path):
    segments = [
        Segment(Exercise.SMILE_CLOSED, 0.0, 2.0, 1.0, 1.0, SegmentSource.TIMELINE, None),
        Segment(Exercise.BROW_RAISE, 2.0, 4.0, 3.0, 1.0, SegmentSource.TIMELINE, None),
    ]
    (result,) = asked(
        [Wanted(PublishedSystem.PALSYNET, weights(PublishedSystem.PALSYNET, tmp_path))], segments=segments
    )
    grade, mouth = result.answers
    assert grade.looked_at == 2
    assert [clip["exercise"] for clip in grade.parts["clips"]] == ["smile_closed", "brow_raise"]
    assert grade.value == int(max(grade.probabilities, key=grade.probabilities.get))
    assert mouth.value is None


def test_mirroring_exchanges_the_halves_of_the_difference_ensemble(tmp_path):
    wanted = [Wanted(PublishedSystem.DEM, weights(PublishedSystem.DEM, tmp_path))]
    (straight,), (flipped,) = asked(wanted), asked(wanted, frames=moving(mirror=True))
    for name, unit in straight.answers[0].parts["units"].items():
        other = flipped.answers[0].parts["units"][name]
        for a, b in (("left", "right"), ("right", "left")):
            assert other[f"peak_{b}"] == pytest.approx(unit[f"peak_{a}"], abs=0.5)


def test_one_systems_fault_leaves_the_others_alone(tmp_path, monkeypatch):
    class Broken(panels.FusionReader):
        def answers(self, known):
            raise RuntimeError("no")

    monkeypatch.setitem(panels.READERS, PublishedSystem.FUSION, Broken)
    wanted = [Wanted(s, weights(s, tmp_path)) for s in (PublishedSystem.FUSION, PublishedSystem.PHCNN_LSTM)]
    broken, fine = asked(wanted)
    assert broken.answers == []
    assert "failed" in broken.reason
    assert fine.answers


def test_what_stops_a_worker_is_not_held_back(tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    def stopped(*_):
        raise Stop

    wanted = [Wanted(PublishedSystem.FUSION, weights(PublishedSystem.FUSION, tmp_path))]
    monkeypatch.setattr(panels.FusionReader, "look", stopped)
    with pytest.raises(Stop):
        asked(wanted)


@every_device
@every_system
def test_a_device_answers_as_the_processor_does(system, device, tmp_path):
    wanted = [Wanted(system, weights(system, tmp_path))]
    (here,), (there,) = asked(wanted), asked(wanted, device=device)
    assert there.device == device
    assert [(a.target, a.looked_at) for a in there.answers] == [(a.target, a.looked_at) for a in here.answers]
    assert here.answers
    for a, b in zip(here.answers, there.answers, strict=True):
        assert b.probabilities == pytest.approx(a.probabilities, abs=2e-3)
        for name, unit in a.parts.get("units", {}).items():  # classes: one on the edge may fall to either side
            for side in ("left", "right"):
                assert b.parts["units"][name][f"peak_{side}"] == pytest.approx(unit[f"peak_{side}"], abs=0.5)


@every_system
def test_answers_are_in_full_precision_whatever_the_device(system, tmp_path, monkeypatch):
    """On a GPU torch would round factors in convolutions: a grade would depend on which worker took the recording."""
    chosen = weights(system, tmp_path)
    seen = []
    for network in load(chosen).networks.values():
        network.register_forward_pre_hook(lambda *_: seen.append(torch.backends.cudnn.allow_tf32))
    (result,) = asked([Wanted(system, chosen)])
    assert result.answers
    assert seen
    assert not any(seen)
    assert torch.backends.cudnn.allow_tf32, "as it was before"


def test_a_device_without_room_takes_that_system_alone(tmp_path, monkeypatch):
    """As torch says it of a GPU that is gone or full."""
    wanted = [Wanted(s, weights(s, tmp_path)) for s in (PublishedSystem.FUSION, PublishedSystem.PHCNN_LSTM)]

    def full(chosen, device):
        if chosen is wanted[0].weights:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return load(chosen, device)

    monkeypatch.setattr(panels, "load", full)
    without, fine = asked(wanted)
    assert (without.answers, without.reason) == ([], NO_PLACE)
    assert without.weights is None, "nothing was run with them"
    assert fine.answers


def test_weights_of_another_system_are_refused(tmp_path):
    (result,) = asked([Wanted(PublishedSystem.DEM, weights(PublishedSystem.FUSION, tmp_path))])
    assert "are of fusion" in result.reason


def test_a_changed_file_is_refused_and_gives_no_number(tmp_path):
    chosen = weights(PublishedSystem.FUSION, tmp_path)
    raw = bytearray(chosen.file.read_bytes())
    raw[-1] ^= 1
    chosen.file.write_bytes(raw)
    (result,) = asked([Wanted(PublishedSystem.FUSION, chosen)])
    assert result.answers == []
    assert "refused" in result.reason


@pytest.mark.parametrize("offered", [0, 3, 8, 9, 100, 1001])
def test_keeping_evenly_stays_within_its_bound_and_spreads(offered):
    few: Evenly[int] = Evenly(8)
    for i in range(offered):
        few.offer(lambda i=i: i)
    assert len(few.kept) <= 8
    assert len(few.kept) >= min(offered, 4)
    assert len(set(np.diff(few.kept).tolist())) <= 1
