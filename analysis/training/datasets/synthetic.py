"""Synthetic faces with known truth: `<id>.mp4` beside `<id>.json` in the form `facial-palsy-gt/1`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from analysis.contracts import AU_NAMES, Exercise, MouthMotionLabel, Side
from analysis.evaluation.truth import Truth, read_set
from analysis.training.recording import Intensities, Movement, Recording

# Synthetic faces smile and move the mouth otherwise; none opens it without a smile.
MOUTH: Final = {
    Exercise.SMILE_CLOSED: MouthMotionLabel.SMILE,
    Exercise.SMILE_OPEN: MouthMotionLabel.SMILE,
    Exercise.PUCKER: MouthMotionLabel.OTHER,
    Exercise.LOWER_LIP_DEPRESS: MouthMotionLabel.OTHER,
    Exercise.SNARL: MouthMotionLabel.OTHER,
    Exercise.CHEEK_PUFF: MouthMotionLabel.OTHER,
}


def read(root: Path) -> list[Recording]:
    """One recording a video whose file is there. Mirrored ones are left out: their picture contradicts their sides."""
    found = []
    for truth in read_set(root):
        video = root / str(truth.raw["video"])
        if video.is_file() and not truth.raw.get("mirrored"):
            found.append(_recording(truth, video))
    return found


def _recording(truth: Truth, video: Path) -> Recording:
    rate = float(truth.raw["fps"])
    present = tuple(name for name in AU_NAMES if name in truth.raw["au_active"])
    columns = [AU_NAMES.index(name) for name in present]
    left, right = (np.asarray(truth.action_units(side))[:, columns] for side in (Side.LEFT, Side.RIGHT))
    grade = int(truth.raw["nominal_house_brackmann"])
    return Recording(
        dataset="synthetic",
        people="synthetic",
        subject=truth.subject_id,
        name=truth.video_id,
        files=(video,),
        rate_hz=rate,
        palsy=grade > 1,
        house_brackmann=grade,
        intensities=Intensities(present, left, right),
        movements=tuple(_movements(truth, rate)),
    )


def _movements(truth: Truth, rate: float) -> list[Movement]:
    last = int(truth.raw["frames"]) - 1
    found = []
    for segment in truth.raw["segments"]:
        exercise = Exercise(segment["name"])
        first, end = round(segment["start"] * rate), min(round(segment["end"] * rate), last)
        if exercise is not Exercise.REST and end > first:
            found.append(Movement(first, end, MOUTH.get(exercise, MouthMotionLabel.NONE)))
    return found
