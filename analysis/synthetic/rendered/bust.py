"""Shoulders and chest: the face model ends at the neck."""

from __future__ import annotations

import numpy as np

from analysis.synthetic.mesh import Points
from analysis.synthetic.rendered.model import Floats, Indices

_AROUND, _UP = 64, 32  # facets


def bust() -> tuple[Floats, Floats, Indices]:
    """(V, 3) positions in the model frame, (V, 3) unit normals and (T, 3) triangles of a rounded box."""
    turn, rise = np.meshgrid(np.linspace(-np.pi, np.pi, _AROUND + 1), np.linspace(-np.pi / 2, np.pi / 2, _UP + 1))
    x = 19.5 * _squared(np.cos(rise), 0.75) * _squared(np.sin(turn), 0.9)
    y = -26.0 + 13.6 * _squared(np.sin(rise), 0.8) - 0.012 * x**2
    z = -2.5 + 8.5 * np.cos(rise) * np.cos(turn)
    positions = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    row, column = np.meshgrid(np.arange(_UP), np.arange(_AROUND), indexing="ij")
    first = (row * (_AROUND + 1) + column).ravel()
    below, above = first + 1, first + _AROUND + 1
    triangles = np.concatenate([np.stack([first, below, above + 1], 1), np.stack([first, above + 1, above], 1)])
    return positions, _normals(positions, triangles), triangles.astype(np.int32)


def _squared(t: Points, power: float) -> Points:
    return np.asarray(np.sign(t) * np.abs(t) ** power)


def _normals(positions: Floats, triangles: Indices) -> Floats:
    a, b, c = (positions[triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(positions)
    for i in range(3):
        np.add.at(normals, triangles[:, i], across)
    outwards = (normals * (positions - (0, -26, -2))).sum()
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(np.sign(outwards) * normals / np.maximum(length, 1e-9), dtype=np.float32)
