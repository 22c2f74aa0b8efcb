"""What pages show beside the report: details of one session as JSON, and its curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analysis import corrections as corrected
from analysis.action_units import estimator
from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, Region, Side
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import IRIS_RELATIVE_SD, HeadFrame, smoothed
from analysis.faces.pose import head_pose
from analysis.motion import compliance
from analysis.motion.recognise import runs
from analysis.motion.rest import Rest
from analysis.session import Session
from analysis.symptoms import blinks, cooccurrence, coupling, geometry
from analysis.symptoms.regions import RegionFunction

CURVES: Final = ("palpebral_fissure", "brow_height", "commissure_height", "commissure_lateral", "dental_show")
_CURVE_SMOOTHING_S: Final = 0.04


@dataclass(frozen=True, slots=True)
class Parts:
    units: SideActionUnits
    functions: dict[Region, RegionFunction]
    couplings: list[coupling.Coupling]
    unjudged: list[coupling.Coupling]  # of kinds that cannot be relied on
    checks: list[compliance.Check]


def extras(session: Session, parts: Parts) -> dict[str, Any]:
    """What pages show beside the report, JSON-able."""
    time_s = session.frame.time_s
    pose = head_pose(session.track)
    scale = session.frame.mm_per_unit
    return {
        "blinks": blinks.summary(blinks.blinks(parts.units, time_s, session.stretches), time_s, session.stretches),
        "coupling": [_coupling_json(c) for c in parts.couplings],
        "coupling_unjudged": [_coupling_json(c) for c in parts.unjudged],
        "synkinesis_strength": _strengths_json(parts.couplings),
        "synkinesis_unmeasured": coupling.unmeasured(session.models.synkinesis),
        "region_function": {r.value: _function_json(f) for r, f in parts.functions.items()},
        "matrix_pairs": [
            {"side": p.side.value, "given": p.given, "follows": p.follows, "difference": round(p.difference, 3)}
            for p in cooccurrence.flagged_pairs(cooccurrence.matrices(parts.units))
        ],
        "compliance": compliance.to_json(parts.checks),
        "pose": {name: _spread(pose[:, i]) for i, name in enumerate(("yaw_deg", "pitch_deg", "roll_deg"))},
        "scale": None
        if scale is None
        else {"mm_per_iod": round(scale, 2), "relative_sd": IRIS_RELATIVE_SD, "by": "iris"},
        "rest": {"source": "own", "frames": int(session.rest.frames.sum()), "at_s": _calm_s(session)},
        "against_pinned_rest": _against_pinned(session),
        "corrections": corrected.to_extras(session.corrections) if session.corrections else None,
    }


def _function_json(f: RegionFunction) -> dict[str, Any]:
    return {
        "left": f.left,
        "right": f.right,
        "shortfall": f.weakness,
        "spread": None if f.spread is None else round(f.spread, 4),
        "missing": [e.value for e in f.missing],
    }


def _strengths_json(couplings: list[coupling.Coupling]) -> dict[str, dict[str, float]]:
    """Per kind the strength of either half, also below what is reported as synkinesis: what a course draws."""
    shown: dict[str, dict[str, float]] = {}
    for (kind, side), strength in coupling.strengths(couplings).items():
        shown.setdefault(kind.value, {})[side.value] = round(strength, 4)
    return shown


def _coupling_json(c: coupling.Coupling) -> dict[str, Any]:
    return {
        "kind": c.kind.value,
        "side": c.side.value,
        "exercise": c.exercise.value,
        "moved": c.moved,
        "followed": c.followed,
        "strength": round(c.strength, 4),
        "lag_s": c.lag_s,
        "trigger": list(c.trigger),
        "follower": list(c.follower),
    }


def _spread(angles: Points) -> dict[str, float] | None:
    known = angles[np.isfinite(angles)]
    if not len(known):
        return None
    return {"median": round(float(np.median(known)), 2), "p05": round(float(np.quantile(known, 0.05)), 2),
            "p95": round(float(np.quantile(known, 0.95)), 2)}  # fmt: skip


def _calm_s(session: Session) -> float | None:
    """The middle of the longest stretch of rest frames: where to look to see the face at rest."""
    stretches = [(last - first, first, last) for calm, first, last in runs(session.rest.frames.astype(np.intp)) if calm]
    if not stretches:
        return None
    _, first, last = max(stretches)
    return round(float(session.frame.time_s[(first + last) // 2]), 3)


def _against_pinned(session: Session) -> dict[str, Any] | None:
    """Units of this video's own rest when the patient's pinned rest is the zero: what a drift of tone looks like."""
    if session.pinned is None:
        return None
    calm = HeadFrame(session.frame.time_s[:1], session.rest.reference.points[None], session.frame.mm_per_unit)
    pinned = Rest(np.zeros(1, dtype=bool), session.pinned)
    shifted = estimator.estimate(calm, pinned, session.models.landmark)
    offset = {
        side.value: {
            n: round(float(v), 3) for n, v in zip(AU_NAMES, shifted.side(side)[0], strict=True) if np.isfinite(v)
        }
        for side in SIDES
    }
    return {"source": session.pinned.source, "rest_intensity": offset}


def curves(session: Session) -> dict[str, list[float | None]]:
    """Per-frame geometry of both halves in inter-ocular distances, lightly smoothed without lag."""
    points = smoothed(session.frame, _CURVE_SMOOTHING_S).points
    found = {}
    for side in (Side.LEFT, Side.RIGHT):
        shown = {name: geometry.of_side(geometry.LENGTHS[name], points, side) for name in CURVES}
        shown["commissure_excursion"] = geometry.corner_way(points, session.rest.reference.points, side)
        for name, values in shown.items():
            found[f"{name}_{side.value}"] = [None if math.isnan(v) else round(v, 4) for v in values.tolist()]
    return found
