"""From stored columns and documents to the numbers whose course is drawn, with error or the reason they lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.contracts import Exercise, Region
from clinic.charts import measures, words
from clinic.charts.rows import Error, Value
from clinic.comparison import Visit

Row = Mapping[str, Any]

# Read beside courses.FIELDS by whoever draws a whole course; never a frame series.
FIELDS = (
    "affected_side",
    "affected_confidence",
    "sunnybrook",
    "synkinesis_present",
    "synkinesis_pairs",
    "session__protocol_id",
    "report__measures",
    "report__video",
    "report__quality",
    "report__scales__sunnybrook__missing",
    "details__extras__pose",
    "details__extras__eye_safety",
    "details__extras__synkinesis_strength",
    "details__extras__synkinesis_unmeasured",
    "details__extras__against_pinned_rest",
)
_EFFORTS = {"gentle": Exercise.EYE_CLOSURE_GENTLE, "tight": Exercise.EYE_CLOSURE_TIGHT}
_UNITS = {Region.BROW: ("AU1", "AU2", "AU4"), Region.EYE: ("AU5", "AU6"),
          Region.MOUTH: ("AU12", "AU15", "AU17", "AU20", "AU25")}  # fmt: skip
_NO_SCALE = "not measured in millimetres: the iris was not seen well enough"


def of(row: Row) -> dict[str, Value]:
    """Every number of one session, by its name in the charts."""
    return {**dict(_eyes(row)), **dict(_synkinesis(row)), **dict(_resting(row)), measures.SUNNYBROOK: _sunnybrook(row)}


def found(row: Row) -> frozenset[str]:
    """The synkinesis that is strong enough to be called so."""
    pairs = row["synkinesis_pairs"] or ()
    return frozenset(f"synkinesis_{pair['kind']}/{pair['side']}" for pair in pairs if pair.get("kind"))


def taken(row: Row, *, side_doubtful: bool) -> Visit:
    """Under which circumstances the session was recorded and measured, for the comparison of visits."""
    video, quality, pose = (row[f"{of}"] or {} for of in ("report__video", "report__quality", "details__extras__pose"))
    origin = row["origin"] or {}
    protocol = row["session__protocol_id"]
    return Visit(
        values={},
        protocol=str(protocol) if protocol else None,
        fps=video.get("fps"),
        face_width_px=quality.get("face_width_px"),
        yaw_deg=(pose.get("yaw_deg") or {}).get("median"),
        pitch_deg=(pose.get("pitch_deg") or {}).get("median"),
        method=f"{row['method']}; code {str(origin.get('code_version', '')).partition('+')[0]}",
        weights=tuple(sorted(w["sha256"] for w in origin.get("weights") or ())),
        mirrored_unknown=video.get("mirrored") == "unknown",
        side_doubtful=side_doubtful,
    )


def open_eyes(row: Row) -> tuple[str, ...]:
    """Flagged for safety, in words."""
    safety = row["details__extras__eye_safety"] or {}
    return tuple(
        f"{side} eye {_opening(shown, side)} at {effort} effort"
        for effort in measures.EFFORTS
        if (shown := safety.get(effort))
        for side in measures.SIDES
        if shown.get(f"flag_{side}")
    )


def _opening(shown: Mapping[str, Any], side: str) -> str:
    value = shown.get(side)
    return f"{value:.1f}\N{NO-BREAK SPACE}mm open" if value is not None and shown.get("unit") == "mm" else "open"


def _error(row: Row, name: str, unit: str | None = None) -> Error | None:
    """None when it is not known, or known in another unit than the number has."""
    stored = (row["errors"] or {}).get(name)
    if not stored or (unit and stored.get("unit") != unit):
        return None
    return Error(float(stored["mdc95"]), str(stored.get("origin", "not stated")))


def _eyes(row: Row) -> Iterator[tuple[str, Value]]:
    stored = row["report__measures"] or {}
    for effort, exercise in _EFFORTS.items():
        name = f"palpebral_fissure_{effort}"
        shown = stored.get(name)
        for side in measures.SIDES:
            if shown is None:
                value = Value(None, why=f"not measured: not shown, {words.exercise(exercise.value).lower()}")
            elif shown.get("unit") != "mm":
                value = Value(None, why=_NO_SCALE)
            else:
                value = Value(shown.get(side), _error(row, name, "mm"))
            yield f"{name}/{side}", value


def _synkinesis(row: Row) -> Iterator[tuple[str, Value]]:
    """Strengths below what is called synkinesis too; an older result has those that were called so, else 0 for none."""
    strengths = row["details__extras__synkinesis_strength"]
    unmeasured = row["details__extras__synkinesis_unmeasured"] or {}
    pairs = {(p.get("kind"), p["side"]): p["strength"] for p in row["synkinesis_pairs"] or ()}
    for kind in measures.KINDS:
        for side in measures.SIDES:
            name = f"synkinesis_{kind.value}"
            if kind.value in unmeasured:
                continue
            if strengths is not None:
                value = (strengths.get(kind.value) or {}).get(side)
            elif row["synkinesis_present"] is None:
                value = None
            else:
                value = pairs.get((kind.value, side), 0.0)
            yield f"{name}/{side}", Value(value, _error(row, name), "not measured: its exercise was not shown")


def _sunnybrook(row: Row) -> Value:
    lacking = row["report__scales__sunnybrook__missing"] or ()
    needs = ", ".join(words.exercise(name).lower() for name in lacking)
    why = f"no composite, missing: {needs}" if needs else "no composite could be formed"
    return Value(row["sunnybrook"], _error(row, measures.SUNNYBROOK), why)


def _resting(row: Row) -> Iterator[tuple[str, Value]]:
    """Absent unless a pinned rest was there when the session was measured."""
    against = row["details__extras__against_pinned_rest"]
    for region, units in _UNITS.items() if against else ():
        for side in measures.SIDES:
            shown = [v for unit in units if (v := against["rest_intensity"].get(side, {}).get(unit)) is not None]
            yield f"rest_{region.value}/{side}", Value(sum(shown) / len(shown) if shown else None)
