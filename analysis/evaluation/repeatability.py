"""Repeatability: `python -m analysis.evaluation.repeatability SET:TRACKS ...` writes symptoms/repeatability.json.

Each set holds pairs of videos of one subject in one state: the same face and the same written patient, another camera,
light, head motion and timing. Half the mean squared difference of a pair is the error variance of one measurement
(SEM squared), and MDC95 = 1.96 sqrt(2) SEM.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.contracts import Region, Side
from analysis.evaluation.tracks import load_track
from analysis.evaluation.truth import Truth, read_set
from analysis.measure import Measured, measure
from analysis.symptoms.repeats import POINTS, share_of

OUT: Final = Path(__file__).parents[1] / "symptoms" / "repeatability.json"
LEAST_PAIRS: Final = 5  # fewer say nothing


def numbers(found: Measured) -> dict[str, tuple[float, str]]:
    """Every number that gets an error, with its unit. A measure's error is that of one side."""
    result: dict[str, tuple[float, str]] = {}
    for name, m in found.measures.items():
        for side, value in (("left", m.left), ("right", m.right)):
            if value is not None:
                result[f"{name}/{side}"] = (value, m.unit)
    result |= dict(_shares(found))
    for region in Region:
        row = found.regions[region]
        if row.delta_am is None or row.active_mean_left is None or row.active_mean_right is None:
            continue
        result[f"{region}_delta_am"] = (row.delta_am, "AU")
        strongest = max(row.active_mean_left, row.active_mean_right)
        result[f"{region}_asymmetry"] = (row.delta_am / strongest if strongest > 0 else 0.0, "ratio")
    for kind, strength in found.details.extras.get("synkinesis_strength", {}).items():
        # Signed, so that a face without synkinesis shows the error too: of the halves only one has a strength.
        result[f"synkinesis_{kind}"] = (strength["left"] - strength["right"], "strength")
    for name in ("sunnybrook", "auto_eface"):
        scale = getattr(found.scales, name, None)
        if scale is not None and scale.total is not None:
            result[name] = (scale.total, "points")
    return result


def _shares(found: Measured) -> Iterator[tuple[str, tuple[float, str]]]:
    for segment in found.segments:
        for side in Side:
            share = getattr(segment.movement, side.value, None)
            if share is not None:
                yield f"{share_of(segment.exercise)}/{side.value}", (100 * share, POINTS)


def repeated(truths: Sequence[Truth]) -> list[list[Truth]]:
    """Videos of one identity with one specification, two or more."""
    groups: dict[str, list[Truth]] = {}
    for truth in truths:
        spec = truth.raw["spec"]
        parts = [
            spec.get("identity_seed", spec.get("identity")),
            truth.raw["affected_side"],
            spec["weakness"],
            spec["synkinesis"],
            spec["resting"],
        ]
        groups.setdefault(json.dumps(parts, sort_keys=True), []).append(truth)
    return [group for group in groups.values() if len(group) > 1]


def error_table(pairs: Sequence[Sequence[Mapping[str, tuple[float, str]]]], origin: str) -> dict[str, Any]:
    """{name: {mdc95, unit, n, origin}} from groups of repeated measurements, left and right sides pooled."""
    squares: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for group in pairs:
        for name in set.intersection(*(set(g) for g in group)):
            values = [g[name][0] for g in group]
            squares.setdefault(name.split("/")[0], []).append(float(np.var(values, ddof=1)))
            units[name.split("/")[0]] = group[0][name][1]
    rows = {}
    for name in sorted(squares):
        if len(squares[name]) >= LEAST_PAIRS:
            mdc95 = 1.96 * math.sqrt(2.0 * float(np.mean(squares[name])))
            rows[name] = {"mdc95": round(mdc95, 4), "unit": units[name], "n": len(squares[name]), "origin": origin}
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Determine the repeatability of every number on repeated videos")
    parser.add_argument("sets", nargs="+", metavar="SET:TRACKS")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    groups = []
    for folders in args.sets:
        truths, tracks = (Path(part) for part in folders.split(":"))
        for group in repeated([t for t in read_set(truths) if (tracks / f"{t.video_id}.npz").is_file()]):
            groups.append([numbers(measure(load_track(tracks / f"{t.video_id}.npz"))) for t in group])
    origin = f"{len(groups)} synthetic subjects, each filmed twice with other timing, effort, light and head motion"
    table = {"definition": "MDC95 = 1.96 * sqrt(2) * SEM", "values": error_table(groups, origin)}
    args.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{origin}: {len(table['values'])} numbers\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
