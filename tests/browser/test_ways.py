"""Ways through the product that a person takes: by keyboard, and as the administrator of a clinic."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from clinic.models import CareTeam, Membership, Role, Session
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast

MOST_STEPS = 80


def tab_to(page: Page, role: str, name: str, steps: int = MOST_STEPS) -> None:
    """Press Tab until this is focused; everything on the way must be reachable, and visible when it is."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(steps):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.bounding_box() is not None
            return
    raise AssertionError(f"{name} is not reached within {steps} steps")


def test_clinician_goes_from_list_to_reviewed_by_keyboard(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = log_in(cast.clinician, DESKTOP)
    page.goto("/patients/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_contain_text("Skip")
    tab_to(page, "link", "Anna Alder")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{cast.patient.pk}/")
    page.goto(f"/sessions/{case.session.pk}/")
    tab_to(page, "button", "Mark as reviewed")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reviewed by").first).to_be_visible()
    assert Session.objects.get(pk=case.session.pk).reviewed_by == cast.clinician


def test_invited_clinician_joins_and_gets_a_team(log_in: LogIn, cast: Cast) -> None:
    desk = log_in(cast.administrator, DESKTOP)
    desk.goto("/administration/people/invite/")
    desk.get_by_label("Name").fill("Nora New")
    desk.get_by_label("Email").fill("nora.new@example.org")
    desk.get_by_label("Clinician", exact=True).check()
    desk.get_by_role("button", name="Send the invitation").click()
    link = desk.locator("input[readonly]").first.input_value()
    phone = log_in(None, PHONE)
    phone.goto(link)
    for field in phone.locator("input[type=password]").all():
        field.fill(make.PASSWORD)
    phone.get_by_role("button", name="Make my account").click()
    phone.wait_for_url(lambda url: "/invitation/" not in url)
    nora = Membership.objects.get(user__email="nora.new@example.org", role=Role.CLINICIAN).user

    desk.goto(f"/administration/care-teams/{cast.team.pk}/")
    desk.get_by_label("Nora New").check()
    desk.get_by_role("button", name="Save").first.click()
    desk.wait_for_load_state()
    assert nora in CareTeam.objects.get(pk=cast.team.pk).clinicians.all()
    phone.goto("/patients/")
    expect(phone.get_by_text("Anna Alder").first).to_be_visible()


def test_cohort_by_filter_shows_its_median_course(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = log_in(cast.administrator, DESKTOP)
    page.goto("/administration/cohorts/new/")
    page.get_by_label("Name").fill("Everybody here")
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(lambda url: "/new/" not in url)
    expect(page.get_by_role("heading", name="Everybody here")).to_be_visible()
    expect(page.locator("[data-figure] .main-svg").first).to_be_visible()
    expect(page.get_by_text("Anna Alder").first).to_be_visible()
