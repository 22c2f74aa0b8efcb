"""A clinic's own graded recordings, as `manage.py export_training_set` writes them (`seventh.training/1`).

`people/<person>/<recording>/video.mp4` beside `labels.json`. Grades of several raters are never averaged: the grade
that more than half of them gave is the label, without one there is none.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import av

from analysis.contracts import Exercise, Timeline
from analysis.training.datasets.synthetic import MOUTH
from analysis.training.recording import DatasetError, Movement, Recording, folders, need

SCHEMA: Final = "seventh.training/1"


def read(root: Path) -> list[Recording]:
    """One recording a video with a House-Brackmann grade or a timeline; synthetic ones are left out.

    Raises DatasetError for a folder that is no training set, or labels that contradict their place.
    """
    facts = _json(root / "training-set.json")
    if facts.get("schema") != SCHEMA:
        raise DatasetError(f"{root} is no training set of the form {SCHEMA}")
    found = []
    for person in folders(need(root / "people", "the training set's people")):
        for folder in folders(person):
            labels = _json(folder / "labels.json")
            if labels.get("person") != person.name or labels.get("recording") != folder.name:
                raise DatasetError(f"{folder / 'labels.json'} is of another person or recording")
            recording = _recording(folder, labels)
            if recording is not None:
                found.append(recording)
    return found


def _recording(folder: Path, labels: dict[str, Any]) -> Recording | None:
    grade = agreed_grade(labels.get("grades") or [])
    timeline = Timeline.from_json(labels["timeline"]) if labels.get("timeline") else None
    if labels.get("synthetic") or (grade is None and timeline is None):
        return None
    video = folder / "video.mp4"
    rate, frames = _rate(video)
    return Recording(
        dataset="clinic",
        people="clinic",
        subject=labels["person"],
        name=labels["recording"],
        files=(video,),
        rate_hz=rate,
        palsy=None if grade is None else grade > 1,
        house_brackmann=grade,
        movements=tuple(_movements(timeline, rate, frames)),
    )


def agreed_grade(grades: list[dict[str, Any]]) -> int | None:
    """The House-Brackmann grade that more than half of the raters gave; None when there is none."""
    given = Counter(int(g["value"]) for g in grades if g.get("scale") == "house_brackmann")
    if not given:
        return None
    grade, votes = given.most_common(1)[0]
    return grade if 2 * votes > given.total() else None


def _movements(timeline: Timeline | None, rate: float, frames: int) -> list[Movement]:
    """What was asked for when; whether the mouth did so is not labelled unless the exercise says it."""
    found = []
    for segment in timeline.segments if timeline else []:
        first, last = round(segment.start_s * rate), min(round(segment.end_s * rate), frames - 1)
        if segment.exercise is not Exercise.REST and last > first:
            found.append(Movement(first, last, MOUTH.get(segment.exercise)))
    return found


def _rate(video: Path) -> tuple[float, int]:
    """Frames a second and their number, as the copy that the export wrote holds them."""
    try:
        with av.open(str(video)) as opened:
            stream = opened.streams.video[0]
            frames, duration = stream.frames, float((stream.duration or 0) * (stream.time_base or 0))
    except (OSError, av.FFmpegError, IndexError) as error:
        raise DatasetError(f"not a video: {video}") from error
    if not frames or duration <= 0:
        raise DatasetError(f"not a video: {video}")
    return frames / duration, frames


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"cannot be read: {path}") from error
    if not isinstance(found, dict):
        raise DatasetError(f"no table: {path}")
    return found
