"""What a published system is to the pipeline: it is shown frames as they come, and asked once at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.contracts import Exercise, Segment, SystemAnswer
from analysis.faces.mesh import Mesh
from analysis.faces.track import Bools
from analysis.video.picture import RGB

TOGETHER: Final = 16  # pictures, clips or sequences on the device at a time


@dataclass(frozen=True, slots=True)
class Known:
    """What the landmark path knows when the video has been read."""

    believed: Bools  # (n,) frames whose landmarks count
    segments: Sequence[Segment]

    @property
    def movements(self) -> list[Segment]:
        return [s for s in self.segments if s.exercise is not Exercise.REST and s.end_s > s.start_s]


class Reader(ABC):
    """Keeps only what its network looks at, and no more of it than a fixed number, however long the video is."""

    @abstractmethod
    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        """One frame; `landmarks` (478, 3) lie in its pixels. Frames come in order, not every one."""

    @abstractmethod
    def answers(self, known: Known) -> list[SystemAnswer]:
        """Empty when no frame that was kept can be used."""


class Pace:
    """Whether a frame is due, at no more than `rate_hz`."""

    def __init__(self, rate_hz: float) -> None:
        self._step = 0.999 / rate_hz
        self._last_s = -np.inf

    def due(self, time_s: float) -> bool:
        if time_s - self._last_s < self._step:
            return False
        self._last_s = time_s
        return True


def mean_probabilities(logits: Sequence[Tensor]) -> npt.NDArray[np.float64]:
    """(classes,) the mean over all rows of their class probabilities."""
    found: npt.NDArray[np.float64] = (
        torch.cat([x.float().softmax(dim=1).cpu() for x in logits]).double().mean(0).numpy()
    )
    return found


def named(classes: Sequence[str], probabilities: npt.NDArray[np.float64]) -> dict[str, float]:
    return {name: round(float(p), 4) for name, p in zip(classes, probabilities, strict=True)}
