"""What speaks for the weakness of a region: left-right indices of units in the exercises that test it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Exercise, Region
from analysis.faces.anatomy import SIDES, Points
from analysis.motion.exercises import EYE_CLOSURES, prescriptions
from analysis.motion.recognise import Found

LID_COURSE, LID_COURSE_OWN = "lid_course", "lid_course_own"
# Left out on purpose: AU4 in tight closure and snarl, and AU6, which take on the asymmetry of the neighbouring region.
ITEMS: Final[dict[Region, tuple[tuple[str, str], ...]]] = {
    Region.BROW: (
        ("brow_raise", "AU1"),
        ("brow_raise", "AU2"),
    ),
    Region.EYE: (
        ("eye_closure_gentle", "AU45"),
        ("eye_closure_tight", "AU45"),
        ("eye_closure_tight", "AU7"),
        ("closures", LID_COURSE),
        ("closures", LID_COURSE_OWN),
    ),
    Region.MOUTH: (
        ("smile_closed", "AU12"),
        ("smile_open", "AU12"),
        ("smile_open", "AU10"),
        ("smile_open", "AU16"),
        ("pucker", "AU18"),
        ("lower_lip_depress", "AU16"),
        ("lower_lip_depress", "AU20"),
        ("snarl", "AU9"),
        ("snarl", "AU10"),
    ),
}
RESERVE: Final = {"eye_closure_gentle": 1.15, "eye_closure_tight": 1.45}  # effort beyond what closing a sound eye needs
_MARGIN_S: Final = 0.15  # lids move a little before and after the stretch that was recognised
_ON_THE_WAY: Final = (0.15, 0.90)  # share of the closure between which lids are on their way
_LEAST_TOP: Final = 0.55  # closure below which an eye's own most is no full closure to measure its way by


@dataclass(frozen=True, slots=True)
class EvidenceModel:
    """Per item: index = slope x e + bend x e |e| + a normal error, e = expected(weakness).

    Landmarks follow a weak half less the more the other half pulls them along, hence the bend. Errors of a region's
    items correlate.
    """

    slope: Mapping[Region, Points]  # (items,)
    bend: Mapping[Region, Points]  # (items,)
    covariance: Mapping[Region, Points]  # (items, items)
    origin: str

    def to_json(self) -> dict[str, Any]:
        rows = {
            region.value: {
                "items": [f"{exercise}/{unit}" for exercise, unit in ITEMS[region]],
                "slope": np.round(self.slope[region], 4).tolist(),
                "bend": np.round(self.bend[region], 4).tolist(),
                "covariance": np.round(self.covariance[region], 6).tolist(),
            }
            for region in Region
        }
        return {"origin": self.origin, "regions": rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EvidenceModel:
        """Raises ValueError when it was written for other items."""
        slope, bend, covariance = {}, {}, {}
        for region in Region:
            row = data["regions"][region.value]
            if row["items"] != [f"{exercise}/{unit}" for exercise, unit in ITEMS[region]]:
                raise ValueError(f"the evidence model of the {region} has other items")
            slope[region], bend[region] = np.array(row["slope"]), np.array(row["bend"])
            covariance[region] = np.array(row["covariance"])
        return cls(slope, bend, covariance, data["origin"])

    def index(self, region: Region, weakness: Points) -> Points:
        """(..., items) index that is measured on average at a signed weakness, (...,)."""
        e = expected(region, weakness)
        found: Points = self.slope[region] * e + self.bend[region] * e * np.abs(e)
        return found


@cache
def shipped() -> EvidenceModel:
    path = Path(__file__).parent / "evidence_model.json"
    return EvidenceModel.from_json(json.loads(path.read_text(encoding="utf-8")))


def expected(region: Region, weakness: Points) -> Points:
    """(..., items) index that an ideal measurement shows at a signed weakness (+ the right half is weaker), (...,).

    Lids have effort to spare: a gentle closure still closes completely at a shortfall of .13, a tight one at .31.
    """
    size, sign = np.abs(weakness), np.sign(weakness)
    columns = []
    for exercise, unit in ITEMS[region]:
        short = size
        if unit == "AU45":
            short = 1.0 - np.minimum(1.0, RESERVE[exercise] * (1.0 - size))
        columns.append(sign * short)
    stacked: Points = np.stack(columns, axis=-1)
    return stacked


def evidence(region: Region, units: SideActionUnits, time_s: Points, found: list[Found]) -> Points:
    """(items,) left minus right over the greater; + the right half is weaker, NaN where the exercise is missing."""
    values = []
    for exercise, unit in ITEMS[region]:
        if unit in (LID_COURSE, LID_COURSE_OWN):
            values.append(_lid_course(units, time_s, found, own=unit == LID_COURSE_OWN))
        else:
            values.append(_at_apex(units, Exercise(exercise), unit, found))
    return np.array(values)


def _at_apex(units: SideActionUnits, exercise: Exercise, unit: str, found: list[Found]) -> float:
    """Index of one unit over the apices of one exercise's repetitions."""
    apices = [f.apex for f in found if f.exercise is exercise]
    if not apices:
        return float("nan")
    left, right = (np.mean([_median(units.of(unit, side)[a]) for a in apices]) for side in SIDES)
    least = 0.5 * prescriptions()[exercise].apex[AU_NAMES.index(unit)]
    return float((left - right) / max(left, right, least))


def _median(values: Points) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0


def _lid_course(units: SideActionUnits, time_s: Points, found: list[Found], *, own: bool) -> float:
    """Index of how far both lids have come while they close and open, of the average face's closure or each eye's own.

    An eye that closes completely with effort to spare still lags behind the other on the way: its share of the way
    tells a slight weakness that the closed eye hides. `own` divides by each eye's own most, which takes out that
    landmarks follow one eye's lids better than the other's.
    """
    lids = np.stack([np.nan_to_num(units.of("AU45", side)) for side in SIDES]) / 5.0
    inside, height = np.zeros(len(time_s), dtype=bool), np.zeros(len(time_s), dtype=bool)
    for f in (f for f in found if f.exercise in EYE_CLOSURES):
        inside |= (time_s >= time_s[f.first] - _MARGIN_S) & (time_s <= time_s[f.last] + _MARGIN_S)
        height[f.apex] = True
    if not height.any():
        return float("nan")
    if own:
        lids = lids / np.maximum(np.quantile(lids[:, height], 0.9, axis=1), _LEAST_TOP)[:, None]
    most = lids.max(axis=0)
    way = inside & (most > _ON_THE_WAY[0]) & (most < _ON_THE_WAY[1])
    left, right = lids[:, way].sum(axis=1)
    return float((left - right) / max(left, right, 0.3)) if way.sum() >= 3 else float("nan")
