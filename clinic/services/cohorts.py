"""Cohorts: who is in one, and how its median course with quartiles runs over the days since onset."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from clinic.errors import Conflict, Refused
from clinic.models import Assessment, Cohort, Episode, Patient, User
from clinic.services import audit

FEWEST_FOR_QUARTILES = 4  # with fewer people the quartiles are single persons
DEFAULT_BIN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that courses are drawn of. `is_ordinal`: never averaged between two grades."""

    name: str
    label: str
    unit: str
    is_ordinal: bool = False


MEASURES = {
    m.name: m
    for m in (
        Measure("hb_grade", "Estimated House-Brackmann grade", "grade", is_ordinal=True),
        Measure("brow_asymmetry", "Brow asymmetry", "0 symmetric, 1 one side does not move"),
        Measure("eye_asymmetry", "Eye asymmetry", "0 symmetric, 1 one side does not move"),
        Measure("mouth_asymmetry", "Mouth asymmetry", "0 symmetric, 1 one side does not move"),
        Measure("sunnybrook", "Estimated Sunnybrook composite", "0-100"),
    )
}


@dataclass(frozen=True, slots=True)
class Point:
    patient: UUID
    day: int  # since onset
    value: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Patients measured from `first_day` up to and without `end_day` since onset; each counts once."""

    first_day: int
    end_day: int
    patients: int
    median: float
    lower_quartile: float | None  # None: fewer than FEWEST_FOR_QUARTILES patients
    upper_quartile: float | None


def course(points: Iterable[Point], *, bin_days: int = DEFAULT_BIN_DAYS, ordinal: bool = False) -> list[Bin]:
    """Median and quartiles of patients in bins of days; bins in which nobody was measured are left out.

    Somebody measured often in one bin counts with the own median. Ordinal values use the lower of two middle ones
    and nearest-rank quartiles, so that only grades that exist appear; others interpolate (inclusive method).
    Days before onset are left out. Raises ValueError unless bin_days >= 1.
    """
    if bin_days < 1:
        raise ValueError("bin_days must be at least 1")
    binned: dict[int, dict[UUID, list[float]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        if point.day >= 0:
            binned[point.day // bin_days][point.patient].append(point.value)
    return [
        _bin(number * bin_days, bin_days, [_middle(own, ordinal) for own in people.values()], ordinal)
        for number, people in sorted(binned.items())
    ]


def _bin(first_day: int, bin_days: int, values: list[float], ordinal: bool) -> Bin:
    lower, upper = _quartiles(values, ordinal)
    return Bin(first_day, first_day + bin_days, len(values), _middle(values, ordinal), lower, upper)


def _middle(values: list[float], ordinal: bool) -> float:
    return _nearest_rank(values, 0.5) if ordinal else median(values)


def _quartiles(values: list[float], ordinal: bool) -> tuple[float | None, float | None]:
    if len(values) < FEWEST_FOR_QUARTILES:
        return None, None
    if ordinal:
        return _nearest_rank(values, 0.25), _nearest_rank(values, 0.75)
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    return lower, upper


def _nearest_rank(values: list[float], share: float) -> float:
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def episodes_of(cohort: Cohort) -> QuerySet[Episode]:
    """The palsies that the cohort's filter selects; empty parts of the filter mean any."""
    return Episode.objects.filter(_selected_by(cohort))


def _selected_by(cohort: Cohort) -> Q:
    wanted = {
        "cause": cohort.cause,
        "side": cohort.side,
        "onset_date__gte": cohort.onset_from,
        "onset_date__lte": cohort.onset_to,
    }
    given = {name: value for name, value in wanted.items() if value}
    return Q(patient__organisation=cohort.organisation_id, **given)


def patients_of(cohort: Cohort) -> QuerySet[Patient]:
    return Patient.objects.filter(Exists(episodes_of(cohort).filter(patient=OuterRef("pk"))))


def sizes_of(several: Sequence[Cohort]) -> list[int]:
    """How many patients each has, in one query for all of them."""
    counts = {f"n{i}": Count("patient", filter=_selected_by(c), distinct=True) for i, c in enumerate(several)}
    found = Episode.objects.aggregate(**counts) if counts else {}
    return [found[name] for name in counts]


def course_of(cohort: Cohort, *, measure: str, bin_days: int = DEFAULT_BIN_DAYS) -> list[Bin]:
    """The course of one of MEASURES. An asymmetry counts by its size: which side is weak differs between people.

    Raises KeyError for another measure.
    """
    what = MEASURES[measure]
    rows = Assessment.objects.filter(
        episode__in=episodes_of(cohort),
        is_current=True,
        days_since_onset__isnull=False,
        **{f"{measure}__isnull": False},
    ).values_list("patient_id", "days_since_onset", measure)
    points = (Point(patient, day, abs(value)) for patient, day, value in rows)
    return course(points, bin_days=bin_days, ordinal=what.is_ordinal)


def save(*, cohort: Cohort, by: User) -> Cohort:
    """Make or change a cohort. Raises Conflict when the clinic has this name, Refused for a window that ends early."""
    if cohort.onset_from and cohort.onset_to and cohort.onset_to < cohort.onset_from:
        raise Refused("window_order", "The last day of onset lies before the first.")
    try:
        cohort.full_clean()
    except ValidationError as error:
        taken = Cohort.objects.filter(organisation=cohort.organisation_id, name=cohort.name).exclude(pk=cohort.pk)
        if taken.exists():
            raise Conflict("name_taken", "There is a cohort with this name already.") from error
        raise Refused("invalid", " ".join(error.messages)) from error
    action = "create" if cohort._state.adding else "change"
    with transaction.atomic():
        cohort.save()
        audit.record(actor=by, action=action, obj=cohort)
    return cohort


def delete(*, cohort: Cohort, by: User) -> None:
    """Forget the filter; patients and measurements are not touched."""
    with transaction.atomic():
        audit.record(actor=by, action="delete", obj=cohort)
        cohort.delete()
