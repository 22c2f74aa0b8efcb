"""OpenGL without a window: the context, shaders from files, and what they are fed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SHADERS: Final = Path(__file__).parent / "shaders"
VERSION: Final = "#version 330\n"
# Texture units by the name of the sampler.
UNITS: Final = ("face_colour", "neck_colour", "face_matter", "neck_matter", "lines", "shadow_map", "wall")

Value = float | Sequence[float] | npt.NDArray[Any]


class NoGraphics(Exception):
    """OpenGL cannot be used here; the message says what to install."""


def library() -> Any:
    """The module moderngl. Raises NoGraphics when it is not installed."""
    try:
        return importlib.import_module("moderngl")
    except ImportError as error:
        raise NoGraphics(
            "Rendering needs the package moderngl, which is not installed: run tools/environment rendering."
        ) from error


def context() -> Any:
    """An OpenGL 3.3 context that needs no screen. Raises NoGraphics when there is no OpenGL."""
    gl = library()
    try:
        if sys.platform == "linux":
            return gl.create_standalone_context(require=330, backend="egl")
        return gl.create_standalone_context(require=330)
    except Exception as error:  # the library raises plain Exception
        raise NoGraphics(
            f"There is no OpenGL 3.3 without a screen ({error}). Debian, Ubuntu: apt install libegl1 libgl1-mesa-dri; "
            "with an NVIDIA card its driver's EGL is used."
        ) from error


class Program:
    """A vertex shader and a fragment shader, which may come in several files."""

    def __init__(self, gl: Any, vertex: str, *fragments: str) -> None:
        sources = (VERSION + _read(vertex), VERSION + "".join(_read(name) for name in fragments))
        self.raw = gl.program(vertex_shader=sources[0], fragment_shader=sources[1])
        self.names = frozenset(self.raw)
        for unit, name in enumerate(UNITS):
            if name in self.names:
                self.raw[name].value = unit

    def set(self, **values: Value) -> None:
        """Uniforms by name; what the shaders do not use is passed over. Matrices are (4, 4), column vectors."""
        for name, value in values.items():
            if name in self.names:
                array = np.asarray(value, np.float32)
                square = array.shape == (4, 4)  # OpenGL keeps columns together
                self.raw[name].write(np.ascontiguousarray(array.T if square else array).tobytes())


def geometry(gl: Any, program: Program, triangles: npt.NDArray[Any], *streams: tuple[Any, str, tuple[str, ...]]) -> Any:
    """A vertex array of (buffer, sizes, names); attributes that the program does not use are skipped."""
    content = []
    for buffer, sizes, names in streams:
        used = [name in program.names for name in names]
        if any(used):
            pairs = zip(sizes, used, strict=True)
            layout = " ".join(f"{size}f" if wanted else f"{size}x4" for size, wanted in pairs)
            content.append((buffer, layout, *(n for n, wanted in zip(names, used, strict=True) if wanted)))
    indices = gl.buffer(np.ascontiguousarray(triangles, np.int32).tobytes())
    return gl.vertex_array(program.raw, content, indices)


def _read(name: str) -> str:
    return (SHADERS / name).read_text(encoding="utf-8")
