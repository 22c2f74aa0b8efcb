"""Make what leaves the clinic as a file: reports as PDF, research exports as ZIP."""

from __future__ import annotations

from analysis.version import code_version
from clinic import dispatch
from clinic.models import Report, ResearchExport
from clinic.selectors import letters, research
from clinic.services import papers
from tasks.base import idempotent_task, worker_name
from tasks.config import PAPERS


@idempotent_task(name=dispatch.MAKE_REPORT, limits=PAPERS)
def make_report(*, report_id: str) -> None:
    """Draw and issue one report; safe to deliver twice."""
    if (report := papers.claim(Report, report_id, worker=worker_name())) is None:
        return
    with papers.settled(report):
        from tasks.letters import document  # drawing tools and fonts: only where they are used

        content = letters.of_report(report, code_version=code_version())
        drawn = document.draw(content)
        papers.issue(report, drawn.pdf, extension=".pdf", pages=drawn.pages, holds_images=drawn.holds_images)


@idempotent_task(name=dispatch.MAKE_EXPORT, limits=PAPERS)
def make_export(*, export_id: str) -> None:
    """Write and issue one research export; safe to deliver twice."""
    if (export := papers.claim(ResearchExport, export_id, worker=worker_name())) is None:
        return
    with papers.settled(export):
        made = research.packed(export, code_version=code_version())
        papers.issue(export, made.content, extension=".zip", manifest=made.manifest)
