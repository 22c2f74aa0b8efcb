"""Small versions of the systems' networks, and inputs for them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel
from analysis.faces.integrated.fan import Fan, FanConfig
from analysis.grading.fusion.network import FusionConfig, FusionNet, Modality
from analysis.grading.fusion.trunk import TrunkConfig
from analysis.grading.palsynet.network import PalsyNet, PalsyNetConfig
from analysis.grading.phcnn_lstm import comparisons
from analysis.grading.phcnn_lstm.network import Joining, PhcnnConfig

PALSYNET = PalsyNetConfig(frames=4, size_px=32, width=4, blocks=(1, 1, 1, 1))
PHCNN = PhcnnConfig(face_px=32, strip_px=(16, 48), face_widths=(2, 4, 4), strip_widths=(2, 4, 4), features=8, memory=8)
SUMMED = replace(PHCNN, joining=Joining.SUM)
DEM = DemConfig(action_units=("AU1", "AU12"), backbone="vgg11", width=4, dense=16, size_px=(64, 32))
FUSION = FusionConfig(
    modalities=tuple(Modality), size_px=32, trunk=TrunkConfig((1, 1, 1, 1), bottleneck=False, width=4), features=8
)
FAN = FanConfig(landmarks=68, stacks=2, depth=2, width=16, size_px=64)


@dataclass(frozen=True)
class Case:
    """A network, random inputs for it as a list of tensors, and its outputs as a list."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[int], list[Tensor]]
    call: Callable[[nn.Module, list[Tensor]], list[Tensor]]
    shapes: list[tuple[int, ...]]  # of the outputs of a batch of two


def _palsynet(cfg: PalsyNetConfig, name: str) -> Case:
    return Case(
        name,
        lambda: PalsyNet(cfg),
        lambda b: [torch.randn(b, 3, cfg.frames, cfg.size_px, cfg.size_px)],
        lambda net, x: [s for scores in net(*x).values() for s in scores],
        [(2, 32), (2, 6), (2, 32), (2, 4)],
    )


def _sequence(name: str, build: Callable[[], nn.Module], cfg: PhcnnConfig) -> Case:
    def inputs(b: int) -> list[Tensor]:
        strip = (b, cfg.frames, 3, *cfg.strip_px)
        return [torch.randn(b, cfg.frames, 3, cfg.face_px, cfg.face_px), torch.randn(strip), torch.randn(strip)]

    return Case(name, build, inputs, lambda net, x: [net(*x)], [(2, 3)])


def _fusion(cfg: FusionConfig, name: str) -> Case:
    sizes = {
        Modality.RGB: (3, cfg.size_px, cfg.size_px),
        Modality.SEGMENTS: (3, cfg.size_px, cfg.size_px),
        Modality.COORDINATES: (cfg.coordinates,),
        Modality.EXPRESSION: (cfg.expression,),
    }
    return Case(
        name,
        lambda: FusionNet(cfg),
        lambda b: [torch.randn(b, *sizes[m]) for m in cfg.modalities],
        lambda net, x: [net(dict(zip(cfg.modalities, x, strict=True)))],
        [(2, 2)],
    )


def _dem_values() -> Case:
    def call(net: nn.Module, x: list[Tensor]) -> list[Tensor]:
        logits, features = net(*x)
        return [logits, *features]

    shapes = [(2, 2, 6), (2, 4, 32, 16), (2, 8, 16, 8), (2, 16, 8, 4), (2, 32, 4, 2), (2, 32, 2, 1)]
    return Case("dem values", lambda: ValueModel(DEM), lambda b: [torch.randn(b, 3, 64, 32)], call, shapes)


def _dem_differences() -> Case:
    sizes = [(4, 32, 16), (8, 16, 8), (16, 8, 4), (32, 4, 2), (32, 2, 1)]
    return Case(
        "dem differences",
        lambda: DifferenceModel(DEM),
        lambda b: [torch.randn(b, *size) for size in sizes],
        lambda net, x: [net(x)],
        [(2, 2, 11)],
    )


CASES = [
    _palsynet(PALSYNET, "3dpalsynet"),
    _palsynet(PalsyNetConfig(frames=8, size_px=32, width=4, early_pooling=True), "3dpalsynet, early pooling"),
    *(
        _sequence(name, lambda name=name: comparisons.build(name, PHCNN), PHCNN)
        for name in comparisons.MODELS
        if name != "LSTM-VGG16"  # published size only: see the parameter counts
    ),
    _sequence(
        "PHCNN-LSTM, summed",
        lambda: comparisons.build("PHCNN-LSTM", SUMMED),
        PHCNN,
    ),
    _fusion(FUSION, "fusion"),
    _fusion(FusionConfig(modalities=(Modality.EXPRESSION,), features=8), "fusion, expression alone"),
    _dem_values(),
    _dem_differences(),
    Case(
        "fan",
        lambda: Fan(FAN),
        lambda b: [torch.rand(b, 3, 64, 64)],
        lambda net, x: net(*x),
        [(2, 68, 16, 16), (2, 68, 16, 16)],
    ),
]
