"""How much of its surroundings each point of the face sees: baked once for the generic head, kept beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.synthetic.mesh import Points
from analysis.synthetic.rendered import files
from analysis.synthetic.rendered.lens import box, look_from
from analysis.synthetic.rendered.model import FaceModel, Floats
from analysis.synthetic.rendered.program import Program, context, geometry, library
from analysis.synthetic.rendered.topology import Topology

# The three states between which frames are mixed, under the names in the file.
_STATES: Final[Mapping[str, Mapping[str, float]]] = {
    "o": {},
    "c": {"eyeBlink_L": 1.05, "eyeBlink_R": 1.05},
    "j": {
        "jawOpen": 0.35,
        "mouthUpperUp_L": 0.5,
        "mouthUpperUp_R": 0.5,
        "mouthLowerDown_L": 0.8,
        "mouthLowerDown_R": 0.8,
    },
}
_DIRECTIONS: Final = 160
_TEXELS: Final = 768
_MIDDLE: Final = np.array([0.0, -2.0, 2.0])  # of the head, model frame
_REACH: Final = 23.0  # cm from the middle that are looked at
_NEAR, _FAR = 1.0, 90.0
_BIAS: Final = 0.12 / (_FAR - _NEAR)  # a surface does not hide itself
_OPEN: Final = 0.95  # share that counts as all: nothing on a head is quite free


def baked(model: FaceModel, folder: Path) -> Floats:
    """(V, 3) share of the surroundings seen with open eyes, shut eyes, open mouth.

    Read from `folder` where it is kept; else baked (10 s of one core without a graphics card) and kept.
    Raises NoGraphics without OpenGL, NoFaceModel when the kept file does not belong to this mesh.
    """
    path = files.kept(folder, files.OCCLUSION)
    if path.is_file():
        with np.load(path) as kept:
            found = [kept[name] for name in _STATES if name in kept.files]
        if len(found) < len(_STATES) or any(len(f) != len(model.neutral) for f in found):
            raise files.NoFaceModel(f"{path} does not belong to this face model; delete it to have it made again.")
    else:
        oven = _Oven(model)
        found = [oven.bake(_posed(model, shapes)) for shapes in _STATES.values()]
        files.keep(path, **dict(zip(_STATES, found, strict=True)))
    return np.stack(found, axis=1)


def _posed(model: FaceModel, shapes: Mapping[str, float]) -> Floats:
    weights = np.zeros(len(model.names), np.float32)
    for name, weight in shapes.items():
        weights[model.index[name]] = weight
    return model.pose(model.neutral, weights)


class _Oven:
    """The whole mesh as far lights see it, one after the other."""

    def __init__(self, model: FaceModel) -> None:
        self.gl = context()
        self.mesh = Topology.of(model, everything=True)
        self.program = Program(self.gl, "depth.vert", "depth.frag")
        self.positions = self.gl.buffer(reserve=12 * len(model.neutral), dynamic=True)
        solid = np.concatenate([self.mesh.groups[name] for name in ("skin", "mouth", "eyes")])
        triangles = self.mesh.corner_vertex[solid]
        self.shape = geometry(self.gl, self.program, triangles, (self.positions, "3", ("position",)))
        self.depth = self.gl.depth_texture((_TEXELS, _TEXELS))
        self.frame = self.gl.framebuffer(depth_attachment=self.depth)

    def bake(self, positions: Floats) -> Floats:
        """(V,) for posed vertices."""
        self.positions.write(np.ascontiguousarray(positions, np.float32))
        normals = self.mesh.normals(positions)
        seen, all_ = np.zeros(len(positions)), np.zeros(len(positions))
        for direction in _sphere(_DIRECTIONS):
            facing = np.maximum(normals @ direction, 0)
            seen += facing * self._sees(positions, direction)
            all_ += facing
        share = self.mesh.smoothed((seen / np.maximum(all_, 1e-6)).astype(np.float32))
        return np.asarray(np.clip(share / _OPEN, 0, 1), dtype=np.float32)

    def _sees(self, positions: Floats, direction: Points) -> Any:
        """(V,) whether a vertex sees a light far away in this direction."""
        matrix = box(_REACH, _REACH, _NEAR, _FAR) @ look_from(direction, _MIDDLE)
        self.frame.use()
        self.gl.enable(library().DEPTH_TEST)
        self.frame.clear(depth=1.0)
        self.program.set(to_light=matrix)
        self.shape.render()
        nearest = np.frombuffer(self.depth.read(), np.float32).reshape(_TEXELS, _TEXELS)
        at = (positions @ matrix[:3, :3].T + matrix[:3, 3]) * 0.5 + 0.5
        column, row = (np.clip(at[:, i] * _TEXELS, 0, _TEXELS - 1).astype(int) for i in (0, 1))
        return at[:, 2] - _BIAS <= nearest[row, column]


def _sphere(count: int) -> Points:
    """(count, 3) directions evenly over the sphere: Fibonacci's spiral."""
    k = np.arange(count) + 0.5
    height, turn = 1 - 2 * k / count, np.pi * (1 + np.sqrt(5)) * k
    ring = np.sqrt(1 - height**2)
    return np.stack([np.cos(turn) * ring, np.sin(turn) * ring, height], axis=1)
