"""Where the head is in front of the camera: a puppet camera's `View` as matrices for a head with depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.synthetic.mesh import LEFT, RIGHT, Points
from analysis.synthetic.puppet import View
from analysis.synthetic.rendered.landmarks import MULTIPIE

_NECK = np.array([0.0, -9.0, -1.0])  # the head turns about this point, model frame
_BELOW = 0.5  # `View.centre` shows the point this many inter-ocular distances below the eyes


@dataclass(frozen=True, slots=True)
class Skull:
    """What ties the model frame of one head to the face frame; it does not move with the face's muscles."""

    origin: Points  # (3,) midway between the eyes, model frame
    unit: float  # inter-ocular distance, model units

    @classmethod
    def of(cls, points: Points) -> Skull:
        """From the (68, 3) landmarks at rest."""
        left, right = (points[list(MULTIPIE.eye_corners[side])].mean(axis=0) for side in (LEFT, RIGHT))
        return cls(np.asarray((left + right) / 2), float(np.linalg.norm(left - right)))

    def to_face(self, points: Points) -> Points:
        """(..., 3) model frame -> (..., 2) face frame, head motion removed."""
        return np.asarray((points[..., :2] - self.origin[:2]) / self.unit)


@dataclass(frozen=True, slots=True)
class Shot:
    """Matrices of one frame, column vectors: clip = projection @ camera @ head @ position."""

    head: Points  # (4, 4) model frame to world; the world's axes are those of a level camera, which is at its origin
    bust: Points  # (4, 4) the same for the shoulders, which do not turn
    camera: Points  # (4, 4) world to camera: its tilt
    projection: Points  # (4, 4)

    def to_pixels(self, points: Points, size: tuple[int, int]) -> Points:
        """(..., 3) model frame -> (..., 2) pixels of a picture of `size` (width, height)."""
        whole = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
        clip = whole @ (self.projection @ self.camera @ self.head).T
        xy = clip[..., :2] / clip[..., 3:]
        return np.stack([(xy[..., 0] + 1) * size[0] / 2, (1 - xy[..., 1]) * size[1] / 2], axis=-1)


def shot(view: View, skull: Skull, size: tuple[int, int], field_of_view: float) -> Shot:
    """The matrices of a view. field_of_view: radians, vertical."""
    width, height = size
    focal = height / 2 / np.tan(field_of_view / 2)  # pixels
    distance = focal * skull.unit / view.scale
    anchor = skull.origin - (0.0, _BELOW * skull.unit, 0.0)
    across, down = (np.array(view.centre) - (width / 2, height / 2)) * distance / focal
    place = np.array([across, -down, -distance]) - anchor
    turn = _turn(view.pitch, view.yaw, view.roll)
    return Shot(
        head=_rigid(turn, _NECK - turn @ _NECK + place),
        bust=_rigid(np.eye(3), place),
        camera=_rigid(_turn(0.0, 0.0, view.tilt), np.zeros(3)),
        projection=_perspective(field_of_view, width / height, 0.3 * distance, 2.5 * distance + 60),
    )


def look_from(direction: Points, at: Points) -> Points:
    """(4, 4) world to the axes of a far light that shines from `direction` (unit) onto `at`, which comes to z = -40."""
    back = np.asarray(direction, float)
    up = (0.0, 1.0, 0.01) if abs(back[1]) < 0.95 else (0.0, 0.0, 1.0)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(back, right), back])
    return _rigid(axes, -axes @ (np.asarray(at) + 40 * back))


def box(half_width: float, half_height: float, near: float, far: float) -> Points:
    """(4, 4) orthographic projection."""
    out = np.diag([1 / half_width, 1 / half_height, -2 / (far - near), 1.0])
    out[2, 3] = -(far + near) / (far - near)
    return out


def _perspective(field_of_view: float, aspect: float, near: float, far: float) -> Points:
    t = 1 / np.tan(field_of_view / 2)
    out = np.zeros((4, 4))
    out[0, 0], out[1, 1], out[3, 2] = t / aspect, t, -1.0
    out[2, 2], out[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
    return out


def _turn(pitch: float, yaw: float, roll: float) -> Points:
    """Nose down, then to the subject's left, then top of the head to the subject's right; radians."""
    (cp, cy, cr), (sp, sy, sr) = np.cos([pitch, yaw, roll]), np.sin([pitch, yaw, roll])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    shake = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    tip = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(tip @ shake @ nod)


def _rigid(turn: Points, shift: Points) -> Points:
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, shift
    return out
