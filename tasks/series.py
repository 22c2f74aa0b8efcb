"""Frame series as one compressed file a run, in the media storage."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from analysis.contracts import SessionReport
from clinic.models import AnalysisRun


def write_series(run: AnalysisRun, report: SessionReport) -> str:
    """Store the whole report with every frame; returns the stored name. One file an attempt: ghosts overwrite nothing.

    Raises ValueError when the report holds a number that is not finite.
    """
    from analysis.series import pack  # numpy: for the process that works, like the pipeline itself

    return default_storage.save(f"series/{run.pk}/{run.attempt}.json.gz", ContentFile(pack(report)))
