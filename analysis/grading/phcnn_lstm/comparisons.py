"""The models that Liu et al. 2020 compare PHCNN-LSTM with (table IV); it says little of each, choices are noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn
from torchvision.models import vgg16
from torchvision.ops import SqueezeExcitation

from analysis.grading.fusion.trunk import ResNetTrunk, TrunkConfig
from analysis.grading.phcnn_lstm.network import Branch, Phcnn, PhcnnConfig, PhcnnLstm, SequenceModel


class _FaceLstm(SequenceModel):
    """An LSTM over one vector a frame, made of the face alone."""

    def __init__(self, cfg: PhcnnConfig, static: nn.Module, outputs: int) -> None:
        super().__init__(cfg, static, outputs, strips=False)
        self.lstm = nn.LSTM(outputs, cfg.memory, batch_first=True)
        self.head = nn.Linear(cfg.memory, cfg.levels)

    def judge(self, features: Tensor) -> Tensor:
        states, _ = self.lstm(features)
        out: Tensor = self.head(states[:, -1])
        return out


class _Frames(SequenceModel):
    """Frames judged one by one; the logits of a sequence are the mean of its frames'."""

    def __init__(self, cfg: PhcnnConfig, static: nn.Module, outputs: int, *, strips: bool) -> None:
        super().__init__(cfg, static, outputs, strips=strips)
        self.head = nn.Linear(outputs, cfg.levels)

    def judge(self, features: Tensor) -> Tensor:
        logits: Tensor = self.head(features)
        return logits.mean(dim=1)


class SqueezeExcite(nn.Module):
    """A residual block whose result is weighted channel by channel before the short cut is added (Hu et al. 2018)."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block
        norms = [m for m in block.children() if isinstance(m, nn.BatchNorm2d)]
        channels = norms[-1].num_features
        excite = SqueezeExcitation(channels, max(1, channels // 16))
        # torchvision's block adds the short cut itself, so the weighting goes in with its last normalisation
        last = [name for name, m in block.named_children() if isinstance(m, nn.BatchNorm2d)][-1]
        setattr(block, last, nn.Sequential(norms[-1], excite))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(x)
        return out


class _Pixels(nn.Module):
    def forward(self, face: Tensor) -> Tensor:
        return face.flatten(1)


def _lstm_face(cfg: PhcnnConfig) -> SequenceModel:
    size = (cfg.face_px, cfg.face_px)
    branch = Branch(size, cfg.face_widths, cfg.features, dense=1, dropout=cfg.dropout)
    return _FaceLstm(cfg, branch, cfg.features)


def _lstm_vgg16(cfg: PhcnnConfig) -> SequenceModel:
    """VGG-16's convolutions and pooled vector; published size whatever cfg's widths."""
    net = vgg16(weights=None)
    trunk = nn.Sequential(net.features, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return _FaceLstm(cfg, trunk, 512)


def _lstm(cfg: PhcnnConfig) -> SequenceModel:
    """Pixels straight into the LSTM."""
    return _FaceLstm(cfg, _Pixels(), 3 * cfg.face_px**2)


def _senet(cfg: PhcnnConfig) -> SequenceModel:
    """SE-ResNet-50 on single faces; the paper does not say which SENet. Narrower when cfg's first branch is."""
    width = 64 if cfg.face_widths[0] >= 16 else 4 * cfg.face_widths[0]
    trunk = ResNetTrunk(TrunkConfig(width=width), wrap=SqueezeExcite)
    return _Frames(cfg, trunk, trunk.outputs, strips=False)


def _phcnn(cfg: PhcnnConfig) -> SequenceModel:
    static = Phcnn(cfg)
    return _Frames(cfg, static, static.outputs, strips=True)


MODELS: Final[dict[str, Callable[[PhcnnConfig], SequenceModel]]] = {
    "LSTM-FACE-N1": _lstm_face,
    "LSTM-VGG16": _lstm_vgg16,
    "LSTM": _lstm,
    "SENet": _senet,
    "PHCNN": _phcnn,
    "PHCNN-LSTM": PhcnnLstm,
}


def build(name: str, cfg: PhcnnConfig) -> SequenceModel:
    """One of table IV's models. Raises ValueError for another name."""
    if name not in MODELS:
        raise ValueError(f"no model {name!r}; one of {', '.join(MODELS)}")
    return MODELS[name](cfg)


def class_weights(counts: Tensor) -> Tensor:
    """K of equation 4: inversely proportional to a class's number of samples, mean 1 over classes seen; 0 unseen."""
    seen = counts > 0
    inverse = torch.where(seen, 1.0 / counts.clamp(min=1), torch.zeros_like(counts, dtype=torch.float32))
    return inverse * seen.sum() / inverse.sum()
