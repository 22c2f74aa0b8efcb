"""The MEEI standard set (Greene et al. 2020) and folders made like it: pictures of eight expressions, and a video.

`{Normals,Flaccid,Synkinetic}/<Severity><Cohort>/<id>/<id>_1.jpg .. _8.jpg` and `<id>.mp4`, e.g.
`Flaccid/CompleteFlaccid/CompleteFlaccid1/`; healthy people as `Normals/Normal8/`. Grades come from its spreadsheet,
whose columns are not known here: write them to `house_brackmann.csv`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from analysis.training.datasets.grades import read_grades
from analysis.training.recording import PICTURE_SUFFIXES, VIDEO_SUFFIXES, DatasetError, Recording, folders, listed

_COHORTS: Final = {"Normals": False, "Flaccid": True, "Synkinetic": True}  # folder -> palsy


def read(root: Path) -> list[Recording]:
    """A recording of the pictures and one of the video of every person. Raises DatasetError without a cohort folder."""
    if (root / "MEEI_Standard_Set").is_dir():
        root = root / "MEEI_Standard_Set"
    present = [name for name in _COHORTS if (root / name).is_dir()]
    if not present:
        raise DatasetError(f"none of {', '.join(_COHORTS)} in {root}")
    grades = read_grades(root)
    return [
        recording
        for cohort in present
        for person in _persons(root / cohort)
        for recording in _recordings(person, _COHORTS[cohort], grades)
    ]


def _persons(cohort: Path) -> list[Path]:
    """Folders that hold files themselves: one level down for healthy people, two for patients."""
    found = []
    for folder in folders(cohort):
        inner = folders(folder)
        found += inner or [folder]
    return found


def _recordings(person: Path, palsy: bool, grades: dict[str, int]) -> list[Recording]:
    pictures, videos = listed(person, PICTURE_SUFFIXES), listed(person, VIDEO_SUFFIXES)
    parts = {"": tuple(pictures)} if pictures else {}
    parts |= {f"_{p.stem}_video": (p,) for p in videos}
    return [
        Recording(
            dataset="MEEI",
            people="MEEI",
            subject=person.name,
            name=person.name + suffix,
            files=files,
            rate_hz=None,
            palsy=palsy,
            house_brackmann=grades.get(person.name, None if palsy else 1),
        )
        for suffix, files in parts.items()
    ]
