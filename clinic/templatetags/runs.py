"""How far an analysis has come, in words, a badge's colour and an icon."""

from __future__ import annotations

from django import template

from clinic.models import AnalysisRun
from clinic.selectors.own import Progress, progress_of

register = template.Library()


@register.filter
def told(run: AnalysisRun | None) -> Progress:
    """`{% with progress=run|told %}`: stage, look, icon and advice, from the row alone."""
    return progress_of(run)
