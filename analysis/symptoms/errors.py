"""How far a number can be believed: the smallest change of one patient that a repeat does not show by chance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from analysis.contracts import Exercise, Measure, MeasurementError, SynkinesisKind
from analysis.symptoms.repeats import share_of

# Numbers that pages draw beside the measures; an asymmetry is (AM_left - AM_right) / max of the two active means.
SUMMARIES: Final = (
    "brow_asymmetry",
    "eye_asymmetry",
    "mouth_asymmetry",
    "brow_delta_am",
    "eye_delta_am",
    "mouth_delta_am",
    "sunnybrook",
    "auto_eface",
    *(f"synkinesis_{kind.value}" for kind in SynkinesisKind),
    *(share_of(exercise) for exercise in Exercise),
)


@cache
def table() -> dict[str, Any]:
    """Name of a measure or summary -> {mdc95, unit, n, origin}; written by `analysis.evaluation.repeatability`."""
    path = Path(__file__).parent / "repeatability.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def measurement_errors(
    measures: Mapping[str, Measure], repeats: Mapping[str, MeasurementError]
) -> dict[str, MeasurementError]:
    """MDC95 = 1.96 sqrt(2) SEM of this session's measures (left or right) and of the summaries; absent if unknown.

    `repeats` is what this session's own repetitions showed: the greater of the two counts, with its origin.
    """
    values = table()["values"]
    stated = {name: values[name] for name in (*measures, *SUMMARIES) if name in values}
    found = {name: MeasurementError(v["mdc95"], v["unit"], v["origin"]) for name, v in stated.items()}
    for name, own in repeats.items():
        known = found.get(name)
        if known is None or (known.unit == own.unit and known.mdc95 < own.mdc95):
            found[name] = own
    return found
