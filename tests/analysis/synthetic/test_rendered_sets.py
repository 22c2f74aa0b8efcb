"""Sets of rendered subjects: finding the face model, who is drawn, resuming, what is said when something is missing."""

import importlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.contracts import AffectedSide
from analysis.synthetic.patient import PatientSpec
from analysis.synthetic.puppet import View
from analysis.synthetic.rendered import batch, files, program
from analysis.synthetic.rendered.lens import Skull, shot
from analysis.synthetic.rendered.look import look
from analysis.synthetic.rendered.shoot import Shoot
from analysis.synthetic.rendered.subject import Job, subject
from analysis.synthetic.rendered.topology import Topology
from tests.analysis.synthetic import made_up

SIZE = (160, 120)


# --- the face model on disk


def test_obj_files_are_read_once_and_kept_as_arrays(tmp_path):
    made_up.write_obj(tmp_path)
    first = files.load(tmp_path, made_up.PARTS, made_up.LANDMARKS)
    for path in tmp_path.glob("*.obj"):
        path.unlink()
    again = files.load(tmp_path, made_up.PARTS, made_up.LANDMARKS)
    wanted = made_up.model()
    for model in (first, again):
        np.testing.assert_allclose(model.neutral, wanted.neutral, atol=1e-5)
        np.testing.assert_array_equal(model.quads, wanted.quads)
        np.testing.assert_allclose(model.identities, wanted.identities, atol=1e-5)
        assert model.names == wanted.names
        np.testing.assert_allclose(model.stack, wanted.stack, atol=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == [files.ARRAYS]


def test_a_folder_without_the_model_is_refused_with_where_to_get_it(tmp_path):
    with pytest.raises(files.NoFaceModel, match=r"USC-ICT/ICT-FaceKit.*FaceXModel"):
        files.load(tmp_path)


def test_another_mesh_is_refused(tmp_path):
    made_up.write_obj(tmp_path)
    with pytest.raises(files.NoFaceModel, match=r"another mesh|no ICT face model"):
        files.load(tmp_path)


def test_a_model_without_a_shape_is_refused_by_its_name(tmp_path):
    made_up.write_obj(tmp_path)
    (tmp_path / "eyeBlink_R.obj").unlink()
    with pytest.raises(files.NoFaceModel, match="eyeBlink_R"):
        files.load(tmp_path, made_up.PARTS, made_up.LANDMARKS)


def test_a_broken_file_of_arrays_is_refused_by_its_name(tmp_path):
    (tmp_path / files.ARRAYS).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(files.NoFaceModel, match=files.ARRAYS):
        files.load(tmp_path)


def test_what_is_made_from_a_read_only_model_goes_to_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    model = tmp_path / "model"
    made_up.write_obj(model)
    files.load(model, made_up.PARTS, made_up.LANDMARKS)
    assert not (model / files.ARRAYS).exists()
    assert [p.name for p in (tmp_path / "cache").rglob("*.npz")] == [files.ARRAYS]


def test_vertices_that_nobody_sees_can_be_left_out():
    model = made_up.model()
    keep = np.setdiff1d(np.arange(76), [72, 73, 74, 75])
    less = model.only(keep)
    assert less.parts == {"face": (0, 3), "sclera_L": (3, 4), "sclera_R": (4, 4)}
    weights = np.zeros(len(model.names))
    weights[model.index["mouthSmile_L"]] = 1
    np.testing.assert_array_equal(less.pose(less.neutral, weights), model.pose(model.neutral, weights)[keep])


def test_normals_point_out_of_the_face():
    model = made_up.model()
    normals = Topology.of(replace_parts(model)).normals(model.neutral)
    assert (normals[[68, 69, 70, 71], 2] > 0.99).all()


def replace_parts(model):
    """The made-up model with empty parts in the place of those that it lacks."""
    names = ("headneck", "mouthsocket", "gums", "teeth", "occlusion_L", "occlusion_R", "lashes_L", "lashes_R")
    return replace(model, parts={**model.parts, **dict.fromkeys(names, (0, 0))})


# --- the camera


@pytest.mark.parametrize(
    ("turn", "moves"),
    [({"yaw": 0.2}, (1, 0)), ({"pitch": 0.2}, (0, 1)), ({"roll": 0.2}, (-1, 0)), ({"tilt": 0.2}, None)],
)
def test_head_and_camera_turn_as_the_truth_says(turn, moves):
    points = made_up.neutral()[list(made_up.LANDMARKS)].astype(float)
    skull, level = Skull.of(points), View(100.0, (300.0, 250.0))
    still = shot(level, skull, (640, 480), 0.4).to_pixels(points, (640, 480))
    turned = shot(replace(level, **turn), skull, (640, 480), 0.4).to_pixels(points, (640, 480))
    shift = turned - still
    if moves is None:  # the whole picture turns about its middle
        middle = np.array([320.0, 240.0])
        np.testing.assert_allclose(
            np.linalg.norm(turned - middle, axis=1), np.linalg.norm(still - middle, axis=1), atol=1e-6
        )
        assert np.abs(shift).max() > 5
        return
    nose = shift[30]
    axis = np.flatnonzero(moves)[0]
    assert np.sign(nose[axis]) == moves[axis]
    assert abs(nose[axis]) > 4 * abs(nose[1 - axis])


def test_the_face_is_as_large_and_where_the_view_says():
    points = made_up.neutral()[list(made_up.LANDMARKS)].astype(float)
    skull = Skull.of(points)
    below = skull.origin - (0, 0.5 * skull.unit, 0)
    eyes = skull.origin + np.array([[0.5 * skull.unit, 0, 0], [-0.5 * skull.unit, 0, 0]])
    seen = shot(View(90.0, (300.0, 250.0)), skull, (640, 480), 0.4)
    np.testing.assert_allclose(seen.to_pixels(below, (640, 480)), (300, 250), atol=1e-6)
    left, right = seen.to_pixels(eyes, (640, 480))
    assert left[0] - right[0] == pytest.approx(90)


# --- who is drawn


def test_a_subject_is_the_same_each_time_and_unlike_all_others():
    drawn = [subject(k, seed) for seed in (1, 2) for k in range(60)]
    assert drawn == [subject(k, seed) for seed in (1, 2) for k in range(60)]
    assert len({s.identity for s in drawn}) == len({s.video_id for s in drawn}) == 120
    faces = [look(s.identity).traits for s in drawn[:20]]
    apart = [np.linalg.norm(a - b) for i, a in enumerate(faces) for b in faces[:i]]
    assert min(apart) > 3  # of about 8.8 on average


def test_a_set_holds_both_sides_the_healthy_and_every_grade():
    drawn = [subject(k, 3) for k in range(300)]
    share = {side: np.mean([s.affected_side is side for s in drawn]) for side in AffectedSide}
    assert share[AffectedSide.NONE] == pytest.approx(0.2, abs=0.07)
    assert share[AffectedSide.LEFT] == pytest.approx(share[AffectedSide.RIGHT], abs=0.12)
    assert {s.house_brackmann for s in drawn} == {1, 2, 3, 4, 5, 6}
    assert {q.kind.value for s in drawn for q in s.synkinesis} == {
        "oral-ocular",
        "ocular-oral",
        "brow-oral",
        "oral-brow",
        "snarl-smile",
        "mentalis",
    }
    assert len({s.exercises for s in drawn}) > 290


# --- making a set


class Frames:
    """In the place of a rendered session: grey pictures, and the truth of the made-up face."""

    broken = -1  # frame before which the process dies

    def __init__(self, studio, spec, size, fps):
        self.spec, self.size, self.fps = spec, size, fps
        self._truth = Shoot(studio, spec, size, fps)

    def __len__(self):
        return len(self._truth)

    def __iter__(self):
        for i in range(len(self)):
            if i == Frames.broken:
                raise OSError("the disk is full")
            yield np.full((self.size[1], self.size[0], 3), 90, np.uint8)

    def truth(self, video):
        return self._truth.truth(video)


@pytest.fixture
def unrendered(monkeypatch):
    """Sets are made of grey pictures, without OpenGL and without the real face model."""
    monkeypatch.setattr(batch, "Shoot", Frames)
    monkeypatch.setattr(batch.Studio, "of", classmethod(lambda cls, folder: made_up.studio()))
    monkeypatch.setattr(Frames, "broken", -1)


def command(out: Path, *words: object) -> list[str]:
    return [
        "rendered",
        "--model",
        "nowhere",
        "--out",
        str(out),
        "--size",
        "160x120",
        "--fps",
        "10",
        "--quiet",
        *map(str, words),
    ]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def test_every_subject_gets_a_video_its_truth_and_its_landmarks(unrendered, tmp_path):
    assert main(command(tmp_path, "--subjects", 2, "--processes", 1)) == 0
    one = "rendered-0001-00000"
    assert names(tmp_path)[:3] == [f"{one}.json", f"{one}.lm68.npz", f"{one}.mp4"]
    assert len(names(tmp_path)) == 6
    truth = json.loads((tmp_path / f"{one}.json").read_text())
    points = np.load(tmp_path / truth["landmarks_file"])["lm68_px_x16"]
    assert points.shape == (truth["frames"], 68, 2)
    seen = truth["keypoints_2d"]["left_mouth_corner"]
    np.testing.assert_allclose(points[:, 54] / 16, seen, atol=0.1)


def test_a_set_that_broke_off_leaves_nothing_that_looks_finished_and_goes_on(unrendered, tmp_path, monkeypatch, capfd):
    assert main(command(tmp_path, "--subjects", 1)) == 0
    whole = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    monkeypatch.setattr(Frames, "broken", 7)
    assert main(command(tmp_path, "--subjects", 2, "--resume")) == 2
    assert "the disk is full" in capfd.readouterr().err
    assert names(tmp_path) == sorted(whole)
    monkeypatch.setattr(Frames, "broken", -1)
    assert main(command(tmp_path, "--subjects", 2, "--resume")) == 0
    assert len(names(tmp_path)) == 6
    assert all((tmp_path / name).stat().st_mtime_ns == then for name, then in whole.items()), "made again"
    assert not list(tmp_path.glob(".*")), "half files stay behind"


def test_a_video_without_its_landmarks_is_made_again(unrendered, tmp_path):
    assert main(command(tmp_path, "--subjects", 1)) == 0
    (tmp_path / "rendered-0001-00000.lm68.npz").unlink()
    assert main(command(tmp_path, "--subjects", 1, "--resume")) == 0
    assert len(names(tmp_path)) == 3


def test_a_finished_set_is_neither_overwritten_nor_mixed_with_another(unrendered, tmp_path, capfd):
    assert main(command(tmp_path, "--subjects", 1)) == 0
    before = (tmp_path / "rendered-0001-00000.json").stat().st_mtime_ns
    assert main(command(tmp_path, "--subjects", 1)) == 2
    assert "--resume" in capfd.readouterr().err
    other = tmp_path / "spec.json"
    other.write_text(json.dumps({"video_id": "rendered-0001-00000", "subject_id": "s"}))
    assert main(command(tmp_path, "--spec", other, "--resume")) == 2
    assert "another specification" in capfd.readouterr().err
    assert (tmp_path / "rendered-0001-00000.json").stat().st_mtime_ns == before


def test_specifications_from_a_file_are_rendered(unrendered, tmp_path):
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps([{"video_id": "a", "subject_id": "s", "exercises": ["pucker"]}]))
    assert main(command(tmp_path / "out", "--spec", spec)) == 0
    truth = json.loads((tmp_path / "out" / "a.json").read_text())
    assert truth["condition"] == "rendered"
    assert [s["name"] for s in truth["segments"]] == ["rest", "pucker", "rest"]


@pytest.mark.parametrize(
    "text", ["no json", '{"video_id": "v"}', '[{"video_id": "v", "subject_id": "s", "colour": 3}]']
)
def test_a_file_that_holds_no_specifications_is_wrong_usage_in_one_line(text, tmp_path, capfd):
    spec = tmp_path / "spec.json"
    spec.write_text(text)
    assert main(command(tmp_path / "out", "--spec", spec)) == 2
    said = capfd.readouterr().err
    assert said.startswith("rendered: ")
    assert said.count("\n") == 1


def test_two_videos_of_one_name_are_refused():
    job = Job(PatientSpec("v", "s"), SIZE, 25)
    with pytest.raises(ValueError, match="same video_id"):
        batch.unfinished([job, job], Path("nowhere"), resume=False)


# --- something is missing


def test_without_a_face_model_it_says_where_to_get_one(tmp_path, capfd):
    assert main(command(tmp_path / "out", "--subjects", 1)) == 2
    said = capfd.readouterr().err
    assert "https://github.com/USC-ICT/ICT-FaceKit" in said
    assert "FaceXModel" in said
    assert names(tmp_path / "out") == []


def test_without_moderngl_it_says_what_to_run(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(program.NoGraphics, match="tools/environment rendering"):
        program.library()


def test_without_opengl_it_says_what_to_install(monkeypatch):
    class Screenless:
        @staticmethod
        def create_standalone_context(**_):
            raise Exception("(detect) libEGL.so: cannot open shared object file")  # as the library does

    monkeypatch.setattr(program, "library", lambda: Screenless)
    with pytest.raises(program.NoGraphics, match="libegl1"):
        program.context()


def test_a_process_that_cannot_work_passes_its_reason_on(tmp_path):
    jobs = [Job(replace(subject(k, 1), pace=0.5), SIZE, 10) for k in range(2)]
    with pytest.raises(batch.NotMade, match="ICT-FaceKit"):
        batch._share(jobs, tmp_path, tmp_path, 2, lambda _frames, _videos: None)
