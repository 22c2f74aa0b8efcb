"""A cohort is made, counted while it is typed, looked at, changed and deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clinic.models import AuditEvent, Cohort, Patient, User
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.pages import page

AsUser = Callable[[User | None], Client]


def count(office: Client, **query: str) -> str:
    html = office.get("/administration/cohorts/count/", query).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def test_count_follows_the_filter_without_a_name_yet(office: Client, cast: Cast) -> None:
    make.EpisodeFactory(patient=cast.patient, cause="bell", side="left", onset_date=date(2026, 1, 10))
    make.EpisodeFactory(patient=cast.other_patient, cause="parotid", side="right", onset_date=date(2026, 2, 10))
    make.EpisodeFactory(patient=cast.outside_patient, cause="bell")
    assert count(office) == "2 patients fit this filter now."
    assert count(office, cause="bell") == "1 patient fits this filter now."
    assert count(office, side="right", onset_from="2026-03-01") == "0 patients fit this filter now."
    assert count(office, onset_from="no day").startswith("One of the days cannot be read")


def test_count_is_asked_for_before_the_form_is_valid(office: Client, cast: Cast) -> None:
    """htmx does not send a form whose name is still missing, so the asking element is not the form."""
    html = page(office, "/administration/cohorts/new/")
    assert re.search(r'<div [^>]*hx-get="/administration/cohorts/count/"[^>]*hx-include="this"', html)
    assert not re.search(r"<form[^>]*hx-get", html)


def test_cohort_is_made_changed_and_deleted(office: Client, cast: Cast) -> None:
    response = office.post("/administration/cohorts/new/", {"name": "Bell", "cause": "bell"})
    cohort = Cohort.objects.get()
    path = f"/administration/cohorts/{cohort.pk}/"
    assert (response.status_code, response["Location"], cohort.organisation) == (302, path, cast.site)
    office.post(f"{path}edit/", {"name": "Bell, left", "cause": "bell", "side": "left"})
    cohort.refresh_from_db()
    assert (cohort.name, cohort.side) == ("Bell, left", "left")
    assert "Only the filter is deleted" in page(office, f"{path}delete/") and Cohort.objects.exists()
    office.post(f"{path}delete/")
    assert not Cohort.objects.exists() and Patient.objects.count() == 3
    actions = AuditEvent.objects.filter(object_type="cohort").order_by("created_at").values_list("action", flat=True)
    assert list(actions) == ["create", "change", "delete"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "Taken"}, "a cohort with this name already"),
        ({"name": "N", "onset_from": "2026-05-01", "onset_to": "2026-04-01"}, "lies before the first"),
        ({"name": "N", "cause": "magic"}, "Select a valid choice"),
        ({"cause": "bell"}, "required"),
    ],
)
def test_mistakes_are_said_and_nothing_is_stored(office: Client, cast: Cast, form: dict[str, str], words: str) -> None:
    make.CohortFactory(organisation=cast.site, name="Taken")
    response = office.post("/administration/cohorts/new/", form)
    assert response.status_code == 422 and words in response.content.decode()
    assert Cohort.objects.count() == 1


def test_detail_lists_members_with_the_fitting_episode_and_is_audited(office: Client, cast: Cast, case: Case) -> None:
    make.EpisodeFactory(patient=cast.patient, cause="trauma", onset_date=date(2020, 1, 1))
    cohort = make.CohortFactory(organisation=cast.site, cause="bell")
    html = page(office, f"/administration/cohorts/{cohort.pk}/")
    assert "Anna Alder" in html and "Bell&#x27;s palsy, left" in html
    assert "Trauma" not in html and "Bruno Birch" not in html
    assert AuditEvent.objects.get(object_id=str(cohort.pk)).action == "view"


def test_charts_carry_the_medians_of_the_members(office: Client, cast: Cast, case: Case) -> None:
    html = page(office, f"/administration/cohorts/{case.cohort.pk}/")
    figures = {
        key: json.loads(text) for key, text in re.findall(r'<script id="figure-cohort-(\w+)"[^>]*>(.*?)</script>', html)
    }
    medians = {key: [t["y"] for t in f["data"] if t["name"] == "median"] for key, f in figures.items()}
    assert medians == {
        "hb_grade": [[3.0]],
        "brow_asymmetry": [[40.0]],
        "eye_asymmetry": [[30.0]],
        "mouth_asymmetry": [[50.0]],
    }


@pytest.mark.parametrize(("asked", "current"), [("14", "14"), ("90", "90"), ("7", "30"), ("x", "30")])
def test_width_of_a_step_is_one_of_those_offered(office: Client, case: Case, asked: str, current: str) -> None:
    html = page(office, f"/administration/cohorts/{case.cohort.pk}/?days={asked}")
    assert re.search(rf'href="\?days={current}" aria-current="true"', html)


def test_empty_cohort_says_so(office: Client, cast: Cast) -> None:
    cohort = make.CohortFactory(organisation=cast.site, cause="congenital")
    html = page(office, f"/administration/cohorts/{cohort.pk}/")
    assert "Nobody fits this filter yet" in html
    assert "has been measured after onset yet" in html and "data-figure" not in html and "A point for every" not in html


def test_detail_costs_the_same_for_one_member_and_for_five(
    office: Client, cast: Cast, case: Case, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/administration/cohorts/{case.cohort.pk}/"
    office.get(path)
    with django_assert_num_queries(25, exact=False) as one:
        office.get(path)
    for _ in range(4):
        episode = make.EpisodeFactory(patient__organisation=cast.site)
        session = make.SessionFactory(patient=episode.patient, episode=episode)
        make.AssessmentFactory(run__video__session=session)
    with django_assert_num_queries(len(one.captured_queries)):
        office.get(path)
