"""Each role finds its pages, and the page that is open is marked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from clinic.models import Role, User
from clinic.selectors.navigation import navigation_of
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast

AsUser = Callable[[User | None], Client]
ADMINISTRATION = ["Overview", "People", "Care teams", "Cohorts", "Systems", "Audit log"]


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        ("patient", ["My recordings", "Record", "Messages"]),
        ("clinician", ["Patients", "To grade"]),
        ("administrator", ["Patients", *ADMINISTRATION]),
    ],
)
def test_role_finds_its_pages(cast: Cast, role: str, labels: list[str]) -> None:
    user = cast.user(role)
    assert user is not None
    assert [item.label for item in navigation_of(user, "/")] == labels


def test_every_page_in_the_navigation_opens(cast: Cast, as_user: AsUser) -> None:
    for user in (cast.patient_user, cast.clinician, cast.administrator):
        for item in navigation_of(user, "/"):
            assert as_user(user).get(item.url).status_code == 200, item.url


@pytest.mark.parametrize(
    ("path", "label"),
    [("/administration/", "Overview"), ("/administration/people/invite/", "People"), ("/patients/", "Patients")],
)
def test_open_page_is_marked_once(cast: Cast, path: str, label: str) -> None:
    current = [item.label for item in navigation_of(cast.administrator, path) if item.is_current]
    assert current == [label]


@pytest.mark.parametrize(
    ("role", "page"), [("patient", "/me/"), ("clinician", "/patients/"), ("administrator", "/administration/")]
)
def test_home_leads_to_the_page_of_the_role(cast: Cast, as_user: AsUser, role: str, page: str) -> None:
    assert as_user(cast.user(role)).get("/")["Location"] == page


def test_home_of_two_roles_lets_choose(cast: Cast, as_user: AsUser) -> None:
    make.MembershipFactory(organisation=cast.site, user=cast.clinician, role=Role.ADMINISTRATOR)
    html = as_user(cast.clinician).get("/").content.decode()
    assert re.findall(r'class="card" href="([^"]+)"', html) == ["/patients/", "/administration/"]


def test_home_without_a_role_explains_itself(db: None, as_user: AsUser) -> None:
    assert "not a member of a clinic" in as_user(make.UserFactory()).get("/").content.decode()


def test_demonstration_is_said_on_every_page_and_its_logins_on_one(
    case: Case, as_user: AsUser, settings: object
) -> None:
    make.MembershipFactory(user__email="guest@clinic.example", user__name="Dr Guest")
    plain = Client().get("/account/login/").content.decode()
    assert "Demonstration" not in plain and "guest@clinic.example" not in plain
    settings.DEMO = True  # type: ignore[attr-defined]
    demo = Client().get("/account/login/").content.decode()
    assert "fictional patients, synthetic videos" in demo
    assert "guest@clinic.example" in demo and case.session.patient.user.email not in demo
