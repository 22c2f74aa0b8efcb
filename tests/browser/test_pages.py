"""Every page that a role can open: width, axe, pictures. The list is that of the access table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, TABLET, LogIn
from tests.browser.shown import serious, too_wide
from tests.clinic.addresses import address
from tests.clinic.cast import Case, Cast
from tests.clinic.test_access import ACCESS, ROLES

FRAMES = ("video-play", "run-curves", "run-landmarks", "run-landmark-piece")
NO_PAGE = (*FRAMES, "run-status", "patient-news", "cohort-count", "healthz", "api-schema", "home")
DJANGO_ADMIN = "admin:"  # Django's own pages


def pages(role: str) -> list[str]:
    column = 2 + ROLES.index(role)
    names = [row[0] for row in ACCESS if row[1] == "get" and row[column] == 200]
    return [name for name in names if name not in NO_PAGE and not name.startswith((DJANGO_ADMIN, "api:"))]


def is_page(page: Page, address: str) -> bool:
    """Not a file to save, nor a fragment of a page."""
    answer = page.request.get(address)
    shown = "text/html" in answer.headers.get("content-type", "")
    return shown and answer.text().lstrip().lower().startswith("<!doctype html")


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
@pytest.mark.parametrize("role", ["anonymous", "patient", "clinician", "administrator"])
def test_pages_fit_and_pass_axe(
    role: str, size: tuple[int, int], log_in: LogIn, cast: Cast, case: Case, picture
) -> None:
    page = log_in(cast.user(role), size)
    faults, seen = [], 0
    for name in pages(role):
        if not is_page(page, address(name, cast, case)):
            continue
        page.goto(address(name, cast, case))
        page.wait_for_load_state("networkidle")
        picture(page, f"{role}-{name.replace(':', '-')}")
        faults += too_wide(page) + serious(page)
        seen += 1
    assert faults == []
    assert seen >= 2


def test_dark_pages_keep_their_contrast(log_in: LogIn, cast: Cast, case: Case, picture) -> None:
    page = log_in(cast.clinician, DESKTOP, color_scheme="dark")
    faults = []
    for name in ("patient-list", "patient-detail", "session-detail"):
        page.goto(address(name, cast, case))
        page.wait_for_load_state("networkidle")
        picture(page, f"dark-{name}")
        faults += serious(page)
    assert faults == []
