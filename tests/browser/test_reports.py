"""A clinician makes a report and takes it and the FHIR bundle; an administrator exports a cohort; a real worker."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from fhir.resources.R4B.bundle import Bundle
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import fits_and_is_accessible
from tests.browser.test_ways import tab_to
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import measured
from tests.tasks.processes import Worker


@pytest.fixture
def two_sessions(cast: Cast, case: Case) -> Case:
    for _ in range(2):
        measured(make.SessionFactory(patient=cast.patient, episode=case.episode))
    return case


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).first.click()
    return Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_patient_page_to_a_report_in_hand(
    size: tuple[int, int], two_sessions: Case, cast: Cast, log_in: LogIn, worker: Worker
) -> None:
    page = log_in(cast.clinician, size=size)
    page.goto(reverse("patient-detail", args=[cast.patient.pk]))
    page.get_by_role("link", name="New report", exact=True).click()
    expect(page.get_by_role("heading", name="Preview of the contents")).to_be_visible()
    page.get_by_label("Your comment").fill("Tape at night.")
    page.get_by_role("radio", name="For the patient.").check()
    expect(page.locator("#report-preview")).to_contain_text("How your face has been moving")
    expect(page.locator("#report-preview")).to_contain_text("Tape at night.")
    fits_and_is_accessible(page)
    page.get_by_role("button", name="Make the report").click()
    newest = page.locator(".paper").first
    expect(newest).to_contain_text("Issued on", timeout=60_000)
    expect(newest).not_to_have_attribute("hx-trigger", "every 2s")
    fits_and_is_accessible(page)
    pdf = PdfReader(io.BytesIO(downloaded(page, "Download Report")))
    text = "\n".join(sheet.extract_text() for sheet in pdf.pages)
    assert "Tape at night." in text and cast.patient.name in text and "Not a diagnosis".lower() in text.lower()
    assert Bundle.model_validate(json.loads(downloaded(page, "FHIR (R4B)")))


def test_from_the_worklist_to_a_report_by_keyboard_alone(
    two_sessions: Case, cast: Cast, log_in: LogIn, worker: Worker
) -> None:
    page = log_in(cast.clinician, size=DESKTOP)
    page.goto("/patients/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=cast.patient.name, level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()  # shown by the script that listens
    page.keyboard.press("r")
    expect(page.get_by_text("The session is marked as reviewed.")).to_be_visible()
    tab_to(page, "link", "New report", steps=200)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Preview of the contents")).to_be_visible()
    tab_to(page, "textbox", "Your comment")
    page.keyboard.type("Tape at night.")
    tab_to(page, "button", "Make the report")
    page.keyboard.press("Enter")
    expect(page.locator(".paper").first).to_contain_text("Issued on", timeout=60_000)
    tab_to(page, "link", "Download Report")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert len(PdfReader(waiting.value.path()).pages) >= 1


def test_administrator_takes_a_cohort_along(two_sessions: Case, cast: Cast, log_in: LogIn, worker: Worker) -> None:
    make.ConsentFactory(patient=cast.patient, purpose="research")
    page = log_in(cast.administrator)
    page.goto(reverse("cohort-detail", args=[two_sessions.cohort.pk]))
    page.get_by_role("link", name="Research export").click()
    page.get_by_label("What it is for").fill("Study 7")
    fits_and_is_accessible(page)
    page.get_by_role("button", name="Make an export").click()
    expect(page.locator(".paper").first).to_contain_text("Issued on", timeout=60_000)
    fits_and_is_accessible(page)
    with zipfile.ZipFile(io.BytesIO(downloaded(page, "Download Export"))) as archive:
        assert json.loads(archive.read("manifest.json"))["patients"]["exported"] == 1
        assert cast.patient.name not in archive.read("assessments.csv").decode()


def test_administrator_writes_the_letterhead(cast: Cast, log_in: LogIn) -> None:
    page = log_in(cast.administrator, size=PHONE)
    page.goto(reverse("letterhead"))
    page.get_by_label("Name on the letterhead").fill("Face Unit")
    fits_and_is_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The letterhead is changed.")).to_be_visible()
    expect(page.get_by_label("Name on the letterhead")).to_have_value("Face Unit")
