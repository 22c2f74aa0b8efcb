"""Everything that the session page shows of one sitting, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from analysis.contracts import Region
from clinic.charts import matrices, words
from clinic.charts.rows import Chart
from clinic.models import AnalysisRun, Assessment, Session, Video
from clinic.models.results import RunState
from clinic.selectors import corrections, courses, findings, flags, grades, provenance, published, reports, sides
from clinic.selectors.flags import Flag
from clinic.selectors.provenance import Provenance


@dataclass(frozen=True, slots=True)
class RunLine:
    """One analysis of the shown video."""

    pk: UUID
    state: str
    label: str
    at: datetime
    grade: int | None
    origin: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class GradeView:
    grade: int
    share: float
    bars: tuple[reports.GradeBar, ...]
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Measured:
    """One assessment, ready to be shown."""

    side: sides.SideView
    grade: GradeView | None
    evidence: tuple[str, ...]
    regions: tuple[reports.RegionRow, ...]
    segments: tuple[reports.SegmentRow, ...]
    measures: tuple[reports.MeasureRow, ...]
    scales: tuple[reports.ScaleRow, ...]
    synkinesis: bool | None
    pairs: tuple[reports.PairRow, ...]
    matrices: tuple[Chart, ...]
    eyes: tuple[reports.EyeRow, ...]
    eye_note: str
    blinks: findings.Blinks | None
    functions: tuple[findings.FunctionRow, ...]
    resting: tuple[findings.RestingRow, ...]
    drifts: tuple[findings.DriftRow, ...]
    is_against_pinned: bool
    asked: tuple[findings.AskedRow, ...]
    couplings: tuple[findings.CouplingRow, ...]
    kinds_not_measured: tuple[reports.Fact, ...]
    scale: str
    quality: tuple[reports.Fact, ...]
    recording: tuple[reports.Fact, ...]
    quality_score: float
    problems: tuple[Mapping[str, Any], ...]
    flags: tuple[Flag, ...]
    more: tuple[reports.Fact, ...]
    is_current: bool

    @property
    def has_departures(self) -> bool:
        """Something else was done than what was asked for."""
        return any(row.tone != "ok" for row in self.asked)


@dataclass(frozen=True, slots=True)
class SessionPage:
    session: Session
    day: int | None  # since onset
    previous: UUID | None
    following: UUID | None
    videos: tuple[Video, ...]
    video: Video | None
    run: AnalysisRun | None  # the one that is shown
    runs: tuple[RunLine, ...]  # newest first
    measured: Measured | None
    provenance: Provenance | None
    records: tuple[grades.Record, ...]  # what clinicians graded by hand, with the machine's value beside it
    published: published.Published | None  # what the published systems said
    analyses: tuple[corrections.AnalysisLine, ...]  # where something was corrected: the original and what followed
    not_counted: tuple[str, ...]  # repetitions that a correction left out

    @property
    def title_words(self) -> str:
        episode = self.session.episode
        return words.day(courses.day_of(self.session.recorded_at), episode.onset_date if episode else None)


def page(*, session: Session, run_id: UUID | None = None) -> SessionPage:
    """The newest run of the newest video, or the named one of this session."""
    videos = list(session.videos.order_by("-created_at"))
    runs = list(
        AnalysisRun.objects.filter(video__session=session)
        .select_related("assessment")
        .defer("assessment__details", "assessment__report")
        .order_by("-created_at")
    )
    run = next((r for r in runs if r.pk == run_id), _counting(runs))
    video = next((v for v in videos if run and v.pk == run.video_id), videos[0] if videos else None)
    assessment = Assessment.objects.filter(run=run).first() if run and run.state == RunState.DONE else None
    before, after = _neighbours(session)
    return SessionPage(
        session=session,
        day=session.episode.days_since_onset(courses.day_of(session.recorded_at)) if session.episode else None,
        previous=before,
        following=after,
        videos=tuple(videos),
        video=video,
        run=run,
        runs=tuple(_run_line(r, run) for r in runs if video and r.video_id == video.pk),
        measured=_measured(assessment, session, video) if assessment and video else None,
        provenance=provenance.of(run=run, video=video, assessment=assessment) if run and video else None,
        records=grades.records(session, assessment),
        analyses=corrections.analyses(video, run),
        not_counted=_not_counted(assessment),
        published=published.of_session(session, assessment),
    )


def _counting(runs: list[AnalysisRun]) -> AnalysisRun | None:
    """The newest run; where an earlier result was chosen to count again, that one."""
    newest = runs[0] if runs else None
    if newest is None or newest.state != RunState.DONE or not hasattr(newest, "assessment"):
        return newest
    same = [r for r in runs if r.video_id == newest.video_id and hasattr(r, "assessment")]
    return next((r for r in same if r.assessment.is_current), newest)


def _not_counted(assessment: Assessment | None) -> tuple[str, ...]:
    told = ((assessment.details.get("extras") or {}).get("corrections") or {}) if assessment else {}
    return tuple(
        f"{words.exercise(s['exercise'])} at {s['start_s']:.1f} s ({s['reason']})"
        for s in told.get("not_counted") or ()
    )


def _neighbours(session: Session) -> tuple[UUID | None, UUID | None]:
    """The sessions of the same patient before and after this one."""
    ids = list(
        Session.objects.filter(patient=session.patient_id).order_by("recorded_at", "pk").values_list("pk", flat=True)
    )
    here = ids.index(session.pk)
    return (ids[here - 1] if here else None), (ids[here + 1] if here + 1 < len(ids) else None)


def _run_line(run: AnalysisRun, shown: AnalysisRun | None) -> RunLine:
    assessment = getattr(run, "assessment", None)
    return RunLine(
        pk=run.pk,
        state=run.state,
        label=run.get_state_display(),
        at=run.finished_at or run.created_at,
        grade=assessment.hb_grade if assessment else None,
        origin=courses.origin_words(assessment.method, assessment.origin) if assessment else "",
        is_shown=shown is not None and run.pk == shown.pk,
    )


def _measured(assessment: Assessment, session: Session, video: Video) -> Measured:
    report, details = assessment.report, assessment.details
    extras = details.get("extras") or {}
    stored_side = session.episode.side if session.episode else None
    asymmetry = {region: getattr(assessment, f"{region}_asymmetry") for region in Region}
    return Measured(
        side=sides.of(session, video, assessment),
        grade=_grade(assessment),
        evidence=tuple(details.get("evidence") or ()),
        regions=reports.regions(report, asymmetry, assessment.errors),
        segments=reports.segments(report),
        measures=reports.measures(report, assessment.errors),
        scales=reports.scales(report),
        synkinesis=assessment.synkinesis_present,
        pairs=reports.pairs(report),
        matrices=tuple(matrices.chart(matrix) for matrix in reports.matrices(report, extras)),
        eyes=reports.eye_safety(extras),
        eye_note=(extras.get("eye_safety") or {}).get("note", ""),
        **_findings(extras),
        quality=reports.quality(report),
        quality_score=assessment.quality_score,
        problems=tuple(assessment.problems),
        flags=flags.of_assessment(_flag_fields(assessment), stored_side),
        more=reports.more(report),
        is_current=assessment.is_current,
    )


def _findings(extras: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "blinks": findings.blinks(extras),
        "functions": findings.functions(extras),
        "resting": findings.resting(extras),
        "drifts": findings.drifts(extras),
        "is_against_pinned": findings.is_against_pinned(extras),
        "asked": findings.compliance(extras),
        "couplings": findings.couplings(extras),
        "kinds_not_measured": findings.kinds_not_measured(extras),
        "scale": findings.scale_words(extras.get("scale")),
        "recording": findings.recording(extras),
    }


def _flag_fields(assessment: Assessment) -> dict[str, Any]:
    stored = {"affected_side": assessment.affected_side, "affected_confidence": assessment.affected_confidence}
    eye_safety = (assessment.details.get("extras") or {}).get("eye_safety")
    return {**stored, "quality_score": assessment.quality_score, flags.EYE_SAFETY: eye_safety}


def _grade(assessment: Assessment) -> GradeView | None:
    if assessment.hb_grade is None:
        return None
    stored = assessment.report.get("house_brackmann") or {}
    shares = assessment.hb_probabilities or []
    return GradeView(
        grade=assessment.hb_grade,
        share=shares[assessment.hb_grade - 1] if shares else 0.0,
        bars=reports.grade_bars({"house_brackmann": {"grade": assessment.hb_grade, "probabilities": shares}}),
        method=stored.get("method", ""),
        origin=stored.get("origin", ""),
    )
