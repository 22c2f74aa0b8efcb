"""What a published system that has no weights says: nothing, and why. Free of torch and of the networks."""

from __future__ import annotations

from typing import Final

from analysis.contracts import PublishedSystem, SystemResult
from analysis.weights.chosen import Wanted

METHODS: Final = {
    PublishedSystem.PALSYNET: "3DPalsyNet (Storey et al. 2019)",
    PublishedSystem.DEM: "Difference Ensemble Method (Niu et al. 2024)",
    PublishedSystem.PHCNN_LSTM: "PHCNN-LSTM (Liu et al. 2020)",
    PublishedSystem.FUSION: "Multimodal fusion (Oo, Lee and Lim 2024)",
}


def silent(wanted: Wanted) -> SystemResult:
    return SystemResult(wanted.system, METHODS[wanted.system], reason=wanted.reason)
