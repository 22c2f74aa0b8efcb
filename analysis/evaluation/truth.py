"""Videos with known truth (`facial-palsy-gt/1`): what was rendered, read into arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.contracts import AU_NAMES, AffectedSide, Region, Side
from analysis.faces.anatomy import Points

FORMAT: Final = "facial-palsy-gt/1"
_LETTER: Final = {Side.LEFT: "L", Side.RIGHT: "R"}


@dataclass(frozen=True, slots=True)
class Truth:
    """One video's truth. Sides are the subject's own."""

    video_id: str
    subject_id: str
    raw: dict[str, Any]

    @property
    def time_s(self) -> Points:
        times: Points = np.arange(self.raw["frames"]) / self.raw["fps"]
        return times

    @property
    def affected_side(self) -> AffectedSide:
        return AffectedSide(self.raw["affected_side"])

    @property
    def photographic(self) -> bool:
        return "puppet" in self.raw.get("condition", "")

    def weakness(self, region: Region) -> float:
        return float(self.raw["spec"]["weakness"][region.value])

    def action_units(self, side: Side) -> Points:
        """(n, len(AU_NAMES)) intensity 0-5; NaN for a unit that the set does not state."""
        stated = self.raw["au_active"]
        columns = [stated[name][_LETTER[side]] if name in stated else None for name in AU_NAMES]
        n = self.raw["frames"]
        return np.stack([np.full(n, np.nan) if c is None else np.asarray(c, float)[:n] for c in columns], axis=1)


def read_truth(path: Path) -> Truth | None:
    """None when the file is JSON of another kind. Raises ValueError on a file that is no JSON."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        return None
    return Truth(video_id=path.stem, subject_id=str(raw["subject_id"]), raw=raw)


def read_set(folder: Path) -> list[Truth]:
    """Every truth of a folder, by name."""
    found = (read_truth(path) for path in sorted(folder.glob("*.json")))
    return [truth for truth in found if truth is not None]
