"""How others of the same clinic with the same cause recovered: quartiles over the days since onset, never a person."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.charts.measures import SUNNYBROOK
from clinic.charts.rows import Recovery, RecoveryBin
from clinic.models import Assessment, Episode
from clinic.services import cohorts

LEAST_PATIENTS = 5  # with fewer in a bin the quartiles would be single persons
BIN_DAYS = 30
MEASURES = ("hb_grade", "brow_asymmetry", "eye_asymmetry", "mouth_asymmetry", SUNNYBROOK)
PERCENT = 100


def recovery_of(episode: Episode, *, is_fictional: bool) -> Recovery | None:
    """None where too few others were measured. This patient is never among them, nor is another clinic.

    Fictional patients are compared with each other alone.
    """
    rows = list(
        Assessment.objects.filter(
            is_current=True,
            days_since_onset__gte=0,
            episode__cause=episode.cause,
            patient__organisation=episode.patient.organisation_id,
            patient__is_fictional=is_fictional,
        )
        .exclude(patient=episode.patient_id)
        .values_list("patient_id", "days_since_onset", *MEASURES)
    )
    patients = len({row[0] for row in rows})
    if patients < LEAST_PATIENTS:
        return None
    bins = {name: _bins(rows, place, name) for place, name in enumerate(MEASURES, start=2)}
    return Recovery(patients, LEAST_PATIENTS, episode.get_cause_display(), bins)


def _bins(rows: Iterable[tuple[object, ...]], place: int, name: str) -> tuple[RecoveryBin, ...]:
    factor = PERCENT if name.endswith("_asymmetry") else 1
    points = [cohorts.Point(row[0], row[1], abs(row[place]) * factor) for row in rows if row[place] is not None]  # type: ignore[arg-type]
    course = cohorts.course(points, bin_days=BIN_DAYS, ordinal=cohorts.MEASURES[name].is_ordinal)
    return tuple(
        RecoveryBin(found.first_day, found.end_day, found.lower_quartile, found.median, found.upper_quartile)
        for found in course
        if found.patients >= LEAST_PATIENTS and found.lower_quartile is not None and found.upper_quartile is not None
    )
