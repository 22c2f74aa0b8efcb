"""From the worker's report to the row that pages draw."""

from __future__ import annotations

import dataclasses
from typing import Any

from analysis.contracts import Region, RegionResult, SessionReport
from clinic.models import AnalysisRun, Assessment

PER_FRAME = ("left", "right")  # the parts of the report's `action_units` that stay in the series file
SERIES_ONLY = ("keypoints", "rest_reference")  # likewise of the details' `extras`


def assess(*, run: AnalysisRun, report: SessionReport) -> Assessment:
    """Store what a measured video showed as the current result of that video. Call inside a transaction."""
    Assessment.objects.filter(run__video=run.video_id, is_current=True).update(is_current=False)
    session = run.video.session
    return Assessment.objects.create(
        run=run,
        session=session,
        patient=session.patient,
        episode=session.episode,
        recorded_at=session.recorded_at,
        days_since_onset=session.episode.days_since_onset(session.recorded_at.date()) if session.episode else None,
        **_numbers(report),
    )


def _numbers(report: SessionReport) -> dict[str, Any]:
    grade, side, synkinesis, scales = report.house_brackmann, report.affected_side, report.synkinesis, report.scales
    return {
        "hb_grade": grade.grade if grade else None,
        "hb_probabilities": grade.probabilities if grade else None,
        "affected_side": side.side.value if side else None,
        "affected_confidence": side.confidence if side else None,
        "synkinesis_present": synkinesis.present if synkinesis else None,
        "synkinesis_pairs": [dataclasses.asdict(pair) for pair in synkinesis.pairs] if synkinesis else [],
        "sunnybrook": scales.sunnybrook.total if scales and scales.sunnybrook else None,
        "quality_score": report.quality.score if report.quality else 0.0,
        "method": report.action_units.method[:80] if report.action_units else "",
        **_regions(report),
        **_documents(report),
    }


def _regions(report: SessionReport) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for region in Region:
        result = report.regions.get(region)
        found[f"{region.value}_asymmetry"] = asymmetry(result) if result else None
        found[f"{region.value}_delta_am"] = result.delta_am if result else None
    return found


def asymmetry(result: RegionResult) -> float | None:
    """(AM_left - AM_right) / max: 0 symmetric, -1 the left does not move, +1 the right does not; None unmoved."""
    left, right = result.active_mean_left, result.active_mean_right
    if left is None or right is None or max(left, right) <= 0:
        return None
    return (left - right) / max(left, right)


def _documents(report: SessionReport) -> dict[str, Any]:
    summary, details = report.to_json(), report.details_json()
    summary["frames"] = None
    if summary["action_units"] is not None:
        summary["action_units"] = {k: v for k, v in summary["action_units"].items() if k not in PER_FRAME}
    errors = details.pop("errors")
    details.pop("curves")
    for name in SERIES_ONLY:
        details["extras"].pop(name, None)
    return {
        "report": summary,
        "details": details,
        "errors": errors,
        "problems": summary["problems"],
        "origin": summary["origin"],
    }
