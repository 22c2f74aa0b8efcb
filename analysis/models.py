"""Everything fitted that measuring uses, as one object, so that an evaluation can put other fits in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from analysis.action_units import estimator, personal
from analysis.contracts import WeightsUsed
from analysis.motion import recognise
from analysis.symptoms import coupling, evidence
from analysis.symptoms.coupling import SynkinesisModel
from analysis.symptoms.evidence import EvidenceModel
from analysis.weights.loader import Weights


@dataclass(frozen=True, slots=True)
class Models:
    landmark: Weights  # displacements -> raw units
    exercises: Weights  # units -> exercise of a frame
    prior: Weights  # raw units and what the exercise asks -> reported units
    evidence: EvidenceModel  # indices -> weakness
    synkinesis: SynkinesisModel  # left-right differences -> strength

    @property
    def used(self) -> list[WeightsUsed]:
        return [self.landmark.used, self.exercises.used, self.prior.used]


@cache
def shipped() -> Models:
    """The models beside this code; every hash and shape is checked on the first call."""
    return Models(estimator.shipped(), recognise.shipped(), personal.shipped(), evidence.shipped(), coupling.shipped())
