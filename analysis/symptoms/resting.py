"""Asymmetry of the face at rest, apart from movement: weakness and hypertonicity told apart by sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analysis.contracts import AffectedSide, Measure

# Left-right difference at rest that unaffected faces show too, as a share of the inter-ocular distance. Resting
# commissure cant of 104 healthy people: .2-6.2 degrees, mean 2.2 +- 1.7; at a mouth half as wide as the eyes are apart
# 4 degrees are .03. The others: unaffected synthetic faces' 95th percentile.
NORMAL_IOD: Final = {"brow_height": 0.035, "palpebral_fissure": 0.022, "commissure_height": 0.030, "fold_height": 0.030}
_IOD_MM: Final = 60.0  # typical inter-ocular distance, only to bring the limits to millimetres


def resting(measures: Mapping[str, Measure], affected: AffectedSide) -> dict[str, Any]:
    """Per measure: signed affected minus healthy (left minus right when no side is affected), and what the sign means.

    A lower brow, a wider fissure or a lower corner on the affected half is loss of tone; the opposite is hypertonicity
    (contracture), which grows in recovery and can cross zero: only the sign shows it, never the size alone.
    """
    result: dict[str, Any] = {}
    for name, limit in NORMAL_IOD.items():
        measured = measures.get(name)
        if measured is None or measured.difference is None:
            result[name] = None
            continue
        signed = measured.difference if affected is not AffectedSide.RIGHT else -measured.difference
        scaled = limit * _IOD_MM if measured.unit == "mm" else limit
        result[name] = {
            "affected_minus_healthy": round(signed, 4),
            "unit": measured.unit,
            "normal_within": round(scaled, 4),
            "reading": _reading(name, signed, scaled, affected),
        }
    return result


def _reading(name: str, signed: float, limit: float, affected: AffectedSide) -> str:
    if abs(signed) <= limit:
        return "within the range of unaffected faces"
    if affected not in (AffectedSide.LEFT, AffectedSide.RIGHT):
        return "asymmetric at rest, no affected side to compare with"
    lower = signed < 0
    flaccid = lower if name != "palpebral_fissure" else not lower
    return "loss of tone" if flaccid else "hypertonicity"
