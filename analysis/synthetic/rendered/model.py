"""The ICT face model in memory: a neutral head, identities, and expression shapes told apart by side.

Model frame, in centimetres: x to the subject's own left, y up, z out of the face.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.synthetic.mesh import LEFT, RIGHT, Points, smoothstep
from analysis.synthetic.rendered.landmarks import MULTIPIE, VERTICES

Indices = npt.NDArray[np.int32]
Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

SUFFIX: Final = ("_L", "_R")  # of a shape's name, by side
# Which faces (quads) of the mesh are what; the numbers are those of the ICT-FaceKit mesh.
PARTS: Final[Mapping[str, tuple[int, int]]] = {
    "face": (0, 9230),
    "headneck": (9230, 11144),
    "mouthsocket": (11144, 13226),
    "eyesocket": (13226, 14034),
    "gums": (14034, 17006),
    "teeth": (17006, 21496),
    "sclera_L": (21496, 22296),
    "sclera_R": (23094, 23894),
    "occlusion_L": (25048, 25176),
    "occlusion_R": (25176, 25304),
    "lashes_L": (25304, 25844),
    "lashes_R": (25844, 26384),
}
# Shapes that the model gives for both sides at once, and how wide the transition across the midline is, cm.
WHOLE: Final = {"mouthPucker": 1.8, "mouthFunnel": 1.8}
ONE_SIDED: Final = (
    "browInnerUp", "browOuterUp", "browDown", "eyeBlink", "eyeWide", "eyeSquint", "cheekSquint", "noseSneer",
    "mouthUpperUp", "mouthSmile", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthStretch",
    "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut",
)  # fmt: skip
MIDLINE: Final = ("mouthLeft", "mouthRight", "jawOpen")
BELL: Final = "globeUp"  # made here: the globe rolls up while its lids stay
_BELL_GAIN: Final = 1.3  # of the model's upward look
_LIDS_MEET: Final = (0.85, 1.3)  # bounds of the weight of eyeBlink at which an identity's lids meet


@dataclass(frozen=True)
class FaceModel:
    """The arrays of the face model; `shapes` holds per-side shapes under names with `SUFFIX`."""

    neutral: Floats  # (V, 3)
    identities: Floats  # (I, V, 3) offsets of one standard deviation
    shapes: Mapping[str, Floats]  # name -> (V, 3) offsets at weight 1
    quads: Indices  # (Q, 4) vertices; a triangle repeats its last one
    texture_quads: Indices  # (Q, 4) rows of `texture`
    texture: Floats  # (T, 2) texture coordinates
    parts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: PARTS)
    landmarks: tuple[int, ...] = VERTICES

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.shapes))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Column of a shape in arrays of weights."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def stack(self) -> Floats:
        """(K, 3 V) every shape in the order of `names`."""
        return np.stack([self.shapes[name] for name in self.names]).reshape(len(self.names), -1)

    def person(self, coefficients: Floats) -> Floats:
        """(V, 3) resting head of an identity; coefficients in standard deviations, those that the model has."""
        used = min(len(coefficients), len(self.identities))
        given = np.asarray(coefficients[:used], self.neutral.dtype)
        return np.asarray(self.neutral + np.tensordot(given, self.identities[:used], 1))

    def pose(self, head: Floats, weights: Floats) -> Floats:
        """(V, 3) a resting head with shapes; weights (K,) in the order of `names`."""
        used = np.flatnonzero(weights)
        moved = np.asarray(weights, self.stack.dtype)[used] @ self.stack[used]
        return np.asarray(head + moved.reshape(-1, 3))

    def points(self, head: Floats, weights: Floats) -> Floats:
        """(n, 68, 3) the landmarks through a video; weights (n, K)."""
        few = list(self.landmarks)
        shapes = np.stack([self.shapes[name][few] for name in self.names])
        return np.asarray(head[few] + np.tensordot(weights, shapes, 1))

    def only(self, keep: npt.NDArray[np.intp]) -> FaceModel:
        """The model of these vertices alone; quads that lose a vertex go. `landmarks` must be among them."""
        new = np.full(len(self.neutral), -1, np.int32)
        new[keep] = np.arange(len(keep))
        whole = (new[self.quads] >= 0).all(axis=1)
        before = np.concatenate([[0], np.cumsum(whole)])
        return FaceModel(
            neutral=self.neutral[keep],
            identities=self.identities[:, keep],
            shapes={name: shape[keep] for name, shape in self.shapes.items()},
            quads=new[self.quads[whole]],
            texture_quads=self.texture_quads[whole],
            texture=self.texture,
            parts={name: (int(before[a]), int(before[b])) for name, (a, b) in self.parts.items()},
            landmarks=tuple(int(new[i]) for i in self.landmarks),
        )


def lids_meet_at(model: FaceModel, head: Floats) -> tuple[float, float]:
    """Weight of eyeBlink at which this head's lids meet, left and right: lids differ between heads."""
    few = head[list(model.landmarks)]
    found = []
    for side in (LEFT, RIGHT):
        moved = few + model.shapes[f"eyeBlink{SUFFIX[side]}"][list(model.landmarks)]
        gaps = [_gap(points, side) for points in (few, moved)]
        found.append(float(np.clip(gaps[0] / max(gaps[0] - gaps[1], 1e-6), *_LIDS_MEET)))
    return found[LEFT], found[RIGHT]


def left_share(x: Floats, width: float) -> Points:
    """1 on the subject's left, 0 on the right, smooth within `width` of the midline; x in the model frame."""
    return smoothstep(x, -width, width)


def by_side(neutral: Floats, raw: Mapping[str, Floats], globes: tuple[Mask, Mask]) -> dict[str, Floats]:
    """The shapes that are animated, per side, out of those of the model's files.

    globes: (V,) bool for each side, the vertices of the eyeball. Raises ValueError when a shape is missing.
    """
    wanted = [stem + suffix for stem in ONE_SIDED for suffix in SUFFIX] + [*MIDLINE, *WHOLE]
    if missing := [name for name in wanted if name not in raw]:
        raise ValueError(f"this is not the ICT face model: it lacks the shapes {', '.join(missing[:4])}")
    shapes = {name: raw[name] for name in wanted if name not in WHOLE}
    for name, width in WHOLE.items():
        left = left_share(neutral[:, 0], width).astype(neutral.dtype)[:, None]
        shapes[name + SUFFIX[LEFT]], shapes[name + SUFFIX[RIGHT]] = raw[name] * left, raw[name] * (1 - left)
    for side in (LEFT, RIGHT):
        up = raw["eyeLookUp" + SUFFIX[side]]
        shapes[BELL + SUFFIX[side]] = np.where(globes[side][:, None], _BELL_GAIN * up, 0).astype(up.dtype)
    return shapes


def _gap(points: Floats, side: int) -> float:
    upper, lower = (points[list(lids[side]), 1].mean() for lids in (MULTIPIE.upper_lid, MULTIPIE.lower_lid))
    return float(upper - lower)
