"""One video in, one `SessionReport` out: the whole pipeline from top to bottom.

    decode -> follow the face -> judge the quality -> measure

A video that cannot be measured gives a report too: refused, with the reasons in words for the patient.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.contracts import (
    AffectedSide,
    Corrections,
    Frames,
    Mirrored,
    Origin,
    Palsy,
    Problem,
    Quality,
    ReportStatus,
    Segment,
    SessionReport,
    SeverityLevel,
    SystemAnswer,
    SystemResult,
    Timeline,
    VideoFacts,
)
from analysis.corrections import corrected_track
from analysis.faces.follow import Followed, follow
from analysis.faces.mesh import Mesh
from analysis.faces.mtcnn import FaceDetector
from analysis.faces.track import Bools, FaceTrack
from analysis.measure import Measured, measure
from analysis.motion.rest import REST_REFERENCE, RestReference
from analysis.series import KEYPOINTS, keypoints
from analysis.stopwatch import Stopwatch
from analysis.systems.detection import FACE_DETECTION, JudgedDetection
from analysis.systems.silent import silent
from analysis.version import code_version
from analysis.video.picture import RGB
from analysis.video.policy import POLICY, Policy
from analysis.video.problems import VideoRefused
from analysis.video.quality import assess

if TYPE_CHECKING:
    from analysis.systems.panel import Panel
    from analysis.weights.chosen import Chosen, Wanted

Progress = Callable[[str, float], None]  # what is being done, and the share of the whole that is done, 0-1

READING, MEASURING, SYSTEMS = "reading the video", "measuring", "asking the published systems"
_READING_SHARE = 0.9


def analyse(
    path: Path,
    *,
    timeline: Timeline | None = None,
    mirrored: Mirrored = Mirrored.UNKNOWN,
    recorded_side: AffectedSide | None = None,
    rest_reference: RestReference | None = None,
    corrections: Corrections | None = None,
    systems: Sequence[Wanted] = (),
    face_score: Chosen | None = None,
    device: str = "cpu",
    progress: Progress | None = None,
    policy: Policy = POLICY,
) -> SessionReport:
    """Analyse one video.

    `timeline`: what was asked for when. `mirrored`: whether the stored picture is a mirror image; if so it is turned
    back before anything looks at it, so sides are the subject's own. `recorded_side` and `rest_reference`: what is on
    file, compared and never used. `corrections`: what a clinician put right before.
    `systems`: published systems that are shown the same frames, on `device`; what they say stands beside the
    measurements and changes none of them. `face_score`: weights of the Integrated Deep Model, whose score then says
    which of the detected faces count; without it MTCNN's own does. Raises OSError when the file cannot be opened,
    RuntimeError when decoding cannot start; every fault of the video itself is a refused report.
    """
    tell = progress or (lambda _stage, _share: None)
    watch = Stopwatch()
    late = _LatePanel(systems, device) if systems else None
    judged_faces = JudgedDetection(face_score, device) if face_score else None
    try:
        followed = follow(
            path,
            mirrored=mirrored,
            policy=policy,
            progress=lambda share: tell(READING, _READING_SHARE * share),
            watch=watch,
            onlooker=late.look if late else None,
            detector=judged_faces or FaceDetector,
        )
    except VideoRefused as refused:
        return _refused(watch, [refused.problem], video=refused.facts)
    with watch("quality"):
        judged = assess(followed, policy)
    if judged.refusals:
        problems = judged.refusals + followed.problems + judged.warnings
        return _refused(watch, problems, followed.facts, judged.quality, followed.track)
    with watch("measuring"):
        detected = followed.track
        if corrections is not None:
            followed = dataclasses.replace(followed, track=corrected_track(detected, corrections))
        measured = measure(
            followed.track,
            timeline=timeline,
            quality=judged.quality,
            rest_reference=rest_reference,
            recorded_side=recorded_side,
            mirrored=mirrored,
            corrections=corrections,
            detected=detected if corrections is not None and corrections.frames else None,
            progress=lambda share: tell(MEASURING, _READING_SHARE + (1 - _READING_SHARE) * share),
        )
    if judged_faces is not None:
        measured = _found_by(judged_faces, measured)
    asked = []
    if late is not None:
        tell(SYSTEMS, 1.0)
        with watch("systems"):
            asked = late.results(followed.track.detected, measured.segments)
    return _measured(watch, followed, judged.quality, followed.problems + judged.warnings, measured, asked)


class _LatePanel:
    """The panel once a frame is there and a system has weights: nothing else needs torch or the networks."""

    def __init__(self, systems: Sequence[Wanted], device: str) -> None:
        self._systems, self._device = systems, device
        self._is_silent = not any(wanted.weights for wanted in systems)

    @cached_property
    def panel(self) -> Panel:
        from analysis.systems.panel import Panel

        return Panel(self._systems, self._device)

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        if not self._is_silent:
            self.panel.look(frame, time_s, picture, landmarks)

    def results(self, believed: Bools, segments: Sequence[Segment]) -> list[SystemResult]:
        if self._is_silent:
            return [silent(wanted) for wanted in self._systems]
        return self.panel.results(believed, segments)


def _measured(
    watch: Stopwatch,
    followed: Followed,
    quality: Quality,
    problems: list[Problem],
    measured: Measured,
    systems: list[SystemResult],
) -> SessionReport:
    extras = measured.details.extras | {KEYPOINTS: keypoints(followed.track), **_rest(measured)}
    return SessionReport(
        status=ReportStatus.MEASURED,
        problems=problems + measured.problems,
        video=followed.facts,
        quality=quality,
        frames=_frames(followed.track),
        action_units=measured.action_units,
        segments=measured.segments,
        mouth_motions=measured.mouth_motions,
        measures=measured.measures,
        regions=measured.regions,
        affected_side=measured.affected_side,
        synkinesis=measured.synkinesis,
        house_brackmann=measured.house_brackmann,
        severity_level=_severity_level(systems),
        palsy=_palsy(systems),
        scales=measured.scales,
        origin=_origin(watch, measured),
        details=dataclasses.replace(measured.details, extras=extras, systems=systems),
    )


def _found_by(detection: JudgedDetection, measured: Measured) -> Measured:
    """How faces were found belongs to the origin of whatever was measured on them."""
    extras = measured.details.extras | {FACE_DETECTION: detection.told}
    details = dataclasses.replace(measured.details, extras=extras)
    return dataclasses.replace(measured, weights=[*measured.weights, *detection.used], details=details)


def _rest(measured: Measured) -> dict[str, Any]:
    """The face at rest travels with the frame series, so that a later video can be measured against it."""
    reference = measured.rest_reference
    return {} if reference is None else {REST_REFERENCE: reference.to_json()}


def _severity_level(systems: list[SystemResult]) -> SeverityLevel | None:
    """PHCNN-LSTM's; nothing else gives one."""
    for result, answer, origin in _answered(systems, "severity_level"):
        assert isinstance(answer.value, int)
        return SeverityLevel(answer.value, list(answer.probabilities.values()), result.method, origin)
    return None


def _palsy(systems: list[SystemResult]) -> Palsy | None:
    """The fusion model's; nothing else gives one."""
    for result, answer, origin in _answered(systems, "palsy"):
        assert isinstance(answer.value, float)
        return Palsy(answer.value, result.method, origin)
    return None


def _answered(systems: list[SystemResult], target: str) -> list[tuple[SystemResult, SystemAnswer, str]]:
    return [
        (result, answer, result.weights.training_data)
        for result in systems
        if result.weights is not None
        for answer in result.answers
        if answer.target == target
    ]


def _refused(
    watch: Stopwatch,
    problems: list[Problem],
    video: VideoFacts | None = None,
    quality: Quality | None = None,
    track: FaceTrack | None = None,
) -> SessionReport:
    """Nothing is measured, and nothing is claimed."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("action_units", "mouth_motions", "affected_side", "synkinesis", "house_brackmann", "severity_level", "palsy")
    )
    return SessionReport(
        status=ReportStatus.REFUSED,
        problems=problems,
        video=video,
        quality=quality,
        frames=_frames(track) if track is not None else None,
        segments=[],
        measures={},
        regions={},
        scales=None,
        origin=_origin(watch),
        **nothing,
    )


def _frames(track: FaceTrack) -> Frames:
    return Frames([round(t, 5) for t in track.time_s.tolist()], track.detected.tolist())


def _origin(watch: Stopwatch, measured: Measured | None = None) -> Origin:
    return Origin(
        code_version=code_version(),
        device="cpu",
        seconds=round(watch.total, 3),
        stages={stage: round(seconds, 3) for stage, seconds in watch.seconds.items()},
        weights=measured.weights if measured is not None else [],
    )
