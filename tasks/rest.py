"""The face at rest that a clinician pinned for a patient, read from the frame series of that session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clinic.models import AnalysisRun, Patient
from clinic.services import rest

if TYPE_CHECKING:
    from analysis.motion.rest import RestReference

logger = logging.getLogger(__name__)


def pinned_rest(patient: Patient) -> RestReference | None:
    """None when nothing is pinned, or when what is pinned was analysed before rests were kept.

    A missing reference costs the comparison, never the analysis.
    """
    run = rest.pinned_run(patient)
    return None if run is None else _read(run)


def _read(run: AnalysisRun) -> RestReference | None:
    from analysis.motion.rest import REST_REFERENCE, RestReference  # numpy: for the process that works
    from analysis.series import unpack

    try:
        with run.series.open("rb") as packed:
            stored = unpack(packed.read())["details"]["extras"][REST_REFERENCE]
        return RestReference.from_json({**stored, "source": str(run.video.session_id)})
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        logger.warning("run %s holds no rest to measure against", run.pk, exc_info=error)
        return None
