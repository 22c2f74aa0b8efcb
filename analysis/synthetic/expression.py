"""From muscle activations to the state of the puppet's face in every frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.synthetic.lids import LidState
from analysis.synthetic.lips import LipState
from analysis.synthetic.mesh import LEFT, RIGHT, Points, smoothstep
from analysis.synthetic.muscles import MOVERS
from analysis.synthetic.patient import Activations, PatientSpec
from analysis.synthetic.protocol import Performance
from analysis.synthetic.puppet import Expression

_DRAG = {"AU12": 0.40, "AU20": 0.18, "AU18": 0.35, "AU10": 0.12}  # the stronger side pulls the mouth's midline
_RAISE = {"AU10": 0.090, "AU9": 0.022}  # of the upper lip's edge, inter-ocular distances at full activation
_LOWER = {"AU16": 0.090}


@dataclass(frozen=True, slots=True)
class Faces:
    """The face's state through a video."""

    muscles: Mapping[str, Points]  # (n, 2): activation plus the passive pull of the resting shape
    closure: Points  # (n, 2)
    widening: Points  # (n, 2)
    squint: Points  # (n, 2)
    bell: Points  # (n,)
    gaze: Points  # (n, 2), face frame
    raised: Points  # (n, 2) of the upper lip
    lowered: Points  # (n, 2) of the lower lip
    drift: Points  # (n,)

    def at(self, i: int) -> Expression:
        gaze = (float(self.gaze[i, 0]), float(self.gaze[i, 1]))
        lids = tuple(
            LidState(
                closure=float(self.closure[i, s]),
                widening=float(self.widening[i, s]),
                squint=float(self.squint[i, s]),
                gaze=gaze,
                bell=float(self.bell[i]),
            )
            for s in (LEFT, RIGHT)
        )
        raised, lowered = self.raised[i], self.lowered[i]
        return Expression(
            muscles={unit: (float(a[i, LEFT]), float(a[i, RIGHT])) for unit, a in self.muscles.items()},
            lids=(lids[0], lids[1]),
            lips=LipState((float(raised[0]), float(raised[1])), (float(lowered[0]), float(lowered[1]))),
            drift=float(self.drift[i]),
        )


def faces(spec: PatientSpec, performance: Performance, active: Activations) -> Faces:
    """Activations (n, 2) of a spec, with its resting asymmetry, the drag on the midline, gaze and Bell's phenomenon."""
    n = len(performance.time_s)
    muscles = {unit: active[unit].copy() for unit in MOVERS}
    widening = 0.75 * active["AU5"].copy()
    drift = np.zeros(n)
    for unit, share in _DRAG.items():
        drift += share * (active[unit][:, LEFT] - active[unit][:, RIGHT])
    if (side := spec.affected) is not None:
        rest = spec.resting
        muscles["AU1"][:, side] -= 0.40 * rest.brow_droop
        muscles["AU2"][:, side] -= 0.55 * rest.brow_droop
        muscles["AU15"][:, side] += 0.50 * rest.mouth_droop
        muscles["AU12"][:, side] -= 0.15 * rest.mouth_droop
        widening[:, side] += 0.55 * rest.wide_fissure * (1 - active["AU45"][:, side])
        drift += (0.30 if side == RIGHT else -0.30) * rest.mouth_droop
    return Faces(
        muscles=muscles,
        closure=active["AU45"],
        widening=widening,
        squint=active["AU7"],
        bell=smoothstep(np.minimum(performance.command["AU45"], 1.0)),
        gaze=glances(spec, n),
        raised=sum((k * active[u] for u, k in _RAISE.items()), np.zeros((n, 2))),
        lowered=sum((k * active[u] for u, k in _LOWER.items()), np.zeros((n, 2))),
        drift=drift,
    )


def glances(spec: PatientSpec, n: int) -> Points:
    """(n, 2) a few small glances, both eyes together, inter-ocular distances."""
    rng = np.random.default_rng([5, spec.seed])
    gaze, i = np.zeros((n, 2)), 0
    while i < n:
        hold = int(rng.integers(12, 60))
        gaze[i : i + hold] = rng.normal(0, (0.010, 0.004))
        i += hold
    return gaze
