"""The multimodal fusion model on a recording: how likely a palsy is, from single frames of movements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.contracts import Segment, SystemAnswer
from analysis.faces.mesh import Mesh
from analysis.grading.fusion import modalities
from analysis.grading.fusion.network import PICTURES, FusionNet, Modality
from analysis.systems.evenly import Evenly
from analysis.systems.reader import TOGETHER, Known, Pace, Reader, mean_probabilities, named
from analysis.video.picture import RGB
from analysis.weights.published import Loaded

CLASSES: Final = ("no palsy", "palsy")
_RATE_HZ: Final = 4.0
_MOST: Final = 128  # frames, 150 kB each with their picture at the published size
_ASKED: Final = 48  # of them


@dataclass(frozen=True, slots=True)
class _Frame:
    frame: int
    time_s: float
    landmarks: npt.NDArray[np.float32]
    face: RGB | None  # only when the network looks at it


class FusionReader(Reader):
    """The recording's probability is the mean over frames in the middle halves of its movements, as in training."""

    def __init__(self, loaded: Loaded) -> None:
        network = loaded.networks["palsy"]
        assert isinstance(network, FusionNet)
        self._network, self._device, self._cfg = network, loaded.device, network.cfg
        self._pace = Pace(_RATE_HZ)
        self._frames: Evenly[_Frame] = Evenly(_MOST)

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        if self._pace.due(time_s):
            self._frames.offer(lambda: self._kept(frame, time_s, picture, landmarks))

    def _kept(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> _Frame:
        wanted = Modality.RGB in self._cfg.modalities
        face = modalities.face_picture(picture, landmarks, self._cfg.size_px) if wanted else None
        return _Frame(frame, time_s, np.asarray(landmarks, np.float32).copy(), face)

    def answers(self, known: Known) -> list[SystemAnswer]:
        chosen = _chosen([f for f in self._frames.kept if known.believed[f.frame]], known.movements)
        if not chosen:
            return []
        logits = [self._asked(chosen[i : i + TOGETHER]) for i in range(0, len(chosen), TOGETHER)]
        mean = mean_probabilities(logits)
        shares = {modality.value: round(share, 3) for modality, share in self._network.shares().items()}
        return [
            SystemAnswer("palsy", round(float(mean[1]), 4), named(CLASSES, mean), len(chosen), {"branches": shares})
        ]

    def _asked(self, frames: list[_Frame]) -> Tensor:
        given: dict[Modality, Tensor] = {}
        for modality in self._cfg.modalities:
            values = torch.from_numpy(np.stack([self._view(modality, f) for f in frames])).to(self._device)
            given[modality] = modalities.normalise(values) if modality in PICTURES else values
        logits: Tensor = self._network(given)
        return logits

    def _view(self, modality: Modality, frame: _Frame) -> npt.NDArray[np.float32] | RGB:
        if modality is Modality.RGB:
            assert frame.face is not None
            return frame.face
        if modality is Modality.SEGMENTS:
            return modalities.segments(frame.landmarks, self._cfg.size_px)
        numbers = modalities.coordinates if modality is Modality.COORDINATES else modalities.expression
        return numbers(frame.landmarks)


def _chosen(frames: list[_Frame], movements: list[Segment]) -> list[_Frame]:
    """A palsied face at rest can look like any other: where movements are known, frames between them do not count."""
    if movements:
        frames = [f for f in frames if any(_in_middle(f.time_s, m) for m in movements)]
    if len(frames) <= _ASKED:
        return frames
    return [frames[i] for i in np.round(np.linspace(0, len(frames) - 1, _ASKED)).astype(int)]


def _in_middle(time_s: float, movement: Segment) -> bool:
    quarter = (movement.end_s - movement.start_s) / 4
    return movement.start_s + quarter <= time_s <= movement.end_s - quarter
