"""A specification in, a video with known truth out. A file appears under its name when it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from analysis.synthetic.camera import Camera
from analysis.synthetic.encode import COMMENT, write_mp4
from analysis.synthetic.expression import Faces, faces
from analysis.synthetic.patient import Activations, PatientSpec, activations
from analysis.synthetic.pixels import Picture
from analysis.synthetic.protocol import BESIDE, Performance, perform
from analysis.synthetic.puppet import Puppet
from analysis.synthetic.sitter import sitter
from analysis.synthetic.truth import Truth

Progress = Callable[[int, int], None]  # frames done, frames in all

SIZE = (640, 480)
FPS = 25


class Filmed(Protocol):
    """One session before one camera: iterate for the frames, then ask for the truth."""

    spec: PatientSpec
    size: tuple[int, int]
    fps: int

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Picture]: ...
    def truth(self, video: str) -> Truth: ...


class Shoot:
    """One session of one puppet before one camera: iterate for the frames, then ask for the truth."""

    def __init__(self, spec: PatientSpec, size: tuple[int, int] = SIZE, fps: int = FPS) -> None:
        check_size(size)
        if beside := [e.value for e in spec.exercises if e in BESIDE]:
            raise ValueError(f"a puppet cannot do {' or '.join(beside)}; rendered faces can")
        self.spec, self.size, self.fps = spec, size, fps
        self.performance: Performance = perform(spec, fps)
        self.active: Activations
        self.active, self.involuntary = activations(spec, self.performance.command)
        person = sitter(spec.identity)
        self.puppet = Puppet(person, size)
        self.camera = Camera(spec, person.who.wall, size, self.performance.time_s)
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
    return record(Shoot(spec, size, fps), out, progress=progress)


def record(filmed: Filmed, out: Path, *, comment: str = COMMENT, progress: Progress | None = None) -> Truth:
    """Write a session's video and then its truth: where the truth is, the video is whole."""
    out.mkdir(parents=True, exist_ok=True)

    def shown() -> Iterator[Picture]:
        for i, picture in enumerate(filmed, start=1):
            yield picture
            if progress is not None:
                progress(i, len(filmed))

    video = out / f"{filmed.spec.video_id}.mp4"
    half = video.with_name(f".{video.name}.part")
    write_mp4(half, shown(), size=filmed.size, fps=filmed.fps, comment=comment)
    video.with_suffix(".json").unlink(missing_ok=True)  # of an earlier video of this name
    half.replace(video)
    truth = filmed.truth(video.name)
    half.write_text(json.dumps(truth.to_json(), separators=(",", ":")))
    half.replace(video.with_suffix(".json"))
    return truth


def check_size(size: tuple[int, int]) -> None:
    """Raises ValueError when a picture of (width, height) pixels cannot be made."""
    if min(size) < 120 or size[0] % 2 or size[1] % 2:
        raise ValueError(f"a picture needs even sides of at least 120 pixels, not {size[0]}x{size[1]}")
