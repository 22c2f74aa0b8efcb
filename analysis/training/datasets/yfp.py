"""YouTube Facial Palsy (Hsu et al. 2018): patients talking, six frames a second, regions labelled frame by frame.

`Image/<n>/<frame>.bmp` (also `Image2` .. `Image5`, and `Image/Image` where unpacking nested it), labels
`Image_large_XML/<n>/<frame>.xml` (Pascal VOC), perhaps in `eyes/` and `mouth/` below it; classes
{Normal,SlightPalsy,StrongPalsy}_{Eyes,Mouth}. It ships no House-Brackmann grades: add `house_brackmann.csv`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from analysis.training.datasets.grades import read_grades
from analysis.training.recording import DatasetError, Recording, folders, listed

SUBJECTS = "subjects.txt"
_RATE_HZ = 6.0
_CLASS = re.compile(r"(Normal|SlightPalsy|StrongPalsy)_(Eyes|Mouth)")


def read(root: Path) -> list[Recording]:
    """One recording a video. A frame shows palsy when any labelled region does; frames without a label file are -1.

    The labels are searched as text: some files lack a closing tag and are no XML. The set has 32 videos of 21
    patients and does not say whose is whose, so `subjects.txt` must: one line a patient with the numbers of his or
    her videos. Raises DatasetError without it, for a split by video would let a patient into both parts.
    """
    pictures = [folder for top in sorted(root.glob("Image*")) if _holds_pictures(top) for folder in _videos(top)]
    if not pictures:
        raise DatasetError(f"no folder Image/<n> in {root}")
    grades, same = read_grades(root), _same_person(root)
    return [_recording(root, folder, grades, same) for folder in pictures]


def _holds_pictures(top: Path) -> bool:
    return top.is_dir() and "XML" not in top.name


def _videos(top: Path) -> list[Path]:
    inner = [f for f in folders(top) if f.name == "Image"]
    return [f for nested in inner for f in folders(nested)] + [f for f in folders(top) if f not in inner]


def _recording(root: Path, folder: Path, grades: dict[str, int], same: dict[str, str]) -> Recording:
    files = sorted(listed(folder, (".bmp",)), key=lambda p: int(p.stem))
    palsy = np.array([_palsy(root / "Image_large_XML" / folder.name, p.stem) for p in files], np.int8)
    if folder.name not in same:
        raise DatasetError(f"{SUBJECTS} does not say whose video {folder.name} is")
    subject = same[folder.name]
    return Recording(
        dataset="YFP",
        people="YFP",
        subject=subject,
        name=folder.name,
        files=tuple(files),
        rate_hz=_RATE_HZ,
        palsy=True,
        palsy_of_frame=palsy,
        house_brackmann=grades.get(subject),
    )


def _palsy(labels: Path, frame: str) -> int:
    texts = [p.read_text(encoding="utf-8", errors="replace") for p in _label_files(labels, frame)]
    classes = [found[1] for text in texts for found in _CLASS.finditer(text)]
    if not classes:
        return -1
    return int(any(c != "Normal" for c in classes))


def _label_files(labels: Path, frame: str) -> list[Path]:
    places = (labels, labels / "eyes", labels / "mouth")
    return [p for place in places if (p := place / f"{frame}.xml").is_file()]


def _same_person(root: Path) -> dict[str, str]:
    """video -> the first video of the same person, from lines of numbers."""
    path = root / SUBJECTS
    if not path.is_file():
        raise DatasetError(f"write {path}: one line a patient, with the numbers of that patient's videos")
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return {video: line[0] for line in lines for video in line}
