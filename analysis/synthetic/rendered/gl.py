"""The renderer: one head, dressed as one person at a time, on a graphics card or on Mesa's software renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.synthetic.mesh import LEFT, OUTWARD, RIGHT, Points
from analysis.synthetic.pixels import Picture
from analysis.synthetic.rendered import skin
from analysis.synthetic.rendered.bust import bust
from analysis.synthetic.rendered.canvas import Noise
from analysis.synthetic.rendered.lens import Shot, box, look_from
from analysis.synthetic.rendered.light import Light
from analysis.synthetic.rendered.look import Look
from analysis.synthetic.rendered.model import EYE_AXIS, EYE_CENTRE, FaceModel, Floats, Indices
from analysis.synthetic.rendered.program import UNITS, Program, context, geometry, library
from analysis.synthetic.rendered.topology import KIND, Topology

_FACE_TEXELS: Final = 1024
_NECK_TEXELS: Final = 512
_SHADOW_TEXELS: Final = 512
_SHELLS: Final = 4  # of hair
_BEHIND: Final = -3.5  # hair behind this z (cm) is never seen
_SHADOWED: Final = np.array([0.0, 2.0, 3.0])  # middle of what the shadow map sees, model frame
_PROGRAMS: Final = {
    "skin": ("head.vert", "common.frag", "shadow.frag", "skin.frag"),
    "mouth": ("head.vert", "common.frag", "mouth.frag"),
    "eyes": ("head.vert", "common.frag", "shadow.frag", "eye.frag"),
    "lids": ("head.vert", "common.frag", "lids.frag"),
    "hair": ("head.vert", "common.frag", "hair.frag"),
    "bust": ("head.vert", "common.frag", "cloth.frag"),
    "depth": ("depth.vert", "depth.frag"),
    "wall": ("wall.vert", "wall.frag"),
}
_MOVING: Final = ("333", ("position", "normal", "soft"))
_STILL: Final = ("3231", ("rest", "texel", "occlusion", "kind"))


@dataclass(frozen=True, slots=True)
class Pose:
    """One frame of a face: what moves."""

    positions: Floats  # (V, 3) of the model that the renderer was given
    closure: Points  # (2,) of the lids, left and right
    parting: float  # of the lips
    creases: Points  # (2, 4) depth of forehead, fold, eye corner and glabella, left and right


class Renderer:
    """Draws pictures of `size` (width, height). Raises NoGraphics without OpenGL.

    model: what a frontal camera sees; occlusion: (V, 3) as from `occlusion.baked`, for the same vertices.
    """

    def __init__(self, model: FaceModel, occlusion: Floats, size: tuple[int, int], samples: int = 0) -> None:
        self.gl, self.model, self.size = context(), model, size
        self.mesh = Topology.of(model)
        self.programs = {name: Program(self.gl, *files) for name, files in _PROGRAMS.items()}
        self._corners = self.mesh.corner_vertex
        self._fur = self.gl.buffer(reserve=4 * len(self._corners))
        self._moving = self.gl.buffer(reserve=4 * 9 * len(self._corners), dynamic=True)
        rest = model.neutral[self._corners]
        self._still = self._buffer(
            rest, self.mesh.corner_texture, occlusion[self._corners], self.mesh.corner_kind[:, None]
        )
        self._shapes = {name: self._drawn(name, triangles) for name, triangles in self.mesh.groups.items()}
        self._shapes["bust"] = self._bust()
        depth = np.concatenate([self.mesh.groups["skin"], self.mesh.groups["eyes"]])
        self._shapes["depth"] = geometry(self.gl, self.programs["depth"], depth, (self._moving, *_MOVING))
        screen = self._buffer(np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]))
        self._shapes["wall"] = geometry(
            self.gl, self.programs["wall"], np.array([[0, 1, 2], [2, 1, 3]]), (screen, "2", ("corner",))
        )
        self._textures: dict[str, Any] = {}
        self._shadow = self._shadow_map()
        self._screen, self._resolved = self._screens(samples)
        self._charts = {
            "face": self._chart(KIND["face"], _FACE_TEXELS),
            "neck": self._chart(KIND["headneck"], _NECK_TEXELS),
        }

    def dress(self, who: Look, wall: Picture) -> None:
        """Become this person before this background, (h, w, 3)."""
        marks = self.model.neutral[list(self.model.landmarks), :2].astype(float)
        for name, chart in self._charts.items():
            painted = skin.coat(chart, marks, who)
            self._texture(f"{name}_colour", painted.colour)
            self._texture(f"{name}_matter", painted.matter)
        self._texture("lines", skin.creases(self._charts["face"], who))
        self._texture("wall", wall)
        self._hair(who)
        for program in self.programs.values():
            program.set(
                hair_colour=np.array(who.hair) / 255,
                iris_colour=np.array(who.iris) / 255,
                cloth_colour=np.array(who.cloth) / 255,
                pupil=who.pupil,
                lashes=who.lashes,
                centre=np.stack([EYE_CENTRE * (out, 1, 1) for out in OUTWARD]),
                axis=np.stack([EYE_AXIS * (out, 1, 1) for out in OUTWARD]),
                shadow_step=1 / _SHADOW_TEXELS,
            )

    def picture(self, pose: Pose, shot: Shot, light: Light, exposure: float) -> Picture:
        """(H, W, 3) RGB of one frame."""
        gl, flags = self.gl, library()
        self._move(pose.positions)
        to_light = self._cast_shadows(shot, light)
        common = _lit(light) | {
            "exposure": exposure,
            "to_eye": shot.camera @ shot.head,
            "projection": shot.projection,
            "to_light": to_light @ np.linalg.inv(shot.camera),
            "closure": pose.closure,
            "parting": pose.parting,
            "creases_left": pose.creases[LEFT],
            "creases_right": pose.creases[RIGHT],
            "shell": 0.0,
        }
        for program in self.programs.values():
            program.set(**common)
        self._screen.use()
        self._screen.clear(depth=1.0)
        gl.enable(flags.DEPTH_TEST)
        for unit, name in enumerate(UNITS):
            (self._shadow[0] if name == "shadow_map" else self._textures[name]).use(unit)
        gl.enable(flags.CULL_FACE)
        self._shapes["skin"].render()
        gl.disable(flags.CULL_FACE)
        self.programs["bust"].set(to_eye=shot.camera @ shot.bust)
        for name in ("bust", "eyes", "mouth"):
            self._shapes[name].render()
        self._draw_hair()
        self._shapes["wall"].render()
        gl.enable(flags.BLEND)
        gl.blend_func = flags.SRC_ALPHA, flags.ONE_MINUS_SRC_ALPHA
        self._screen.depth_mask = False
        self._shapes["lids"].render()
        self._screen.depth_mask = True
        gl.disable(flags.BLEND)
        return self._read()

    def _move(self, positions: Floats) -> None:
        normals = self.mesh.normals(positions)
        soft = self.mesh.softened(normals)
        moving = np.concatenate([positions, normals, soft], axis=1, dtype=np.float32)
        self._moving.write(moving[self._corners])

    def _cast_shadows(self, shot: Shot, light: Light) -> Points:
        """Draws the shadow map; returns the matrix from the world into it."""
        flags = library()
        middle = shot.head @ np.append(_SHADOWED, 1.0)
        to_light = box(16, 17, 5, 80) @ look_from(light.key, middle[:3])
        self.programs["depth"].set(to_light=to_light @ shot.head)
        self._shadow[1].use()
        self._shadow[1].clear(depth=1.0)
        self.gl.enable(flags.DEPTH_TEST)
        self.gl.disable(flags.CULL_FACE | flags.BLEND)
        self._shapes["depth"].render()
        return to_light

    def _draw_hair(self) -> None:
        if (hair := self._shapes.get("hair")) is None:
            return
        for i in range(_SHELLS, 0, -1):  # the outermost first, so that it hides work below
            self.programs["hair"].set(shell=i / _SHELLS, tip=i / _SHELLS)
            hair.render()

    def _read(self) -> Picture:
        if self._resolved is not self._screen:
            self.gl.copy_framebuffer(self._resolved, self._screen)
        raw = np.frombuffer(self._resolved.read(components=3, alignment=1), np.uint8)
        return np.ascontiguousarray(raw.reshape(self.size[1], self.size[0], 3)[::-1])

    def _drawn(self, name: str, triangles: Indices) -> Any:
        streams = ((self._moving, *_MOVING), (self._still, *_STILL), (self._fur, "1", ("fur",)))
        return geometry(self.gl, self.programs[name], triangles, *streams)

    def _hair(self, who: Look) -> None:
        if (old := self._shapes.pop("hair", None)) is not None:
            old.release()
        rest = self.model.neutral.astype(float)
        noise = Noise(rest, who.seed)
        self._fur.write(skin.hair_length(rest, who, noise)[self._corners].astype(np.float32))
        if who.bald:
            return
        hairy = skin.hair_share(rest, who, noise)[self._corners] > 0.02
        triangles = self.mesh.groups["skin"]
        in_front = rest[self._corners][triangles][..., 2].max(axis=1) > _BEHIND
        self._shapes["hair"] = self._drawn("hair", triangles[hairy[triangles].any(axis=1) & in_front])

    def _bust(self) -> Any:
        positions, normals, triangles = bust()
        count = len(positions)
        moving = self._buffer(positions, normals, normals)
        still = self._buffer(positions, np.zeros((count, 2)), np.ones((count, 3)), np.zeros((count, 1)))
        fur = self._buffer(np.zeros((count, 1)))
        streams = ((moving, *_MOVING), (still, *_STILL), (fur, "1", ("fur",)))
        return geometry(self.gl, self.programs["bust"], triangles, *streams)

    def _chart(self, tile: int, texels: int) -> skin.Chart:
        """Where on the resting head each texel lies; the texture coordinates of part `tile` begin at x = tile."""
        unwrap = Program(self.gl, "unwrap.vert", "unwrap.frag")
        unwrap.set(tile=float(tile))
        kinds = self.mesh.corner_kind[self.mesh.groups["skin"]][:, 0]
        triangles = self.mesh.groups["skin"][kinds == tile]
        texture = self.gl.texture((texels, texels), 4, dtype="f4")
        frame = self.gl.framebuffer([texture])
        frame.use()
        frame.clear()
        flags = library()
        self.gl.disable(flags.DEPTH_TEST | flags.CULL_FACE | flags.BLEND)
        geometry(self.gl, unwrap, triangles, (self._still, *_STILL)).render()
        flat = np.frombuffer(texture.read(), np.float32).reshape(texels, texels, 4)
        frame.release()
        texture.release()
        return skin.Chart.of(flat)

    def _texture(self, name: str, picture: Picture) -> None:
        if name in self._textures:
            self._textures[name].release()
        height, width, channels = picture.shape
        texture = self.gl.texture((width, height), channels, np.ascontiguousarray(picture).tobytes(), alignment=1)
        texture.build_mipmaps()
        texture.filter = (library().LINEAR_MIPMAP_NEAREST, library().LINEAR)
        self._textures[name] = texture

    def _shadow_map(self) -> tuple[Any, Any]:
        flags = library()
        depth = self.gl.depth_texture((_SHADOW_TEXELS, _SHADOW_TEXELS))
        depth.compare_func, depth.filter = "<=", (flags.LINEAR, flags.LINEAR)
        depth.repeat_x = depth.repeat_y = False
        return depth, self.gl.framebuffer(depth_attachment=depth)

    def _screens(self, samples: int) -> tuple[Any, Any]:
        """Where frames are drawn, and where they are read: not the same with several samples a pixel."""

        def screen(samples: int) -> Any:
            colour = self.gl.renderbuffer(self.size, 4, samples=samples)
            return self.gl.framebuffer([colour], self.gl.depth_renderbuffer(self.size, samples=samples))

        drawn = screen(samples)
        return drawn, screen(0) if samples else drawn

    def _buffer(self, *columns: npt.NDArray[Any]) -> Any:
        return self.gl.buffer(np.concatenate(columns, axis=1).astype(np.float32).tobytes())


def _lit(light: Light) -> dict[str, Any]:
    return {
        "key": light.key,
        "key_colour": light.key_colour,
        "fill": light.fill,
        "fill_colour": light.fill_colour,
        "sky": light.sky,
        "ground": light.ground,
        "gloss_gain": light.gloss,
    }
