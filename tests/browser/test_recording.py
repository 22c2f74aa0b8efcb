"""From a phone to a point on the clinician's chart, by the real worker; and a recording that cannot be measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from analysis.contracts import AffectedSide
from analysis.synthetic.encode import write_mp4
from clinic.models import AnalysisRun, Assessment
from clinic.models.results import RunState
from tests.analysis.puppets import puppet_clip
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.clinic.cast import Case, Cast

ANALYSIS_S = 240  # on two busy cores, torch and MediaPipe loaded first
POINTS = "() => document.querySelectorAll('[data-figure] .scatterlayer .point').length"
"""Drawn markers of every chart on the page."""


def until(page: Page, script: str, true: Callable[[int], bool], seconds: float) -> int:
    """The policy forbids `wait_for_function`'s eval, so the page is asked again and again."""
    end = time.monotonic() + seconds
    while not true(value := page.evaluate(script)):
        assert time.monotonic() < end, f"still {value} after {seconds} s"
        time.sleep(0.3)
    return int(value)


def send(phone: Page, path: Path) -> None:
    phone.get_by_role("link", name="Record or upload today").first.click()
    phone.get_by_label("Choose a video that you have recorded").set_input_files(path)
    phone.get_by_label("No, it looks as other people see me").check()
    phone.get_by_label("Anything you want to tell").fill("Tired today.")
    phone.get_by_role("button", name="Send to my clinic").click()
    phone.wait_for_url("**/me/sessions/**")


def test_patient_uploads_and_the_clinician_sees_the_new_point(
    log_in: LogIn, cast: Cast, case: Case, worker, picture
) -> None:
    desk = log_in(cast.clinician, DESKTOP)
    desk.goto(f"/patients/{cast.patient.pk}/")
    before = until(desk, POINTS, lambda n: n > 0, 20)

    phone = log_in(cast.patient_user, PHONE)
    send(phone, puppet_clip(AffectedSide.LEFT).path)
    expect(phone.get_by_text("Received").first).to_be_visible()
    expect(phone.locator(".run-status[hx-trigger]")).to_have_count(0, timeout=ANALYSIS_S * 1000)  # it stops asking
    expect(phone.locator(".run-status").get_by_text("Analysed", exact=True).first).to_be_visible()
    picture(phone, "journey-patient-session")

    until(desk, POINTS, lambda n: n > before, 30)  # nobody has touched this page
    picture(desk, "journey-patient-page")
    assert Assessment.objects.filter(patient=cast.patient).count() == 2

    newest = AnalysisRun.objects.order_by("-created_at").first()
    assert newest is not None and newest.state == RunState.DONE
    desk.goto(f"/sessions/{newest.video.session_id}/")
    expect(desk.get_by_text("Tired today.")).to_be_visible()
    until(desk, "() => document.querySelector('video').readyState", lambda n: n >= 2, 60)  # the picture can be played
    desk.locator(".matrices > summary").click()
    desk.locator(".matrices__grid").scroll_into_view_if_needed()  # charts far down wait until they come near
    until(desk, "() => document.querySelectorAll('.heatmaplayer image').length", lambda n: n == 6, 30)
    picture(desk, "journey-session-page")


def test_recording_without_a_face_is_refused_with_advice(log_in: LogIn, cast: Cast, worker, tmp_path, picture) -> None:
    import numpy as np

    path = tmp_path / "wall.mp4"
    grey = np.full((240, 320, 3), 120, np.uint8)
    write_mp4(path, (grey for _ in range(75)), size=(320, 240), fps=25)
    phone = log_in(cast.patient_user, PHONE)
    send(phone, path)
    expect(phone.get_by_text("please record again").first).to_be_visible(timeout=ANALYSIS_S * 1000)
    expect(phone.get_by_text("What to do differently")).to_be_visible()
    picture(phone, "journey-refused")
    assert not Assessment.objects.exists()


def test_file_that_is_no_video_keeps_what_was_typed(log_in: LogIn, cast: Cast, tmp_path) -> None:
    path = tmp_path / "holiday.mp4"
    path.write_text("this is a text, whatever its name says " * 50)
    phone = log_in(cast.patient_user, PHONE)
    phone.goto("/me/upload/")
    phone.get_by_label("Choose a video that you have recorded").set_input_files(path)
    phone.get_by_label("Anything you want to tell").fill("My eye is dry.")
    phone.get_by_role("button", name="Send to my clinic").click()
    expect(phone.get_by_role("alert").filter(has_text="not a video")).to_be_visible()
    expect(phone.get_by_label("Anything you want to tell")).to_have_value("My eye is dry.")
    assert not AnalysisRun.objects.exists()


@pytest.mark.parametrize("javascript", [True, False])
def test_first_upload_asks_for_agreement(log_in: LogIn, cast: Cast, javascript: bool) -> None:
    cast.patient.consents.all().delete()
    phone = log_in(cast.patient_user, PHONE, java_script_enabled=javascript)
    phone.get_by_role("link", name="Record or upload today").first.click()
    phone.get_by_role("button", name="I agree to: Analysis for my care").click()
    expect(phone.get_by_role("button", name="Send to my clinic")).to_be_visible()
