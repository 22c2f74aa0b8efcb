"""A specification in, a video with known truth out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from analysis.synthetic.camera import Camera
from analysis.synthetic.encode import write_mp4
from analysis.synthetic.expression import Faces, faces
from analysis.synthetic.patient import Activations, PatientSpec, activations
from analysis.synthetic.pixels import Picture
from analysis.synthetic.protocol import Performance, perform
from analysis.synthetic.puppet import Puppet
from analysis.synthetic.sitter import sitter
from analysis.synthetic.truth import Truth

Progress = Callable[[int, int], None]  # frames done, frames in all

SIZE = (640, 480)
FPS = 25


class Shoot:
    """One session of one puppet before one camera: iterate for the frames, then ask for the truth."""

    def __init__(self, spec: PatientSpec, size: tuple[int, int] = SIZE, fps: int = FPS) -> None:
        if min(size) < 120 or size[0] % 2 or size[1] % 2:
            raise ValueError(f"a picture needs even sides of at least 120 pixels, not {size[0]}x{size[1]}")
        self.spec, self.size, self.fps = spec, size, fps
        self.performance: Performance = perform(spec, fps)
        self.active: Activations
        self.active, self.involuntary = activations(spec, self.performance.command)
        person = sitter(spec.identity)
        self.puppet = Puppet(person, size)
        self.camera = Camera(spec, person.who, size, self.performance.time_s)
        self.faces: Faces = faces(spec, self.performance, self.active)

    def __len__(self) -> int:
        return len(self.performance.time_s)

    def frame(self, i: int) -> Picture:
        """(H, W, 3) RGB of frame i."""
        picture = self.puppet.render(self.faces.at(i), self.camera.view(i), self.camera.background)
        return self.camera.develop(picture, i)

    def __iter__(self) -> Iterator[Picture]:
        return (self.frame(i) for i in range(len(self)))

    def truth(self, video: str) -> Truth:
        points = np.stack([self.puppet.points_at_rest_pose(self.faces.at(i)) for i in range(len(self))])
        pixels = np.stack([self.puppet.to_frame(p, self.camera.view(i)) for i, p in enumerate(points)])
        if self.spec.mirrored:
            pixels[..., 0] = self.size[0] - 1 - pixels[..., 0]
        return Truth(
            spec=self.spec,
            video=video,
            size=self.size,
            fps=self.fps,
            performance=self.performance,
            active=self.active,
            involuntary=self.involuntary,
            points=points,
            pixels=pixels,
            head=self.camera.motion,
        )


def frames(spec: PatientSpec, *, size: tuple[int, int] = SIZE, fps: int = FPS) -> Iterator[Picture]:
    """(H, W, 3) RGB frames of a spec, one at a time."""
    return iter(Shoot(spec, size, fps))


def render_session(
    spec: PatientSpec,
    out: Path,
    *,
    size: tuple[int, int] = SIZE,
    fps: int = FPS,
    progress: Progress | None = None,
) -> Truth:
    """Write `<video_id>.mp4` and its truth `<video_id>.json` into the folder `out`, and return the truth.

    size: width and height in pixels, even, at least 120. Raises ValueError on another size, OSError when `out`
    cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    shoot = Shoot(spec, size, fps)

    def shown() -> Iterator[Picture]:
        for i, picture in enumerate(shoot, start=1):
            yield picture
            if progress is not None:
                progress(i, len(shoot))

    video = out / f"{spec.video_id}.mp4"
    write_mp4(video, shown(), size=size, fps=fps)
    truth = shoot.truth(video.name)
    video.with_suffix(".json").write_text(json.dumps(truth.to_json(), separators=(",", ":")))
    return truth
