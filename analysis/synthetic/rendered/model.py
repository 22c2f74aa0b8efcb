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

from analysis.synthetic.mesh import LEFT, OUTWARD, RIGHT, Points, smoothstep
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
WHOLE: Final = {"mouthPucker": 1.8, "mouthFunnel": 1.8, "mouthShrugLower": 1.2, "mouthShrugUpper": 1.2}
ONE_SIDED: Final = (
    "browInnerUp", "browOuterUp", "browDown", "eyeBlink", "eyeWide", "eyeSquint", "cheekSquint", "noseSneer",
    "mouthUpperUp", "mouthSmile", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthStretch", "cheekPuff",
    "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut",
)  # fmt: skip
MIDLINE: Final = ("mouthLeft", "mouthRight", "jawOpen")
# The model's looks move the lids alone; the eyeballs are turned by shapes made here. Centre and axis of the left one:
EYE_CENTRE: Final = np.array([3.10574, 3.60462, 7.89179])
EYE_AXIS: Final = np.array([0.09985, -0.00368, 0.995])
TURN: Final = "globeTurn"  # 10 degrees to the subject's left, whichever eye
LIFT: Final = "globeLift"  # 10 degrees up
SHUT: Final = "globeShut"  # the globe is pressed back, cornea first, so that it stays behind lids that close
GLOBE_STEP: Final = np.radians(10)
_PRESSED_CM: Final = 0.10
_BALL_CM: Final = 1.50  # radius of the globe without its cornea
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
        before, after = (_gaps(points, side) for points in (few, moved))
        needed = before / np.maximum(before - after, 1e-6)
        found.append(float(np.clip(needed.max(), *_LIDS_MEET)))
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
        for name, moved in _globe(neutral[globes[side]], side).items():
            shapes[name + SUFFIX[side]] = np.zeros_like(neutral)
            shapes[name + SUFFIX[side]][globes[side]] = moved
    return shapes


def _globe(points: Floats, side: int) -> dict[str, Floats]:
    """Offsets (g, 3) of an eyeball's points."""
    from_centre = points - EYE_CENTRE * (OUTWARD[side], 1, 1)
    x, y, z = from_centre.T
    c, s = np.cos(GLOBE_STEP), np.sin(GLOBE_STEP)
    turned, lifted = np.stack([c * x + s * z, y, c * z - s * x], 1), np.stack([x, c * y + s * z, c * z - s * y], 1)
    length = np.linalg.norm(from_centre, axis=1, keepdims=True)
    pressed = from_centre * np.minimum(_BALL_CM / length, 1) - (0, 0, _PRESSED_CM)
    return {name: to - from_centre for name, to in ((TURN, turned), (LIFT, lifted), (SHUT, pressed))}


def _gaps(points: Floats, side: int) -> Floats:
    """(2,) height of the fissure at the lids' points; the two lids' are listed in the same order."""
    return np.asarray(points[list(MULTIPIE.upper_lid[side]), 1] - points[list(MULTIPIE.lower_lid[side]), 1])
