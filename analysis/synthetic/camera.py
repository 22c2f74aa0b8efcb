"""The recording: where the head is, how the camera shakes, the wall behind, and what the sensor makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from analysis.synthetic.identity import Colour
from analysis.synthetic.mesh import Points, smoothstep
from analysis.synthetic.patient import PatientSpec, Trouble
from analysis.synthetic.pixels import Picture, Plane, blur
from analysis.synthetic.protocol import wander
from analysis.synthetic.puppet import View

CAPTION = "Synthetic face - not a person"
_NOISE_FRAMES = 6
_FACE_SHARE = 0.205  # inter-ocular distance over the shorter side of the picture


@dataclass(frozen=True, slots=True)
class HeadMotion:
    """Degrees per frame, (n,): yaw + to the subject's left, pitch + nose down, roll + top to the subject's right."""

    yaw: Points
    pitch: Points
    roll: Points


class Camera:
    """A camera for one video: `view(i)` places the head, `develop(picture, i)` makes it a recorded frame."""

    def __init__(self, spec: PatientSpec, wall: Colour, size: tuple[int, int], time_s: Points) -> None:
        rng = np.random.default_rng([13, spec.seed])
        self.size, self.trouble = size, spec.trouble
        self.motion = _head_motion(rng, spec, time_s)
        self._views = _views(rng, spec, size, time_s, self.motion)
        self.background = _wall(rng, wall, size)
        self._flicker = rng.uniform(0.94, 1.04) * (1 + 0.006 * wander(rng, time_s, 1.5))
        self._noise = _noise(rng, size, 5.5 if spec.trouble is Trouble.DARK else float(rng.uniform(1.4, 2.4)))
        self._offsets = rng.integers(0, 48, (len(time_s), 2))
        self._mirrored = spec.mirrored
        self._caption = _Caption(size)

    def view(self, i: int) -> View:
        return self._views[i]

    def develop(self, picture: Picture, i: int) -> Picture:
        """Exposure, optics, noise, mirroring and the caption; the picture may be changed in place."""
        gain = float(self._flicker[i]) * (0.13 if self.trouble is Trouble.DARK else 1.0)
        frame = cv2.convertScaleAbs(picture, alpha=gain)
        if self.trouble is Trouble.BLURRED:
            frame = blur(frame, self.size[1] / 60)
        y, x = self._offsets[i]
        plus, minus = self._noise[i % _NOISE_FRAMES]
        height, width = frame.shape[:2]
        frame = cv2.subtract(cv2.add(frame, plus[y : y + height, x : x + width]), minus[y : y + height, x : x + width])
        if self._mirrored:
            frame = cv2.flip(frame, 1)
        picture = np.asarray(frame, dtype=np.uint8)
        self._caption.onto(picture)
        return picture


def _head_motion(rng: np.random.Generator, spec: PatientSpec, time_s: Points) -> HeadMotion:
    def angle(mean: float, sway: float) -> Points:
        return rng.normal(0, mean) + spec.motion * (sway * wander(rng, time_s) + 0.1 * wander(rng, time_s, 2.0, 6))

    yaw, pitch, roll = angle(2.5, 1.6), angle(1.5, 1.2), angle(1.5, 1.0)
    return HeadMotion(np.clip(yaw, -9, 9), np.clip(pitch, -7, 7), np.clip(roll, -8, 8))


def _views(
    rng: np.random.Generator, spec: PatientSpec, size: tuple[int, int], time_s: Points, head: HeadMotion
) -> list[View]:
    width, height = size
    short = min(width, height * 0.95)
    scale = short * _FACE_SHARE * rng.uniform(0.92, 1.06) * (0.16 if spec.trouble is Trouble.TINY else 1.0)
    zoom = scale * (1 + 0.010 * spec.motion * wander(rng, time_s))
    sway = spec.motion * scale * np.stack([0.055 * wander(rng, time_s), 0.035 * wander(rng, time_s)], axis=1)
    shake = spec.motion * 0.004 * scale * np.stack([wander(rng, time_s, 3.0, 8) for _ in "xy"], axis=1)
    middle = (0.5, 1 - 4.6 * scale / height if spec.trouble is Trouble.TINY else 0.49)
    centre = np.array([width, height]) * middle + rng.normal(0, 0.05, 2) * scale + sway + shake
    if spec.trouble is Trouble.LEAVING:
        gone = smoothstep(time_s, 0.2 * time_s[-1], 0.35 * time_s[-1])
        centre = centre + np.outer(gone, (0.75 * width, 0.25 * height))
    tilt = np.radians(rng.normal(0, 1.0) * spec.motion)
    angles = np.radians(np.stack([head.roll, head.yaw, head.pitch], axis=1))
    return [
        View(float(zoom[i]), (float(c[0]), float(c[1])), float(a[0]), float(a[1]), float(a[2]), float(tilt))
        for i, (c, a) in enumerate(zip(centre, angles, strict=True))
    ]


def _wall(rng: np.random.Generator, colour: Colour, size: tuple[int, int]) -> Picture:
    """A plain, unevenly lit wall with a few blurred things on it."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1) - 0.5
    wall: Plane = np.ones((height, width, 3), np.float32) * np.array(colour, np.float32)
    for _ in range(int(rng.integers(0, 5))):
        corner, extent = rng.uniform(-0.1, 1, 2) * size, rng.uniform(0.1, 0.5, 2) * size
        thing = np.clip(np.array(colour) * rng.uniform(0.55, 1.2) + rng.normal(0, 8, 3), 0, 255)
        cv2.rectangle(wall, corner.astype(int).tolist(), (corner + extent).astype(int).tolist(), thing.tolist(), -1)
    wall = blur(wall, height / 60)
    wall *= (1 + rng.normal(0, 0.12) * x + rng.normal(0, 0.12) * y)[..., None]
    return np.asarray(np.clip(wall, 0, 255), dtype=np.uint8)


def _noise(
    rng: np.random.Generator, size: tuple[int, int], sigma: float
) -> list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]]:
    """A few frames of noise, what to add and what to take; larger than a picture, so that each use is another part."""
    shape = (size[1] + 48, size[0] + 48)
    out = []
    for _ in range(_NOISE_FRAMES):
        luma = rng.standard_normal(shape).astype(np.float32)[..., None]
        chroma = cv2.resize(rng.standard_normal((shape[0] // 2, shape[1] // 2, 3)).astype(np.float32), shape[::-1])
        noise = np.rint(sigma * (0.9 * luma + 0.5 * chroma))
        out.append((np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)))
    return out


class _Caption:
    """Small words in the lower left corner, drawn once, so that nobody takes the face for a person's."""

    def __init__(self, size: tuple[int, int]) -> None:
        scale = max(size[1], 240) / 1140
        (width, height), below = cv2.getTextSize(CAPTION, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        margin = int(14 * scale)
        words, rim = (np.zeros((height + below + 4, width + 6), np.uint8) for _ in range(2))
        for plane, thickness in ((words, 1), (rim, 2)):
            place = (3, height + 1)
            cv2.putText(plane, CAPTION, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)  # type: ignore[call-overload]
        self._box = (slice(-len(words) - margin, -margin or None), slice(margin, margin + words.shape[1]))
        self._keep = 1 - np.maximum(words, rim)[..., None] / np.float32(255)
        self._light = 235 * (words[..., None] / np.float32(255)) + 20 * (1 - self._keep)

    def onto(self, frame: Picture) -> None:
        part = frame[self._box]
        height, width = part.shape[:2]
        part[:] = np.minimum(part * self._keep[:height, :width] + self._light[:height, :width], 255)
