"""From recordings to examples: the face is followed once per recording, and what a system looks at is cut out."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from analysis.evaluation.tracks import load_track, save_track
from analysis.faces.rows import Row, track_of
from analysis.grading.crops import cut, face_square
from analysis.training.examples import Arrays, Examples, Shard, load, save
from analysis.training.recording import DatasetError, Floats, Recording, pictures
from analysis.video.picture import RGB
from analysis.video.problems import VideoRefused

Follow = Callable[[Iterator[tuple[float, RGB]]], list[Row]]
_AROUND = 2.2  # face sizes of the picture that are kept
_KEPT_PX = 640  # a larger surrounding is scaled down
_MOST_FRAMES = 1500  # of a long recording; evenly chosen ones


@dataclass(frozen=True, slots=True)
class Seen:
    """The frames of a recording that show a face; pictures are cut around it to save memory."""

    frame: list[int]  # index within the recording
    time_s: list[float]
    pictures: list[RGB]
    landmarks: list[Floats]  # (478, 3) pixels of the cut picture
    five_points: list[Floats]  # (5, 2) pixels of the cut picture


class Preparer(Protocol):
    """What a system contributes: its view of a face, and a key that changes whenever that view does."""

    def preparation(self) -> str: ...

    def cut(self, recording: Recording, seen: Seen) -> tuple[Arrays, Arrays] | None:
        """Inputs and targets; None when the recording has no label that the system learns."""


def prepare(recordings: Sequence[Recording], system: Preparer, cache: Path, *, quiet: bool = False) -> Examples:
    """Examples of every recording; what the cache holds already is not made again.

    A video that cannot be read gives none. Raises DatasetError for an unreadable picture, ValueError when nothing
    at all could be prepared.
    """
    shards = []
    for recording in tqdm(recordings, "preparing", disable=quiet, unit="recording"):
        folder = cache / system.preparation() / _key(recording)
        if not (folder / "shard.json").is_file():
            save(_shard(recording, system, cache / "tracks" / f"{_key(recording)}.npz"), folder)
        shards.append(load(folder))
    return Examples(shards)


def _shard(recording: Recording, system: Preparer, kept: Path) -> Shard:
    try:
        seen = look(recording, kept)
    except VideoRefused:
        seen = Seen([], [], [], [], [])
    made = system.cut(recording, seen) if seen.frame else None
    inputs, targets = made if made is not None else ({}, {"none": np.empty(0)})
    return Shard(recording.person, recording.dataset, recording.name, inputs, targets)


def _key(recording: Recording) -> str:
    """Changes with the recording's files: their names, sizes and times."""
    facts = [f"{p}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in recording.files]
    facts += [str(recording.house_brackmann), str(recording.palsy), str(recording.movements)]
    return f"{recording.dataset}-{recording.name}-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:10]}"


def look(recording: Recording, kept: Path, follow: Follow | None = None) -> Seen:
    """The face of a recording, followed once: its track is left in the file `kept` for the next system.

    Raises what `pictures` raises.
    """
    if not kept.is_file():
        _write_track(kept, recording, follow or _follow)
    track = load_track(kept)
    seen = Seen([], [], [], [], [])
    for i, (frame, _, picture) in enumerate(_looked_at(recording)):
        if i < len(track.detected) and track.detected[i]:
            five = track.five_points[i]
            _remember(seen, frame, float(track.time_s[i]), picture, track.landmarks[i], five)
    return seen


def _write_track(path: Path, recording: Recording, follow: Follow) -> None:
    """Whole or not at all."""
    frames = ((time, picture) for _, time, picture in _looked_at(recording))
    first = next(frames, None)
    if first is None:
        raise DatasetError(f"{recording.name} has no frames")
    height, width, _ = first[1].shape
    track = track_of(follow(itertools.chain([first], frames)), width, height, 1.0)
    beside = path.with_name(f"part-{path.name}")
    save_track(beside, track)
    beside.replace(path)


def _follow(frames: Iterator[tuple[float, RGB]]) -> list[Row]:
    from analysis.faces.follow import follow_frames

    return follow_frames(frames)[0]


def _looked_at(recording: Recording) -> Iterator[tuple[int, float, RGB]]:
    """Index, time and picture of the frames, of one size; every k-th one of a recording that is too long."""
    count = len(recording.files) if not recording.is_video else 0
    if recording.intensities is not None:
        count = max(count, len(recording.intensities.left))
    step = -(-count // _MOST_FRAMES) or 1
    shape = None
    for i, (time, picture) in enumerate(pictures(recording)):
        shape = shape or picture.shape
        if i % step == 0 and picture.shape == shape:
            yield i, time, picture


def _remember(seen: Seen, frame: int, time: float, picture: RGB, landmarks: Floats, five: Floats) -> None:
    x0, y0, x1, y1 = face_square(landmarks, times=_AROUND)
    side = max(2, min(_KEPT_PX, round(x1 - x0)))
    scale = side / (x1 - x0)
    moved = np.array([x0, y0])
    points = landmarks.astype(np.float64).copy()
    points[:, :2] = (points[:, :2] - moved) * scale
    seen.frame.append(frame)
    seen.time_s.append(time)
    seen.pictures.append(cut(picture, (x0, y0, x1, y1), side, side))
    seen.landmarks.append(points)
    seen.five_points.append((five.astype(np.float64) - moved) * scale)
