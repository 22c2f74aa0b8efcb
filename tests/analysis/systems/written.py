"""Weights files with cards of small networks that learnt nothing: to be run, never to be believed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch

from analysis.contracts import PublishedSystem
from analysis.faces.integrated.model import IntegratedConfig
from analysis.grading.fusion.network import FusionConfig, Modality
from analysis.grading.fusion.trunk import TrunkConfig
from analysis.training.export import write
from analysis.weights.chosen import Chosen, read
from analysis.weights.published import build
from tests.analysis.systems.small import DEM, FAN, PALSYNET, PHCNN

FUSION = FusionConfig(
    modalities=(Modality.SEGMENTS, Modality.EXPRESSION, Modality.RGB, Modality.COORDINATES),
    size_px=32,
    trunk=TrunkConfig((1, 1, 1, 1), bottleneck=False, width=4),
    features=8,
    hidden=(8,),
)
INTEGRATED = IntegratedConfig("mobilenet", FAN, min_side_px=64, max_side_px=96)
SMALL = {
    PublishedSystem.PALSYNET: (PALSYNET, ("grade", "mouth")),
    PublishedSystem.DEM: (DEM, ("value", "difference")),
    PublishedSystem.PHCNN_LSTM: (PHCNN, ("level",)),
    PublishedSystem.FUSION: (FUSION, ("palsy",)),
    PublishedSystem.INTEGRATED: (INTEGRATED, ("fan", "detector")),
}


def weights(
    system: PublishedSystem,
    folder: Path,
    *,
    name: str = "",
    seed: int = 0,
    datasets: tuple = ("clinic",),
    only: tuple[str, ...] = (),
) -> Chosen:
    cfg, networks = SMALL[system]
    torch.manual_seed(seed)
    tensors = {
        f"{network}.{key}": value
        for network in only or networks
        for key, value in build(system, network, cfg).state_dict().items()
    }
    configuration = {"cfg": json.loads(json.dumps(dataclasses.asdict(cfg)))}
    if system is PublishedSystem.PHCNN_LSTM:
        configuration["model"] = "PHCNN-LSTM"
    facts = {
        "system": system.value,
        "datasets": list(datasets),
        "protocol": "5 folds by person",
        "seed": seed,
        "configuration": configuration,
    }
    stated = {
        "id": name or f"small-{system.value}-{seed}",
        "url": "none",
        "licences": "none",
        "weights_licence": "for tests",
    }
    figures = {"Grade": {"people": 4, "accuracy": {"value": 0.25, "low": 0.1, "high": 0.4, "baseline": 0.2}}}
    return read(write(folder, stated, facts, tensors, figures, learnt_people=4))
