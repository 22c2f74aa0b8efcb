"""DISFA (Mavadati et al. 2013) and DISFA+ (2016): action units coded frame by frame. The same people are in both.

DISFA: `ActionUnit_Labels/SN001/SN001_au1.txt` with lines "frame,intensity" counted from 1, and videos anywhere below
the folder, named `LeftVideoSN001_comp.avi` or `RightVideoSN001_comp.avi`; or `img/SN001/0.png` counted from 0.
DISFA+: `Images/SN001/A1_AU1_TrailNo_1/000.jpg` with `Labels/SN001/A1_AU1_TrailNo_1/AU1.txt`; unpacking may nest
`SN001/SN001/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from analysis.training.recording import (
    PICTURE_SUFFIXES,
    DatasetError,
    Floats,
    Intensities,
    Recording,
    folders,
    listed,
    need,
)

PEOPLE = "DISFA"
_VIDEO_HZ = 20.0


def read_disfa(root: Path) -> list[Recording]:
    """One recording a person. Raises DatasetError when labels, or a person's frames, are missing."""
    labels = need(root / "ActionUnit_Labels", "DISFA's labels")
    return [_person(root, folder) for folder in folders(labels)]


def _person(root: Path, folder: Path) -> Recording:
    subject = folder.name
    per_unit: dict[str, dict[int, float]] = {}
    for path in listed(folder, (".txt",)):
        found = re.fullmatch(rf"{subject}_au(\d+)", path.stem)
        if found:
            per_unit[f"AU{found[1]}"] = _numbered(path)
    files, first = _frames(root, subject)
    count = max((max(frames, default=0) for frames in per_unit.values()), default=0)
    count = len(files) if first == 0 else count  # a video is counted by its labels until it is decoded
    shifted = {unit: {frame - 1: value for frame, value in frames.items()} for unit, frames in per_unit.items()}
    return Recording(
        dataset="DISFA",
        people=PEOPLE,
        subject=subject,
        name=subject,
        files=files,
        rate_hz=_VIDEO_HZ,
        palsy=False,
        house_brackmann=1,
        intensities=_table(shifted, count),
    )


def _frames(root: Path, subject: str) -> tuple[tuple[Path, ...], int]:
    """Pictures (and 0), or the left camera's video, else the right one's (and 1)."""
    pictures = root / "img" / subject
    if pictures.is_dir():
        files = sorted(listed(pictures, PICTURE_SUFFIXES), key=lambda p: int(p.stem))
        return tuple(files), 0
    videos = sorted(p for p in root.rglob(f"*Video{subject}_comp.avi") if not p.name.startswith("."))
    if not videos:
        raise DatasetError(f"no video and no pictures of DISFA's {subject}")
    return (videos[0],), 1


def _numbered(path: Path) -> dict[int, float]:
    """Frame (from 1) -> intensity."""
    rows = (line.replace(",", " ").split() for line in path.read_text(encoding="ascii").splitlines())
    return {int(row[0]): float(row[1]) for row in rows if len(row) >= 2}


def _table(per_unit: Mapping[str, Mapping[int, float]], frames: int) -> Intensities:
    """Frames counted from 0. Labels beyond the frames (DISFA has 4,844 or 4,845) are dropped, missing ones are NaN."""
    units = tuple(sorted(per_unit, key=lambda name: int(name[2:])))
    values: Floats = np.full((frames, len(units)), np.nan)
    for column, unit in enumerate(units):
        for frame, value in per_unit[unit].items():
            if 0 <= frame < frames:
                values[frame, column] = value
    return Intensities(units, values, values)


def read_disfa_plus(root: Path) -> list[Recording]:
    """One recording a trial. Trials without labels are passed over. Raises DatasetError when a folder is missing."""
    images, labels = need(root / "Images", "DISFA+'s pictures"), need(root / "Labels", "DISFA+'s labels")
    found = []
    for subject in folders(images):
        inner, coded = _unnested(subject), _unnested(labels / subject.name)
        for trial in folders(inner):
            files = listed(trial, PICTURE_SUFFIXES)
            if files and (coded / trial.name).is_dir():
                found.append(_trial(subject.name, trial.name, files, coded / trial.name))
    return found


def _unnested(folder: Path) -> Path:
    """SN001/SN001 -> its inner folder, when unpacking made one."""
    return folder / folder.name if (folder / folder.name).is_dir() else folder


def _trial(subject: str, trial: str, files: list[Path], labels: Path) -> Recording:
    index = {path.name.lower(): i for i, path in enumerate(files)}
    per_unit = {}
    for path in listed(labels, (".txt",)):
        rows = (line.split() for line in path.read_text(encoding="ascii").splitlines() if not line.startswith("#"))
        named = {row[0].lower(): float(row[1]) for row in rows if len(row) >= 2}
        per_unit[path.stem.upper()] = {index[name]: value for name, value in named.items() if name in index}
    return Recording(
        dataset="DISFA+",
        people=PEOPLE,
        subject=subject,
        name=f"{subject}_{trial}",
        files=tuple(files),
        rate_hz=_VIDEO_HZ,
        palsy=False,
        house_brackmann=1,
        intensities=_table(per_unit, len(files)),
    )
