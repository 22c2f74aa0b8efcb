"""Weights of the published systems: a card and a file become networks, and neither is trusted.

A file holds the tensors of every network of one system, named `<network>.<tensor>`; its card's `[config]` says which
system it is (`system`), which model where there are several (`model`), and the sizes (`[config.cfg]`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from analysis.action_units.dem import halves
from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel
from analysis.contracts import PublishedSystem, WeightsUsed, is_experimental
from analysis.faces.integrated import model as integrated
from analysis.faces.integrated.fan import Fan
from analysis.grading.fusion import modalities
from analysis.grading.fusion.network import FusionConfig, FusionNet
from analysis.grading.palsynet import clips
from analysis.grading.palsynet.network import GRADE, MOUTH, PalsyNet, PalsyNetConfig
from analysis.grading.phcnn_lstm import comparisons, strips
from analysis.grading.phcnn_lstm.network import PhcnnConfig
from analysis.weights.chosen import Chosen
from analysis.weights.configuration import restore
from analysis.weights.loader import WeightsError, check_card

PREPROCESS: Final[Mapping[PublishedSystem, str]] = {
    PublishedSystem.PALSYNET: clips.PREPROCESS,
    PublishedSystem.DEM: halves.PREPROCESS,
    PublishedSystem.PHCNN_LSTM: strips.PREPROCESS,
    PublishedSystem.FUSION: modalities.PREPROCESS,
    PublishedSystem.INTEGRATED: integrated.PREPROCESS,
}
CONFIGURATIONS: Final[Mapping[PublishedSystem, type[Any]]] = {
    PublishedSystem.PALSYNET: PalsyNetConfig,
    PublishedSystem.DEM: DemConfig,
    PublishedSystem.PHCNN_LSTM: PhcnnConfig,
    PublishedSystem.FUSION: FusionConfig,
    PublishedSystem.INTEGRATED: integrated.IntegratedConfig,
}
# Every system's networks; those in the second list may be missing: a grade can be learnt without mouth motions, and
# only the heat maps of the Integrated Deep Model judge what another detector has found.
NETWORKS: Final[Mapping[PublishedSystem, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    PublishedSystem.PALSYNET: ((), (GRADE, MOUTH)),
    PublishedSystem.DEM: (("value", "difference"), ()),
    PublishedSystem.PHCNN_LSTM: (("level",), ()),
    PublishedSystem.FUSION: (("palsy",), ()),
    PublishedSystem.INTEGRATED: (("fan",), ("detector",)),
}
_MOST_KEPT: Final = 6  # loaded sets that a process keeps


@dataclass(frozen=True, slots=True)
class Loaded:
    """Networks in evaluation mode on `device`."""

    system: PublishedSystem
    used: WeightsUsed
    experimental: bool  # not shown on real patients
    networks: Mapping[str, nn.Module]
    cfg: Any
    device: torch.device


_kept: dict[tuple[str, str], Loaded] = {}  # card and device -> what was loaded last


def load(chosen: Chosen, device: str = "cpu") -> Loaded:
    """Networks from exactly the file that the card describes, each tensor in its place.

    Raises WeightsError on any difference: hash, names, shapes, number of parameters, preprocessing, or a value that is
    no number. What was loaded once stays in memory.
    """
    check_card(chosen.card)
    try:
        raw = chosen.file.read_bytes()
    except OSError as error:
        raise WeightsError(f"the file of {chosen.card['id']!r} cannot be read") from error
    if hashlib.sha256(raw).hexdigest() != chosen.card["sha256"]:
        raise WeightsError(f"the file of {chosen.card['id']!r} is not the one its card was written for")
    key = (hashlib.sha256(repr(chosen.card).encode()).hexdigest(), device)
    if key not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = _built(chosen, raw, device)
    return _kept[key]


def _built(chosen: Chosen, raw: bytes, device: str) -> Loaded:
    card, system = chosen.card, chosen.system
    if card["preprocess"] != PREPROCESS[system]:
        raise WeightsError(f"{card['id']!r} was trained on {card['preprocess']}, not {PREPROCESS[system]}")
    cfg = configuration(card)
    tensors = _tensors(card, raw)
    networks = {}
    for name in _named(system, tensors):
        own = {n.removeprefix(f"{name}."): t for n, t in tensors.items() if n.startswith(f"{name}.")}
        networks[name] = _filled(card, system, name, cfg, own).to(device).eval()
    used = WeightsUsed(card["id"], card["sha256"], card["training"]["word"])
    return Loaded(system, used, is_experimental(card), networks, cfg, torch.device(device))


def configuration(card: Mapping[str, Any]) -> Any:
    """The sizes on the card. Raises WeightsError when they are not those of its system."""
    system = Chosen(card, Path()).system
    try:
        return restore(CONFIGURATIONS[system], card["config"].get("cfg", {}))
    except (TypeError, ValueError) as error:
        raise WeightsError(f"the sizes on the card of {card['id']!r} do not fit {system}: {error}") from error


def build(system: PublishedSystem, name: str, cfg: Any, model: str = "PHCNN-LSTM") -> nn.Module:
    """One network of a system, untrained. Raises ValueError for a network or a size that it does not have."""
    if system is PublishedSystem.PALSYNET:
        classes = dict(PalsyNetConfig().tasks)
        return PalsyNet(replace(cfg, tasks=((name, classes[name]),)))
    makers: Mapping[tuple[PublishedSystem, str], Callable[[], nn.Module]] = {
        (PublishedSystem.DEM, "value"): lambda: ValueModel(cfg),
        (PublishedSystem.DEM, "difference"): lambda: DifferenceModel(cfg),
        (PublishedSystem.PHCNN_LSTM, "level"): lambda: comparisons.build(model, cfg),
        (PublishedSystem.FUSION, "palsy"): lambda: FusionNet(cfg),
        (PublishedSystem.INTEGRATED, "fan"): lambda: Fan(cfg.fan),
        (PublishedSystem.INTEGRATED, "detector"): lambda: integrated.detector_of(cfg),
    }
    return makers[system, name]()


def _tensors(card: Mapping[str, Any], raw: bytes) -> dict[str, Tensor]:
    try:
        tensors = load_tensors(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"the file of {card['id']!r} holds something other than tensors") from error
    if sum(t.numel() for t in tensors.values()) != card["parameters"]:
        raise WeightsError(f"the card of {card['id']!r} states another number of parameters")
    if not all(torch.isfinite(t).all() for t in tensors.values() if t.is_floating_point()):
        raise WeightsError(f"the weights {card['id']!r} hold a value that is no number")
    return {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}


def _named(system: PublishedSystem, tensors: Mapping[str, Tensor]) -> list[str]:
    needed, possible = NETWORKS[system]
    found = {name.partition(".")[0] for name in tensors}
    if not found or set(needed) - found or found - {*needed, *possible}:
        raise WeightsError(f"the file must hold the networks of {system}, not {', '.join(sorted(found)) or 'none'}")
    return [name for name in (*needed, *possible) if name in found]


def _filled(
    card: Mapping[str, Any], system: PublishedSystem, name: str, cfg: Any, tensors: Mapping[str, Tensor]
) -> nn.Module:
    """Built without memory of its own, so that no card can ask for more than its file holds.

    Except torchvision's detector: its anchors are no part of its tensors, and its sizes are its backbone's name alone.
    """
    memory = "cpu" if (system, name) == (PublishedSystem.INTEGRATED, "detector") else "meta"
    try:
        with torch.device(memory):
            network = build(system, name, cfg, card["config"].get("model", "PHCNN-LSTM"))
        network.load_state_dict(tensors, assign=True)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"the tensors of {card['id']!r} are not those that {system} of these sizes has") from error
    return network.requires_grad_(False)
