"""Reports against the truth: one table of figures for one set of videos.

Definitions as in the set's own scorer: units pooled over the frames of all videos and both sides, linear interpolation
over unmeasured frames; a missing or refused report counts as wrong everywhere, never as absent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from analysis.contracts import AU_NAMES, Region, Side
from analysis.evaluation.truth import Truth
from analysis.faces.anatomy import SIDES, Points
from analysis.training.metrics import icc, pearson, quadratic_kappa

UNITS: Final = (
    "AU1", "AU2", "AU4", "AU5", "AU6", "AU9", "AU10", "AU12", "AU15", "AU17", "AU18", "AU20", "AU25", "AU26", "AU45",
)  # fmt: skip
ASKED_FOR: Final = 0.2  # synkinesis strength from which a pair should be found
STEP: Final = 0.08  # change of weakness between two visits that should be seen
_WEAKER: Final = {-1: "left", 1: "right", 0: "none"}
MISSING: Final = "missing"

Report = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class UnitScore:
    pcc: float
    icc: float  # ICC(3,1), consistency (Shrout and Fleiss 1979)
    mae: float


@dataclass(frozen=True, slots=True)
class Scores:
    videos: int
    measured: int
    units: dict[str, UnitScore]
    figures: dict[str, float | None] = field(default_factory=dict)  # name -> value, in the order of the table

    @property
    def mean(self) -> UnitScore:
        columns = [[getattr(s, name) for s in self.units.values()] for name in ("pcc", "icc", "mae")]
        return UnitScore(*(float(np.nanmean(c)) if c else float("nan") for c in columns))


def score(truths: Sequence[Truth], reports: Mapping[str, Report]) -> Scores:
    """Every figure; None where the set has nothing to judge it by."""
    given = [_measured(reports.get(t.video_id)) for t in truths]
    pairs = list(zip(truths, given, strict=True))
    figures: dict[str, float | None] = {}
    for region in Region:
        figures |= _region(region, pairs)
    figures["affected side, accuracy"] = _share(_report_side(r) == t.affected_side.value for t, r in pairs)
    figures["affected side, majority"] = _majority([t.affected_side.value for t in truths])
    figures |= _movement(pairs) | _synkinesis(pairs) | _grades(pairs) | _segments(pairs) | _visits(pairs)
    return Scores(len(truths), sum(r is not None for r in given), _units(pairs), figures)


Pair = tuple[Truth, Report]


def _measured(report: Report) -> Report:
    return report if report is not None and report.get("status") == "measured" else None


def _units(pairs: Sequence[Pair]) -> dict[str, UnitScore]:
    scores = {}
    for name in UNITS:
        both = [_series(t, r, name, side) for t, r in pairs for side in SIDES]
        truth, guess = (np.concatenate([b[k] for b in both]) if both else np.zeros(0) for k in (0, 1))
        if len(truth) and np.nan_to_num(truth).std() > 1e-6:
            guess = np.nan_to_num(guess)  # what was not measured counts as 0
            truth = np.nan_to_num(truth)
            r = pearson(truth, guess) if guess.std() > 1e-9 else 0.0
            mean_error = float(np.abs(truth - guess).mean())
            scores[name] = UnitScore(r, icc(np.stack([truth, guess], axis=1), "3,1"), mean_error)
    return scores


def _series(truth: Truth, report: Report, name: str, side: Side) -> tuple[Points, Points]:
    """True and reported intensity of one unit of one side at the truth's frames; NaN where the set states none."""
    wanted = truth.action_units(side)[:, AU_NAMES.index(name)]
    if np.isnan(wanted).all():
        return np.zeros(0), np.zeros(0)
    units = (report or {}).get("action_units")
    if report is None or not units or name not in units["names"]:
        return wanted, np.full(len(wanted), np.nan)
    column = units["names"].index(name)
    values = np.array([np.nan if row is None or row[column] is None else row[column] for row in units[side.value]])
    known = np.isfinite(values)
    if known.sum() < 2:
        return wanted, np.full(len(wanted), np.nan)
    times = np.array(report["frames"]["time_s"])
    return wanted, np.interp(truth.time_s[: len(wanted)], times[known], values[known])


def _region(region: Region, pairs: Sequence[Pair]) -> dict[str, float | None]:
    truth = [_WEAKER[t.raw["region_sign_left_minus_right"][region.value]] for t, _ in pairs]
    guess = [_weaker(r, region) for _, r in pairs]
    return {
        f"weaker side {region.value}, macro F1": macro_f1(truth, guess),
        f"weaker side {region.value}, accuracy": _share(a == b for a, b in zip(truth, guess, strict=True)),
        f"weaker side {region.value}, majority": _majority(truth),
    }


def _weaker(report: Report, region: Region) -> str:
    row = ((report or {}).get("regions") or {}).get(region.value) or {}
    return row.get("weaker_side") or MISSING


def _report_side(report: Report) -> str:
    return ((report or {}).get("affected_side") or {}).get("side") or MISSING


def _movement(pairs: Sequence[Pair]) -> dict[str, float | None]:
    truth, guess = [], []
    for t, r in pairs:
        segments = (r or {}).get("segments") or []
        shown = {s["exercise"]: (s.get("movement") or {}).get("asymmetry_index") for s in segments}
        for exercise in t.raw.get("exercises", []):
            truth.append(exercise["activation_asymmetry_index"])
            guess.append(shown.get(exercise["name"]) or 0.0)
    a, b = np.array(truth), np.array(guess)
    varied = len(a) > 1 and a.std() > 1e-9 and b.std() > 1e-9
    return {
        "movement asymmetry index, PCC": pearson(a, b) if varied else None,
        "movement asymmetry index, MAE": float(np.abs(a - b).mean()) if len(a) else None,
    }


def _synkinesis(pairs: Sequence[Pair]) -> dict[str, float | None]:
    truth, guess, hits, extra, missed = [], [], 0, 0, 0
    for t, r in pairs:
        strong = {p["name"] for p in t.raw["synkinesis_pairs"] if p["strength"] >= ASKED_FOR}
        faint = {p["name"] for p in t.raw["synkinesis_pairs"]} - strong  # neither asked for nor held against
        found = (r or {}).get("synkinesis") or {}
        kinds = {p["kind"] for p in found.get("pairs", []) if p.get("kind")}
        if strong or not faint:
            truth.append(str(bool(strong)))
            guess.append(MISSING if found.get("present") is None else str(found["present"]))
        hits, extra, missed = (
            hits + len(strong & kinds),
            extra + len(kinds - strong - faint),
            missed + len(strong - kinds),
        )
    asked = 2 * hits + extra + missed
    return {
        "synkinesis present, macro F1": macro_f1(truth, guess),
        "synkinesis present, majority": _majority(truth),
        "synkinesis kind, F1": 2 * hits / asked if asked else None,
    }


def _grades(pairs: Sequence[Pair]) -> dict[str, float | None]:
    truth = [int(t.raw["nominal_house_brackmann"]) for t, _ in pairs]
    guess = []
    for (_, r), true in zip(pairs, truth, strict=True):
        given = ((r or {}).get("house_brackmann") or {}).get("grade")
        guess.append(int(given) if given is not None else (6 if true <= 3 else 1))  # no grade: the farthest one
    counts = np.zeros((6, 6), dtype=np.int64)
    np.add.at(counts, (np.array(truth, dtype=int) - 1, np.array(guess, dtype=int) - 1), 1)
    return {
        "House-Brackmann, exact": _share(a == b for a, b in zip(truth, guess, strict=True)),
        "House-Brackmann, within one": _share(abs(a - b) <= 1 for a, b in zip(truth, guess, strict=True)),
        "House-Brackmann, quadratic kappa": quadratic_kappa(counts) if len(set(truth)) > 1 else None,
        "House-Brackmann, majority exact": _majority([str(g) for g in truth]),
    }


def _segments(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """F1 of exercises other than rest: same name, and overlap over union at least .5."""
    hits = wanted = reported = 0
    for t, r in pairs:
        want = [(s["name"], s["start"], s["end"]) for s in t.raw["segments"] if s["name"] != "rest"]
        given = [(s["exercise"], s["start_s"], s["end_s"]) for s in (r or {}).get("segments") or []]
        free = [s for s in given if s[0] not in ("rest", "blink")]
        wanted, reported = wanted + len(want), reported + len(free)
        for segment in want:
            same = [s for s in free if s[0] == segment[0]]
            best = max(same, key=lambda s: _overlap(segment, s), default=None)
            if best is not None and _overlap(segment, best) >= 0.5:
                hits += 1
                free.remove(best)
    return {"exercises, F1": 2 * hits / (wanted + reported) if wanted + reported else None}


def _overlap(a: tuple[str, float, float], b: tuple[str, float, float]) -> float:
    inside = max(0.0, min(a[2], b[2]) - max(a[1], b[1]))
    return inside / (max(a[2], b[2]) - min(a[1], b[1]))


def _visits(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """Share of visit-to-visit changes of a region whose direction |delta AM| gets right."""
    subjects: dict[str, list[Pair]] = {}
    for t, r in pairs:
        if t.raw.get("session"):
            subjects.setdefault(t.subject_id, []).append((t, r))
    right = []
    for visits in subjects.values():
        visits.sort(key=lambda pair: pair[0].raw["session"]["index"])
        for (t0, r0), (t1, r1) in itertools.pairwise(visits):
            for region in Region:
                before, after = t0.weakness(region), t1.weakness(region)
                if abs(before - after) >= STEP:
                    right.append((_delta(r1, region) < _delta(r0, region)) == (after < before))
    return {"direction of change between visits": _share(iter(right)) if right else None}


def _delta(report: Report, region: Region) -> float:
    row = ((report or {}).get("regions") or {}).get(region.value) or {}
    return abs(float(row.get("delta_am") or 0.0))


def macro_f1(truth: Sequence[str], guess: Sequence[str]) -> float | None:
    """Mean over the classes that occur in the truth; a guess of another kind is a miss."""
    scores = []
    for c in sorted(set(truth)):
        pairs = list(zip(truth, guess, strict=True))
        hits = sum(t == c and g == c for t, g in pairs)
        wrong = sum((t == c) != (g == c) for t, g in pairs)
        scores.append(2 * hits / (2 * hits + wrong) if hits else 0.0)
    return float(np.mean(scores)) if scores else None


def _share(right: Any) -> float:
    answers = [bool(a) for a in right]
    return sum(answers) / len(answers) if answers else math.nan


def _majority(truth: Sequence[str]) -> float | None:
    return max(list(truth).count(c) for c in set(truth)) / len(truth) if truth else None
