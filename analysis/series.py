"""A run's frames in one compressed file: everything that changes from frame to frame, for one session's page.

    gzip of JSON: {"report": seventh.report/1, "details": {...}, "keypoints": {...} | null}

Gzip and JSON are in every standard library, so nothing of `analysis` is needed to read it. `keypoints` is

    {"width", "height": pixels of the upright frame, "unit": pixels of one step, "points": [k FaceMesh indices],
     "parts": {name: [indices in drawing order]}, "x": [k][n], "y": [k][n]}

where x[i] runs over the frames as differences: the first value is a position in steps of `unit`, every further one
is added to the last; null is a frame without a face, which the sum passes over. `restore` shows how, in six lines.
Positions are those of the upright, unmirrored picture.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import MOVABLE, SessionReport
from analysis.faces.track import FaceTrack

KEYPOINTS: Final = "keypoints"  # the name in `details.extras` while a report travels
_STEPS: Final = 2400  # over the longer side: a quarter of a pixel at 640

# Lines that show a person where the measurement lay, as FaceMesh indices in drawing order (right: the subject's own).
PARTS: Final[Mapping[str, tuple[int, ...]]] = {
    "right_eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    "left_eye": (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    "right_brow": (70, 63, 105, 66, 107),
    "left_brow": (300, 293, 334, 296, 336),
    "outer_lips": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    "inner_lips": (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
    "nose": (168, 6, 197, 195, 5, 4, 1, 2),
    "right_nostril": (64, 98, 97, 2),
    "left_nostril": (294, 327, 326, 2),
    "jaw": (234, 132, 172, 136, 150, 176, 152, 400, 379, 365, 397, 361, 454),
    "right_iris": (469, 470, 471, 472),
    "left_iris": (474, 475, 476, 477),
}
# Beside the lines every point that a person may put right (see analysis.corrections).
POINTS: Final = tuple(sorted({i for part in PARTS.values() for i in part} | MOVABLE))


def keypoints(track: FaceTrack) -> dict[str, Any]:
    """The landmarks that are drawn over the video, quantised and as differences in time; see the module's text."""
    unit = max(track.width, track.height) / _STEPS
    steps = np.round(track.landmarks[:, list(POINTS), :2].astype(np.float64) / unit)  # (n, k, 2)
    return {
        "width": track.width,
        "height": track.height,
        "unit": round(unit, 6),
        "points": list(POINTS),
        "parts": {name: list(part) for name, part in PARTS.items()},
        "x": [_differences(steps[:, i, 0]) for i in range(len(POINTS))],
        "y": [_differences(steps[:, i, 1]) for i in range(len(POINTS))],
    }


def _differences(steps: npt.NDArray[np.float64]) -> list[int | None]:
    seen = np.isfinite(steps)
    changes = iter(np.diff(steps[seen], prepend=0.0).astype(int).tolist())
    return [next(changes) if ok else None for ok in seen.tolist()]


def restore(row: list[int | None], unit: float) -> list[float | None]:
    """One landmark's coordinate over the frames, pixels: the inverse of what `keypoints` stores."""
    positions: list[float | None] = []
    total = 0
    for change in row:
        total += change or 0
        positions.append(None if change is None else total * unit)
    return positions


def pack(report: SessionReport) -> bytes:
    """The file's bytes. Raises ValueError when the report holds a number that is not finite."""
    details = report.details_json()
    points = details["extras"].pop(KEYPOINTS, None)
    document = {"report": report.to_json(), "details": details, "keypoints": points}
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def unpack(data: bytes) -> dict[str, Any]:
    """The document that `pack` wrote. Raises OSError or ValueError for anything else."""
    document = json.loads(gzip.decompress(data))
    if not isinstance(document, dict) or "report" not in document:
        raise ValueError("not a frame series")
    return document
