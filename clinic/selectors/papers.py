"""Lists of reports and exports: one query each, with who asked for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic.models import Cohort, Patient, Report, ResearchExport
from clinic.models.papers import Paper
from clinic.services import papers

LISTED = 50


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A report or an export as it stands in its list, and as it reports its progress."""

    pk: UUID
    title: str
    state: str
    label: str
    is_open: bool
    asked_at: datetime
    issued_at: datetime | None
    by: str
    bytes: int
    sha256: str
    failure: str
    about: str  # one line of what is inside


def reports_of(patient: Patient) -> list[PaperLine]:
    """Newest first."""
    found = patient.reports.select_related("episode").order_by("-number")[:LISTED]
    return [report_line(report) for report in found]


def report_line(report: Report) -> PaperLine:
    count = len(report.sessions)
    about = [report.get_wording_display(), f"{count} session{'' if count == 1 else 's'}"]
    if report.episode:
        about.append(report.episode.get_cause_display())
    if report.pages:
        about.append(f"{report.pages} page{'' if report.pages == 1 else 's'}")
    if report.holds_images:
        about.append("with pictures")
    return _line(report, f"Report {report.number}", about)


def exports_of(cohort: Cohort) -> list[PaperLine]:
    """Newest first."""
    return [export_line(export) for export in cohort.exports.order_by("-created_at")[:LISTED]]


def export_line(export: ResearchExport) -> PaperLine:
    counted = (export.manifest or {}).get("patients") or {}
    about = [export.purpose] if export.purpose else []
    if counted:
        about.append(f"{counted['exported']} of {counted['in_cohort']} patients")
        about.append(f"{counted['without_research_consent']} without consent to research left out")
        about.append(f"{(export.manifest or {}).get('rows', 0)} rows")
    return _line(export, "Export", about)


def _line(paper: Paper, title: str, about: list[str]) -> PaperLine:
    return PaperLine(
        pk=paper.pk,
        title=title,
        state=paper.state,
        label=paper.get_state_display(),
        is_open=paper.is_open,
        asked_at=paper.created_at,
        issued_at=paper.issued_at,
        by=paper.requested_by_name,
        bytes=paper.bytes,
        sha256=paper.sha256,
        failure=papers.failure(paper),
        about=", ".join(about),
    )
