"""Each data set as its makers lay it out, with the traps that are known."""

import json

import numpy as np
import pytest

from analysis.contracts import AU_NAMES, MouthMotionLabel
from analysis.training import datasets, names
from analysis.training.datasets import ck_plus, synthetic
from analysis.training.recording import DatasetError, pictures
from tests.analysis.training import trees


def read(name: str, tmp_path):
    return {r.name: r for r in datasets.read([f"{name}={trees.TREES[name](tmp_path)}"])}


def intensity(recording, unit: str) -> list[float]:
    return recording.intensities.left[:, recording.intensities.units.index(unit)].tolist()


def test_the_command_line_knows_every_data_set():
    assert tuple(datasets.READERS) == names.DATASET_NAMES


@pytest.mark.parametrize("stated", ["CK+", "ImageNet=/tmp", "CK+=/nowhere/at/all"])
def test_unknown_data_sets_and_folders_are_refused(stated):
    with pytest.raises(DatasetError):
        datasets.read([stated])


@pytest.mark.parametrize("name", list(trees.TREES))
def test_an_empty_folder_is_refused(name, tmp_path):
    with pytest.raises(DatasetError):
        datasets.read([f"{name}={tmp_path}"])


def test_ck_plus_sequences_run_from_rest_to_their_peak(tmp_path):
    found = read("CK+", tmp_path)
    assert set(found) == {"S005_001", "S010_002", "S011_001"}
    smile = found["S005_001"]
    assert (smile.person, smile.house_brackmann, smile.palsy, smile.ends_at_apex) == ("CK+/S005", 1, False, True)
    assert len(smile.files) == 3
    assert smile.movements[0].mouth is MouthMotionLabel.SMILE


def test_ck_plus_intensity_zero_is_present_but_not_coded(tmp_path):
    smile = read("CK+", tmp_path)["S005_001"]
    assert intensity(smile, "AU12")[-1] == 3.0
    assert np.isnan(intensity(smile, "AU6")[-1])
    assert intensity(smile, "AU1") == pytest.approx([0.0, np.nan, 0.0], nan_ok=True)


def test_ck_plus_without_label_files_is_unlabelled_not_neutral(tmp_path):
    found = read("CK+", tmp_path)
    assert found["S011_001"].intensities is None
    assert found["S011_001"].movements[0].mouth is None
    assert found["S010_002"].movements[0].mouth is MouthMotionLabel.OPEN


@pytest.mark.parametrize(
    ("units", "emotion", "label"),
    [
        ({12: 3.0}, None, MouthMotionLabel.SMILE),
        ({12: 3.0, 25: 1.0}, 6.0, MouthMotionLabel.SMILE),
        ({12: 3.0}, 2.0, MouthMotionLabel.OTHER),
        ({25: 2.0, 26: 3.0}, None, MouthMotionLabel.OPEN),
        ({15: 2.0}, 7.0, MouthMotionLabel.OTHER),
        ({1: 2.0}, 7.0, MouthMotionLabel.NONE),
    ],
)
def test_mouth_motion_follows_the_coded_units(units, emotion, label):
    assert ck_plus.mouth_motion(units, emotion) is label


def test_disfa_labels_count_from_one_and_those_beyond_the_frames_are_dropped(tmp_path):
    (person,) = read("DISFA", tmp_path).values()
    assert person.person == "DISFA/SN001"
    assert intensity(person, "AU12") == [0, 3, 5, 1]
    assert intensity(person, "AU4") == pytest.approx([1, 0, 0, np.nan], nan_ok=True)
    assert [p.name for p in person.files] == ["0.png", "1.png", "2.png", "3.png"]


def test_disfa_videos_are_found_wherever_they_lie_and_the_left_camera_is_preferred(tmp_path):
    trees.text(tmp_path / "ActionUnit_Labels/SN002/SN002_au1.txt", "1,0\n2,4\n")
    for side in ("Right", "Left"):
        trees.text(tmp_path / f"Video_{side}Camera/{side}VideoSN002_comp.avi", "")
    (person,) = datasets.read([f"DISFA={tmp_path}"])
    assert person.files[0].name == "LeftVideoSN002_comp.avi"
    assert intensity(person, "AU1") == [0, 4]


def test_a_disfa_person_without_frames_is_an_error(tmp_path):
    trees.text(tmp_path / "ActionUnit_Labels/SN002/SN002_au1.txt", "1,0\n")
    with pytest.raises(DatasetError, match="SN002"):
        datasets.read([f"DISFA={tmp_path}"])


def test_disfa_plus_is_read_through_doubled_folders_and_skips_trials_without_labels(tmp_path):
    found = read("DISFA+", tmp_path)
    assert set(found) == {"SN003_A1_AU1_TrailNo_1"}
    trial = found["SN003_A1_AU1_TrailNo_1"]
    assert trial.person == "DISFA/SN003", "DISFA and DISFA+ show the same people"
    assert intensity(trial, "AU1") == [0, 2, 4]
    assert intensity(trial, "AU2") == pytest.approx([np.nan, np.nan, 1], nan_ok=True)


def test_yfp_frames_are_labelled_where_a_file_says_so(tmp_path):
    found = read("YFP", tmp_path)
    assert found["1"].palsy_of_frame.tolist() == [0, 1, -1]
    assert found["7"].palsy_of_frame.tolist() == [1, -1]
    assert [p.stem for p in found["1"].files] == ["5", "10", "15"], "by number, not by name"
    assert {r.person for r in found.values()} == {"YFP/1"}
    assert {r.house_brackmann for r in found.values()} == {5}


def test_yfp_without_a_list_of_patients_is_refused(tmp_path):
    trees.yfp(tmp_path)
    (tmp_path / "subjects.txt").unlink()
    with pytest.raises(DatasetError, match=r"subjects\.txt"):
        datasets.read([f"YFP={tmp_path}"])


def test_meei_people_are_healthy_or_not_by_their_folder(tmp_path):
    found = read("MEEI", tmp_path)
    assert set(found) == {"Normal8", "Normal8_Normal8_video", "CompleteFlaccid1"}
    assert (found["Normal8"].palsy, found["Normal8"].house_brackmann) == (False, 1)
    assert (found["CompleteFlaccid1"].palsy, found["CompleteFlaccid1"].house_brackmann) == (True, 6)
    assert len(found["CompleteFlaccid1"].files) == 2, "both spellings of jpg"
    assert found["Normal8_Normal8_video"].is_video


@pytest.mark.parametrize("content", ["person,grade\na,2\n", "subject,grade\na,seven\n", "subject,grade\na,7\n"])
def test_grades_in_another_form_are_refused(tmp_path, content):
    trees.meei(tmp_path)
    trees.text(tmp_path / "MEEI_Standard_Set/house_brackmann.csv", content)
    with pytest.raises(DatasetError, match=r"1-6|columns"):
        datasets.read([f"MEEI={tmp_path}"])


def synthetic_truth(root, name: str = "a1", **changes) -> None:
    facts = {
        "format": "facial-palsy-gt/1",
        "video": f"{name}.mp4",
        "fps": 10,
        "frames": 6,
        "subject_id": "s1",
        "mirrored": False,
        "nominal_house_brackmann": 4,
        "au_active": {"AU12": {"L": [0, 1, 2, 3, 4, 5], "R": [0, 0, 1, 1, 2, 2]}},
        "segments": [{"name": "rest", "start": 0, "end": 0.1}, {"name": "smile_open", "start": 0.1, "end": 0.9}],
    }
    trees.text(root / f"{name}.json", json.dumps(facts | changes))
    (root / f"{name}.mp4").write_bytes(b"0")


def test_synthetic_truth_gives_intensity_per_side_grade_and_movements(tmp_path):
    synthetic_truth(tmp_path)
    synthetic_truth(tmp_path, "mirror", mirrored=True)
    trees.text(tmp_path / "Manifest.json", "{}")
    (one,) = synthetic.read(tmp_path)
    assert one.intensities.units == ("AU12",)
    assert one.intensities.left[-1] == 5
    assert one.intensities.right[-1] == 2
    assert (one.house_brackmann, one.palsy) == (4, True)
    (move,) = one.movements
    assert (move.first, move.last, move.mouth) == (1, 5, MouthMotionLabel.SMILE)


def test_pictures_come_in_order_with_times(tmp_path):
    trial = read("DISFA+", tmp_path)["SN003_A1_AU1_TrailNo_1"]
    found = list(pictures(trial))
    assert [time for time, _ in found] == [0.0, 0.05, 0.1]
    assert found[0][1].shape == (120, 160, 3)


def test_a_file_that_is_no_picture_is_an_error(tmp_path):
    smile = read("CK+", tmp_path)["S005_001"]
    smile.files[1].write_bytes(b"not a picture")
    with pytest.raises(DatasetError, match="not a picture"):
        list(pictures(smile))


def test_units_of_ck_plus_are_those_of_the_contract(tmp_path):
    assert read("CK+", tmp_path)["S005_001"].intensities.units == AU_NAMES
