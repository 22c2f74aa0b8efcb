"""Action unit intensities from landmarks: a small network over displacements from rest, one answer per side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from analysis.action_units.features import PREPROCESS, WIDTH, side_features
from analysis.action_units.lids import brows_held
from analysis.contracts import AU_NAMES, Side
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame
from analysis.motion.rest import Rest
from analysis.weights import loader
from analysis.weights.loader import Weights

WEIGHTS_ID: Final = "landmark-au-1"
OUTPUTS: Final = tuple(name for name in AU_NAMES if name != "AU43")  # which is AU45 held
COMPONENTS: Final = 60  # principal components kept of the displacements
HIDDEN: Final = 48
MEMBERS: Final = 6  # networks whose answers are averaged
MAX_INTENSITY: Final = 5.0
RAW_RANGE: Final = (-3.0, 7.0)  # raw intensities may leave 0-5: faces differ in scale, and a unit has an opposite
SHAPES: Final = {
    "mean": (WIDTH,),
    "basis": (COMPONENTS, WIDTH),
    "linear": (MEMBERS, COMPONENTS, len(OUTPUTS)),
    "first": (MEMBERS, COMPONENTS, HIDDEN),
    "first_bias": (MEMBERS, HIDDEN),
    "second": (MEMBERS, HIDDEN, HIDDEN),
    "second_bias": (MEMBERS, HIDDEN),
    "last": (MEMBERS, HIDDEN, len(OUTPUTS)),
    "last_bias": (MEMBERS, len(OUTPUTS)),
}
_SHARED: Final = ("mean", "basis")


@dataclass(frozen=True, slots=True)
class SideActionUnits:
    """Intensities per side, (n, len(AU_NAMES)) each; NaN where a frame or a unit was not measured.

    Raw ones are those of an average face and may leave 0-5 (`RAW_RANGE`); reported ones do not.
    """

    left: Points
    right: Points

    def side(self, side: Side) -> Points:
        return self.left if side is Side.LEFT else self.right

    def of(self, name: str, side: Side) -> Points:
        return self.side(side)[:, AU_NAMES.index(name)]


def estimate(frame: HeadFrame, rest: Rest, weights: Weights | None = None) -> SideActionUnits:
    """Raw intensity of every unit on both sides.

    Both sides pass through the same network, each seen as a left half, so a mirrored track swaps them exactly. What
    the network answers to the video's own calm frames is taken off: at rest every unit is 0.
    AU43 equals AU45, the closure of the lids at this moment. Through a blink raised brows count as still raised.
    """
    used = weights or shipped()
    left, right = (_raw(side_features(frame, rest, side), rest, used) for side in SIDES)
    return SideActionUnits(*brows_held((left, right), frame.time_s))


@cache
def shipped() -> Weights:
    """The weights beside this code. Raises WeightsError when they were fitted on other features."""
    return loader.load(WEIGHTS_ID, SHAPES, preprocess=PREPROCESS)


def _raw(features: Points, rest: Rest, weights: Weights) -> Points:
    """(n, WIDTH) -> (n, len(AU_NAMES))."""
    answers = network(features, weights)
    at_rest = answers[rest.frames & np.isfinite(answers).all(axis=1)]
    if len(at_rest):
        answers = answers - np.median(at_rest, axis=0)
    full = np.full((len(features), len(AU_NAMES)), np.nan)
    full[:, [AU_NAMES.index(name) for name in OUTPUTS]] = np.clip(answers, *RAW_RANGE)
    full[:, AU_NAMES.index("AU43")] = full[:, AU_NAMES.index("AU45")]
    return full


def network(features: Points, weights: Weights) -> Points:
    """(n, OUTPUTS) mean of the members' answers, unbounded."""
    t = weights.tensors
    z = (features - t["mean"]) @ t["basis"].T
    own = SHAPES.keys() - set(_SHARED)
    answers: Points = np.mean([_member(z, {name: t[name][k] for name in own}) for k in range(MEMBERS)], axis=0)
    return MAX_INTENSITY * answers


def _member(z: Points, t: dict[str, Points]) -> Points:
    hidden = gelu(z @ t["first"] + t["first_bias"])
    hidden = gelu(hidden @ t["second"] + t["second_bias"])
    out: Points = hidden @ t["last"] + t["last_bias"] + z @ t["linear"]
    return out


def gelu(x: Points) -> Points:
    """Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016), as torch's approximate="tanh"."""
    y: Points = 0.5 * x * (1.0 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))
    return y
