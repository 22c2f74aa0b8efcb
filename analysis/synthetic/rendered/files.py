"""Finding the face model on disk: ICT-FaceKit's folder of .obj files, or a folder with the arrays made from it.

The model is not part of this project: everybody downloads it from its makers (MIT licence) and points to it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.synthetic.rendered.landmarks import VERTICES
from analysis.synthetic.rendered.model import PARTS, FaceModel, by_side

ARRAYS: Final = "ict.npz"
OCCLUSION: Final = "ao.npz"
NEUTRAL: Final = "generic_neutral_mesh.obj"
WHERE: Final = (
    "Download ICT-FaceKit (https://github.com/USC-ICT/ICT-FaceKit, MIT licence) and point --model to its folder "
    "FaceXModel"
)

Arrays = dict[str, npt.NDArray[Any]]


class NoFaceModel(Exception):
    """There is no usable face model where the caller pointed to; the message says what to do."""


def load(
    folder: Path, parts: Mapping[str, tuple[int, int]] = PARTS, landmarks: tuple[int, ...] = VERTICES
) -> FaceModel:
    """The face model of a folder; the first time, reading the .obj files takes 10 s of one core.

    Raises NoFaceModel when the folder holds none, or another one than `parts` and `landmarks` are of.
    """
    arrays = _arrays(folder)
    try:
        neutral, quads = arrays["N"], arrays["F"]
        raw = {str(name): shape for name, shape in zip(arrays["exn"], arrays["ex"], strict=True)}
        model = FaceModel(
            neutral=neutral,
            identities=arrays["ids"],
            shapes=by_side(neutral, raw, (_on(parts["sclera_L"], arrays), _on(parts["sclera_R"], arrays))),
            quads=quads,
            texture_quads=arrays["FT"],
            texture=arrays["vt"],
            parts=parts,
            landmarks=landmarks,
        )
    except (KeyError, ValueError, IndexError) as error:
        raise NoFaceModel(f"{folder} holds no ICT face model ({error}). {WHERE}.") from error
    if len(quads) != max(end for _, end in parts.values()) or max(model.landmarks) >= len(neutral):
        raise NoFaceModel(f"{folder} holds another mesh than ICT-FaceKit's ({len(quads)} faces). {WHERE}.")
    return model


def kept(folder: Path, name: str) -> Path:
    """Where something made from the model is kept: beside it, or in the user's cache when that is read-only."""
    if (folder / name).is_file() or os.access(folder, os.W_OK):
        return folder / name
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "seventh" / f"face-model-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}" / name


def keep(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write arrays under their final name only when they are whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    with half.open("wb") as file:
        np.savez_compressed(file, **arrays)
    half.replace(path)


def _arrays(folder: Path) -> Arrays:
    path = kept(folder, ARRAYS)
    if path.is_file():
        try:
            with np.load(path) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise NoFaceModel(f"{path} cannot be read ({error}); delete it to have it made again.") from error
    if not (folder / NEUTRAL).is_file():
        raise NoFaceModel(f"There is no face model in {folder}: neither {NEUTRAL} nor {ARRAYS}. {WHERE}.")
    arrays = _from_obj(folder)
    keep(path, **arrays)
    return arrays


def _from_obj(folder: Path) -> Arrays:
    neutral = _vertices(folder / NEUTRAL)
    texture, quads, texture_quads = _faces(folder / NEUTRAL)
    files = sorted(folder.glob("*.obj"))
    expressions = [p for p in files if not p.stem.startswith(("identity", "generic"))]
    identities = [p for p in files if p.stem.startswith("identity")]
    if not identities or not expressions:
        raise NoFaceModel(f"{folder} is not complete: it needs identity*.obj and the expression shapes. {WHERE}.")
    return {
        "N": neutral,
        "ids": np.stack([_vertices(p) - neutral for p in identities]),
        "exn": np.array([p.stem for p in expressions]),
        "ex": np.stack([_vertices(p) - neutral for p in expressions]),
        "F": quads,
        "FT": texture_quads,
        "vt": texture,
    }


def _vertices(path: Path) -> npt.NDArray[np.float32]:
    """(V, 3) positions of an .obj file."""
    with path.open() as lines:
        return np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float32)


def _faces(path: Path) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """(T, 2) texture coordinates, (Q, 4) vertices and (Q, 4) texture rows; triangles repeat their last corner."""
    texture: list[list[str]] = []
    corners: list[list[list[str]]] = []
    with path.open() as lines:
        for line in lines:
            if line.startswith("vt "):
                texture.append(line.split()[1:3])
            elif line.startswith("f "):
                face = [corner.split("/")[:2] for corner in line.split()[1:5]]
                corners.append(face if len(face) == 4 else [*face, face[-1]])
    indices = np.array(corners, np.int32) - 1  # .obj counts from one
    return np.array(texture, np.float32), indices[..., 0].copy(), indices[..., 1].copy()


def _on(part: tuple[int, int], arrays: Arrays) -> npt.NDArray[np.bool_]:
    """(V,) whether a vertex belongs to the faces of a part."""
    mask = np.zeros(len(arrays["N"]), bool)
    mask[arrays["F"][slice(*part)].ravel()] = True
    return mask
