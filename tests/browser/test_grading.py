"""Grading by hand in a browser: blinded, live score, draft, saved, revealed; the same sums as on the server."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from clinic.grading import arithmetic
from clinic.grading.tables import table
from clinic.models import ClinicianGrade, GradeDraft
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import fits_and_is_accessible
from tests.clinic.cast import Case, Cast
from tests.clinic.test_grades import whole

Picture = Callable[[Page, str], None]


def test_house_brackmann_is_graded_blind_and_then_compared(
    cast: Cast, case: Case, log_in: LogIn, picture: Picture
) -> None:
    page = log_in(cast.clinician)
    page.get_by_role("link", name="To grade").click()
    page.get_by_role("link", name=re.compile("Grade Anna Alder")).click()
    expect(page.get_by_text("Machine values hidden until you have graded")).to_be_visible()
    assert "60%" not in page.content()
    page.get_by_role("radio", name=re.compile("^II Mild")).check()
    fits_and_is_accessible(page)
    picture(page, "grade-form")
    page.get_by_role("button", name="Save final grade").click()
    expect(page.get_by_text("The machine's estimate is 1 grade worse than yours.")).to_be_visible()
    expect(page.get_by_text("House-Brackmann II by Carla Clinician")).to_be_visible()
    fits_and_is_accessible(page)
    picture(page, "grade-revealed")
    assert ClinicianGrade.objects.get(scale="house_brackmann").blinded


def test_browser_shows_the_sum_that_the_server_stores(cast: Cast, case: Case, log_in: LogIn) -> None:
    raw = whole(voluntary_snarl="1", voluntary_pucker="2", synkinesis_pucker="3", resting_cheek="absent")
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{case.session.pk}/grade/?scale=sunnybrook")
    for name, code in raw.items():
        page.locator(f'input[name="{name}"][value="{code}"]').check()
    stored = arithmetic.score(table("sunnybrook"), arithmetic.clean(table("sunnybrook"), raw)).value
    expect(page.locator("[data-total]")).to_have_text(f"{stored:.0f} of 100")
    page.get_by_role("button", name="Save final grade").click()
    expect(page.locator("#revealed .stat__value").first).to_have_text(f"{stored:.0f} of 100")


def test_draft_keeps_itself_and_sliders_work_by_keyboard_on_a_phone(
    cast: Cast, case: Case, log_in: LogIn, picture: Picture
) -> None:
    case.grade.delete()
    page = log_in(cast.clinician, PHONE)
    page.goto(f"/sessions/{case.session.pk}/grade/?scale=eface")
    page.get_by_role("slider", name="Brow at rest").press("ArrowRight")
    expect(page.get_by_role("spinbutton", name="Brow at rest")).to_have_value("101")
    expect(page.get_by_text(re.compile(r"Draft kept at \d\d:\d\d"))).to_be_visible()
    assert GradeDraft.objects.get().items == {"resting_brow": 101}
    fits_and_is_accessible(page)
    picture(page, "grade-eface")
    page.reload()
    expect(page.get_by_role("spinbutton", name="Brow at rest")).to_have_value("101")
