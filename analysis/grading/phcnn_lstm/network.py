"""PHCNN-LSTM (Liu et al. 2020): three small convolutional branches side by side, then time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import torch
from torch import Tensor, nn

from analysis.shapes import check_batch


class Joining(StrEnum):
    CONCATENATION = "concatenation"  # as the text says
    SUM = "sum"  # as equation 1 is written


@dataclass(frozen=True, slots=True)
class PhcnnConfig:
    frames: int = 4  # consecutive frames a sequence, 1-32; 6 frames/s in the paper's videos
    face_px: int = 128  # side of the face picture; a multiple of 8
    strip_px: tuple[int, int] = (40, 120)  # height and width of the eye-brow and mouth strips; multiples of 8
    face_widths: tuple[int, int, int] = (16, 32, 64)  # channels of the convolution pairs of N1
    strip_widths: tuple[int, int, int] = (8, 32, 128)  # channels of the convolution pairs of N2 and N3
    features: int = 1024  # length of each branch's vector, 8-1024
    joining: Joining = Joining.CONCATENATION
    memory: int = 256  # LSTM units, 8-1024; the paper gives no number
    dropout: float = 0.5  # on fully connected layers, 0-1
    levels: int = 3  # severity levels


class Branch(nn.Module):
    """One region: three pairs of 3x3 convolutions, each followed by 2x2 max pooling, then fully connected layers.

    Input: (B, 3, H, W) float32. Output: (B, features). Source: figure 3 and section III-C. Batch normalisation stands
    before each hidden layer, as written there; same padding is assumed.
    """

    def __init__(
        self, size: tuple[int, int], widths: tuple[int, ...], features: int, dense: int, dropout: float
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for width in widths:
            for inputs in (before, width):
                layers += [nn.BatchNorm2d(inputs), nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            layers.append(nn.MaxPool2d(2))
            before = width
        self.convolutions = nn.Sequential(*layers)
        shrunk = 2 ** len(widths)
        inputs = before * (size[0] // shrunk) * (size[1] // shrunk)
        connected: list[nn.Module] = []
        for _ in range(dense):
            connected += [
                nn.BatchNorm1d(inputs),
                nn.Dropout(dropout),
                nn.Linear(inputs, features),
                nn.ReLU(inplace=True),
            ]
            inputs = features
        self.connected = nn.Sequential(*connected)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.convolutions(picture).flatten(1)
        out: Tensor = self.connected(x)
        return out


class Phcnn(nn.Module):
    """Static features of one frame: face (N1), eyes with brows (N2), mouth (N3).

    Input: face (B, 3, S, S), eyes and mouth (B, 3, h, w). Output: (B, 3 features), or (B, features) when summed.
    Source: figure 3, equation 1. The text concatenates the three vectors and equation 1 adds them: see `Joining`.
    """

    def __init__(self, cfg: PhcnnConfig) -> None:
        super().__init__()
        self.cfg = cfg
        face = (cfg.face_px, cfg.face_px)
        self.face = Branch(face, cfg.face_widths, cfg.features, dense=1, dropout=cfg.dropout)
        self.eyes = Branch(cfg.strip_px, cfg.strip_widths, cfg.features, dense=3, dropout=cfg.dropout)
        self.mouth = Branch(cfg.strip_px, cfg.strip_widths, cfg.features, dense=3, dropout=cfg.dropout)

    @property
    def outputs(self) -> int:
        return self.cfg.features * (3 if self.cfg.joining is Joining.CONCATENATION else 1)

    def forward(self, face: Tensor, eyes: Tensor, mouth: Tensor) -> Tensor:
        parts = [self.face(face), self.eyes(eyes), self.mouth(mouth)]
        if self.cfg.joining is Joining.SUM:
            return torch.stack(parts).sum(dim=0)
        return torch.cat(parts, dim=1)


class SequenceModel(nn.Module, ABC):
    """A network that describes every frame by itself (`static`) and judges a sequence by what it found.

    Input: face (B, T, 3, S, S), eyes and mouth (B, T, 3, h, w) float32 from `strips.normalise`; sizes as in cfg.
    Output: (B, 3) logits of the levels (ordinal: never averaged).
    Raises: ValueError when a shape does not match cfg.
    """

    def __init__(self, cfg: PhcnnConfig, static: nn.Module, outputs: int, *, strips: bool) -> None:
        super().__init__()
        self.cfg, self.outputs, self.strips = cfg, outputs, strips
        self._frozen = False
        self.static = static

    def forward(self, face: Tensor, eyes: Tensor, mouth: Tensor) -> Tensor:
        return self.judge(self.described(face, eyes, mouth))

    def described(self, face: Tensor, eyes: Tensor, mouth: Tensor) -> Tensor:
        """(B, T, outputs): each frame alone."""
        check_sequence(self.cfg, face, eyes, mouth)
        looked_at = (face, eyes, mouth) if self.strips else (face,)
        features: Tensor = self.static(*(part.flatten(0, 1) for part in looked_at))
        return features.view(*face.shape[:2], -1)

    @abstractmethod
    def judge(self, features: Tensor) -> Tensor:
        """(B, levels) logits of described frames."""

    def start_from(self, other: SequenceModel) -> None:
        """Describe frames as it was learnt elsewhere, and train only what judges them."""
        self.static.load_state_dict(other.static.state_dict())
        self._frozen = True
        self.static.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """What is frozen stays in evaluation mode, or its batch statistics would drift."""
        super().train(mode)
        if self._frozen:
            self.static.eval()
        return self


class PhcnnLstm(SequenceModel):
    """Severity level (I-III) of a face over a few consecutive frames.

    Source: Liu et al., IEEE TNSRE 28:2325 (2020), figures 2 and 3. Fully connected layers are all as long as the
        vector they end in, and the LSTM has cfg.memory units: the paper gives neither.
    Differs where `start_from` is used: the branches then come from another lesson and stay as they are.
    """

    def __init__(self, cfg: PhcnnConfig = PhcnnConfig()) -> None:
        static = Phcnn(cfg)
        super().__init__(cfg, static, static.outputs, strips=True)
        self.lstm = nn.LSTM(self.outputs, cfg.memory, batch_first=True)
        self.dropout = nn.Dropout(cfg.dropout)
        self.head = nn.Linear(cfg.memory, cfg.levels)

    def judge(self, features: Tensor) -> Tensor:
        states, _ = self.lstm(features)  # (B, T, memory)
        out: Tensor = self.head(self.dropout(states[:, -1]))
        return out


def check_sequence(cfg: PhcnnConfig, face: Tensor, eyes: Tensor, mouth: Tensor) -> None:
    """Raises ValueError unless the three hold the same sequences in the sizes of cfg."""
    check_batch("face", face, (cfg.frames, 3, cfg.face_px, cfg.face_px))
    for name, strip in (("eyes", eyes), ("mouth", mouth)):
        check_batch(name, strip, (cfg.frames, 3, *cfg.strip_px))
        if len(strip) != len(face):
            raise ValueError(f"{len(face)} faces, but {len(strip)} strips of the {name}")
