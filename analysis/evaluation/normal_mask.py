"""Which units go together in unaffected faces: `python -m analysis.evaluation.normal_mask SET ...`.

Niu et al. mask pairs that co-occur in normal people more often than 0.5, but print their matrix only as a picture.
Here it is counted anew, by the same definition (equation 7, threshold .5), over what unaffected synthetic faces were
commanded to do in the prescribed exercises: both halves alike, no synkinesis by construction.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from analysis.contracts import AU_NAMES, AffectedSide
from analysis.evaluation.truth import Truth, read_set
from analysis.faces.anatomy import SIDES
from analysis.symptoms.cooccurrence import co_occurrence

OUT = Path(__file__).parents[1] / "symptoms" / "normal_cooccurrence.json"


def normal(truths: list[Truth]) -> dict[str, Any]:
    """The table of `normal_cooccurrence.json`. Units that the sets never show have no probability."""
    unaffected = [t for t in truths if t.affected_side is AffectedSide.NONE]
    halves = np.concatenate([np.nan_to_num(t.action_units(side)) for t in unaffected for side in SIDES])
    chance = co_occurrence(halves, halves)
    rows = [[None if np.isnan(value) else round(float(value), 3) for value in row] for row in chance]
    return {
        "origin": "equation 7 at threshold 0.5 over the commanded units of "
        f"{len(unaffected)} unaffected synthetic videos (prescribed exercises, both halves alike); "
        "row i, column j: P(i active | j active)",
        "names": list(AU_NAMES),
        "probability": rows,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the co-occurrence of units in unaffected synthetic faces")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    table = normal([truth for folder in args.sets for truth in read_set(folder)])
    text = json.dumps(table, indent=1).replace("\n   ", " ").replace("\n  ]", " ]")
    args.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(table["origin"] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
