"""FNGS 2.0, Sunnybrook and auto-eFACE from what was measured; a missing exercise costs its item, not the scale."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.contracts import AffectedSide, Exercise, Measure, Movement, Scale, ScaleItem, Scales, Side
from analysis.symptoms.coupling import Coupling


@dataclass(frozen=True, slots=True)
class Findings:
    """What scales are read from. `movements` is the mean over an exercise's repetitions."""

    affected: AffectedSide
    movements: Mapping[Exercise, Movement]
    measures: Mapping[str, Measure]
    couplings: list[Coupling]
    resting: Mapping[str, Any]

    @property
    def side(self) -> Side | None:
        """The affected half; None for both, for then no half is a reference."""
        if self.affected is AffectedSide.BOTH:
            return None
        return Side.RIGHT if self.affected is AffectedSide.RIGHT else Side.LEFT


@cache
def tables() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "scales.toml").read_text(encoding="utf-8"))


def scales(found: Findings) -> Scales:
    """All three; each is None only when both halves are affected, which every one of them needs a healthy half for."""
    if found.side is None:
        return Scales(None, None, None)
    return Scales(fngs2=fngs2(found), sunnybrook=sunnybrook(found), auto_eface=auto_eface(found))


def achieved(found: Findings, exercise: Exercise) -> float | None:
    """Affected half's movement as a share of the healthy half's, 0-1; the lesser over the greater where none is."""
    moved = found.movements.get(exercise)
    if moved is None or moved.asymmetry_index is None or moved.left is None or moved.right is None:
        return None
    if found.affected is AffectedSide.NONE:
        return min(moved.left, moved.right) / max(moved.left, moved.right)
    own, other = (moved.left, moved.right) if found.side is Side.LEFT else (moved.right, moved.left)
    return min(1.0, own / other) if other > 0 else 1.0


def points(value: float, cuts: list[float]) -> int:
    """How many of the rising cut-offs a value reaches."""
    return sum(value >= cut for cut in cuts)


def sunnybrook(found: Findings) -> Scale:
    table = tables()["sunnybrook"]
    items: dict[str, ScaleItem] = {}
    for name, exercise in table["voluntary"].items():
        items[f"voluntary_{name}"] = _voluntary(found, Exercise(exercise), table["voluntary_cuts"])
        items[f"synkinesis_{name}"] = _synkinesis(found, Exercise(exercise), table["synkinesis_cuts"])
    for name, measure in table["resting"].items():
        items[f"resting_{name}"] = _resting(found, measure)
    sums = {kind: _sum(items, kind) for kind in ("voluntary", "resting", "synkinesis")}
    total = None
    voluntary, resting, synkinesis = (sums[kind].value for kind in ("voluntary", "resting", "synkinesis"))
    if voluntary is not None and resting is not None and synkinesis is not None:
        composite = table["voluntary_factor"] * voluntary - table["resting_factor"] * resting - synkinesis
        total = float(min(table["ceiling"], max(table["floor"], composite)))
    return _scale(table, items, total)


def _voluntary(found: Findings, exercise: Exercise, cuts: list[float]) -> ScaleItem:
    share = achieved(found, exercise)
    return ScaleItem(None, exercise.value) if share is None else ScaleItem(1.0 + points(share, cuts))


def _synkinesis(found: Findings, exercise: Exercise, cuts: list[float]) -> ScaleItem:
    if found.movements.get(exercise) is None:
        return ScaleItem(None, exercise.value)
    strongest = max((c.strength for c in _sided(found) if c.exercise is exercise), default=0.0)
    return ScaleItem(float(points(strongest, cuts)))


def _sided(found: Findings) -> list[Coupling]:
    """Couplings of the affected half; of either half when none is affected."""
    return [c for c in found.couplings if found.affected is AffectedSide.NONE or c.side is found.side]


def _resting(found: Findings, measure: str) -> ScaleItem:
    row = found.resting.get(measure)
    if row is None:
        return ScaleItem(None, measure)
    return ScaleItem(1.0 if row["reading"] in ("loss of tone", "hypertonicity") else 0.0)


def _sum(items: Mapping[str, ScaleItem], kind: str) -> ScaleItem:
    values = [item.value for name, item in items.items() if name.startswith(kind)]
    return ScaleItem(None) if any(v is None for v in values) else ScaleItem(sum(v for v in values if v is not None))


def fngs2(found: Findings) -> Scale:
    table = tables()["fngs2"]
    items: dict[str, ScaleItem] = {}
    for name, exercise in table["regions"].items():
        share = achieved(found, Exercise(exercise))
        if share is None:
            items[name] = ScaleItem(None, exercise)
        else:
            items[name] = ScaleItem(1.0 + sum(share < cut for cut in table["region_cuts"]))
    strongest = max((c.strength for c in _sided(found)), default=0.0)
    items["secondary_movement"] = ScaleItem(float(points(strongest, table["secondary_cuts"])))
    values = [item.value for item in items.values()]
    total = None
    if all(v is not None for v in values):
        total = min(float(table["ceiling"]), float(sum(v for v in values if v is not None)))
        items["grade"] = ScaleItem(1.0 + sum(total > greatest for greatest in table["grades"][:-1]))
    return _scale(table, items, total)


def auto_eface(found: Findings) -> Scale:
    table = tables()["auto_eface"]
    items = {name: _static(found, name) for name in table["static"]}
    items |= {name: _dynamic(found, name, table["closed_mm"]) for name in table["dynamic"]}
    items["ocular_synkinesis"] = _ocular(found)
    values = [item.value for item in items.values()]
    total = None if any(v is None for v in values) else sum(v for v in values if v is not None) / len(values)
    for kind in ("static", "dynamic"):
        part = [items[name].value for name in table[kind]]
        known = [v for v in part if v is not None]
        items[f"{kind}_mean"] = ScaleItem(sum(known) / len(known), None) if len(known) == len(part) else ScaleItem(None)
    return _scale(table, items, total)


_STATIC_MEASURES = {
    "resting_brow": "brow_height",
    "palpebral_fissure": "palpebral_fissure",
    "resting_commissure": "commissure_height",
    "fold_angle": "fold_angle",
}


def _static(found: Findings, name: str) -> ScaleItem:
    """Affected over reference x 100, the fissure inverted; 0-200, then 100 - |100 - x|."""
    measured = found.measures.get(_STATIC_MEASURES[name])
    if measured is None or measured.left is None or measured.right is None:
        return ScaleItem(None, _STATIC_MEASURES[name])
    own, other = (measured.left, measured.right) if found.side is Side.LEFT else (measured.right, measured.left)
    if name in ("palpebral_fissure", "resting_commissure"):
        own, other = other, own  # a fissure is inverted; a drooping corner is farther below the eye line
    percent = 100.0 * own / other if other else 0.0
    return ScaleItem(round(100.0 - abs(100.0 - min(200.0, max(0.0, percent))), 2))


_DYNAMIC_EXERCISES = {
    "brow_raise": Exercise.BROW_RAISE,
    "gentle_closure": Exercise.EYE_CLOSURE_GENTLE,
    "full_closure": Exercise.EYE_CLOSURE_TIGHT,
    "smile": Exercise.SMILE_OPEN,
    "lower_lip": Exercise.LOWER_LIP_DEPRESS,
}


def _dynamic(found: Findings, name: str, closed_mm: float) -> ScaleItem:
    """Movement of the affected half over the reference's x 100; for closure the share of its fissure that closes."""
    exercise = _DYNAMIC_EXERCISES[name]
    share = achieved(found, exercise)
    if share is None:
        return ScaleItem(None, exercise.value)
    if not name.endswith("closure"):
        return ScaleItem(round(100.0 * share, 2))
    opening = found.measures.get(f"palpebral_fissure_{'gentle' if name == 'gentle_closure' else 'tight'}")
    left_open = None if opening is None or opening.unit != "mm" else getattr(opening, found.side or Side.LEFT)
    if left_open is not None and left_open < closed_mm:
        return ScaleItem(100.0)
    moved = found.movements[exercise]
    own = moved.left if found.side is Side.LEFT else moved.right
    return ScaleItem(None, exercise.value) if own is None else ScaleItem(round(100.0 * min(1.0, max(0.0, own)), 2))


def _ocular(found: Findings) -> ScaleItem:
    """Least of affected over reference eye opening while smiling and puckering x 100."""
    ratios = []
    for name in ("ocular_opening_smile_open", "ocular_opening_pucker"):
        opening = found.measures.get(name)
        if opening is not None and opening.left is not None and opening.right is not None:
            own, other = (opening.left, opening.right) if found.side is Side.LEFT else (opening.right, opening.left)
            ratios.append(own / other if other > 0 else 0.0)
    if not ratios:
        return ScaleItem(None, Exercise.PUCKER.value)
    return ScaleItem(round(100.0 * min(1.0, max(0.0, min(ratios))), 2))


def _scale(table: Mapping[str, Any], items: dict[str, ScaleItem], total: float | None) -> Scale:
    missing = sorted({item.missing for item in items.values() if item.missing})
    return Scale(items, None if total is None else round(total, 2), missing, table["method"], table["note"])
