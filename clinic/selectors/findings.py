"""Reads what the worker stores beside the report (`details.extras`) into rows of the session page.

Everything may be absent: reports of earlier versions, exercises that did not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.contracts import Region
from clinic.charts import words
from clinic.selectors import reports
from clinic.selectors.reports import Fact

Extras = Mapping[str, Any]
DRIFT = 0.3  # intensity at rest from which a unit's drift against the pinned rest is listed
MOST_DRIFTS = 8
COMPLETE = 0.8  # share of the fissure that a complete blink covers; the worker counts by the same


@dataclass(frozen=True, slots=True)
class BlinkRow:
    at_s: float
    lasted_s: float
    left: float  # greatest share of the fissure covered
    right: float
    delay: str
    is_complete: bool  # on both sides

    @property
    def look_s(self) -> str:
        """The middle of it, as a number that every language reads."""
        return f"{self.at_s + self.lasted_s / 2:.3f}"


@dataclass(frozen=True, slots=True)
class Blinks:
    count: int
    rate: float | None  # a minute
    complete_left: int
    complete_right: int
    rows: tuple[BlinkRow, ...]
    note: str


@dataclass(frozen=True, slots=True)
class RestingRow:
    name: str
    amount: str  # affected minus healthy
    normal: str
    reading: str
    tone: str  # of its badge


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One prompt of the protocol and what was done instead of it, if so."""

    exercise: str
    start_s: float
    done: str
    effort: float | None
    verdict: str
    tone: str

    @property
    def look_s(self) -> str:
        return f"{self.start_s:.3f}"


@dataclass(frozen=True, slots=True)
class CouplingRow:
    kind: str
    side: str
    exercise: str
    moved: str
    followed: str
    strength: float
    lag: str
    is_judged: bool  # False: of a kind that cannot be relied on, a curve to look at
    trigger: tuple[float, ...]  # per frame of the stretch, share of a full movement
    follower: tuple[float, ...]  # this half's over the other half's


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """Share of a healthy movement that either half of a region achieves, over all its exercises."""

    name: str
    left: float | None
    right: float | None
    missing: str


@dataclass(frozen=True, slots=True)
class DriftRow:
    unit: str
    left: str
    right: str


def blinks(extras: Extras) -> Blinks | None:
    stored = extras.get("blinks")
    if not stored:
        return None
    return Blinks(
        count=stored["count"],
        rate=stored.get("rate_per_min"),
        complete_left=stored.get("complete_left", 0),
        complete_right=stored.get("complete_right", 0),
        rows=tuple(_blink(b) for b in stored.get("blinks") or ()),
        note=stored.get("note") or "",
    )


def _blink(stored: Mapping[str, Any]) -> BlinkRow:
    left, right, delay = stored["closure_left"], stored["closure_right"], stored.get("delay_ms")
    return BlinkRow(
        at_s=stored["start_s"],
        lasted_s=stored["end_s"] - stored["start_s"],
        left=left,
        right=right,
        delay="" if delay is None else _delay(delay),
        is_complete=min(left, right) >= COMPLETE,
    )


def _delay(milliseconds: float) -> str:
    if abs(milliseconds) < 1:
        return "together"
    return f"{'left' if milliseconds > 0 else 'right'} {abs(milliseconds):.0f} ms later"


_READINGS = {  # the worker's words -> those of a narrow column, and the tone of their badge
    "loss of tone": ("loss of tone", "warn"),
    "hypertonicity": ("hypertonicity", "warn"),
    "within the range of unaffected faces": ("within", "ok"),
    "asymmetric at rest, no affected side to compare with": ("asymmetric", "info"),
}


def resting(extras: Extras) -> tuple[RestingRow, ...]:
    found = extras.get("resting") or {}
    return tuple(_resting(name, stored) for name, stored in found.items() if stored)


def _resting(name: str, stored: Mapping[str, Any]) -> RestingRow:
    unit = stored["unit"]
    reading, tone = _READINGS.get(stored["reading"], (stored["reading"], "info"))
    return RestingRow(
        name=words.plain(name),
        amount=f"{reports.number(stored['affected_minus_healthy'], unit, signed=True)} {unit}",
        normal=f"±{reports.number(stored['normal_within'], unit)} {unit}",
        reading=reading,
        tone=tone,
    )


_VERDICTS = {
    "done": ("done", "ok"),
    "exercise_missing": ("not seen", "bad"),
    "exercise_wrong": ("another exercise", "bad"),
    "exercise_half_hearted": ("half-hearted", "warn"),
}


def compliance(extras: Extras) -> tuple[AskedRow, ...]:
    return tuple(_asked(stored) for stored in extras.get("compliance") or ())


def _asked(stored: Mapping[str, Any]) -> AskedRow:
    verdict, tone = _VERDICTS.get(stored["verdict"], (words.plain(stored["verdict"]).lower(), "info"))
    return AskedRow(
        exercise=words.exercise(stored["asked"]),
        start_s=stored["start_s"],
        done=words.exercise(stored["done"]) if stored.get("done") else "nothing recognised",
        effort=stored.get("effort"),
        verdict=verdict,
        tone=tone,
    )


def couplings(extras: Extras) -> tuple[CouplingRow, ...]:
    """Every stretch in which something came along, strongest first; halves without any are left out."""
    found = [(c, True) for c in extras.get("coupling") or ()]
    found += [(c, False) for c in extras.get("coupling_unjudged") or ()]
    shown = [(c, judged) for c, judged in found if c["strength"] > 0]
    return tuple(_coupling(c, is_judged=judged) for c, judged in sorted(shown, key=lambda one: -one[0]["strength"]))


def _coupling(stored: Mapping[str, Any], *, is_judged: bool) -> CouplingRow:
    lag = stored.get("lag_s")
    return CouplingRow(
        kind=reports.KINDS.get(stored["kind"], stored["kind"]),
        side=stored["side"],
        exercise=words.exercise(stored["exercise"]),
        moved=words.action_unit(stored["moved"]),
        followed=words.action_unit(stored["followed"]),
        strength=stored["strength"],
        lag="" if lag is None else f"{lag * 1000:+.0f} ms".replace("-", words.MINUS),
        is_judged=is_judged,
        trigger=tuple(stored.get("trigger") or ()),
        follower=tuple(stored.get("follower") or ()),
    )


def kinds_not_measured(extras: Extras) -> tuple[Fact, ...]:
    found = extras.get("synkinesis_unmeasured") or {}
    return tuple(Fact(words.plain(reports.KINDS.get(kind, kind)), reason) for kind, reason in found.items())


def functions(extras: Extras) -> tuple[FunctionRow, ...]:
    found = extras.get("region_function") or {}
    return tuple(_function(region, found[region.value]) for region in Region if found.get(region.value))


def _function(region: Region, stored: Mapping[str, Any]) -> FunctionRow:
    missing = ", ".join(words.exercise(code).lower() for code in stored.get("missing") or ())
    return FunctionRow(words.REGIONS[region], stored.get("left"), stored.get("right"), missing)


def drifts(extras: Extras) -> tuple[DriftRow, ...]:
    """Units that rest elsewhere than in the patient's pinned rest, the farthest first."""
    stored = (extras.get("against_pinned_rest") or {}).get("rest_intensity") or {}
    left, right = stored.get("left") or {}, stored.get("right") or {}
    size = {unit: max(abs(left.get(unit, 0.0)), abs(right.get(unit, 0.0))) for unit in {**left, **right}}
    far = sorted((unit for unit in size if size[unit] >= DRIFT), key=lambda unit: -size[unit])
    return tuple(DriftRow(words.action_unit(u), _signed(left.get(u)), _signed(right.get(u))) for u in far[:MOST_DRIFTS])


def _signed(value: float | None) -> str:
    return "not measured" if value is None else f"{value:+.1f}".replace("-", words.MINUS)


def is_against_pinned(extras: Extras) -> bool:
    return bool(extras.get("against_pinned_rest"))


def recording(extras: Extras) -> tuple[Fact, ...]:
    """How the head was held, where the millimetres come from, and what counted as rest."""
    return (*_pose(extras.get("pose") or {}), *_scale(extras.get("scale")), *_rest(extras.get("rest") or {}))


_ANGLES = {"yaw_deg": "Head turned to a side", "pitch_deg": "Head up or down", "roll_deg": "Head tilted"}


def _pose(stored: Mapping[str, Any]) -> list[Fact]:
    found = [(name, stored[key]) for key, name in _ANGLES.items() if stored.get(key)]
    return [
        Fact(name, f"{_degrees(spread['median'])} (median)", f"{_degrees(spread['p05'])} to {_degrees(spread['p95'])}")
        for name, spread in found
    ]


def _degrees(value: float) -> str:
    return f"{value:.0f}°".replace("-", words.MINUS)


def _scale(stored: Mapping[str, Any] | None) -> list[Fact]:
    if not stored:
        return [Fact("Scale", "none", "no iris was seen, so lengths are shares of the distance between the eyes")]
    return [Fact("Scale", f"{stored['mm_per_iod']:.1f} mm between the eyes", scale_words(stored))]


def scale_words(stored: Mapping[str, Any] | None) -> str:
    if not stored:
        return ""
    share = f"{stored['relative_sd'] * 100:.0f}{words.PERCENT}"
    return f"Millimetres by the {stored['by']}, whose size differs by {share} (1 SD) between people; ratios do not."


def _rest(stored: Mapping[str, Any]) -> list[Fact]:
    if "frames" not in stored:
        return []
    own = "of this recording" if stored.get("source", "own") == "own" else "pinned from an earlier session"
    return [Fact("Rest", words.count(stored["frames"], "frame"), own)]
