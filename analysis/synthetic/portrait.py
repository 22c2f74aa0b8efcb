"""The photograph behind every puppet: NASA's portrait of an astronaut, in the public domain, from scikit-image."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from analysis.faces.anatomy import MIRROR
from analysis.synthetic.mesh import OVAL, FaceFrame, Points
from analysis.synthetic.pixels import Picture, Plane, blur, lab_of, polygon

SOURCE = "skimage.data.astronaut() (NASA portrait, public domain)"
ZOOM = 3  # FaceMesh and the masks work on the enlarged picture; the face is only 95 pixels wide


@dataclass(frozen=True, slots=True)
class Portrait:
    image: Picture  # (H, W, 3) RGB, enlarged
    points: Points  # (478, 2) in the face frame
    depth: Points  # (478,) towards the camera, in inter-ocular distances, 0 at the eyes
    person: Plane  # (H, W) 1 on the person, 0 on the background
    frame: FaceFrame


@lru_cache(maxsize=2)
def portrait(*, flipped: bool) -> Portrait:
    """The portrait, or its mirror image (another parting, light from the other side), with its landmarks.

    Raises RuntimeError when FaceMesh does not find the face, which would mean a broken installation.
    """
    for name in ("GLOG_minloglevel", "TF_CPP_MIN_LOG_LEVEL"):  # no notes of the network's runtime between progress bars
        os.environ.setdefault(name, "2")
    from mediapipe.python.solutions import selfie_segmentation
    from skimage import data

    picture: Picture = data.astronaut()  # type: ignore[no-untyped-call]
    picture = np.ascontiguousarray(picture[:, ::-1]) if flipped else picture
    size = (picture.shape[1] * ZOOM, picture.shape[0] * ZOOM)
    image = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    xyz = _landmarks(image[: 300 * ZOOM])  # head and shoulders: FaceMesh looks for a face that fills the picture
    with selfie_segmentation.SelfieSegmentation(model_selection=0) as segmentation:
        person = segmentation.process(image).segmentation_mask
    frame = FaceFrame.of(xyz)
    person = _tidy(person) * _not_wall(image, person, xyz)
    eyes = xyz[[33, 133, 263, 362], 2].mean()
    return Portrait(image, frame.to_face(xyz[:, :2]), (eyes - xyz[:, 2]) / frame.unit, person, frame)


def _landmarks(picture: Picture) -> Points:
    """(478, 3) pixels, x right, y down, z away; the mean over the picture and its mirror image.

    FaceMesh reads a person's two eyes slightly differently; on the mean, a puppet starts without that bias.
    """
    from mediapipe.python.solutions import face_mesh

    height, width = picture.shape[:2]
    views = []
    for view in (picture, np.ascontiguousarray(picture[:, ::-1])):
        with face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True) as mesh:
            found = mesh.process(view).multi_face_landmarks
        if not found:
            raise RuntimeError("FaceMesh found no face in scikit-image's portrait")
        views.append(np.array([[p.x * width, p.y * height, p.z * width] for p in found[0].landmark]))
    plain, mirrored = views
    mirrored[:, 0] = width - mirrored[:, 0]
    return np.asarray(0.5 * (plain + mirrored[MIRROR]))


def _tidy(mask: Plane) -> Plane:
    """Harder and slightly smaller, so that no rim of the old background comes along."""
    soft = blur(mask.astype(np.float32), 2.5)
    return np.asarray(np.clip((soft - 0.55) / 0.35, 0.0, 1.0), dtype=np.float32)


def _not_wall(image: Picture, person: Plane, xyz: Points) -> Plane:
    """0 near the outline where a pixel has the colour of the bright wall behind the person, else 1."""
    lab = lab_of(image)
    wall = np.median(lab[: 260 * ZOOM][person[: 260 * ZOOM] < 0.05], axis=0)
    like = np.clip((9.0 - np.linalg.norm(lab[..., 1:] - wall[1:], axis=2)) / 4.0, 0, 1) * (lab[..., 0] > 150)
    core = cv2.erode((person > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=9 * ZOOM)
    like[(core > 0) | (polygon(person.shape, xyz[list(OVAL), :2]) > 0)] = 0
    return np.asarray(1 - blur(like.astype(np.float32), 1.5), dtype=np.float32)
