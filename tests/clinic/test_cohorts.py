"""Median courses with quartiles."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from clinic.services.cohorts import Bin, Point, course, course_of, patients_of, sizes_of
from tests.clinic import factories as make
from tests.clinic.cast import Cast


def points(*rows: tuple[int, int, float]) -> list[Point]:
    """(patient number, day, value)"""
    return [Point(UUID(int=patient), day, value) for patient, day, value in rows]


def test_quartiles_of_a_worked_example() -> None:
    """numpy.percentile([1, 2, 4, 8, 16], [25, 50, 75]) is 2, 4, 8."""
    (only,) = course(points(*((n, 3, 2.0**n) for n in range(5))))
    assert only == Bin(0, 30, 5, 4.0, 2.0, 8.0)


def test_patient_measured_often_counts_once() -> None:
    often = points(*((1, day, 9.0) for day in range(10)), (2, 1, 1.0), (3, 2, 2.0))
    (only,) = course(often)
    assert (only.patients, only.median) == (3, 2.0)


def test_few_patients_have_a_median_and_no_quartiles() -> None:
    (only,) = course(points((1, 0, 1.0), (2, 0, 2.0), (3, 0, 5.0)))
    assert (only.median, only.lower_quartile, only.upper_quartile) == (2.0, None, None)


def test_bins_begin_at_onset_and_empty_ones_are_left_out() -> None:
    found = course(points((1, -5, 9.0), (1, 0, 1.0), (1, 29, 1.0), (1, 30, 2.0), (1, 95, 4.0)), bin_days=30)
    assert [(b.first_day, b.end_day, b.median) for b in found] == [(0, 30, 1.0), (30, 60, 2.0), (90, 120, 4.0)]


def test_grades_are_never_averaged() -> None:
    (only,) = course(points((1, 0, 2.0), (2, 0, 2.0), (3, 0, 3.0), (4, 0, 5.0)), ordinal=True)
    assert (only.median, only.lower_quartile, only.upper_quartile) == (2.0, 2.0, 3.0)
    (own,) = course(points((1, 0, 2.0), (1, 1, 5.0)), ordinal=True)
    assert own.median == 2.0


def test_nothing_measured_is_an_empty_course() -> None:
    assert course([]) == []


def test_bin_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="bin_days"):
        course([], bin_days=0)


def test_filter_selects_by_cause_side_and_onset_within_the_clinic(cast: Cast) -> None:
    onset = date(2026, 3, 1)
    wanted = make.EpisodeFactory(patient=cast.patient, side="left", cause="bell", onset_date=onset)
    make.EpisodeFactory(patient=cast.other_patient, side="right", cause="bell", onset_date=onset)
    make.EpisodeFactory(patient=cast.outside_patient, side="left", cause="bell", onset_date=onset)
    cohort = make.CohortFactory(
        organisation=cast.site, cause="bell", side="left", onset_from=onset, onset_to=onset + timedelta(days=1)
    )
    assert list(patients_of(cohort)) == [wanted.patient]
    assert set(patients_of(make.CohortFactory(organisation=cast.site))) == {cast.patient, cast.other_patient}
    everybody = make.CohortFactory(organisation=cast.site, name="all of them")
    assert sizes_of([cohort, everybody, make.CohortFactory(organisation=cast.other_site)]) == [1, 2, 1]
    assert sizes_of([]) == []
    too_late = make.CohortFactory(organisation=cast.site, onset_from=onset + timedelta(days=1))
    assert list(patients_of(too_late)) == []


def test_course_uses_current_results_of_the_filtered_episode_only(cast: Cast) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, cause="bell")
    earlier = make.EpisodeFactory(patient=cast.patient, cause="trauma")
    session = make.SessionFactory(patient=cast.patient, episode=episode)
    make.AssessmentFactory(run__video__session=session, mouth_asymmetry=-0.5, days_since_onset=10)
    make.AssessmentFactory(run__video__session=session, mouth_asymmetry=0.9, days_since_onset=10, is_current=False)
    make.AssessmentFactory(run__video__session=session, mouth_asymmetry=None, days_since_onset=40)
    other = make.SessionFactory(patient=cast.patient, episode=earlier)
    make.AssessmentFactory(run__video__session=other, mouth_asymmetry=0.1, days_since_onset=10)
    cohort = make.CohortFactory(organisation=cast.site, cause="bell")
    assert course_of(cohort, measure="mouth_asymmetry") == [Bin(0, 30, 1, 0.5, None, None)]
    with pytest.raises(KeyError):
        course_of(cohort, measure="patient__name")
