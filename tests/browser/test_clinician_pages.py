"""The clinician's pages in a browser: charts that follow the news, and a player that moves with its curves."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from analysis.contracts import Exercise, Frames, Movement, Segment, SegmentSource, SessionReport
from clinic.models import Session
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import REPORT, measured
from tests.clinic.test_course_page import full_report, repeated

FPS, FRAMES = 25, 100


def video() -> bytes:
    """Four seconds of grey that a browser plays and can seek in."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for i in range(FRAMES):
            picture = np.full((64, 64, 3), 40 + i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def report() -> SessionReport:
    """Its left smile grows by .02 a frame, so that every readout tells the frame; frames 50 to 59 were not measured."""
    units = REPORT.action_units
    assert units is not None
    seen = [not 50 <= i < 60 for i in range(FRAMES)]
    left = [[round(0.02 * i, 2), 0.0] if ok else None for i, ok in enumerate(seen)]
    smile = Segment(Exercise.SMILE_OPEN, 1.0, 2.0, 1.6, 0.9, SegmentSource.RECOGNISED, Movement(0.6, 1.0, -0.4))
    return dataclasses.replace(
        REPORT,
        frames=Frames([i / FPS for i in range(FRAMES)], seen),
        action_units=dataclasses.replace(units, left=left, right=[[0.0, 0.0]] * FRAMES),
        segments=[smile],
        details=dataclasses.replace(REPORT.details, curves={}),
    )


POINTS = """element => element.data
    .filter(trace => trace.name === 'most likely grade')
    .reduce((count, trace) => count + trace.x.length, 0)"""


def points(page: Page) -> int:
    return int(page.locator("[data-name=grade]").evaluate(POINTS))


def drawn(page: Page, name: str) -> Any:
    chart = page.locator(f"[data-name={name}]")
    chart.scroll_into_view_if_needed()  # charts far from view wait with being drawn
    expect(chart.locator(".main-svg").first).to_be_visible()
    return chart


def test_new_result_appears_on_the_open_page_by_itself(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/patients/{cast.patient.pk}/")
    drawn(page, "grade")
    assert points(page) == 1
    at = case.session.recorded_at + timedelta(days=20)
    with transaction.atomic():  # as a worker stores it: the page asks meanwhile
        make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient, recorded_at=at))
    expect(page.get_by_text("This page has just been brought up to date.")).to_be_visible(timeout=20_000)
    drawn(page, "grade")
    assert points(page) == 2


def test_news_wait_while_a_form_is_open(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/patients/{cast.patient.pk}/")
    page.get_by_role("link", name="Add treatment").click()
    page.get_by_label("Name on the charts").fill("Toxin, 12 units")
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient))
    page.wait_for_timeout(6000)  # longer than the page waits between two questions
    expect(page.get_by_label("Name on the charts")).to_have_value("Toxin, 12 units")
    page.get_by_label("From").fill("2026-03-20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The treatment is saved.")).to_be_visible()
    names = drawn(page, "grade").evaluate("element => element.data.map(trace => trace.name)")
    assert "Toxin, 12 units" in names


def test_charts_take_the_colours_of_the_theme(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = log_in(cast.clinician, PHONE)
    page.goto(f"/patients/{cast.patient.pk}/")
    colour = "element => element.layout.font.color"
    light = drawn(page, "grade").evaluate(colour)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-name=grade]")).to_have_attribute("data-drawn", "yes")
    page.wait_for_timeout(300)
    dark = drawn(page, "grade").evaluate(colour)
    assert light != dark
    assert light.startswith("rgb")
    page.emulate_media(color_scheme="dark", media="print")
    page.wait_for_function(f"() => ({colour})(document.querySelector('[data-name=grade]')) === 'rgb(0, 0, 0)'")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_two_hundred_sessions_move_nothing_when_they_are_drawn(
    size: tuple[int, int], log_in: LogIn, cast: Cast
) -> None:
    first = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    repeated(measured(first, report=full_report()), 200)
    page = log_in(cast.clinician, size)
    page.add_init_script(
        "window.moved = 0;"
        "const add = list => list.getEntries().forEach(entry => { window.moved += entry.value; });"
        "new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(f"/patients/{cast.patient.pk}/")
    for name in ("grade", "regions", "synkinesis", "eye_closure", "sunnybrook"):
        drawn(page, name)
    page.wait_for_timeout(500)  # what moves is told a moment later
    assert page.evaluate("window.moved") < 0.02


def test_player_and_curves_move_together(log_in: LogIn, cast: Cast) -> None:
    session: Session = make.SessionFactory(patient=cast.patient)
    measured(session, report=report(), with_series=True, content=video())
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{session.pk}/")
    expect(page.locator("#curves .main-svg").first).to_be_visible()
    readout = page.locator("#readout")

    page.get_by_role("button", name="Smile, teeth shown").first.click()
    expect(readout).to_contain_text("1.60 s, Smile, teeth shown: AU12 left 0.80, right 0.00")
    page.keyboard.press(".")
    expect(readout).to_contain_text("left 0.82")
    page.keyboard.press(",")
    page.keyboard.press(",")
    expect(readout).to_contain_text("left 0.78")
    page.get_by_role("button", name="½×").click()
    assert page.locator("video").evaluate("video => video.playbackRate") == 0.5

    page.locator("#curves").scroll_into_view_if_needed()
    box = page.locator("#curves .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (2.2 / 3.96), box["y"] + box["height"] / 2)
    expect(readout).to_contain_text("left not measured")
    page.get_by_label("Curve", exact=True).select_option("AU43")
    expect(readout).to_contain_text("AU43")


def test_curves_under_the_pointer_say_the_moment_and_both_sides(log_in: LogIn, cast: Cast) -> None:
    session: Session = make.SessionFactory(patient=cast.patient)
    measured(session, report=report(), with_series=True, content=video())
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{session.pk}/")
    curves = drawn(page, "AU12")
    box = curves.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * (1.6 / 3.96), box["y"] + box["height"] / 2)
    told = curves.locator(".hoverlayer .legend, .hoverlayer .hovertext").first
    expect(told).to_contain_text("left side : 0.80")
    expect(told).to_contain_text("right side : 0.00")
    expect(page.locator(".player__curves .side-key").filter(visible=True)).to_have_text(["Left", "Right"])


def test_curve_is_taken_along_as_a_picture_and_as_a_file(log_in: LogIn, cast: Cast, tmp_path: Path) -> None:
    session: Session = make.SessionFactory(patient=cast.patient)
    measured(session, report=report(), with_series=True, content=video())
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{session.pk}/")
    expect(page.locator("#curves .main-svg").first).to_be_visible()
    page.get_by_label("Curve", exact=True).select_option("AU43")
    with page.expect_download() as drawn:
        page.get_by_role("button", name="This curve as an SVG picture").click()
    assert drawn.value.suggested_filename == "AU43.svg"
    drawn.value.save_as(tmp_path / "curve.svg")
    picture = (tmp_path / "curve.svg").read_text()
    assert "AU43 eyes closed" in picture
    with page.expect_download() as saved:
        page.get_by_role("link", name="Curves of every frame as a CSV file").click()
    saved.value.save_as(tmp_path / "curves.csv")
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == FRAMES + 1


def test_six_matrices_are_drawn(log_in: LogIn, cast: Cast) -> None:
    session: Session = make.SessionFactory(patient=cast.patient)
    measured(session)
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{session.pk}/")
    page.get_by_text("Co-occurrence of action units, both sides").click()
    for name in ("left_left", "right_left", "right_minus_left", "right_right", "left_right", "left_minus_right"):
        expect(drawn(page, name).locator(".hm image").first).to_be_attached()
