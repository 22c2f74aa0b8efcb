"""The Difference Ensemble Method on a recording: intensities of both half faces at its key frames, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch

from analysis.action_units.dem import halves
from analysis.action_units.dem.ensemble import intensities
from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel
from analysis.action_units.estimator import SideActionUnits
from analysis.action_units.facs import PAPER_REGIONS
from analysis.contracts import AU_NAMES, Region, Side, SystemAnswer, WeakerSide
from analysis.faces.anatomy import Points
from analysis.faces.mesh import Mesh
from analysis.faces.rows import five_points
from analysis.symptoms.active_mean import ActiveMean, active_mean
from analysis.symptoms.cooccurrence import flagged_pairs, matrices
from analysis.systems.evenly import Evenly
from analysis.systems.reader import Known, Reader
from analysis.video.picture import RGB
from analysis.weights.published import Loaded

_MOST: Final = 60  # key frames, 790 kB each at the published size
_EVEN: Final = 0.5  # intensity levels, summed over a region, below which the halves count as equal; not the paper's


@dataclass(frozen=True, slots=True)
class _Pair:
    frame: int
    left: RGB
    right: RGB


class DemReader(Reader):
    """Active means, their differences per region (equations 4-6) and co-occurrence (7-9) over the key frames."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._keys = halves.KeyFrames()
        self._pairs: Evenly[_Pair] = Evenly(_MOST)

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:  # noqa: ARG002 every reader's
        five = five_points(landmarks)
        if self._keys.take(picture, five):
            self._pairs.offer(lambda: self._cut(frame, picture, five))

    def _cut(self, frame: int, picture: RGB, five: halves.FIVE) -> _Pair:
        left, right = halves.halves(halves.aligned(picture, five, self._loaded.cfg.size_px[0]))
        return _Pair(frame, left.copy(), right)

    def answers(self, known: Known) -> list[SystemAnswer]:
        pairs = [pair for pair in self._pairs.kept if known.believed[pair.frame]]
        if not pairs:
            return []
        cfg: DemConfig = self._loaded.cfg
        left = self._intensities([pair.left for pair in pairs])
        right = self._intensities([pair.right for pair in pairs])
        means = {name: active_mean(left[:, i], right[:, i]) for i, name in enumerate(cfg.action_units)}
        parts = {
            "units": {name: _unit(left[:, i], right[:, i], means[name]) for i, name in enumerate(cfg.action_units)},
            "regions": {region.value: _region(region, means) for region in Region},
            "pairs": _co_occurring(left, right, cfg),
            "references": cfg.references,
        }
        return [SystemAnswer("action_units", None, {}, len(pairs), parts)]

    def _intensities(self, pictures: list[RGB]) -> Points:
        value, difference = self._loaded.networks["value"], self._loaded.networks["difference"]
        assert isinstance(value, ValueModel)
        assert isinstance(difference, DifferenceModel)
        found = intensities(value, difference, torch.from_numpy(np.stack(pictures)), self._loaded.cfg.references)
        return found.float().cpu().numpy().astype(np.float64)


def _unit(left: Points, right: Points, mean: ActiveMean) -> dict[str, Any]:
    return {
        "peak_left": round(float(left.max()), 3),
        "peak_right": round(float(right.max()), 3),
        "active_mean_left": None if mean.left is None else round(mean.left, 3),
        "active_mean_right": None if mean.right is None else round(mean.right, 3),
        "active_frames": mean.frames,
    }


def _region(region: Region, means: dict[str, ActiveMean]) -> dict[str, Any]:
    """Delta AM, left minus right, over the paper's units of a region that this network knows (table 2, equation 6)."""
    known = [means[name] for name in PAPER_REGIONS[region] if name in means and means[name].frames]
    if not known:
        return {"delta_am": None, "weaker_side": None}
    delta = sum(mean.difference for mean in known)
    weaker = WeakerSide.NONE if abs(delta) < _EVEN else WeakerSide.LEFT if delta < 0 else WeakerSide.RIGHT
    return {"delta_am": round(delta, 3), "weaker_side": weaker.value}


def _co_occurring(left: Points, right: Points, cfg: DemConfig) -> list[dict[str, Any]]:
    found = flagged_pairs(matrices(SideActionUnits(*(_spread(side, cfg) for side in (left, right)))))
    return [
        {"side": p.side.value, "given": p.given, "follows": p.follows, "difference": round(p.difference, 3)}
        for p in found
        if p.side in (Side.LEFT, Side.RIGHT)
    ]


def _spread(values: Points, cfg: DemConfig) -> Points:
    """(n, units of cfg) -> (n, len(AU_NAMES)), NaN for units that the network does not know."""
    whole = np.full((len(values), len(AU_NAMES)), np.nan)
    for i, name in enumerate(cfg.action_units):
        if name in AU_NAMES:
            whole[:, AU_NAMES.index(name)] = values[:, i]
    return whole
