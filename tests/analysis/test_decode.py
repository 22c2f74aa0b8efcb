"""Every video comes in through `Video`: what it shows, and what it refuses."""

import hashlib
import os
import signal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from analysis.contracts import Mirrored
from analysis.video.decode import Video
from analysis.video.picture import sdr_curve
from analysis.video.playback import write_playback
from analysis.video.policy import Policy
from analysis.video.problems import VideoRefused
from tests.analysis.media import corner_names, corners, write, write_sound, write_with_sound

SMALL = Policy(min_side_px=64)
ONE = 65536
# Stored picture -> upright one. Name: (a, b, c, d) of the display matrix, clockwise turn, how to store an upright one.
TURNS = {
    "upright": ((1, 0, 0, 1), 0, lambda p: p),
    "90": ((0, 1, -1, 0), 90, lambda p: np.rot90(p, 1)),
    "180": ((-1, 0, 0, -1), 180, lambda p: np.rot90(p, 2)),
    "270": ((0, -1, 1, 0), 270, lambda p: np.rot90(p, 3)),
    "mirror": ((-1, 0, 0, 1), 0, lambda p: p[:, ::-1]),
    "mirror upside down": ((1, 0, 0, -1), 180, lambda p: p[::-1]),
    "mirror 90": ((0, 1, 1, 0), 270, lambda p: p.transpose(1, 0, 2)),
}


def decoded(path: Path, policy: Policy = SMALL, mirrored: Mirrored = Mirrored.UNKNOWN):
    """(video, times, pictures) after the last frame."""
    with Video(path, policy=policy, mirrored=mirrored) as video:
        frames = list(video)
    return video, [t for t, _ in frames], [p for _, p in frames]


def refusal_of(path: Path, policy: Policy = SMALL) -> str:
    with pytest.raises(VideoRefused) as refused:
        decoded(path, policy)
    assert refused.value.problem.message
    return refused.value.code


def test_frames_times_and_facts_are_those_that_were_written(tmp_path):
    path = write(tmp_path / "v.mp4", [corners()] * 30)
    video, times, pictures = decoded(path)
    assert times == pytest.approx(np.arange(30) / 30, abs=1e-4)
    assert {corner_names(p) for p in pictures} == {"RGBW"}
    facts = video.facts
    assert (facts.width, facts.height, facts.frame_count, facts.codec, facts.container) == (240, 180, 30, "h264", "mp4")
    assert facts.duration_s == pytest.approx(1.0, abs=0.002)
    assert facts.fps == pytest.approx(30, abs=0.01)
    assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert video.problems == []


@pytest.mark.parametrize("name", TURNS)
def test_display_matrix_shows_the_picture_upright(name, tmp_path):
    (a, b, c, d), degrees, store = TURNS[name]
    matrix = [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]
    path = write(tmp_path / "v.mp4", [store(corners())] * 30, matrix=matrix)
    video, _, pictures = decoded(path)
    assert corner_names(pictures[0]) == "RGBW"
    assert pictures[0].shape == (180, 240, 3)
    assert video.facts.rotation_deg == degrees
    warned = [p.code for p in video.problems]
    assert warned == (["laterality_uncertain"] if "mirror" in name else [])


@pytest.mark.parametrize("name", ["upright", "90"])
def test_a_mirror_image_is_turned_back_after_the_matrix(name, tmp_path):
    (a, b, c, d), _, store = TURNS[name]
    matrix = [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]
    path = write(tmp_path / "v.mp4", [store(corners()[:, ::-1])] * 30, matrix=matrix)
    video, _, pictures = decoded(path, mirrored=Mirrored.YES)
    assert corner_names(pictures[0]) == "RGBW"
    assert video.facts.mirrored is Mirrored.YES


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    path = write(tmp_path / "v.mp4", [corners(120, 180)] * 30, aspect=Fraction(2, 1))
    video, _, pictures = decoded(path)
    assert (video.facts.width, video.facts.height) == (240, 180)
    assert pictures[0].shape == (180, 240, 3)


def test_a_large_picture_is_scaled_and_the_facts_keep_its_size(tmp_path):
    path = write(tmp_path / "v.mp4", [corners(1280, 720)] * 26, fps=25)
    video, _, pictures = decoded(path)
    assert pictures[0].shape == (540, 960, 3)
    assert (video.facts.width, video.facts.height) == (1280, 720)


def test_variable_frame_rate_keeps_its_own_times(tmp_path):
    written = np.cumsum([0] + [0.02, 0.05, 0.09] * 10)
    _, times, _ = decoded(write(tmp_path / "v.mp4", [corners()] * 31, times=written))
    assert times == pytest.approx(written, abs=1e-3)


def test_times_count_from_the_first_frame_shown(tmp_path):
    written = 5000 + np.arange(30) / 30
    video, times, _ = decoded(write(tmp_path / "v.mkv", [corners()] * 30, times=written))
    assert times[0] == 0
    assert video.facts.duration_s == pytest.approx(1.0, abs=0.01)


def test_a_gap_is_left_open_and_told(tmp_path):
    written = np.concatenate([np.arange(30) / 30, 4 + np.arange(30) / 30])
    video, times, _ = decoded(write(tmp_path / "v.mkv", [corners()] * 60, times=written))
    assert len(times) == 60
    assert [(p.code, round(p.at_s, 1)) for p in video.problems] == [("gap", 1.0)]


def test_webm_without_a_duration_is_measured_by_its_packets(tmp_path):
    path = write(
        tmp_path / "v.webm", [corners()] * 30, codec="libvpx", container={"live": "1"}, options={"cpu-used": "8"}
    )
    with av.open(str(path)) as opened:
        assert opened.duration is None
    video, _, _ = decoded(path)
    assert video.facts.frame_count == 30
    assert video.facts.duration_s == pytest.approx(1.0, abs=0.01)


def test_fast_recordings_are_thinned_and_counted_in_full(tmp_path):
    video, times, _ = decoded(write(tmp_path / "v.mp4", [corners()] * 240, fps=240))
    assert len(times) == 60
    assert np.diff(times) == pytest.approx(1 / 60, abs=1e-3)
    assert video.facts.frame_count == 240
    assert video.facts.fps == pytest.approx(240, abs=0.5)


def test_long_recordings_are_thinned_to_the_budget(tmp_path):
    path = write(tmp_path / "v.mp4", [corners()] * 120)
    _, times, _ = decoded(path, Policy(min_side_px=64, max_measured_frames=60))
    assert 56 <= len(times) <= 64
    assert times[-1] > 3.8


def test_ten_bits_are_read(tmp_path):
    _, _, pictures = decoded(write(tmp_path / "v.mp4", [corners()] * 30, pix_fmt="yuv420p10le"))
    assert pictures[0].dtype == np.uint8
    assert corner_names(pictures[0]) == "RGBW"


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_high_dynamic_range_is_folded_into_standard_range(transfer, tmp_path):
    curve = sdr_curve(transfer).astype(int)
    wanted = np.array([20, 60, 110, 160])
    codes = np.array([np.abs(curve - w).argmin() for w in wanted], np.uint8)
    picture = np.repeat(np.repeat(codes.reshape(2, 2), 90, axis=0), 120, axis=1)[..., None].repeat(3, axis=2)
    path = write(tmp_path / "v.mp4", [picture] * 30, pix_fmt="yuv420p10le", transfer=transfer)
    _, _, pictures = decoded(path)
    shown = [pictures[0][y, x].mean() for y in (45, 135) for x in (60, 180)]
    assert shown == pytest.approx(wanted, abs=8)


def test_reference_white_is_bright_and_the_curve_never_falls():
    for transfer, white in ((16, round(0.58 * 255)), (18, round(0.75 * 255))):
        curve = sdr_curve(transfer).astype(int)
        assert (np.diff(curve) >= 0).all()
        assert 235 <= curve[white] <= 252


def test_a_picture_that_changes_size_keeps_one_shape(tmp_path):
    path = tmp_path / "v.webm"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libvpx", rate=30)
        stream.width, stream.height, stream.pix_fmt = 240, 180, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        turned = av.CodecContext.create("libvpx", "w")
        turned.width, turned.height, turned.pix_fmt, turned.time_base = 180, 240, "yuv420p", Fraction(1, 1000)
        for i, encoder in [(i, stream) for i in range(20)] + [(i, turned) for i in range(20, 40)]:
            picture = corners(*((240, 180) if encoder is stream else (180, 240)))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(i / 30 * 1000), Fraction(1, 1000)
            for packet in encoder.encode(frame):
                packet.stream = stream
                output.mux(packet)
        for packet in turned.encode(None):
            packet.stream = stream
            output.mux(packet)
    video, times, pictures = decoded(path)
    assert {p.shape for p in pictures} == {(180, 240, 3)}
    assert len(times) == 40
    assert corner_names(pictures[-1][:, 52:188]) == "RGBW"
    assert [p.code for p in video.problems] == ["picture_size_changes"]


def test_a_cut_off_file_is_measured_as_far_as_it_goes_and_told(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (60, 180, 240, 3), dtype=np.uint8)
    path = write(tmp_path / "v.mp4", noise, container={"movflags": "faststart"})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])
    video, times, _ = decoded(path)
    assert 40 <= len(times) <= 46
    assert "truncated" in [p.code for p in video.problems]
    path.write_bytes(whole[: len(whole) // 5])
    assert refusal_of(path) == "truncated"


def test_a_file_without_its_index_is_damaged(tmp_path):
    path = write(tmp_path / "v.mp4", [corners()] * 30)
    path.write_bytes(path.read_bytes()[:-600])
    assert refusal_of(path) == "unreadable"


def test_damaged_bytes_never_end_anything_but_the_file(tmp_path):
    rng = np.random.default_rng(7)
    good = write(tmp_path / "v.mp4", rng.integers(0, 255, (30, 180, 240, 3), dtype=np.uint8)).read_bytes()
    for i in range(5):
        data = np.frombuffer(good, np.uint8).copy()
        data[rng.integers(40, len(data), 60)] = rng.integers(0, 255, 60)
        path = tmp_path / f"{i}.mp4"
        path.write_bytes(data.tobytes())
        try:
            _, times, _ = decoded(path)
            assert (np.diff(times) > 0).all()
        except VideoRefused as refused:
            assert refused.problem.message


def test_sound_beside_the_pictures_is_dropped(tmp_path):
    path = write_with_sound(tmp_path / "v.mp4", [corners()] * 30)
    video, times, _ = decoded(path)
    assert len(times) == video.facts.frame_count == 30 and video.problems == []
    copy = tmp_path / "copy.mp4"
    write_playback(path, copy, policy=SMALL)
    with av.open(str(path)) as sent, av.open(str(copy)) as shown:
        assert [stream.type for stream in sent.streams] == ["video", "audio"]
        assert [stream.type for stream in shown.streams] == ["video"]


def test_sound_alone_is_no_video(tmp_path):
    assert refusal_of(write_sound(tmp_path / "v.mp4")) == "no_video_stream"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\0" * 200, "too_small"),
        (bytes(4000), "unreadable"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n" + b"\n" * 2000, "not_a_video"),
        (b"ffconcat version 1.0\nfile '/etc/hostname'\n" + b"\n" * 2000, "not_a_video"),
        ("<html>é</html>".encode() + b" " * 2000, "not_a_video"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "not_a_video"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(2000), "unsupported_format"),
        (b"FLV\x01" + bytes(2000), "unsupported_format"),
        (b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20, "unreadable"),
        (b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 20, "unreadable"),
    ],
)
def test_what_is_not_a_video_is_refused_with_a_reason(content, code, tmp_path):
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    assert refusal_of(path) == code


@pytest.mark.parametrize(
    ("pictures", "fps", "changes", "code"),
    [
        ([corners()] * 20, 30, {}, "too_short"),
        ([corners()] * 60, 30, {"max_duration_s": 1.5}, "too_long"),
        ([corners()] * 20, 5, {}, "frame_rate"),
        ([corners()] * 60, 60, {"max_fps": 50.0}, "frame_rate"),
        ([corners()] * 20, 15, {}, "too_few_frames"),
        ([corners()] * 30, 30, {"min_side_px": 200}, "too_small_picture"),
        ([corners(480, 100)] * 30, 30, {}, "too_small_picture"),
        ([corners()] * 30, 30, {"max_pixels": 10_000}, "too_large_picture"),
        ([corners()] * 30, 30, {"max_bytes": 2000}, "too_large"),
        ([corners()] * 30, 30, {"video_codecs": ("hevc",)}, "unsupported_codec"),
    ],
)
def test_limits_of_the_policy(pictures, fps, changes, code, tmp_path):
    path = write(tmp_path / "v.mp4", pictures, fps=fps)
    assert refusal_of(path, Policy(**({"min_side_px": 64} | changes))) == code


def test_a_decoder_that_is_killed_refuses_the_video(tmp_path):
    path = write(tmp_path / "v.mp4", [corners(1280, 720)] * 90)
    with Video(path) as video, pytest.raises(VideoRefused) as refused:
        for i, _ in enumerate(video):
            if i == 0:
                os.kill(video._process._process.pid, signal.SIGSEGV)
    assert refused.value.code == "decode_errors"


def test_a_decoder_that_hangs_is_stopped(tmp_path):
    path = write(tmp_path / "v.mp4", [corners(1280, 720)] * 90)
    with Video(path) as video, pytest.raises(VideoRefused) as refused:
        video._process.policy = Policy(silence_s=0.3)
        for i, _ in enumerate(video):
            if i == 0:
                os.kill(video._process._process.pid, signal.SIGSTOP)
    assert refused.value.code == "time_limit"
    with pytest.raises(ProcessLookupError):
        os.kill(video._process._process.pid, 0)


def test_frames_that_claim_to_be_huge_are_refused(tmp_path):
    """The container says 240x180; every key frame says 16383x16383, 400 MB each."""
    path = write(tmp_path / "v.webm", [corners()] * 30, codec="libvpx", options={"g": "1", "cpu-used": "8"})
    start = b"\x9d\x01\x2a"
    parts = path.read_bytes().split(start)
    path.write_bytes(parts[0] + b"".join(start + b"\xff\x3f\xff\x3f" + part[4:] for part in parts[1:]))
    assert len(parts) > 20
    assert refusal_of(path) in {"too_large_picture", "no_frames"}


def test_a_missing_file_is_the_callers_error(tmp_path):
    with pytest.raises(FileNotFoundError), Video(tmp_path / "none.mp4"):
        pass
