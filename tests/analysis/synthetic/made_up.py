"""A made-up face model with 68 landmarks and two square eyeballs: small enough to reckon with by hand.

Its left lids meet at weight 0.9 of eyeBlink, its right ones at 1.1; a smile takes a corner 1 cm out and 0.5 cm up.
"""

from pathlib import Path

import numpy as np

from analysis.synthetic.rendered.model import MIDLINE, ONE_SIDED, SUFFIX, WHOLE, FaceModel, by_side
from analysis.synthetic.rendered.shoot import Studio

LANDMARKS = tuple(range(68))
MEET = (0.9, 1.1)  # left, right
PARTS = {"face": (0, 3), "sclera_L": (3, 4), "sclera_R": (4, 5)}
QUADS = np.array([[36, 39, 48, 31], [45, 42, 54, 35], [48, 54, 57, 57], [68, 69, 70, 71], [72, 73, 74, 75]], np.int32)
_LEFT_EYE = {42: (1.8, 3.3), 43: (2.6, 3.75), 44: (3.6, 3.75), 45: (4.5, 3.3), 46: (3.6, 2.85), 47: (2.6, 2.85)}
_MIRROR = {45: 36, 44: 37, 43: 38, 42: 39, 47: 40, 46: 41}
_MOUTH = (
    (-2.5, -3.5), (-1.5, -3.0), (-0.7, -2.8), (0.0, -2.9), (0.7, -2.8), (1.5, -3.0), (2.5, -3.5), (1.5, -4.1),
    (0.7, -4.3), (0.0, -4.4), (-0.7, -4.3), (-1.5, -4.1), (-2.3, -3.5), (-0.8, -3.5), (0.0, -3.5), (0.8, -3.5),
    (2.3, -3.5), (0.8, -3.5), (0.0, -3.5), (-0.8, -3.5),
)  # fmt: skip


def neutral() -> np.ndarray:
    """(76, 3) model frame, cm."""
    head = np.zeros((76, 3), np.float32)
    head[:, 2] = 9.0
    head[0:17, :2] = [(7.5 * np.sin(t), -7.5 * np.cos(t) + 0.5) for t in np.linspace(-np.pi / 2, np.pi / 2, 17)]
    head[17:27, 0] = [-5, -4.2, -3.4, -2.5, -1.5, 1.5, 2.5, 3.4, 4.2, 5]
    head[17:27, 1] = 5.5
    head[27:36, :2] = [(0, 3), (0, 2), (0, 1), (0, 0.4), (-1.2, -1), (-0.6, -1.2), (0, -1.3), (0.6, -1.2), (1.2, -1)]
    head[30, 2] = 13.0
    for i, (x, y) in _LEFT_EYE.items():
        head[i, :2], head[_MIRROR[i], :2] = (x, y), (-x, y)
    head[48:68, :2] = _MOUTH
    for start, x in ((68, 3.1), (72, -3.1)):
        head[start : start + 4, :2] = [(x - 1, 2.5), (x + 1, 2.5), (x + 1, 4.5), (x - 1, 4.5)]
    return head


def raw_shapes() -> dict[str, np.ndarray]:
    """Offsets (76, 3) under the names of the real model's files."""
    names = [stem + end for stem in ONE_SIDED for end in SUFFIX] + [*MIDLINE, *WHOLE]
    shapes = {name: np.zeros((76, 3), np.float32) for name in names}
    for end, lids, meet in (("_L", (43, 44), MEET[0]), ("_R", (37, 38), MEET[1])):
        shapes[f"eyeBlink{end}"][list(lids), 1] = -0.9 / meet
        shapes[f"eyeWide{end}"][list(lids), 1] = 0.2
    for end, corner, out, brow in (("_L", 54, 1, slice(22, 27)), ("_R", 48, -1, slice(17, 22))):
        shapes[f"mouthSmile{end}"][corner, :2] = out, 0.5
        shapes[f"mouthFrown{end}"][corner, 1] = -0.5
        shapes[f"browInnerUp{end}"][brow, 1] = shapes[f"browOuterUp{end}"][brow, 1] = 0.5
    shapes["mouthPucker"][[48, 54], 0] = 1, -1
    shapes["mouthLeft"][48:68, 0], shapes["mouthRight"][48:68, 0] = 1, -1
    for end, globe in (("_L", slice(68, 72)), ("_R", slice(72, 76))):
        shapes[f"eyeLookUp{end}"][globe, 1] = 0.5
        shapes[f"eyeLookUp{end}"][43, 1] = 0.1  # looking up takes the lid along
    return shapes


def model() -> FaceModel:
    """The made-up face; its one identity trait makes the head wider."""
    head = neutral()
    globes = tuple(np.isin(np.arange(76), QUADS[row]) for row in (3, 4))
    wider = np.zeros((1, 76, 3), np.float32)
    wider[0, :, 0] = 0.05 * head[:, 0]
    shapes = by_side(head, raw_shapes(), (globes[0], globes[1]))
    return FaceModel(head, wider, shapes, QUADS, QUADS, np.zeros((76, 2), np.float32), PARTS, LANDMARKS)


def studio() -> Studio:
    """A studio that can tell the truth, but not render."""
    return Studio(model(), np.ones((76, 3), np.float32))


def write_obj(folder: Path) -> None:
    """The made-up model in the layout of ICT-FaceKit's folder FaceXModel."""
    folder.mkdir(parents=True, exist_ok=True)
    head = neutral()
    wider = head * np.array([1.05, 1, 1], np.float32)
    named = {"generic_neutral_mesh": head, "identity000": wider}
    named |= {name: head + shape for name, shape in raw_shapes().items()}
    for name, points in named.items():
        lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in points] + ["vt 0.25 0.5"] * 76
        for quad in QUADS + 1:
            corners = quad[:3] if quad[2] == quad[3] else quad
            lines.append("f " + " ".join(f"{i}/{i}" for i in corners))
        (folder / f"{name}.obj").write_text("\n".join(lines) + "\n")
