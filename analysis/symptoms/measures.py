"""The clinical measures of a session, each with the exercise it was taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import Exercise, Measure
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame
from analysis.motion.recognise import Found, clear_of_blinks
from analysis.symptoms import geometry
from analysis.symptoms.patients import Posterior

RATIO: Final = "ratio"
DEGREES: Final = "deg"
MM: Final = "mm"
IOD: Final = "iod"  # inter-ocular distances, where no iris gave a scale


@dataclass(frozen=True, slots=True)
class Faces:
    """What the measures are read from: the face at rest, and per exercise the face at its apex."""

    frame: HeadFrame
    rest: Points  # (478, 3)
    units: SideActionUnits
    found: list[Found]
    patients: Posterior | None = None  # what was concluded of the halves; without it lids are read one by one

    def at_apex(self, exercise: Exercise) -> Points | None:
        """(478, 3) median over the apices of every repetition; None when the exercise did not happen."""
        shown = [self.frame.points[self._clear(f)] for f in self.found if f.exercise is exercise]
        together = np.concatenate(shown) if shown else np.empty((0, 478, 3))
        together = together[np.isfinite(together[:, 0, 0])]
        return np.median(together, axis=0) if len(together) else None

    def _clear(self, found: Found) -> npt.NDArray[np.intp]:
        return clear_of_blinks(found, self.units, self.frame.time_s)

    def closure(self, exercise: Exercise) -> list[float] | None:
        """Share of the fissure that either eye closes (left, right), 0-1."""
        apices = [f.apex for f in self.found if f.exercise is exercise]
        if not apices:
            return None
        return [float(np.mean([np.nanmedian(self.units.of("AU45", s)[a]) for a in apices])) / 5.0 for s in SIDES]


def measures(faces: Faces) -> dict[str, Measure]:
    """Every measure whose exercise happened; lengths in millimetres by the iris (+-4 %), else inter-ocular units."""
    result = {name: m for name, m in _at_rest(faces).items() if m}
    result |= {name: m for name, m in _lids(faces).items() if m}
    result |= {name: m for name, m in _excursions(faces).items() if m}
    return result | _ocular_synkinesis(faces)


def _at_rest(faces: Faces) -> dict[str, Measure | None]:
    p = faces.rest
    result: dict[str, Measure | None] = {}
    for name in ("palpebral_fissure", "mrd1", "brow_height", "commissure_height", "commissure_position", "fold_height"):
        values = [float(geometry.of_side(geometry.LENGTHS[name], p, side)) for side in SIDES]
        result[name] = _length(faces, values, Exercise.REST)
    result["fold_angle"] = measure(
        [float(geometry.of_side(geometry.fold_angle, p, side)) for side in SIDES], DEGREES, Exercise.REST
    )
    off = float(geometry.philtral_deviation(p))
    result["philtral_deviation"] = _length(faces, [max(off, 0.0), max(-off, 0.0)], Exercise.REST)
    return result


def _lids(faces: Faces) -> dict[str, Measure | None]:
    """What stays open at gentle and tight effort: the resting fissure times the share that the lids leave.

    FaceMesh draws the lids of a closed eye with a gap, so the share comes from the calibrated closure, not the gap. It
    also follows one eye's lids better than the other's, by as much as a slight palsy: what both eyes leave is read from
    the eye that reads as closed more, what one leaves beyond that is concluded from all that tells the eyes apart.
    """
    result: dict[str, Measure | None] = {}
    for effort, exercise in (("gentle", Exercise.EYE_CLOSURE_GENTLE), ("tight", Exercise.EYE_CLOSURE_TIGHT)):
        closed = faces.closure(exercise)
        if closed is None:
            continue
        if faces.patients is not None:
            closed = [max(0.0, max(closed) - beyond) for beyond in faces.patients.opening(exercise)]
        open_rest = [float(geometry.of_side(geometry.palpebral_fissure, faces.rest, side)) for side in SIDES]
        left_open = [gap * max(0.0, 1.0 - share) for gap, share in zip(open_rest, closed, strict=True)]
        result[f"palpebral_fissure_{effort}"] = _length(faces, left_open, exercise)
        result[f"eye_closure_{effort}"] = measure(closed, RATIO, exercise)
    return result


_EXCURSIONS: Final = (
    ("brow_excursion", geometry.brow_height, Exercise.BROW_RAISE, 1.0),
    ("upper_lip_excursion", geometry.upper_lip_height, Exercise.SNARL, 1.0),
    ("lower_lip_excursion", geometry.lower_lip_height, Exercise.LOWER_LIP_DEPRESS, -1.0),
)


def _excursions(faces: Faces) -> dict[str, Measure | None]:
    """Displacement from rest to apex, along the direction that the exercise asks for."""
    result: dict[str, Measure | None] = {}
    for name, series, exercise, sign in _EXCURSIONS:
        if (p := faces.at_apex(exercise)) is not None:
            moved = [sign * _change(series, p, faces.rest, index) for index in range(2)]
            result[name] = _length(faces, moved, exercise)
    for kind in (Exercise.SMILE_CLOSED, Exercise.SMILE_OPEN):
        if (p := faces.at_apex(kind)) is not None:
            result[f"commissure_excursion_{kind.value}"] = _length(faces, _corner_path(p, faces.rest), kind)
            result[f"commissure_angle_{kind.value}"] = _directions(p, faces.rest, kind)
    if (p := faces.at_apex(Exercise.SMILE_OPEN)) is not None:
        angles = [float(geometry.of_side(geometry.smile_angle, p, side)) for side in SIDES]
        result["smile_angle"] = measure(angles, DEGREES, Exercise.SMILE_OPEN)
        shown = [float(geometry.of_side(geometry.dental_show, p, side)) for side in SIDES]
        result["dental_show"] = _length(faces, shown, Exercise.SMILE_OPEN)
    return result


def _change(series: geometry.Series, apex: Points, rest: Points, index: int) -> float:
    side = SIDES[index]
    return float(geometry.of_side(series, apex, side) - geometry.of_side(series, rest, side))


def _corner_path(apex: Points, rest: Points) -> list[float]:
    """Length of each mouth corner's way from rest, in the plane of the face."""
    return [float(geometry.corner_way(apex, rest, side)) for side in SIDES]


def _ocular_synkinesis(faces: Faces) -> dict[str, Measure]:
    """Least eye opening over rest while puckering and smiling (auto-eFACE's ocular item, Emotrics+), per eye."""
    result = {}
    for exercise in (Exercise.PUCKER, Exercise.SMILE_OPEN, Exercise.SMILE_CLOSED):
        closed = faces.closure(exercise)
        if closed is not None:
            result[f"ocular_opening_{exercise.value}"] = measure([1.0 - c for c in closed], RATIO, exercise)
    return result


def _length(faces: Faces, values: list[float], exercise: Exercise) -> Measure:
    scale = faces.frame.mm_per_unit
    if scale is None:
        return measure(values, IOD, exercise)
    return measure([v * scale for v in values], MM, exercise)


def _directions(apex: Points, rest: Points, exercise: Exercise) -> Measure:
    """Where each mouth corner went; None for one that hardly moved. Directions have a difference, but no ratio."""
    left, right = (float(geometry.corner_direction(apex, rest, side)) for side in SIDES)
    return Measure(_told(left), _told(right), _told(left - right), None, DEGREES, exercise)


def _told(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def measure(values: list[float], unit: str, exercise: Exercise) -> Measure:
    """Left, right, left minus right, and the smaller over the larger (None when both are 0 or of opposite sign)."""
    left, right = values
    small, large = sorted((abs(left), abs(right)))
    ratio = small / large if large > 1e-6 and left * right >= 0 else None
    return Measure(
        round(left, 4),
        round(right, 4),
        round(left - right, 4),
        None if ratio is None else round(ratio, 4),
        unit,
        exercise,
    )
