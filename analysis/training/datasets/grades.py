"""House-Brackmann grades that a clinician gave to people of a data set that ships none: `house_brackmann.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from analysis.training.recording import DatasetError

FILE = "house_brackmann.csv"


def read_grades(root: Path) -> dict[str, int]:
    """subject -> grade, from columns `subject` and `grade`; empty without a file. Raises DatasetError otherwise."""
    path = root / FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        grades = {row["subject"].strip(): int(row["grade"]) for row in rows}
    except (KeyError, ValueError, AttributeError) as error:
        raise DatasetError(f"{path} needs the columns subject and grade (1-6)") from error
    if any(not 1 <= grade <= 6 for grade in grades.values()):
        raise DatasetError(f"{path}: a House-Brackmann grade is 1-6")
    return grades
