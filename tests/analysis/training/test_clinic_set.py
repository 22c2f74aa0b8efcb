"""A clinic's own graded recordings, in the layout that the export writes."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.contracts import MouthMotionLabel
from analysis.training import datasets
from analysis.training.datasets import clinic
from analysis.training.recording import DatasetError, Movement
from tests.analysis.media import write

GRADE = {"rater": "C-1", "scale": "house_brackmann", "value": 4.0, "items": {"grade": 4}}
TIMELINE = {
    "segments": [
        {"exercise": "rest", "start_s": 0.0, "end_s": 0.4},
        {"exercise": "smile_open", "start_s": 0.4, "end_s": 0.8},
        {"exercise": "brow_raise", "start_s": 0.8, "end_s": 9.0},
    ]
}


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    pictures = [np.full((64, 64, 3), 40 + i, np.uint8) for i in range(36)]
    return write(tmp_path_factory.mktemp("video") / "v.mp4", pictures)


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "training-set.json").write_text(json.dumps({"schema": "seventh.training/1"}))
    (tmp_path / "people").mkdir()
    return tmp_path


def add(root: Path, video: Path, person: str, recording: str, **labels) -> Path:
    folder = root / "people" / person / recording
    folder.mkdir(parents=True)
    (folder / "video.mp4").write_bytes(video.read_bytes())
    stated = {"schema": "seventh.training/1", "person": person, "recording": recording, "grades": [GRADE], **labels}
    (folder / "labels.json").write_text(json.dumps(stated))
    return folder


def test_graded_recordings_come_with_person_grade_and_movements(root, video):
    add(root, video, "P-1", "R-1", timeline=TIMELINE)
    add(root, video, "P-1", "R-2", grades=[{**GRADE, "value": 1.0}])
    first, second = datasets.read([f"clinic={root}"])
    assert (first.person, first.house_brackmann, first.palsy) == ("clinic/P-1", 4, True)
    assert (second.house_brackmann, second.palsy, second.movements) == (1, False, ())
    rate = first.rate_hz
    assert rate == pytest.approx(30, rel=0.05)
    assert first.movements == (
        Movement(round(0.4 * rate), round(0.8 * rate), MouthMotionLabel.SMILE),
        Movement(round(0.8 * rate), 35, None),
    )


def test_synthetic_and_unlabelled_recordings_are_left_out(root, video):
    add(root, video, "P-1", "R-1", synthetic=True)
    add(root, video, "P-1", "R-2", grades=[])
    assert clinic.read(root) == []


def votes(*values):
    return [{**GRADE, "value": float(v)} for v in values]


@pytest.mark.parametrize(
    ("grades", "agreed"),
    [
        (votes(3), 3),
        (votes(3, 3, 4), 3),
        (votes(3, 4), None),
        (votes(2, 3, 4), None),
        ([{**GRADE, "scale": "sunnybrook", "value": 60.0}], None),
        ([], None),
    ],
)
def test_grades_of_several_raters_are_never_averaged(grades, agreed):
    assert clinic.agreed_grade(grades) == agreed


def test_labels_in_another_persons_folder_are_refused(root, video):
    folder = add(root, video, "P-1", "R-1")
    folder.parent.rename(root / "people" / "P-2")
    with pytest.raises(DatasetError, match="another person"):
        clinic.read(root)


@pytest.mark.parametrize("content", ["[]", "no", '{"schema": "other"}'])
def test_a_folder_that_is_no_training_set_is_refused(root, content):
    (root / "training-set.json").write_text(content)
    with pytest.raises(DatasetError):
        clinic.read(root)


def test_a_file_that_is_no_video_is_refused(root, video):
    folder = add(root, video, "P-1", "R-1")
    (folder / "video.mp4").write_bytes(b"no")
    with pytest.raises(DatasetError, match="not a video"):
        clinic.read(root)
