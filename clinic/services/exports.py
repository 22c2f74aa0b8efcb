"""Research exports: administrators ask for them, a worker makes them, every download is noted."""

from __future__ import annotations

from django.db import transaction

from clinic.errors import Refused, TooMany
from clinic.models import Cohort, ResearchExport, User
from clinic.models.papers import PaperState
from clinic.selectors import research
from clinic.services import audit, papers

MOST_OPEN = 3  # of one clinic at once


def request(*, cohort: Cohort, purpose: str, by: User) -> ResearchExport:
    """A queued export, announced after commit. Raises Refused when nobody may be exported, or TooMany."""
    if not research.counts(cohort).exported:
        raise Refused("nobody", "Nobody in this cohort has agreed to research and been measured.")
    with transaction.atomic():
        waiting = (PaperState.QUEUED, PaperState.MAKING)
        if cohort.organisation.research_exports.filter(state__in=waiting).count() >= MOST_OPEN:
            raise TooMany("exports_waiting", "Several exports are being made. Please wait for them.")
        export = ResearchExport.objects.create(
            organisation=cohort.organisation,
            cohort=cohort,
            cohort_name=cohort.name,
            purpose=purpose,
            requested_by=by,
            requested_by_name=by.name,
        )
        audit.record(actor=by, action="request export", obj=export, organisation=cohort.organisation)
        papers.announce(export)
    return export


def hand_out(*, export: ResearchExport, by: User) -> bytes:
    """The file as issued, and a note of who took it. Raises Missing."""
    content = papers.whole_file(export)
    audit.record(actor=by, action="export", obj=export, organisation=export.organisation)
    return content
