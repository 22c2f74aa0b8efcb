"""Reports as the pipeline writes them, small and plainly made up."""

from __future__ import annotations

import dataclasses

from analysis.contracts import (
    ActionUnits,
    AffectedSide,
    AffectedSideResult,
    Details,
    Frames,
    HouseBrackmann,
    MeasurementError,
    Mirrored,
    Origin,
    Problem,
    Quality,
    Region,
    RegionResult,
    ReportStatus,
    SessionReport,
    Side,
    Synkinesis,
    SynkinesisKind,
    SynkinesisPair,
    VideoFacts,
    WeakerSide,
)

ORIGIN = Origin(code_version="test", device="cpu", seconds=1.0, stages={"decode": 0.5}, weights=[])
FACTS = VideoFacts(
    sha256="0" * 64,
    container="mp4",
    codec="h264",
    duration_s=0.08,
    frame_count=2,
    fps=25.0,
    width=640,
    height=480,
    rotation_deg=0,
    mirrored=Mirrored.NO,
)
QUALITY = Quality(
    detected_fraction=1.0,
    face_width_px=200.0,
    sharpness=90.0,
    brightness=120.0,
    yaw_deg_p95=3.0,
    pitch_deg_p95=2.0,
    faces_max=1,
    score=0.9,
)


def measured() -> SessionReport:
    return SessionReport(
        status=ReportStatus.MEASURED,
        problems=[Problem("dim", "It was a little dark.")],
        video=FACTS,
        quality=QUALITY,
        frames=Frames(time_s=[0.0, 0.04], detected=[True, True]),
        action_units=ActionUnits(["AU12"], [[1.0], [2.0]], [[2.0], None], method="landmarks", origin="test"),
        segments=[],
        mouth_motions=None,
        measures={},
        regions={
            Region.MOUTH: RegionResult(1.0, 2.0, -1.0, WeakerSide.LEFT),
            Region.EYE: RegionResult(0.0, 0.0, 0.0, WeakerSide.NONE),
            Region.BROW: RegionResult(None, 2.0, None, None),
        },
        affected_side=AffectedSideResult(AffectedSide.LEFT, 0.8),
        synkinesis=Synkinesis(True, [SynkinesisPair(Side.LEFT, "AU12", "AU43", 0.4, SynkinesisKind.ORAL_OCULAR)], None),
        house_brackmann=HouseBrackmann(3, [0.0, 0.2, 0.6, 0.2, 0.0, 0.0], method="rules", origin="test"),
        severity_level=None,
        palsy=None,
        scales=None,
        origin=ORIGIN,
        details=Details(
            errors={"mouth_asymmetry": MeasurementError(0.2, "ratio", "test")},
            evidence=["The left corner of the mouth moves half as far as the right one."],
            curves={"palpebral_fissure_left": [0.3, None]},
            extras={"keypoints": {"points": [1]}, "blinks": 3},
        ),
    )


def refused() -> SessionReport:
    return dataclasses.replace(
        measured(),
        status=ReportStatus.REFUSED,
        problems=[Problem("no_face", "No face was found.")],
        quality=None,
        frames=None,
        action_units=None,
        regions={},
        affected_side=None,
        synkinesis=None,
        house_brackmann=None,
        details=Details(),
    )
