"""Eye safety: what stays open at gentle and tight effort. A flag of its own, apart from any grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analysis.contracts import Measure

EXPOSED_MM: Final = (
    1.0  # opening left at effort from which the cornea may stay uncovered; auto-eFACE counts less as closed
)
EXPOSED_SHARE: Final = 0.12  # of the resting fissure; less is within the error of a shut eye
NOTE: Final = (
    "Estimated from the video; not an emergency service. A painful, red or dry eye needs a doctor today, "
    "and a face that drops together with a weak arm or slurred speech needs an ambulance now."
)


def eye_safety(measures: Mapping[str, Measure]) -> dict[str, Any]:
    """Per effort and eye the opening that is left and whether it is flagged; None where the exercise did not happen.

    An eye that shuts with a gentle effort shuts with a tight one: what a tight effort then seems to leave is error.
    """
    result: dict[str, Any] = {"note": NOTE}
    open_at_gentle = {"left": True, "right": True}
    for effort in ("gentle", "tight"):
        opening = measures.get(f"palpebral_fissure_{effort}")
        closed = measures.get(f"eye_closure_{effort}")
        if opening is None or closed is None:
            result[effort] = None
            continue
        flags = {
            "left": _flag(opening.left, opening.unit, closed.left),
            "right": _flag(opening.right, opening.unit, closed.right),
        }
        if effort == "gentle":
            open_at_gentle = {side: flag is not False for side, flag in flags.items()}
        result[effort] = {"unit": opening.unit, "left": opening.left, "right": opening.right}
        result[effort] |= {f"flag_{side}": flag and open_at_gentle[side] for side, flag in flags.items()}
    return result


def _flag(opening: float | None, unit: str, closed: float | None) -> bool | None:
    if opening is None or closed is None:
        return None
    exposed = 1.0 - closed >= EXPOSED_SHARE
    return exposed and (unit != "mm" or opening >= EXPOSED_MM)


def sentences(safety: Mapping[str, Any]) -> list[str]:
    """One sentence per flagged eye, for the clinician."""
    found = []
    for effort in ("gentle", "tight"):
        row = safety.get(effort)
        if row is None:
            continue
        for side in ("left", "right"):
            if row[f"flag_{side}"]:
                amount = f"{row[side]:.1f} mm" if row["unit"] == "mm" else f"{row[side]:.3f} inter-ocular distances"
                found.append(f"Eye safety: the {side} eye stays {amount} open at {effort} effort.")
    return found
