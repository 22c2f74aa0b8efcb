"""From a face track to everything that is measured on it: the measuring half of the pipeline, top to bottom."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from analysis import corrections as corrected
from analysis.action_units import estimator, personal
from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import (
    AU_NAMES,
    ActionUnits,
    AffectedSide,
    AffectedSideResult,
    Corrections,
    Details,
    Exercise,
    HouseBrackmann,
    Measure,
    Mirrored,
    MouthMotion,
    Movement,
    Problem,
    Quality,
    Region,
    RegionResult,
    Scales,
    Segment,
    SegmentSource,
    Synkinesis,
    Timeline,
    WeightsUsed,
)
from analysis.extras import Parts, curves, extras
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import HeadFrame, head_frame
from analysis.faces.track import FaceTrack
from analysis.grading import house_brackmann
from analysis.grading.scales import Findings, scales
from analysis.models import Models, shipped
from analysis.motion import compliance, others, recognise
from analysis.motion.mouth import mouth_motions
from analysis.motion.recognise import Found
from analysis.motion.rest import RestReference, find_rest
from analysis.session import Session
from analysis.symptoms import cooccurrence, coupling
from analysis.symptoms.affected import affected_side
from analysis.symptoms.errors import measurement_errors
from analysis.symptoms.evidence import evidence
from analysis.symptoms.eye_safety import eye_safety
from analysis.symptoms.eye_safety import sentences as eye_sentences
from analysis.symptoms.laterality import laterality_problems
from analysis.symptoms.measures import Faces, measures
from analysis.symptoms.movement import movement
from analysis.symptoms.patients import posterior
from analysis.symptoms.regions import region_function, region_result
from analysis.symptoms.repeats import within_session
from analysis.symptoms.resting import resting

METHOD: Final = "landmarks-2"  # a new number wherever the same landmarks give other numbers: curves break there

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything of the session report that comes from landmarks; None or empty where it was not measured."""

    action_units: ActionUnits | None
    segments: list[Segment]
    mouth_motions: list[MouthMotion] | None
    measures: dict[str, Measure]
    regions: dict[Region, RegionResult]
    affected_side: AffectedSideResult
    synkinesis: Synkinesis | None
    house_brackmann: HouseBrackmann | None
    scales: Scales | None
    details: Details
    problems: list[Problem] = field(default_factory=list)
    weights: list[WeightsUsed] = field(default_factory=list)
    rest_reference: RestReference | None = None  # this video's own, to be pinned when its session is accepted


def measure(
    track: FaceTrack,
    *,
    timeline: Timeline | None = None,
    quality: Quality | None = None,
    rest_reference: RestReference | None = None,
    recorded_side: AffectedSide | None = None,
    mirrored: Mirrored = Mirrored.NO,
    corrections: Corrections | None = None,
    detected: FaceTrack | None = None,
    progress: Progress | None = None,
    models: Models | None = None,
) -> Measured:
    """Measure both halves of one face over one video.

    `track` is unmirrored; `mirrored` says only how sure that is. `timeline` is what was asked for when. Everything is
    relative to the video's own rest; `rest_reference`, the patient's pinned rest, is measured against beside it.
    `recorded_side` is the side on file, compared and never used. `corrections`: exercises and rest as a clinician put
    them right (corrected points are in the track already); `detected` is the track before points were moved: a moved
    point changes numbers, never which exercise it was. `progress` gets shares from 0 to 1.
    """
    tell = progress or (lambda _share: None)
    models = models or shipped()
    frame = head_frame(track)
    rest_s = corrections.rest_s if corrections else None
    rest = find_rest(frame, timeline) if rest_s is None else corrected.rest_at(frame, rest_s)
    tell(0.2)
    if rest is None:
        return _nothing()
    raw = estimator.estimate(frame, rest, models.landmark)
    tell(0.6)
    recognised = _recognised(detected, timeline, models) or _found(raw, frame, models)
    puffs = others.puffs_among(recognised, frame, rest, timeline)
    beside = others.others(frame, rest, others.as_puffs(puffs, frame.time_s))
    found = others.without_speech([f for f in recognised if f not in puffs], beside)
    tell(0.7)
    session = Session(track, frame, rest, raw, found, beside, timeline, quality, rest_reference, models, corrections)
    result = _assemble(session, recorded_side, mirrored)
    tell(1.0)
    return result


def _found(raw: SideActionUnits, frame: HeadFrame, models: Models) -> list[Found]:
    return recognise.recognise(raw, frame.time_s, models.exercises)


def _recognised(detected: FaceTrack | None, timeline: Timeline | None, models: Models) -> list[Found]:
    """The exercises of a track by itself; none where there is no track or it never rests."""
    if detected is None:
        return []
    frame = head_frame(detected)
    rest = find_rest(frame, timeline)
    return [] if rest is None else _found(estimator.estimate(frame, rest, models.landmark), frame, models)


def _assemble(session: Session, recorded_side: AffectedSide | None, mirrored: Mirrored) -> Measured:
    raw, time_s, done = session.raw, session.frame.time_s, session.done
    shown = session.recognised if session.by_hand is None else session.stretches
    idle = compliance.nothing_done(shown, session.timeline)
    told = [] if idle else done  # what may speak about a palsy
    patients = None
    if told:
        patients = posterior({r: evidence(r, raw, time_s, told) for r in Region}, session.models.evidence)
    functions = {r: region_function(r, patients, told) for r in Region}
    units = personal.personal(raw, time_s, told, personal.shares(list(functions.values())), session.models.prior)
    seen = coupling.differences(session.frame, session.rest, raw)
    couplings = coupling.couplings(seen, told, session.models.synkinesis)
    pairs = coupling.pairs(couplings, session.models.synkinesis)
    side = affected_side(patients, pairs, raw, told)
    graded = house_brackmann.grade(patients, functions, pairs, max(coupling.strengths(couplings).values(), default=0.0))
    checks = session.checks
    faces = Faces(session.frame, session.rest.reference.points, units, done, patients)
    measured = measures(faces)
    at_rest = resting(measured, side.side)
    safety = eye_safety(measured)
    unjudged = coupling.unjudged(seen, told, session.models.synkinesis)
    parts = Parts(units, functions, couplings, unjudged, checks)
    shown_beside = extras(session, parts) | {"eye_safety": safety, "resting": at_rest}
    sentences = (graded.evidence if graded else []) + eye_sentences(safety)
    problems = [idle] if idle else []
    problems += compliance.problems(checks) + laterality_problems(side, recorded_side, mirrored)
    findings = Findings(side.side, _mean_movements(units, done), measured, couplings, at_rest)
    return Measured(
        action_units=_listed(units, session.models),
        segments=_segments(session, units),
        mouth_motions=mouth_motions(units, time_s),
        measures=measured,
        regions={r: region_result(f, units, time_s, done) for r, f in functions.items()},
        affected_side=side,
        synkinesis=Synkinesis(None if idle else bool(pairs), pairs, cooccurrence.matrices(units).to_matrices()),
        house_brackmann=graded.result if graded else None,
        scales=None if idle else scales(findings),
        details=Details(measurement_errors(measured, within_session(faces)), sentences, shown_beside, curves(session)),
        problems=problems,
        weights=session.models.used,
        rest_reference=session.rest.reference,
    )


def _nothing() -> Measured:
    """A track without a face: nothing is measured, and nothing is claimed."""
    return Measured(
        action_units=None,
        segments=[],
        mouth_motions=None,
        measures={},
        regions={region: RegionResult(None, None, None, None) for region in Region},
        affected_side=AffectedSideResult(AffectedSide.NONE, 0.0),
        synkinesis=None,
        house_brackmann=None,
        scales=None,
        details=Details(),
        problems=[Problem("no_face_measured", "No face could be measured in this video.")],
    )


def _listed(units: SideActionUnits, models: Models) -> ActionUnits:
    left, right = (_rows(units.side(side)) for side in SIDES)
    used = models.landmark.used
    return ActionUnits(list(AU_NAMES), left, right, f"{METHOD}/{used.id}", used.training_data)


def _rows(side: Points) -> list[list[float | None] | None]:
    rounded = np.round(side, 3).tolist()
    seen = np.isfinite(side).any(axis=1)
    return [[None if math.isnan(v) else v for v in row] if ok else None for row, ok in zip(rounded, seen, strict=True)]


def _segments(session: Session, units: SideActionUnits) -> list[Segment]:
    """With a timeline its segments, else the recognised ones; each with its movement and apex."""
    source = SegmentSource.RECOGNISED if session.timeline is None else SegmentSource.TIMELINE
    beside = session.beside
    if session.by_hand is not None:
        source, beside = SegmentSource.CORRECTED, []
    time_s, done = session.frame.time_s, session.done
    shown = []
    for f in session.stretches:
        height = recognise.clear_of_blinks(f, session.raw, time_s)
        apex_s = float(time_s[height[(len(height) - 1) // 2]])
        move = movement(units, f.exercise, f.apex) if f in done else None
        first, last = round(float(time_s[f.first]), 3), round(float(time_s[f.last]), 3)
        shown.append(Segment(f.exercise, first, last, round(apex_s, 3), round(f.confidence, 3), source, move))
    return sorted(shown + [_beside(f, time_s) for f in beside], key=lambda s: s.start_s)


def _beside(f: Found, time_s: Points) -> Segment:
    first, last = round(float(time_s[f.first]), 3), round(float(time_s[f.last]), 3)
    return Segment(f.exercise, first, last, None, round(f.confidence, 3), SegmentSource.RECOGNISED, None)


def _mean_movements(units: SideActionUnits, stretches: list[Found]) -> dict[Exercise, Movement]:
    """Mean over the repetitions of each exercise."""
    result = {}
    for exercise in dict.fromkeys(f.exercise for f in stretches):
        moves = [
            m for f in stretches if f.exercise is exercise and (m := movement(units, exercise, f.apex)) is not None
        ]
        left, right, index = (_mean([getattr(m, name) for m in moves]) for name in ("left", "right", "asymmetry_index"))
        if moves:
            result[exercise] = Movement(left, right, index)
    return result


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
