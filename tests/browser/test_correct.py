"""Correcting a measurement in a browser; the worker's own functions measure a synthetic video anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from analysis.contracts import AffectedSide, Exercise
from clinic.models import AnalysisRun, Assessment, Correction, Session
from clinic.services import runs
from tasks.analyse import analyse_video
from tasks.stills import make_stills
from tests.analysis.puppets import puppet_clip
from tests.browser import recordings
from tests.browser.conftest import DESKTOP, PHONE, TABLET, LogIn
from tests.browser.shown import fits_and_is_accessible
from tests.clinic import factories as make
from tests.clinic.cast import Cast

EXERCISES = (Exercise.SMILE_OPEN, Exercise.BROW_RAISE)
EXCURSION = "commissure_excursion_smile_open"


@pytest.fixture
def session(cast: Cast) -> Session:
    """A measured recording of a puppet."""
    content = Path(puppet_clip(AffectedSide.NONE, exercises=EXERCISES, pace=0.7).path).read_bytes()
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    video = make.VideoFactory(session=made, content=content, is_synthetic=True, mirrored="no")
    analyse_video(run_id=str(runs.request(video=video).pk))
    assert AnalysisRun.objects.get().state == "done"
    return made


def excursion(assessment: Assessment) -> float:
    return float(assessment.report["measures"][EXCURSION]["left"])


def test_point_by_mouse_and_keyboard_and_a_boundary_are_corrected_and_measured_anew(
    session: Session, cast: Cast, log_in: LogIn, picture: Callable[[Page, str], None]
) -> None:
    before = Assessment.objects.get()
    page = log_in(cast.clinician)
    page.goto(f"/sessions/{session.pk}/")
    page.get_by_role("link", name="Correct", exact=True).click()
    page.get_by_role("button", name=re.compile("Smile, teeth shown")).click()
    corner = page.get_by_role("button", name=re.compile("^Left: corner of the mouth"))
    expect(corner).to_be_visible()
    make_stills(video_id=str(before.run.video_id))
    expect(page.locator("image")).to_have_count(1)
    fits_and_is_accessible(page)

    box = corner.locator(".pt__dot").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 30, steps=4)
    page.mouse.up()
    expect(corner).to_have_attribute("aria-label", re.compile("; moved$"))
    placed = corner.get_attribute("aria-label")

    corner.press("Shift+ArrowDown")
    corner.press("ArrowLeft")
    nudged = corner.get_attribute("aria-label")
    assert nudged != placed
    corner.press("Control+z")
    corner.press("Control+z")
    expect(corner).to_have_attribute("aria-label", placed or "")
    corner.press("Control+Shift+z")
    corner.press("Control+Shift+z")
    expect(corner).to_have_attribute("aria-label", nudged or "")
    picture(page, "correct")

    brow = page.locator("[data-segment]").filter(has=page.locator("option[value=brow_raise][selected]"))
    found_s = next(s["start_s"] for s in before.report["segments"] if s["exercise"] == "brow_raise")
    brow.get_by_label("Start", exact=True).fill(f"{found_s + 0.1:.2f}")
    page.get_by_label(re.compile("^Why")).last.fill("The corner lies lower.")
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()

    correction = Correction.objects.get()
    analyse_video(run_id=str(correction.runs.get().pk))
    page.goto(f"/sessions/{session.pk}/")
    expect(page.get_by_text("Corrected by Carla Clinician")).to_be_visible()
    picture(page, "corrected")
    after = Assessment.objects.get(is_current=True)
    before.refresh_from_db()
    assert after.run.correction == correction
    # By how much hangs on which frame of the held smile is its apex, and x264 does not write the same video every time.
    assert excursion(after) < excursion(before) - 0.05
    starts = [s["start_s"] for s in after.report["segments"] if s["exercise"] == "brow_raise"]
    assert starts == [pytest.approx(found_s + 0.1, abs=0.05)]
    assert not before.is_current

    page.get_by_role("button", name="Let this one count").click()
    expect(page.get_by_text("This result counts now.")).to_be_visible()
    before.refresh_from_db()
    assert before.is_current


def test_page_fits_a_phone_and_a_repetition_can_be_left_out(
    session: Session, cast: Cast, log_in: LogIn, picture: Callable[[Page, str], None]
) -> None:
    page = log_in(cast.clinician, PHONE)
    page.goto(f"/sessions/{session.pk}/correct/")
    expect(page.get_by_role("button", name=re.compile("^Right: upper lid"))).to_be_visible()
    make_stills(video_id=str(AnalysisRun.objects.get().video_id))
    expect(page.locator("image")).to_have_count(1)
    first = page.locator("[data-segment]").first
    first.get_by_label("Does it count?").select_option("no")
    first.get_by_label("Why it does not count").fill("Hand over the face")
    fits_and_is_accessible(page)
    picture(page, "correct")
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()
    [left_out] = [s for s in Correction.objects.get().content["segments"] if not s["valid"]]
    assert left_out["reason"] == "Hand over the face"


@pytest.mark.parametrize("size", [TABLET, DESKTOP])
def test_now_takes_the_very_frame_that_is_seen_beside_the_exercise(
    size: tuple[int, int], cast: Cast, log_in: LogIn
) -> None:
    """Frames lie unevenly in time, and the video is still there where the last of many exercises is put right."""
    times = recordings.uneven(90)
    ends = [0.3 * k for k in range(1, 9)]
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    recordings.record(made, times, [recordings.smile(end - 0.3, end - 0.15, end) for end in ends])
    page = log_in(cast.clinician, size)
    with page.expect_response("**/landmarks.json"):
        page.goto(f"/sessions/{made.pk}/correct/")
    video, last = page.locator("#correct-video"), page.locator("[data-segment]").nth(len(ends) - 1)
    expect(page.locator("[data-now]")).to_have_text("0.00 s")
    for _ in range(3):
        page.get_by_role("button", name="Frame", exact=True).last.click()
    expect(page.locator("[data-now]")).to_have_text(f"{times[3]:.2f} s")
    page.wait_for_function("() => !document.getElementById('correct-video').seeking")
    assert recordings.frame_on_screen(video) == 3
    last.scroll_into_view_if_needed()
    last.get_by_role("button", name="End of exercise 8: now").click()
    expect(last.get_by_label("End", exact=True)).to_have_value(f"{times[3]:.2f}")
    expect(video).to_be_in_viewport(ratio=0.9)
    fits_and_is_accessible(page)
