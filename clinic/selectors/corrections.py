"""What the correction page shows: exercises, rest and points of one video, as detected and as put right before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from analysis.contracts import MOVABLE, MOVABLE_LEFT, MOVABLE_MIDLINE, MOVABLE_RIGHT, Exercise
from clinic.charts import words
from clinic.models import AnalysisRun, Assessment, Correction, Session, Video
from clinic.models.results import RunState
from clinic.selectors import series, sides
from clinic.selectors.sides import SideView

# Exercises that are measured; rest lies between them.
KINDS = tuple(
    (e.value, words.exercise(e.value)) for e in Exercise if e not in (Exercise.REST, Exercise.SPEECH, Exercise.BLINK)
)
REASONS = ("Wrong movement", "Turned away", "Hand or hair over the face", "Too little effort", "Badly lit", "Cut short")
_RING = {468: (469, 470, 471, 472), 473: (474, 475, 476, 477)}  # a pupil is the middle of its iris


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """One row of the form."""

    exercise: str
    start_s: str
    end_s: str
    apex_s: str
    is_counted: bool
    reason: str

    @property
    def times(self) -> tuple[tuple[str, str, str], ...]:
        return (("start_s", "Start", self.start_s), ("apex_s", "Apex", self.apex_s), ("end_s", "End", self.end_s))


NO_TIMES = SegmentLine("", "", "", "", is_counted=True, reason="").times


@dataclass(frozen=True, slots=True)
class AnalysisLine:
    """One finished analysis of the video: the original, or one after a correction."""

    run: UUID
    assessment: UUID
    at: datetime
    author: str  # of the correction; empty for an original
    note: str
    is_current: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class CorrectPage:
    session: Session
    video: Video | None
    run: AnalysisRun | None  # the original, whose detections are corrected
    measured_run: AnalysisRun | None  # the one that counts
    lines: tuple[SegmentLine, ...]
    rest_s: str
    rest_found_s: float | None
    start: Mapping[str, Any]  # for the page's script
    standing: Correction | None
    is_open: bool  # an analysis is under way
    side: SideView | None  # whether left and right of the video hold

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        return KINDS

    @property
    def no_times(self) -> tuple[tuple[str, str, str], ...]:
        return NO_TIMES

    @property
    def reasons(self) -> tuple[str, ...]:
        return REASONS

    @property
    def can_correct(self) -> bool:
        return self.run is not None and not self.is_open


def page(*, session: Session) -> CorrectPage:
    video = session.videos.order_by("-created_at").first()
    runs = _runs(video) if video else []
    current = next((r for r in runs if _is_current(r)), None)
    original = original_of(runs)
    standing = current.correction if current else None
    content: Mapping[str, Any] = standing.content if standing else {}
    report = original.assessment.report if original else {}
    extras = (original.assessment.details.get("extras") or {}) if original else {}
    rest_found = (extras.get("rest") or {}).get("at_s")
    return CorrectPage(
        session=session,
        video=video,
        run=original,
        measured_run=current,
        lines=tuple(_line(s) for s in content.get("segments") or found_segments(report)),
        rest_s=_typed(content.get("rest_s")),
        rest_found_s=rest_found if rest_found is not None else (0.0 if original else None),
        start=_start(video, content, rest_found),
        standing=standing,
        is_open=any(r.is_open for r in runs),
        side=sides.of(session, video, current.assessment if current else None) if video else None,
    )


def _runs(video: Video) -> list[AnalysisRun]:
    return list(video.runs.select_related("assessment", "correction__made_by").order_by("-created_at"))


def original_of(runs: Sequence[AnalysisRun]) -> AnalysisRun | None:
    """The newest finished run without a correction; where there is none, the newest finished one."""
    done = [r for r in runs if r.state == RunState.DONE and hasattr(r, "assessment")]
    return next((r for r in done if r.correction_id is None), done[0] if done else None)


def _is_current(run: AnalysisRun) -> bool:
    return hasattr(run, "assessment") and run.assessment.is_current


def found_segments(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exercises as detected, in the form of a correction's segments."""
    kinds = {code for code, _ in KINDS}
    return [
        {
            "exercise": s["exercise"],
            "start_s": round(s["start_s"], 2),
            "end_s": round(s["end_s"], 2),
            "apex_s": None if s.get("apex_s") is None else round(s["apex_s"], 2),
            "valid": True,
            "reason": "",
        }
        for s in report.get("segments") or ()
        if s["exercise"] in kinds and s.get("apex_s") is not None
    ]


def _line(stored: Mapping[str, Any]) -> SegmentLine:
    return SegmentLine(
        exercise=stored["exercise"],
        start_s=_typed(stored["start_s"]),
        end_s=_typed(stored["end_s"]),
        apex_s=_typed(stored.get("apex_s")),
        is_counted=stored.get("valid", True),
        reason=stored.get("reason", ""),
    )


def _typed(value: float | None) -> str:
    """As a number input wants it, in every language."""
    return "" if value is None else f"{value:.2f}"


def _start(video: Video | None, content: Mapping[str, Any], rest_found: float | None) -> dict[str, Any]:
    facts = (video.facts or {}) if video else {}
    return {
        "width": facts.get("width") or 640,
        "height": facts.get("height") or 480,
        "duration_s": facts.get("duration_s") or 0,
        "rest_found_s": rest_found or 0.0,
        "frames": [{"time_s": f["time_s"], "points": f["points"]} for f in content.get("frames") or ()],
        "names": {
            "left": {str(p): name for p, name in MOVABLE_LEFT.items()},
            "right": {str(p): name for p, name in MOVABLE_RIGHT.items()},
            "midline": {str(p): name for p, name in MOVABLE_MIDLINE.items()},
        },
        "kinds": dict(KINDS),
    }


@dataclass(frozen=True, slots=True)
class Places:
    """Where the movable points were detected in one frame, pixels of the upright picture."""

    time_s: float
    points: dict[int, tuple[float, float]]

    @property
    def time_ms(self) -> int:
        return round(self.time_s * 1000)


def places_at(run: AnalysisRun, times_s: Sequence[float]) -> list[Places]:
    """For each time the nearest frame with a face. Raises series.SeriesUnreadable."""
    document = series.document_of(run)
    try:
        return places(document, times_s)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise series.SeriesUnreadable(str(run.pk)) from error


def places(document: Mapping[str, Any], times_s: Sequence[float]) -> list[Places]:
    frames, stored = document["report"]["frames"]["time_s"], document["keypoints"]
    column = {point: i for i, point in enumerate(stored["points"])}
    tracks = {p: _positions(stored, column[p]) for p in _needed(column)}
    seen = [i for i, value in enumerate(next(iter(tracks.values()))) if value is not None]
    nearest = [min(seen, key=lambda i: abs(frames[i] - t)) for t in times_s]
    return [Places(frames[i], _points_at(tracks, i)) for i in nearest]


def _needed(column: Mapping[int, int]) -> list[int]:
    rings = [p for ring in _RING.values() for p in ring]
    return [p for p in [*sorted(MOVABLE), *rings] if p in column]


def _positions(stored: Mapping[str, Any], row: int) -> list[tuple[float, float] | None]:
    """Undo the differences in time: see analysis/series.py."""
    unit = stored["unit"]
    sums = [list(accumulate(v or 0 for v in stored[axis][row])) for axis in ("x", "y")]
    gaps = [v is None for v in stored["x"][row]]
    return [None if gap else (x * unit, y * unit) for gap, x, y in zip(gaps, *sums, strict=True)]


def _points_at(
    tracks: Mapping[int, Sequence[tuple[float, float] | None]], frame: int
) -> dict[int, tuple[float, float]]:
    found = {p: at for p, row in tracks.items() if (at := row[frame]) is not None}
    for middle, ring in _RING.items():
        if middle not in found and all(p in found for p in ring):
            found[middle] = (sum(found[p][0] for p in ring) / 4, sum(found[p][1] for p in ring) / 4)
    return {p: (round(x, 2), round(y, 2)) for p, (x, y) in found.items() if p in MOVABLE}


def analyses(video: Video | None, shown: AnalysisRun | None) -> tuple[AnalysisLine, ...]:
    """Finished analyses of one video, newest first; empty unless something was corrected."""
    found = Assessment.objects.filter(run__video=video).select_related("run__correction__made_by")
    lines = [
        AnalysisLine(
            run=a.run_id,
            assessment=a.pk,
            at=a.run.finished_at or a.run.created_at,
            author=a.run.correction.author if a.run.correction else "",
            note=a.run.correction.note if a.run.correction else "",
            is_current=a.is_current,
            is_shown=shown is not None and a.run_id == shown.pk,
        )
        for a in (found.defer("report", "details") if video else ())
    ]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True)) if any(x.author for x in lines) else ()
