"""Reads a stored `seventh.report/1` (without its per-frame parts) into the rows of the session page.

Reports of earlier versions stay readable: what a report does not have is not measured, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.contracts import Region
from clinic.charts import words
from clinic.charts.rows import Matrix

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SegmentRow:
    number: int
    exercise: str
    start_s: float
    end_s: float
    apex_s: float | None
    confidence: float
    is_recognised: bool  # not told by a timeline
    is_corrected: bool  # put right by hand
    left: float | None  # share of the movement, 0-1
    right: float | None
    asymmetry: float | None

    @property
    def seek_s(self) -> str:
        """Where the player goes to look at it, as a number that every language reads."""
        return f"{self.start_s if self.apex_s is None else self.apex_s:.3f}"

    @property
    def loop_s(self) -> str:
        """What the player repeats: from where to where."""
        return f"{self.start_s:.3f} {self.end_s:.3f}"


@dataclass(frozen=True, slots=True)
class MeasureRow:
    name: str
    exercise: str
    left: str
    right: str
    difference: str
    ratio: float | None
    unit: str
    error: str


@dataclass(frozen=True, slots=True)
class RegionRow:
    name: str
    left: float | None  # active mean, 0-5
    right: float | None
    delta: float | None
    weaker: str | None
    asymmetry: float | None  # -1..1
    mdc95: str


@dataclass(frozen=True, slots=True)
class GradeBar:
    grade: str
    share: float
    is_most_likely: bool


@dataclass(frozen=True, slots=True)
class ScaleItemRow:
    name: str
    value: str
    missing: str


@dataclass(frozen=True, slots=True)
class ScaleRow:
    name: str
    total: str
    items: tuple[ScaleItemRow, ...]
    missing: str
    method: str
    note: str


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str
    detail: str = ""


SCALES = {
    "sunnybrook": "Sunnybrook Facial Grading System",
    "fngs2": "Facial Nerve Grading System 2.0",
    "auto_eface": "auto-eFACE",
}


def segments(report: Report) -> tuple[SegmentRow, ...]:
    return tuple(_segment(i, s) for i, s in enumerate(report.get("segments") or (), start=1))


def _segment(number: int, stored: Mapping[str, Any]) -> SegmentRow:
    movement = stored.get("movement") or {}
    return SegmentRow(
        number=number,
        exercise=words.exercise(stored["exercise"]),
        start_s=stored["start_s"],
        end_s=stored["end_s"],
        apex_s=stored.get("apex_s"),
        confidence=stored.get("confidence", 0.0),
        is_recognised=stored.get("source") == "recognised",
        is_corrected=stored.get("source") == "corrected",
        left=movement.get("left"),
        right=movement.get("right"),
        asymmetry=movement.get("asymmetry_index"),
    )


def measures(report: Report, errors: Mapping[str, Any]) -> tuple[MeasureRow, ...]:
    return tuple(_measure(name, m, errors.get(name)) for name, m in (report.get("measures") or {}).items())


def _measure(name: str, stored: Mapping[str, Any], error: Mapping[str, Any] | None) -> MeasureRow:
    unit = stored.get("unit", "")
    return MeasureRow(
        name=words.plain(name),
        exercise=words.exercise(stored.get("exercise", "rest")),
        left=number(stored.get("left"), unit),
        right=number(stored.get("right"), unit),
        difference=number(stored.get("difference"), unit, signed=True),
        ratio=stored.get("ratio"),
        unit=unit,
        error=f"±{number(error['mdc95'], error.get('unit', unit))}" if error else "",
    )


def regions(
    report: Report, asymmetry: Mapping[Region, float | None], errors: Mapping[str, Any]
) -> tuple[RegionRow, ...]:
    found = report.get("regions") or {}
    return tuple(_region(r, found.get(r.value) or {}, asymmetry.get(r), errors.get(f"{r}_asymmetry")) for r in Region)


def _region(
    region: Region, stored: Mapping[str, Any], asymmetry: float | None, error: Mapping[str, Any] | None
) -> RegionRow:
    scale = 1 if error and error.get("unit") in ("%", "percent") else 100
    return RegionRow(
        name=words.REGIONS[region],
        left=stored.get("active_mean_left"),
        right=stored.get("active_mean_right"),
        delta=stored.get("delta_am"),
        weaker=stored.get("weaker_side"),
        asymmetry=asymmetry,
        mdc95=f"±{error['mdc95'] * scale:.0f} points" if error else "",
    )


def grade_bars(report: Report) -> tuple[GradeBar, ...]:
    stored = report.get("house_brackmann") or {}
    shares = stored.get("probabilities") or ()
    return tuple(GradeBar(words.roman(g), share, g == stored.get("grade")) for g, share in enumerate(shares, start=1))


def scales(report: Report) -> tuple[ScaleRow, ...]:
    stored = report.get("scales") or {}
    return tuple(_scale(name, stored[key]) for key, name in SCALES.items() if stored.get(key))


def _scale(name: str, stored: Mapping[str, Any]) -> ScaleRow:
    total = stored.get("total")
    return ScaleRow(
        name=name,
        total="" if total is None else words.points(total),
        items=tuple(_scale_item(key, item) for key, item in (stored.get("items") or {}).items()),
        missing=", ".join(words.exercise(m).lower() for m in stored.get("missing") or ()),
        method=stored.get("method", ""),
        note=stored.get("note", ""),
    )


def _scale_item(key: str, stored: Mapping[str, Any]) -> ScaleItemRow:
    value, missing = stored.get("value"), stored.get("missing") or ""
    reason = f"needs: {words.exercise(missing).lower()}" if missing else ""
    return ScaleItemRow(words.plain(key), "" if value is None else words.points(value), reason)


KINDS = {
    "oral-ocular": "mouth to eye",
    "ocular-oral": "eye to mouth",
    "brow-oral": "brow to mouth",
    "oral-brow": "mouth to brow",
    "snarl-smile": "snarl to smile",
    "mentalis": "chin",
}


@dataclass(frozen=True, slots=True)
class PairRow:
    side: str
    sentence: str
    kind: str
    strength: float


def pairs(report: Report) -> tuple[PairRow, ...]:
    """Strongest first, in words."""
    stored = (report.get("synkinesis") or {}).get("pairs") or ()
    return tuple(_pair(p) for p in sorted(stored, key=lambda p: -p["strength"]))


def _pair(stored: Mapping[str, Any]) -> PairRow:
    moved, followed = words.action_unit(stored["moved"]), words.action_unit(stored["followed"])
    kind = stored.get("kind")
    return PairRow(
        side=stored["side"],
        sentence=f"On the {stored['side']}, {followed} comes along with {moved}",
        kind=f"{kind} ({KINDS[kind]})" if kind in KINDS else kind or "",
        strength=stored["strength"],
    )


_MATRICES = (  # key, title, meaning, whether it is a difference; one row of the page for each side that moves
    ("left_left", "Left, given left", "How often a left unit is active while another left one is.", False),
    ("right_left", "Right, given left", "How often a right unit is active while a left one is.", False),
    (
        "right_minus_left",
        "Right minus left, given left",
        "Above 0: the unit comes along more on the right. Below 0: more on the left, beside the moving one.",
        True,
    ),
    ("right_right", "Right, given right", "How often a right unit is active while another right one is.", False),
    ("left_right", "Left, given right", "How often a left unit is active while a right one is.", False),
    (
        "left_minus_right",
        "Left minus right, given right",
        "Above 0: the unit comes along more on the left. Below 0: more on the right, beside the moving one.",
        True,
    ),
)


_DIFFERENCE_OF = {"left": "right_minus_left", "right": "left_minus_right"}  # the side whose units are given


def matrices(report: Report, extras: Mapping[str, Any]) -> Iterator[Matrix]:
    """`extras["matrix_pairs"]`: what remains after threshold and mask, as the worker found it."""
    stored = (report.get("synkinesis") or {}).get("matrices") or {}
    names = tuple((report.get("action_units") or {}).get("names") or ())
    for key, title, meaning, is_difference in _MATRICES:
        if values := stored.get(key):
            yield Matrix(
                key=key,
                title=title,
                meaning=meaning,
                names=names[: len(values)],
                values=tuple(tuple(row) for row in values),
                is_difference=is_difference,
                marked=_marked(key, names, extras.get("matrix_pairs") or ()),
            )


def _marked(key: str, names: tuple[str, ...], pairs: Sequence[Mapping[str, Any]]) -> frozenset[tuple[int, int]]:
    own = [p for p in pairs if _DIFFERENCE_OF.get(p["side"]) == key]
    return frozenset((names.index(p["follows"]), names.index(p["given"])) for p in own)


@dataclass(frozen=True, slots=True)
class EyeRow:
    """How far the lids stay open at one effort; None where the exercise did not happen."""

    effort: str
    left: str
    right: str
    flag_left: bool
    flag_right: bool


def eye_safety(extras: Mapping[str, Any]) -> tuple[EyeRow, ...]:
    stored = extras.get("eye_safety") or {}
    return tuple(_eye(effort, stored[effort]) for effort in ("gentle", "tight") if stored.get(effort))


def _eye(effort: str, stored: Mapping[str, Any]) -> EyeRow:
    unit = stored.get("unit", "")
    left, right = (_with_unit(stored.get(side), unit) for side in ("left", "right"))
    return EyeRow(effort, left, right, bool(stored.get("flag_left")), bool(stored.get("flag_right")))


def _with_unit(value: float | None, unit: str) -> str:
    return number(value, unit) if value is None else f"{number(value, unit)} {unit}"


def quality(report: Report) -> tuple[Fact, ...]:
    stored = report.get("quality") or {}
    if not stored:
        return ()
    return (
        Fact("Score", _share(stored.get("score")), "0 unusable, 100 as good as a recording in a clinic"),
        Fact("Frames with a measured face", _share(stored.get("detected_fraction"))),
        Fact("Width of the face", _with(stored.get("face_width_px"), "pixels", 0)),
        Fact("Sharpness", _with(stored.get("sharpness"), "", 0), "variance of the Laplacian, face at 128 pixels"),
        Fact("Brightness of the face", _with(stored.get("brightness"), "of 255", 0)),
        Fact("Head turned, 95th percentile", _with(stored.get("yaw_deg_p95"), "degrees", 0)),
        Fact("Head tilted, 95th percentile", _with(stored.get("pitch_deg_p95"), "degrees", 0)),
        Fact("Most faces at once", str(stored.get("faces_max", "not measured"))),
    )


def number(value: float | None, unit: str = "", *, signed: bool = False) -> str:
    """As many digits as the unit can carry."""
    if value is None:
        return "not measured"
    if unit == "mm":
        digits = 1
    elif unit in ("%", "percent", "deg", "degrees", "px"):
        digits = 0
    else:
        digits = 3 if abs(value) < 1 else 2
    rounded = round(value, digits) or 0.0  # no "-0"
    text = f"{rounded:+.{digits}f}" if signed and rounded else f"{rounded:.{digits}f}"
    return text.replace("-", words.MINUS)


def _with(value: float | None, unit: str, digits: int) -> str:
    return "not measured" if value is None else f"{value:.{digits}f} {unit}".strip()


def _share(value: float | None) -> str:
    return words.percent(None if value is None else value * 100)


def more(report: Report) -> tuple[Fact, ...]:
    """Estimates of learned models, each with its method; absent ones are not shown as zero."""
    level, palsy = report.get("severity_level") or {}, report.get("palsy") or {}
    found = []
    if level:
        share = level["probabilities"][level["level"] - 1]
        found.append(Fact("Severity level", f"{level['level']} of 3 ({words.probable(share)})", _way(level)))
    if palsy:
        found.append(Fact("Probability of palsy", words.probable(palsy["probability"]), _way(palsy)))
    return tuple(found)


def _way(estimate: Report) -> str:
    """How it was made, and from what its weights learnt: rendered faces are not patients."""
    word = str(estimate.get("origin") or "")
    learnt = f"trained on {word}" if word else ""
    experimental = "experimental" if "synthetic" in word.lower() else ""
    return ", ".join(part for part in (estimate.get("method"), learnt, experimental) if part)
