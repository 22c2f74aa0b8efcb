"""One rendered session: a specification in, frames and truth out; and the studio that one process keeps for many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from analysis.synthetic.camera import Camera
from analysis.synthetic.mesh import Points
from analysis.synthetic.patient import PatientSpec, activations
from analysis.synthetic.pixels import Picture, blur
from analysis.synthetic.protocol import perform
from analysis.synthetic.render import check_size
from analysis.synthetic.rendered import files
from analysis.synthetic.rendered.creases import crease_depth
from analysis.synthetic.rendered.face import Eyes, face
from analysis.synthetic.rendered.gl import Pose, Renderer
from analysis.synthetic.rendered.landmarks import MULTIPIE
from analysis.synthetic.rendered.lens import Shot, Skull, shot
from analysis.synthetic.rendered.light import light
from analysis.synthetic.rendered.look import look
from analysis.synthetic.rendered.model import FaceModel, Floats, lids_meet_at
from analysis.synthetic.rendered.occlusion import baked
from analysis.synthetic.rendered.topology import seen
from analysis.synthetic.truth import Making, Truth

RENDERED: Final = Making(
    generator="seventh rendered 1",
    source="render of the ICT-FaceKit face model (USC Institute for Creative Technologies, MIT licence)",
    anatomy=MULTIPIE,
    au_note="au_active = 5 * activation of the model's shape (voluntary and synkinetic; AU45: 5 = the lids meet), "
    "au_visible = the same with the resting shape; not a FACS coder's rating",
    geometry_note="face frame, head motion removed, unit = inter-ocular distance at rest; MultiPIE points of the mesh",
)
COMMENT: Final = "Synthetic face rendered by Seventh from the ICT-FaceKit face model; not a person, not a patient."
_FIELD_OF_VIEW_DEG: Final = (20.0, 30.0)
_SOFTNESS_PX: Final = (0.55, 0.85)  # of the lens
_FACE_LEVEL: Final = ((0.0, 0.4, 1.0), (168.0, 150.0, 92.0))  # tone of the skin -> brightness that the exposure aims at
_EXPOSURE_ROUNDS: Final = 3


@dataclass
class Studio:
    """The face model and a renderer, kept for all videos of one process."""

    model: FaceModel  # what a frontal camera sees
    occlusion: Floats  # (V, 3)
    _renderers: dict[tuple[int, int], Renderer] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Studio:
        """From the folder of the face model. Raises NoFaceModel or NoGraphics."""
        whole = files.load(folder)
        occlusion, front = baked(whole, folder), seen(whole)
        return cls(whole.only(front), occlusion[front])

    def renderer(self, size: tuple[int, int]) -> Renderer:
        if size not in self._renderers:
            self._renderers[size] = Renderer(self.model, self.occlusion, size)
        return self._renderers[size]


class Shoot:
    """One session of one rendered subject: iterate for the frames, ask for the truth. One at a time in a studio."""

    def __init__(self, studio: Studio, spec: PatientSpec, size: tuple[int, int], fps: int) -> None:
        check_size(size)
        self.spec, self.size, self.fps, self.model = spec, size, fps, studio.model
        self.performance = perform(spec, fps)
        active, self.involuntary = activations(spec, self.performance.command)
        self.who, self.light = look(spec.identity), light(spec)
        self.head = self.model.person(self.who.traits)
        eyes = Eyes(lids_meet_at(self.model, self.head), self.who.eye_roll)
        self.face = face(spec, self.performance, active, self.model, eyes)
        self.creases = crease_depth(spec, active, self.who.age)
        self.camera = Camera(spec, self.who.wall, size, self.performance.time_s)
        rng = np.random.default_rng([29, spec.seed])
        self._field_of_view = float(np.radians(rng.uniform(*_FIELD_OF_VIEW_DEG)))
        self._softness = float(rng.uniform(*_SOFTNESS_PX)) * size[1] / 480
        self._skull = Skull.of(self.head[list(self.model.landmarks)].astype(float))
        self._studio = studio

    def __len__(self) -> int:
        return len(self.performance.time_s)

    def __iter__(self) -> Iterator[Picture]:
        renderer = self._studio.renderer(self.size)
        renderer.dress(self.who, self.camera.background)
        exposure = self._exposure(renderer)
        for i in range(len(self)):
            picture = renderer.picture(self._pose(i), self._shot(i), self.light, exposure)
            yield self.camera.develop(np.asarray(blur(picture, self._softness), np.uint8), i)

    def landmarks(self) -> Points:
        """(n, 68, 3) MultiPIE points of the mesh in the model frame."""
        return self.model.points(self.head, self.face.weights).astype(float)

    def truth(self, video: str) -> Truth:
        points = self.landmarks()
        pixels = np.stack([self._shot(i).to_pixels(p, self.size) for i, p in enumerate(points)])
        if self.spec.mirrored:
            pixels[..., 0] = self.size[0] - 1 - pixels[..., 0]
        return Truth(
            spec=self.spec,
            video=video,
            size=self.size,
            fps=self.fps,
            performance=self.performance,
            active=self.face.active,
            involuntary=self.involuntary,
            points=self._skull.to_face(points),
            pixels=pixels,
            head=self.camera.motion,
            making=RENDERED,
            visible=self.face.visible,
            more={"landmarks_file": landmarks_file(video)},
        )

    def _pose(self, i: int) -> Pose:
        posed = self.model.pose(self.head, self.face.weights[i])
        return Pose(posed, self.face.closure[i], float(self.face.parting[i]), self.creases[i])

    def _shot(self, i: int) -> Shot:
        return shot(self.camera.view(i), self._skull, self.size, self._field_of_view)

    def _exposure(self, renderer: Renderer) -> float:
        """The exposure at which the resting face is as bright in the picture as a camera would make it."""
        wanted = float(np.interp(self.who.tone, *_FACE_LEVEL)) * self.light.face_level
        at = self._shot(0).to_pixels(self.landmarks()[0], self.size)
        (x0, y0), (x1, y1) = (np.clip(at.min(axis=0), 0, None).astype(int), np.ceil(at.max(axis=0)).astype(int))
        exposure = 1.0
        for _ in range(_EXPOSURE_ROUNDS):
            picture = renderer.picture(self._pose(0), self._shot(0), self.light, exposure)
            level = float(picture[y0:y1, x0:x1].mean())
            exposure *= float(np.clip((wanted / max(level, 1.0)) ** 1.8, 0.3, 3.0))  # the picture's gamma is about 2.2
        return exposure


def landmarks_file(video: str) -> str:
    """Name of the file of landmarks beside a video."""
    return f"{Path(video).stem}.lm68.npz"
