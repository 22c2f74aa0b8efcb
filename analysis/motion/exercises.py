"""The prescribed exercises as data: which region each tests, and what a healthy half face shows at its apex."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from analysis.contracts import AU_NAMES, Exercise, Region
from analysis.faces.anatomy import Points

EYE_CLOSURES: Final = (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT)


@dataclass(frozen=True, slots=True)
class Prescription:
    exercise: Exercise
    region: Region
    main: tuple[str, ...]  # units whose left and right share is reported
    apex: Points  # (len(AU_NAMES),) intensity 0-5 of a healthy half face; 0 where the exercise asks for nothing

    @property
    def main_columns(self) -> list[int]:
        return [AU_NAMES.index(name) for name in self.main]

    def asks(self, name: str) -> bool:
        """Whether a healthy half clearly shows this unit (intensity 1 and more) when it does the exercise."""
        return bool(self.apex[AU_NAMES.index(name)] >= 1.0)


@cache
def prescriptions() -> dict[Exercise, Prescription]:
    """Every exercise that is recognised and measured, in the order of the file."""
    table = tomllib.loads((Path(__file__).parent / "exercises.toml").read_text(encoding="utf-8"))
    return {Exercise(name): _prescription(Exercise(name), row) for name, row in table.items()}


def _prescription(exercise: Exercise, row: dict[str, object]) -> Prescription:
    apex, main = row["apex"], row["main"]
    assert isinstance(apex, dict)
    assert isinstance(main, list)
    column = np.array([float(apex.get(name, 0.0)) for name in AU_NAMES])
    return Prescription(exercise, Region(str(row["region"])), tuple(main), column)
