"""3DPalsyNet on a recording: a clip for every movement, its grade and what the mouth does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.contracts import MouthMotionLabel, SystemAnswer
from analysis.faces.mesh import Mesh
from analysis.grading.crops import cut, face_square
from analysis.grading.palsynet import clips
from analysis.grading.palsynet.network import GRADE, MOUTH
from analysis.systems.evenly import Evenly
from analysis.systems.reader import TOGETHER, Known, Pace, Reader, mean_probabilities, named
from analysis.video.picture import RGB
from analysis.weights.published import Loaded

GRADES: Final = ("1", "2", "3", "4", "5", "6")
_RATE_HZ: Final = 8.0
_MOST: Final = 960  # face pictures, 37 kB each at 112 px
_WINDOW_S: Final = 2.0  # of a video whose movements are not known, as in training


@dataclass(frozen=True, slots=True)
class _Face:
    frame: int
    time_s: float
    picture: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Part:
    start_s: float
    end_s: float
    exercise: str | None


class PalsyNetReader(Reader):
    """The recording's grade is the most likely one under the mean of its clips' probabilities; never a mean grade."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._pace = Pace(_RATE_HZ)
        self._faces: Evenly[_Face] = Evenly(_MOST)

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        if self._pace.due(time_s):
            size = self._loaded.cfg.size_px
            self._faces.offer(lambda: _Face(frame, time_s, cut(picture, face_square(landmarks), size, size)))

    def answers(self, known: Known) -> list[SystemAnswer]:
        found = self._clips(known)
        if not found:
            return []
        parts, stacked = [part for part, _ in found], [clip for _, clip in found]
        answers = []
        for name, network in self._loaded.networks.items():
            logits = []
            for i in range(0, len(stacked), TOGETHER):
                batch = torch.from_numpy(np.stack(stacked[i : i + TOGETHER])).to(self._loaded.device)
                logits.append(network(clips.normalise(batch))[name].logits)
            answers.append(_ANSWERS[name](parts, torch.cat(logits)))
        return answers

    def _clips(self, known: Known) -> list[tuple[_Part, clips.Clip]]:
        faces = [face for face in self._faces.kept if known.believed[face.frame]]
        parts = [_Part(m.start_s, m.end_s, m.exercise.value) for m in known.movements] or _windows(faces)
        found = []
        for part in parts:
            inside = [face.picture for face in faces if part.start_s <= face.time_s <= part.end_s]
            if len(inside) >= 2:
                chosen = clips.frame_choice(len(inside), self._loaded.cfg.frames)
                found.append((part, np.stack([inside[i] for i in chosen])))
        return found


def _windows(faces: list[_Face]) -> list[_Part]:
    last = faces[-1].time_s if faces else 0.0
    return [_Part(t, t + _WINDOW_S, None) for t in np.arange(0.0, last + 1e-6, _WINDOW_S).tolist()]


def _grade(parts: list[_Part], logits: Tensor) -> SystemAnswer:
    mean = mean_probabilities([logits])
    singly = [{**_placed(part), "grade": int(row.argmax()) + 1} for part, row in zip(parts, logits, strict=True)]
    return SystemAnswer("house_brackmann", int(mean.argmax()) + 1, named(GRADES, mean), len(parts), {"clips": singly})


def _mouth(parts: list[_Part], logits: Tensor) -> SystemAnswer:
    """Every clip has its own motion; the recording as a whole has none."""
    labels = list(MouthMotionLabel)
    shares = logits.float().softmax(dim=1).cpu()
    singly = [
        {**_placed(part), "label": labels[int(row.argmax())].value, "confidence": round(float(row.max()), 4)}
        for part, row in zip(parts, shares, strict=True)
    ]
    return SystemAnswer("mouth_motion", None, {}, len(parts), {"clips": singly})


def _placed(part: _Part) -> dict[str, Any]:
    return {"start_s": round(part.start_s, 3), "end_s": round(part.end_s, 3), "exercise": part.exercise}


_ANSWERS: Final = {GRADE: _grade, MOUTH: _mouth}
