"""A cohort on the page: its filter in words, its members, and its courses as charts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from clinic.charts import cohort as cohort_chart
from clinic.charts.rows import Chart
from clinic.models import Cohort, Organisation, Patient
from clinic.services import cohorts

MEMBERS_A_PAGE = 50
BIN_DAYS = (14, 30, 60, 90)
CHARTED = {  # measure -> title
    "hb_grade": "House-Brackmann grade, estimated",
    "brow_asymmetry": "Brow: how much less the weaker side moves",
    "eye_asymmetry": "Eye: how much less the weaker side moves",
    "mouth_asymmetry": "Mouth: how much less the weaker side moves",
}


@dataclass(frozen=True, slots=True)
class Listed:
    cohort: Cohort
    filter: str
    patients: int


def listed(organisation: Organisation) -> list[Listed]:
    """Every cohort with its size."""
    found = list(organisation.cohorts.all())
    return [Listed(c, in_words(c), size) for c, size in zip(found, cohorts.sizes_of(found), strict=True)]


def in_words(cohort: Cohort) -> str:
    """The filter as a sentence; no part of it means everybody."""
    parts = [cohort.get_cause_display()] if cohort.cause else []
    if cohort.side:
        parts.append(f"{cohort.get_side_display().lower()} side" if cohort.side in ("left", "right") else cohort.side)
    if cohort.onset_from:
        parts.append(f"onset from {cohort.onset_from.day} {cohort.onset_from:%b %Y}")
    if cohort.onset_to:
        parts.append(f"{'' if cohort.onset_from else 'onset '}to {cohort.onset_to.day} {cohort.onset_to:%b %Y}")
    return ", ".join(parts) or "everybody with an episode"


def members(cohort: Cohort) -> QuerySet[Patient]:
    """Members with those of their episodes that the filter selects, and how often they were measured."""
    fitting = Prefetch("episodes", queryset=cohorts.episodes_of(cohort), to_attr="fitting_episodes")
    measured = Count("assessments", filter=Q(assessments__is_current=True), distinct=True)
    found = cohorts.patients_of(cohort).annotate(measured=measured).prefetch_related(fitting)
    return found.order_by("name", "pk")  # grouping forgets the model's own order


def charts(cohort: Cohort, *, bin_days: int) -> list[Chart]:
    """One a measure; none while nobody in the cohort has been measured after onset."""
    courses = {measure: cohorts.course_of(cohort, measure=measure, bin_days=bin_days) for measure in CHARTED}
    if not any(courses.values()):
        return []
    return [
        cohort_chart.chart(
            key=measure,
            title=title,
            bins=courses[measure],
            is_ordinal=cohorts.MEASURES[measure].is_ordinal,
            note=_note(measure),
        )
        for measure, title in CHARTED.items()
    ]


def _note(measure: str) -> str:
    few = f"Open circles: fewer than {cohorts.FEWEST_FOR_QUARTILES} patients, so no band."
    return f"Higher is better. {few}" if measure == "hb_grade" else f"0 % is symmetric; the side does not matter. {few}"


def matching(cohort: Cohort) -> int:
    """How many patients an unsaved filter would select."""
    return cohorts.patients_of(cohort).count()
