"""From files to what a system looks at, on a real (synthetic) video and real pictures."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.contracts import Exercise
from analysis.synthetic.patient import PatientSpec
from analysis.synthetic.render import render_session
from analysis.training import prepare
from analysis.training.datasets import synthetic
from analysis.training.recording import pictures
from analysis.training.systems.dem import DemSystem
from analysis.training.systems.palsynet import PalsyNetSystem
from analysis.training.systems.phcnn import PhcnnSystem
from analysis.video.decode import Video
from analysis.video.problems import VideoRefused
from tests.analysis.puppets import puppet_clip
from tests.analysis.training import trees


@pytest.fixture
def puppet(tmp_path):
    (recording,) = synthetic.read(puppet_clip(exercises=(Exercise.SMILE_OPEN,), pace=0.6).path.parent)
    return recording


def test_a_video_becomes_clips_of_its_movements(puppet, tmp_path):
    examples = prepare.prepare([puppet], PalsyNetSystem(), tmp_path, quiet=True)
    assert len(examples) == 1, "one smile"
    assert examples.gather("clip", np.arange(1)).shape == (1, 8, 112, 112, 3)
    assert examples.targets("grade").tolist() == [0]
    assert examples.targets("mouth").tolist() == [1]


def test_the_face_is_followed_once_for_all_systems(puppet, tmp_path, monkeypatch):
    prepare.prepare([puppet], PalsyNetSystem(), tmp_path, quiet=True)
    monkeypatch.setattr(prepare, "_follow", lambda frames: pytest.fail("followed again"))
    examples = prepare.prepare([puppet], DemSystem().small(), tmp_path, quiet=True)
    assert examples.gather("half", np.arange(2)).shape == (2, 128, 64, 3)
    smile = examples.targets("intensity")[:, DemSystem().cfg.action_units.index("AU12")]
    assert smile.max() > 3
    assert smile.min() == 0


def test_a_recording_that_cannot_be_decoded_gives_no_examples(puppet, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    with pytest.raises(ValueError, match="no example"):
        prepare.prepare([replace(puppet, files=(broken,))], PalsyNetSystem(), tmp_path / "cache", quiet=True)


def test_a_data_set_may_hold_fewer_frames_a_second_than_a_patient_may_upload(tmp_path):
    spec = PatientSpec("slow", "synthetic-test", exercises=(Exercise.SMILE_OPEN,))
    render_session(spec, tmp_path, size=(320, 240), fps=6)
    (recording,) = synthetic.read(tmp_path)
    times = [time for time, _ in pictures(recording)]
    assert np.diff(times) == pytest.approx(1 / 6, abs=0.01)
    with pytest.raises(VideoRefused), Video(recording.files[0]) as video:
        list(video)


def test_pictures_without_a_face_give_no_examples(tmp_path):
    from analysis.training import datasets

    recordings = datasets.read([f"CK+={trees.ck_plus(tmp_path / 'ck')}"])
    with pytest.raises(ValueError, match="no example"):
        prepare.prepare(recordings[:1], PalsyNetSystem(), tmp_path / "cache", quiet=True)


def test_every_kth_frame_of_a_long_recording_is_looked_at(puppet, monkeypatch):
    monkeypatch.setattr(prepare, "_MOST_FRAMES", 10)
    frames = [i for i, _, _ in prepare._looked_at(puppet)]
    step = frames[1]
    assert step > 1
    assert frames == list(range(0, frames[-1] + 1, step))
    assert len(frames) <= 10


def test_of_many_sequences_some_are_taken_evenly():
    sequences = [np.arange(i, i + 4) for i in range(0, 40, 4)]
    few = replace(PhcnnSystem(), most_sequences=4)
    assert [int(rows[0]) for rows in few._chosen(sequences)] == [0, 12, 24, 36]
    assert few._chosen(sequences[:3]) == sequences[:3]
    assert PhcnnSystem()._chosen(sequences) == sequences, "as published"
    assert few.preparation() != PhcnnSystem().preparation()
