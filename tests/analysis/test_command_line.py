"""`python -m analysis`: exit statuses, one JSON object, nothing half written, nothing loaded that was not asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.__main__ import COMMANDS, main
from analysis.commands import report as report_command
from analysis.commands.terminal import own_voice, progress_bar
from analysis.contracts import Exercise, SessionReport
from tests.analysis.media import corners, write
from tests.analysis.portraits import moving

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def portrait(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("video") / "portrait.mp4", moving(36))


def test_a_measured_video_is_one_json_object_on_standard_output_and_nothing_else(portrait, tmp_path):
    here = {name: value for name, value in os.environ.items() if name != "TORCHINDUCTOR_CACHE_DIR"}
    done = run("report", portrait, env=here | {"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == "seventh.report/1"
    assert report["status"] == "measured"
    assert SessionReport.from_json(report).to_json() == report
    assert len(report["frames"]["time_s"]) == 36 == len(report["action_units"]["left"])
    assert report["video"]["mirrored"] == "unknown"
    assert report["origin"]["code_version"].startswith("0.1.0")
    assert {"decoding", "detection", "landmarks", "measuring"} <= report["origin"]["stages"].keys()
    assert done.stderr == ""


def test_a_refused_video_writes_its_reasons_and_ends_with_three(tmp_path, capsys):
    out = tmp_path / "r.json"
    video = tmp_path / "v.mp4"
    video.write_bytes(b"#EXTM3U\n" * 300)
    assert main(["report", str(video), "--out", str(out)]) == 3
    report = json.loads(out.read_text())
    assert (report["status"], report["problems"][0]["code"]) == ("refused", "not_a_video")
    assert report["house_brackmann"] is None
    assert capsys.readouterr().out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["r.json", "v.mp4"] or len(list(tmp_path.iterdir())) == 2


def test_a_video_without_a_face_keeps_its_facts_and_quality(tmp_path, capsys):
    video = write(tmp_path / "v.mp4", [corners()] * 30)
    assert main(["report", str(video), "--mirrored"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["problems"][0]["code"] == "no_face"
    assert report["video"]["frame_count"] == 30
    assert report["video"]["mirrored"] == "yes"
    assert report["quality"]["detected_fraction"] == 0
    assert report["frames"]["detected"] == [False] * 30
    assert report["measures"] == {}


@pytest.mark.parametrize(
    "timeline", ["no json", "[]", '{"segments": [{"exercise": "wink", "start_s": 0, "end_s": 1}]}', None]
)
def test_a_timeline_that_is_none_is_wrong_usage_in_one_line(timeline, portrait, tmp_path, capsys):
    path = tmp_path / "t.json"
    if timeline is not None:
        path.write_text(timeline)
    assert main(["report", str(portrait), "--timeline", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert str(path) in said.err


def test_paths_that_cannot_be_used_are_wrong_usage(portrait, tmp_path, capsys):
    assert main(["report", str(tmp_path / "none.mp4")]) == 2
    assert main(["report", str(tmp_path)]) == 2
    assert main(["report", str(portrait), "--out", str(tmp_path / "none" / "r.json")]) == 2
    assert main(["report", str(portrait), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 4


def test_a_timeline_is_read(tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"segments": [{"exercise": "smile_open", "start_s": 1, "end_s": 2.5}]}))
    assert report_command.read_timeline(path).segments[0].exercise is Exercise.SMILE_OPEN


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    out = tmp_path / "r.json"
    out.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        report_command.write("new", out)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_written_files_have_the_usual_rights(tmp_path):
    out, plain = tmp_path / "r.json", tmp_path / "plain"
    report_command.write("{}", out)
    plain.write_text("{}")
    assert out.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["report"], ["report", "a", "b"]])
def test_wrong_usage_ends_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_names_every_command_and_loads_none():
    script = (
        "import sys; from analysis.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert all(name in done.stdout for name in COMMANDS)
    assert not {"torch", "mediapipe", "cv2", "numpy", "django"} & set(done.stdout.split())


def test_a_refusal_by_the_first_bytes_loads_no_network(tmp_path):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"")
    script = f"import sys; from analysis.__main__ import main; main(['report', {str(video)!r}]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert not {"torch", "mediapipe", "django"} & set(done.stdout.split())


def test_native_noise_is_dropped_and_our_own_words_are_not(capfd):
    with own_voice() as voice:
        os.write(2, b"INFO: Created delegate\n")
        voice.write("ours\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "ours\nafter\n"


def test_there_is_a_bar_on_a_terminal_only(capfd):
    class Terminal:
        def __init__(self, tty: bool) -> None:
            self.tty, self.text = tty, ""

        def isatty(self) -> bool:
            return self.tty

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None: ...

    for tty, quiet, bar in ((True, False, True), (True, True, False), (False, False, False)):
        terminal = Terminal(tty)
        with progress_bar(quiet, terminal) as tell:
            tell("reading the video", 0.2)
            tell("measuring", 0.95)
        assert bool(terminal.text) is bar
        assert ("measuring" in terminal.text) is bar


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read(portrait, tmp_path, capsys, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    out = tmp_path / "r.json"
    assert main(["report", str(portrait), "--out", str(out), "--device", "cuda", "--quiet"]) == 2
    assert "no GPU" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(("words", "reason"), [(["nothing"], "no system nothing"), (["--batch", "1"], "two examples")])
def test_networks_that_cannot_be_timed_are_refused(words, reason, capsys):
    assert main(["speed", "--device", "cpu", *words]) == 2
    assert reason in capsys.readouterr().err
