"""Head pose from FaceMesh's points: a rigid fit of a symmetric template of points that expression hardly moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.faces.track import FaceTrack

# Distance unit: outer eye corner to outer eye corner. x to the subject's left, y up, z towards the camera; FaceMesh
# index -> position. Mean of FaceMesh's output over 24 rendered heads whose pose was known (3,000 frames), made
# symmetric: corners of the eyes, bridge and ridge of the nose, temples and the front of the ears; no brow, cheek,
# mouth or jaw, which the exercises move.
_RIGHT_HALF = {
    33: (-0.500, 0.101, 0.117),
    133: (-0.191, 0.090, 0.177),
    143: (-0.683, 0.050, -0.044),
    127: (-0.757, 0.046, -0.436),
    162: (-0.746, 0.212, -0.327),
    234: (-0.748, -0.110, -0.484),
    93: (-0.735, -0.268, -0.486),
}
_MIRROR = {33: 263, 133: 362, 143: 372, 127: 356, 162: 389, 234: 454, 93: 323}
_MIDLINE = {
    168: (0.0, 0.165, 0.358),
    6: (0.0, 0.076, 0.407),
    197: (0.0, -0.002, 0.465),
    195: (0.0, -0.076, 0.527),
    5: (0.0, -0.155, 0.590),
    4: (0.0, -0.251, 0.618),
}
TEMPLATE = {**_RIGHT_HALF, **{_MIRROR[i]: (-x, y, z) for i, (x, y, z) in _RIGHT_HALF.items()}, **_MIDLINE}

_INDEX = np.array(list(TEMPLATE))
_SHAPE = np.array(list(TEMPLATE.values())) - np.mean(list(TEMPLATE.values()), axis=0)
_TO_TEMPLATE_AXES = np.array([1.0, -1.0, -1.0])  # FaceMesh: y down, z away from the camera


def head_rotation(track: FaceTrack) -> npt.NDArray[np.float64]:
    """(n, 3, 3) rotation from the frontal template to each frame's head (x left of subject, y up, z to the camera).

    Rows of frames without a face are NaN. Kabsch's solution of the orthogonal Procrustes problem (Kabsch 1976),
    scale free. Weak perspective: a face far from the picture's centre reads as turned by its viewing angle.
    """
    rotation = np.full((len(track.detected), 3, 3), np.nan)
    seen = track.detected & np.isfinite(track.landmarks[:, _INDEX]).all(axis=(1, 2))
    if not seen.any():
        return rotation
    points = track.landmarks[seen][:, _INDEX].astype(np.float64) * _TO_TEMPLATE_AXES
    points -= points.mean(axis=1, keepdims=True)
    u, _, vt = np.linalg.svd(np.einsum("pi,npj->nij", _SHAPE, points))
    handed = np.sign(np.linalg.det(u) * np.linalg.det(vt))  # -1 would be a reflection
    vt[:, 2] *= handed[:, None]
    rotation[seen] = np.einsum("nij,nkj->nik", vt.transpose(0, 2, 1), u)
    return rotation


def head_pose(track: FaceTrack) -> npt.NDArray[np.float64]:
    """(n, 3) yaw, pitch, roll in degrees; NaN where no face was measured.

    Yaw + turns to the subject's own left (right in the image), pitch + is nose down, roll + tips the top of the head
    to the subject's own right (anticlockwise in the image); rotation = Rz(roll) Ry(yaw) Rx(pitch).
    Measured on 24 rendered heads within +-8 degrees: bias within 4 degrees a subject (pitch), 3 (yaw), 2 (roll);
    changes within a video 1.4, 1.4 and 0.9 degrees (standard deviation).
    """
    r = head_rotation(track)
    yaw = np.arcsin(np.clip(-r[:, 2, 0], -1.0, 1.0))
    pitch = np.arctan2(r[:, 2, 1], r[:, 2, 2])
    roll = np.arctan2(r[:, 1, 0], r[:, 0, 0])
    angles: npt.NDArray[np.float64] = np.degrees(np.stack([yaw, pitch, roll], axis=1))
    return angles
