"""Finished analyses for tests of pages: a full report, plainly made up, stored as a worker stores it."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import Any

from django.core.files.base import ContentFile

from analysis.contracts import (
    ActionUnits,
    AffectedSide,
    AffectedSideResult,
    Details,
    Exercise,
    Frames,
    HouseBrackmann,
    Matrices,
    Measure,
    MeasurementError,
    Mirrored,
    Movement,
    Origin,
    Problem,
    Quality,
    Region,
    RegionResult,
    ReportStatus,
    Scale,
    ScaleItem,
    Scales,
    Segment,
    SegmentSource,
    SessionReport,
    Side,
    Synkinesis,
    SynkinesisKind,
    SynkinesisPair,
    VideoFacts,
    WeakerSide,
    WeightsUsed,
)
from clinic.models import AnalysisRun, Assessment, Session
from clinic.models.results import RunState
from clinic.services import results
from tests.clinic import factories as make

SAME = [[1.0, 0.2], [0.4, 1.0]]
OTHER = [[0.9, None], [0.8, None]]
DIFFERENCE = [[-0.1, None], [0.4, None]]
ERROR = MeasurementError(0.1, "index", "repeat recordings, synthetic")
ORIGIN = Origin(
    code_version="1.2.3",
    device="cpu",
    seconds=12.5,
    stages={"decode": 2.5, "landmarks": 9.0},
    weights=[WeightsUsed("landmark-au-1", "ab" * 32, "synthetic")],
)
SUNNYBROOK = Scale(
    items={"brow_raise": ScaleItem(3.0), "snarl_item": ScaleItem(None, "snarl")},
    total=None,
    missing=["snarl"],
    method="landmark rules",
    note="No total without all five expressions.",
)
REPORT = SessionReport(
    status=ReportStatus.MEASURED,
    problems=[Problem("too_dark", "The video is dark.", 1.5)],
    video=VideoFacts("0" * 64, "mp4", "h264", 0.12, 3, 25.0, 640, 480, 0, Mirrored.NO),
    quality=Quality(0.98, 210.0, 90.0, 120.0, 4.0, 3.0, 1, 0.87),
    frames=Frames([0.0, 0.04, 0.08], [True, False, True]),
    action_units=ActionUnits(
        ["AU12", "AU43"], [[0.5, 0.1], None, [2.5, 0.2]], [[0.4, 0.1], None, [1.0, 0.9]], "landmark units", "landmarks"
    ),
    segments=[
        Segment(Exercise.REST, 0.0, 0.04, None, 0.9, SegmentSource.RECOGNISED, None),
        Segment(Exercise.SMILE_OPEN, 0.04, 0.12, 0.08, 0.9, SegmentSource.TIMELINE, Movement(0.6, 1.0, -0.4)),
    ],
    mouth_motions=None,
    measures={"mouth_corner_excursion": Measure(0.06, 0.11, -0.05, 0.55, "IOD", Exercise.SMILE_OPEN)},
    regions={
        Region.MOUTH: RegionResult(1.2, 2.0, -0.8, WeakerSide.LEFT),
        Region.EYE: RegionResult(2.0, 2.0, 0.0, WeakerSide.NONE),
        Region.BROW: RegionResult(None, None, None, None),
    },
    affected_side=AffectedSideResult(AffectedSide.LEFT, 0.8),
    synkinesis=Synkinesis(
        True,
        [SynkinesisPair(Side.LEFT, "AU12", "AU43", 0.42, SynkinesisKind.ORAL_OCULAR)],
        Matrices(SAME, OTHER, SAME, OTHER, DIFFERENCE, DIFFERENCE),
    ),
    house_brackmann=HouseBrackmann(3, [0.0, 0.2, 0.6, 0.2, 0.0, 0.0], "rules 1", "rules"),
    severity_level=None,
    palsy=None,
    scales=Scales(None, SUNNYBROOK, None),
    origin=ORIGIN,
    details=Details(
        errors={"mouth_asymmetry": ERROR, "eye_asymmetry": ERROR},
        evidence=["The left corner of the mouth moves 60 % as far as the right."],
        extras={
            "matrix_pairs": [{"side": "left", "given": "AU12", "follows": "AU43", "difference": 0.4}],
            "eye_safety": {
                "note": "Estimated from the video.",
                "gentle": {"unit": "mm", "left": 3.25, "right": 0.4, "flag_left": True, "flag_right": False},
                "tight": None,
            },
        },
        curves={"palpebral_fissure_left": [0.2, None, 0.1], "palpebral_fissure_right": [0.2, None, 0.2]},
    ),
)


def measured(
    session: Session, *, report: SessionReport = REPORT, with_series: bool = False, **about_video: Any
) -> Assessment:
    """A finished run of a new video of this session, with its assessment."""
    video = make.VideoFactory(session=session, **about_video)
    run: AnalysisRun = make.RunFactory(video=video, state=RunState.DONE, attempt=1, progress=1.0)
    if with_series:
        document = {"report": report.to_json(), "details": report.details_json()}
        run.series.save("series.json.gz", ContentFile(gzip.compress(json.dumps(document).encode())))
    return results.assess(run=run, report=report)


def changed(**values: Any) -> SessionReport:
    return dataclasses.replace(REPORT, **values)
