"""Face tracks kept beside a set of videos, so that an evaluation decodes every video once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from analysis.faces.anatomy import MIRROR
from analysis.faces.track import FaceTrack
from analysis.video.problems import VideoRefused


def save_track(path: Path, track: FaceTrack) -> None:
    arrays = {field.name: getattr(track, field.name) for field in dataclasses.fields(track)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def load_track(path: Path) -> FaceTrack:
    """Raises KeyError when the file is not a saved track."""
    with np.load(path, allow_pickle=False) as kept:
        arrays = {field.name: kept[field.name] for field in dataclasses.fields(FaceTrack)}
    arrays["width"], arrays["height"] = int(arrays["width"]), int(arrays["height"])
    return FaceTrack(**arrays)


def mirrored(track: FaceTrack) -> FaceTrack:
    """The track that the same face would give in a mirror-image video: x reversed, left and right points exchanged."""
    flipped = track.landmarks[:, MIRROR] * np.array([-1, 1, 1], np.float32) + np.array([track.width, 0, 0], np.float32)
    five = track.five_points[:, [1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32) + np.array(
        [track.width, 0], np.float32
    )
    box = np.stack([track.width - track.box[:, 2], track.box[:, 1], track.width - track.box[:, 0], track.box[:, 3]], 1)
    return dataclasses.replace(track, landmarks=flipped, five_points=five, box=box)


def track_of(video: Path, cache: Path | None = None) -> FaceTrack | None:
    """The pipeline's track of one video, kept in `cache` under the video's name; None when the video is refused."""
    kept = None if cache is None else cache / f"{video.stem}.npz"
    if kept is not None and kept.is_file():
        return load_track(kept)
    from analysis.faces.follow import follow  # torch and mediapipe, only when a video is really read

    try:
        track = follow(video).track
    except VideoRefused:
        return None
    if kept is not None:
        save_track(kept, track)
    return track
