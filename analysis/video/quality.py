"""The quality gate: is this video good enough to be measured, and what should be better next time?

Limits come from putting known blur, size, darkness, light and noise on two videos and following their landmarks
again (240 px wide faces, 150 frames; error in face widths): 2 % blur .008-.012, 60 px wide .009-.013, a quarter of
the light .006, noise of 25 grey levels .006-.008; twice as much of each was two to three times worse.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import Problem, Quality
from analysis.faces.absent import why_absent
from analysis.faces.follow import Followed
from analysis.faces.pose import head_pose
from analysis.faces.track import FaceTrack
from analysis.video.policy import POLICY, Policy
from analysis.video.problems import refusal, warning

Floats = npt.NDArray[np.float64]

_RIVAL = 0.25  # a second face of at least this share of the first one's area competes with it
_MID_GREY = 128.0
_UNCHANGED = 0.05  # a picture of which a smaller share changed has stood still


@dataclass(frozen=True, slots=True)
class Figures:
    """What the gate looks at; nan where there was nothing to look at."""

    detected: float  # share of frames with a measured face
    measured_s: float
    width_px: float  # median face width in the picture that was measured
    sharpness: float  # median, as if the face were of middle grey
    brightness: float  # median of the face, 0-255
    yaw: float  # median absolute head pose, degrees
    pitch: float
    yaw_p95: float
    pitch_p95: float
    mouth_detail: float  # about the mouth over about the eyes
    rivals: float  # share of looks with a second face of comparable size
    jitter: float  # median change of velocity a frame, face widths, the face's own motion taken out
    shake: float  # 75th percentile of the face's motion a frame, face widths
    flicker: float  # median change of the whole picture's light a frame, grey levels
    still: float  # share of frames in which the picture did not change


@dataclass(frozen=True, slots=True)
class Check:
    """One figure and its limits; the score falls from 1 at `good` (more no longer helps) to 0 at `refuse`."""

    code: str
    figure: Callable[[Figures], float]
    good: float
    warn: float
    refuse: float | None  # None: never a reason to refuse

    def position(self, value: float) -> float:
        """1 at good or better, 0 at the limit of refusal (or as far beyond the warning as good is before it)."""
        worst = self.refuse if self.refuse is not None else 2 * self.warn - self.good
        return float(np.clip((value - worst) / (self.good - worst), 0.0, 1.0))

    def fails(self, value: float, limit: float | None) -> bool:
        if limit is None or not np.isfinite(value):
            return False
        return value < limit if self.good > limit else value > limit


CHECKS: Final = (
    Check("face_lost", lambda f: f.detected, good=1.0, warn=0.95, refuse=0.3),
    Check("several_faces", lambda f: f.rivals, good=0.0, warn=0.05, refuse=0.5),
    Check("face_covered", lambda f: f.mouth_detail, good=0.3, warn=0.22, refuse=0.12),
    Check("face_too_small", lambda f: f.width_px, good=130.0, warn=60.0, refuse=36.0),
    Check("too_dark", lambda f: f.brightness, good=70.0, warn=40.0, refuse=18.0),
    Check("too_bright", lambda f: f.brightness, good=190.0, warn=215.0, refuse=240.0),
    Check("blurred", lambda f: f.sharpness, good=40.0, warn=10.0, refuse=4.0),
    Check("turned_away", lambda f: max(f.yaw, f.pitch), good=12.0, warn=25.0, refuse=40.0),
    Check("turned_away", lambda f: max(f.yaw_p95, f.pitch_p95), good=20.0, warn=30.0, refuse=None),
    Check("low_quality", lambda f: f.jitter, good=0.004, warn=0.012, refuse=0.04),
    Check("camera_shake", lambda f: f.shake, good=0.03, warn=0.15, refuse=None),
    Check("flicker", lambda f: f.flicker, good=2.0, warn=6.0, refuse=None),
    Check("no_movement", lambda f: f.still, good=0.0, warn=0.9, refuse=None),
)


@dataclass(frozen=True, slots=True)
class Assessment:
    quality: Quality
    refusals: list[Problem]  # none: the video is measured
    warnings: list[Problem]


def assess(followed: Followed, policy: Policy = POLICY) -> Assessment:
    """Judge a followed video. Refusals come with the most telling first."""
    figures = figures_of(followed, policy)
    if absent := _absent(followed, figures, policy):
        return Assessment(_quality(followed, figures, refused=True), absent, [])
    refusals = [refusal(c.code) for c in CHECKS if c.fails(c.figure(figures), c.refuse)]
    refused = {problem.code for problem in refusals}
    warned: dict[str, Problem] = {}
    for check in CHECKS:
        if check.code not in refused and check.fails(check.figure(figures), check.warn):
            at_s = _first_lost(followed.track) if check.code == "face_lost" else None
            warned.setdefault(check.code, warning(check.code, at_s))
    return Assessment(_quality(followed, figures, refused=bool(refusals)), refusals, list(warned.values()))


def _absent(followed: Followed, figures: Figures, policy: Policy) -> list[Problem]:
    """Why there is no face, or too little of one; empty when there is enough."""
    limit = next(c.refuse for c in CHECKS if c.code == "face_lost")
    assert limit is not None
    if figures.detected >= limit and figures.measured_s >= policy.min_duration_s - 0.1:
        return []
    reason = why_absent(followed.without_face)
    return [refusal("face_lost" if reason == "no_face" and figures.detected > 0 else reason)]


def figures_of(followed: Followed, policy: Policy = POLICY) -> Figures:
    """The gate's figures of a followed video."""
    track, rows = followed.track, followed.rows
    scale = policy.working_scale(track.width, track.height)
    width = _middle(track.box[:, 2] - track.box[:, 0])
    pose = np.abs(head_pose(track))
    brightness = _middle(track.brightness)
    looks = [row.look for row in rows if row.look is not None]
    change = np.array([row.glance.change for row in rows[1:]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-nan figures of a video without a face
        return Figures(
            detected=float(track.detected.mean()),
            measured_s=float(track.detected.mean()) * followed.facts.duration_s,
            width_px=width * scale,
            sharpness=_middle(track.sharpness) * max(1.0, _MID_GREY / max(brightness, 1.0)) ** 2,
            brightness=brightness,
            yaw=_middle(pose[:, 0]),
            pitch=_middle(pose[:, 1]),
            yaw_p95=float(np.nanpercentile(pose[:, 0], 95)),
            pitch_p95=float(np.nanpercentile(pose[:, 1], 95)),
            mouth_detail=_middle([look.mouth_detail for look in looks if look.mouth_detail is not None]),
            rivals=_rivals(followed),
            jitter=_jitter(track) / width,
            shake=_shake(track) / width,
            flicker=_middle(np.abs(np.diff([row.glance.light for row in rows]))),
            still=float(np.mean(change < _UNCHANGED)) if len(change) else 0.0,
        )


def _middle(values: npt.ArrayLike) -> float:
    """Median of what is finite, nan without any."""
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    return float(np.median(finite)) if finite.size else float("nan")


def _rivals(followed: Followed) -> float:
    looks = [row for row in followed.rows if row.detected is not None and row.followed is not None]
    if not looks:
        return 0.0
    return float(np.mean([_has_rival(row.detected.boxes, row.followed) for row in looks]))  # type: ignore[union-attr]


def _has_rival(boxes: npt.NDArray[np.float32], followed: int | None) -> bool:
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    others = np.delete(areas, followed or 0)
    return bool((others > _RIVAL * areas[followed or 0]).any())


def _jitter(track: FaceTrack) -> float:
    """Median absolute second difference of the landmarks about their centroid, pixels."""
    points = track.landmarks[:, :, :2] - track.landmarks[:, :, :2].mean(axis=1, keepdims=True)
    return _middle(np.abs(np.diff(points, 2, axis=0)))


def _shake(track: FaceTrack) -> float:
    """75th percentile of the centroid's way from frame to frame, pixels."""
    steps = np.linalg.norm(np.diff(track.landmarks[:, :, :2].mean(axis=1), axis=0), axis=1)
    return float(np.nanpercentile(steps, 75)) if np.isfinite(steps).any() else float("nan")


def _first_lost(track: FaceTrack) -> float | None:
    lost = np.flatnonzero(~track.detected)
    return float(track.time_s[lost[0]]) if len(lost) else None


def _quality(followed: Followed, figures: Figures, *, refused: bool) -> Quality:
    """The report's summary. The score is the position of the weakest figure: a chain breaks at one link."""
    positions = [c.position(v) for c in CHECKS if np.isfinite(v := c.figure(figures))]
    track = followed.track
    return Quality(
        detected_fraction=round(figures.detected, 4),
        face_width_px=_or_none(_middle(track.box[:, 2] - track.box[:, 0])),
        sharpness=_or_none(_middle(track.sharpness)),
        brightness=_or_none(figures.brightness),
        yaw_deg_p95=_or_none(figures.yaw_p95),
        pitch_deg_p95=_or_none(figures.pitch_p95),
        faces_max=int(track.faces.max()) if len(track.faces) else 0,
        score=0.0 if refused else round(min(positions), 3),
    )


def _or_none(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
