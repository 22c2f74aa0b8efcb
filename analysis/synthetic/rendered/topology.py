"""Which triangles a camera in front of the face can see, their normals, and vertices as a graphics card wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analysis.synthetic.rendered.model import FaceModel, Floats, Indices

# Groups that are drawn one after the other: parts of the mesh, and how far back (model z) they can be seen.
GROUPS: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "skin": (("face", -99.0), ("headneck", -4.5)),
    "mouth": (("mouthsocket", 6.0), ("gums", 7.0), ("teeth", 7.2)),
    "eyes": (("sclera_L", 8.0), ("sclera_R", 8.0)),
    "lids": (("occlusion_L", -99.0), ("occlusion_R", -99.0), ("lashes_L", -99.0), ("lashes_R", -99.0)),
}
# What a shader is told about the part that it draws.
KIND: Final = {
    "face": 0, "headneck": 1, "mouthsocket": 2, "gums": 3, "teeth": 4, "sclera_L": 5, "sclera_R": 6,
    "occlusion_L": 7, "occlusion_R": 7, "lashes_L": 8, "lashes_R": 8,
}  # fmt: skip
_SOFTENING: Final = 3  # rounds of averaging over neighbours, for light that spreads under the skin
_WELD: Final = 1e4  # positions that agree to 1/10,000 cm are one point, though the mesh has two: head and neck


def seen(model: FaceModel) -> npt.NDArray[np.intp]:
    """Vertices that a frontal camera needs, and the landmarks."""
    corners = [model.quads[_rows(model, part, back)].ravel() for parts in GROUPS.values() for part, back in parts]
    return np.asarray(np.unique(np.concatenate([*corners, np.array(model.landmarks)])), np.intp)


@dataclass(frozen=True, slots=True)
class Topology:
    """Triangles and the sums over them. A corner is a vertex with one texture coordinate."""

    corner_vertex: Indices  # (C,)
    corner_texture: Floats  # (C, 2)
    corner_kind: Floats  # (C,) `KIND`
    groups: dict[str, Indices]  # name -> (t, 3) corners
    triangles: Indices  # (T, 3) vertices
    sums: Any  # sparse (V, T): triangle normals to vertex normals
    means: Any  # sparse (V, V): a vertex and its neighbours

    @classmethod
    def of(cls, model: FaceModel, *, everything: bool = False) -> Topology:
        """Of what can be seen; `everything` keeps what lies behind, which still shades."""
        groups: dict[str, list[Indices]] = {name: [] for name in GROUPS}
        textures: dict[str, list[Indices]] = {name: [] for name in GROUPS}
        kinds: list[tuple[Indices, int]] = []
        for name, parts in GROUPS.items():
            for part, back in parts:
                rows = _rows(model, part, -99.0 if everything else back)
                groups[name].append(_halved(model.quads[rows]))
                textures[name].append(_halved(model.texture_quads[rows], model.quads[rows]))
                kinds.append((groups[name][-1], KIND[part]))
        flat = {name: np.concatenate(parts) for name, parts in groups.items()}
        flat_texture = np.concatenate([t for parts in textures.values() for t in parts])
        triangles = np.concatenate(list(flat.values()))
        pairs = np.stack([triangles.ravel(), flat_texture.ravel()], axis=1)
        corners, inverse = np.unique(pairs, axis=0, return_inverse=True)
        numbered = inverse.reshape(-1, 3).astype(np.int32)
        kind = np.zeros(len(corners), np.float32)
        ends = np.cumsum([0, *(len(t) for t, _ in kinds)])
        for (_, code), a, b in zip(kinds, ends, ends[1:], strict=False):
            kind[numbered[a:b].ravel()] = code
        starts = np.cumsum([0, *(len(t) for t in flat.values())])
        split = {name: numbered[a:b] for name, a, b in zip(flat, starts, starts[1:], strict=False)}
        return cls(
            corner_vertex=corners[:, 0].astype(np.int32),
            corner_texture=model.texture[corners[:, 1]].astype(np.float32),
            corner_kind=kind,
            groups=split,
            triangles=triangles,
            sums=_welded(model.neutral) @ _incidence(triangles, len(model.neutral)),
            means=_neighbourhood(triangles, len(model.neutral)),
        )

    def normals(self, positions: Floats) -> Floats:
        """(V, 3) unit normals of posed vertices."""
        a, b, c = (positions[self.triangles[:, i]] for i in range(3))
        u, v = b - a, c - a
        across = np.empty_like(u)  # np.cross is several times slower
        for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            across[:, i] = u[:, j] * v[:, k] - u[:, k] * v[:, j]
        return _unit(self.sums @ across)

    def softened(self, normals: Floats) -> Floats:
        """(V, 3) the normals that light scattered under the skin seems to meet."""
        for _ in range(_SOFTENING):
            normals = self.means @ normals
        return _unit(normals)

    def smoothed(self, values: Floats) -> Floats:
        """(V,) averaged over neighbours."""
        for _ in range(_SOFTENING):
            values = self.means @ values
        return values


def _rows(model: FaceModel, part: str, back: float) -> npt.NDArray[np.intp]:
    """Quads of a part that reach in front of `back`."""
    first, end = model.parts[part]
    front = model.neutral[model.quads[first:end], 2].max(axis=1, initial=-np.inf)
    return np.asarray(first + np.flatnonzero(front > back))


def _halved(quads: Indices, like: Indices | None = None) -> Indices:
    """(T, 3) two triangles a quad; one where `like` (else the quad itself) repeats its last corner."""
    full = (quads if like is None else like)[:, 2] != (quads if like is None else like)[:, 3]
    return np.concatenate([quads[:, [0, 1, 2]], quads[full][:, [0, 2, 3]]])


def _incidence(triangles: Indices, vertices: int) -> Any:
    ones = np.ones(triangles.size, np.float32)
    columns = np.repeat(np.arange(len(triangles)), 3)
    return sparse.csr_matrix((ones, (triangles.ravel(), columns)), shape=(vertices, len(triangles)))


def _welded(neutral: Floats) -> Any:
    """Vertices at one place share their normals, so that no seam shows where two parts of the mesh meet."""
    _, place = np.unique(np.round(neutral * _WELD).astype(np.int64), axis=0, return_inverse=True)
    at = sparse.csr_matrix((np.ones(len(neutral), np.float32), (place.ravel(), np.arange(len(neutral)))))
    return at.T @ at


def _neighbourhood(triangles: Indices, vertices: int) -> Any:
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    both = np.concatenate([edges, edges[:, ::-1]])
    links = sparse.csr_matrix((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(vertices, vertices))
    links.data[:] = 1
    links = links + sparse.eye(vertices, format="csr", dtype=np.float32)
    return (sparse.diags(1 / np.asarray(links.sum(axis=1)).ravel()) @ links).tocsr().astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    lengths = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
