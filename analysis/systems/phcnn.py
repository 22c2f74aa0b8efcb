"""PHCNN-LSTM on a recording: short sequences of the face and two strips of it, and the severity level they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from analysis.contracts import Segment, SystemAnswer
from analysis.faces.mesh import Mesh
from analysis.grading.phcnn_lstm import strips
from analysis.grading.phcnn_lstm.strips import RATE_HZ, Regions
from analysis.systems.evenly import Evenly
from analysis.systems.reader import TOGETHER, Known, Pace, Reader, mean_probabilities, named
from analysis.video.picture import RGB
from analysis.weights.published import Loaded

LEVELS: Final = ("1", "2", "3")
_MOST: Final = 64  # sequences, 310 kB each at the published size
_GAP_S: Final = 2.5 / RATE_HZ  # frames further apart do not belong to one sequence


@dataclass(frozen=True, slots=True)
class _Sequence:
    frames: list[int]
    times_s: list[float]
    regions: list[Regions]

    def is_within(self, movements: Sequence[Segment]) -> bool:
        return any(m.start_s <= self.times_s[0] and self.times_s[-1] <= m.end_s for m in movements)


class PhcnnReader(Reader):
    """The recording's level is the most likely one under the mean of its sequences' probabilities.

    Sequences within the movements that were found count, as in training; all where none lies within one.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._pace = Pace(RATE_HZ)
        self._sequences: Evenly[_Sequence] = Evenly(_MOST)
        self._growing = _Sequence([], [], [])
        self._last_s = -np.inf

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        if not self._pace.due(time_s):
            return
        cfg = self._loaded.cfg
        if time_s - self._last_s > _GAP_S:
            self._growing = _Sequence([], [], [])
        self._last_s = time_s
        self._growing.frames.append(frame)
        self._growing.times_s.append(time_s)
        self._growing.regions.append(strips.regions(picture, landmarks, face_px=cfg.face_px, strip_px=cfg.strip_px))
        if len(self._growing.frames) == cfg.frames:
            whole, self._growing = self._growing, _Sequence([], [], [])
            self._sequences.offer(lambda: whole)

    def answers(self, known: Known) -> list[SystemAnswer]:
        believed = [s for s in self._sequences.kept if known.believed[s.frames].all()]
        usable = [s.regions for s in [s for s in believed if s.is_within(known.movements)] or believed]
        if not usable:
            return []
        network, device = self._loaded.networks["level"], self._loaded.device
        logits = []
        for i in range(0, len(usable), TOGETHER):
            part = usable[i : i + TOGETHER]
            pieces = (
                np.stack([np.stack([getattr(r, name) for r in rows]) for rows in part]) for name in Regions._fields
            )
            logits.append(network(*(strips.normalise(torch.from_numpy(piece).to(device)) for piece in pieces)))
        mean = mean_probabilities(logits)
        return [SystemAnswer("severity_level", int(mean.argmax()) + 1, named(LEVELS, mean), len(usable))]
