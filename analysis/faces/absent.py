"""Why no face was found: a few pictures looked at again, in ways that would be too slow or too bold for every one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from analysis.faces.mtcnn import FaceDetector
from analysis.video.picture import RGB

_EVEN = 0.5  # standard deviation of a picture that shows nothing: a covered lens
_WALL = 3.0  # the same for a bright one: a white wall
_DARK, _BRIGHT = 25.0, 225.0  # mean of the whole picture, 0-255
_SOFT = 15.0  # variance of the Laplacian at 320 px: a face this soft may be one that the detector does not know
_FORMLESS = 4.2  # the same, with contrast about: nothing in sight has an edge, so the lens is out of focus or smeared
_CONTRAST = 25.0  # standard deviation
_BOLD = (0.4, 0.4, 0.3)  # MTCNN's three thresholds, for faces that may be ones


def why_absent(pictures: Sequence[RGB]) -> str:
    """A refusal's code for pictures in which no face was found: the first reason that most of them share."""
    spread = float(np.median([p.std() for p in pictures])) if pictures else 0.0
    if spread < _EVEN:
        return "no_face"
    light = float(np.median([p.mean() for p in pictures]))
    if light < _DARK:
        return "too_dark"
    if light > _BRIGHT and spread > _WALL:
        return "too_bright"
    detector = FaceDetector()
    for quarter_turns in (2, 1, 3):
        if _share_found(detector, [np.ascontiguousarray(np.rot90(p, quarter_turns)) for p in pictures]) > 0.5:
            return "wrong_orientation"
    detail = float(np.median([_detail(p) for p in pictures]))
    if _share_found(FaceDetector(min_score=_BOLD[-1], thresholds=_BOLD), pictures) > 0.3:
        return "blurred" if detail < _SOFT else "low_quality"
    if detail < _FORMLESS and spread > _CONTRAST:
        return "blurred"
    return "no_face"


def _share_found(detector: FaceDetector, pictures: Sequence[RGB]) -> float:
    return float(np.mean([len(faces) > 0 for faces in detector.detect(pictures)]))


def _detail(picture: RGB) -> float:
    scale = 320 / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_16S).var())
