"""The course of one patient in a browser: pictures, their table and files, and what is changed in place."""

from __future__ import annotations

import csv
import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from analysis.contracts import Exercise, Measure, MeasurementError
from clinic.models import Assessment, PinnedRest
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import fits_and_is_accessible
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import REPORT, changed, measured

CHARTS = ("grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "questionnaires", "resting")


def two_sessions(case: Case, cast: Cast) -> None:
    """With everything that the charts draw; the gap of the left eye halves."""
    error = MeasurementError(0.7, "mm", "repeats")
    strengths = {"synkinesis_strength": {"oral-ocular": {"left": 0.42, "right": 0.0}}}
    errors = {**REPORT.details.errors, "palpebral_fissure_gentle": error}
    at_rest = {"left": {"AU1": -0.4, "AU12": 0.6}, "right": {"AU1": 0.0, "AU12": 0.1}}
    more = {**strengths, "against_pinned_rest": {"source": "pinned", "rest_intensity": at_rest}}
    details = dataclasses.replace(REPORT.details, errors=errors, extras={**REPORT.details.extras, **more})
    for days, gap in ((30, 6.0), (60, 3.0)):
        at = case.session.recorded_at + timedelta(days=days)
        session = make.SessionFactory(patient=cast.patient, episode=case.episode, recorded_at=at)
        closing = Measure(gap, 0.4, gap - 0.4, 0.1, "mm", Exercise.EYE_CLOSURE_GENTLE)
        measured(session, report=changed(measures={"palpebral_fissure_gentle": closing}, details=details))


def opened(log_in: LogIn, cast: Cast, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
    page = log_in(cast.clinician, size, **options)
    page.goto(f"/patients/{cast.patient.pk}/")
    return page


def drawn(page: Page, name: str) -> Any:
    chart = page.locator(f"[data-name={name}]")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".main-svg").first).to_be_visible()
    return chart


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_course_is_drawn_and_told_without_a_fault(
    size: tuple[int, int], log_in: LogIn, cast: Cast, case: Case, picture: Any
) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast, size)
    for name in CHARTS:
        drawn(page, name)
    told = page.locator(".verdict", has_text="Left eye gap, gentle effort")
    expect(told).to_contain_text("better")
    fits_and_is_accessible(page)
    picture(page, "course")


def test_legend_switches_a_curve_off_and_a_point_leads_to_its_session(log_in: LogIn, cast: Cast, case: Case) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast)
    chart = drawn(page, "eye_closure")
    name = chart.locator(".legend .traces", has_text="right side")
    name.locator(".legendtoggle").click()
    expect(name).to_have_css("opacity", "0.5")
    shown = chart.evaluate("element => element.data.filter(t => t.visible === 'legendonly').map(t => t.name)")
    assert set(shown) == {"right side"}
    chart = drawn(page, "grade")
    place = chart.locator(".scatterlayer .trace .point").first.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(chart.locator(".hoverlayer .hovertext").first).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(lambda url: "/sessions/" in url)


def plot(chart: Any) -> dict[str, float]:
    """Where the upper strip of a chart is drawn, in pixels of the window."""
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    return dict(box)


def days_shown(chart: Any) -> list[float]:
    return [float(day) for day in chart.evaluate("element => element._fullLayout.xaxis.range")]


def test_a_drag_enlarges_a_stretch_of_days_and_a_double_click_shows_all_again(
    log_in: LogIn, cast: Cast, case: Case
) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast)
    chart = drawn(page, "eye_closure")
    whole, box = days_shown(chart), plot(chart)
    y = box["y"] + box["height"] * 0.9  # away from the points, which lead to their sessions
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
    page.mouse.up()
    arguments = [chart.element_handle(), whole]
    page.wait_for_function("([e, all]) => e._fullLayout.xaxis.range[0] > all[0]", arg=arguments)
    length = whole[1] - whole[0]
    assert days_shown(chart) == pytest.approx([whole[0] + 0.25 * length, whole[0] + 0.75 * length], abs=0.02 * length)
    page.wait_for_timeout(1000)  # or the first click would be the second one of the drag's release
    page.mouse.dblclick(box["x"] + box["width"] / 2, y)
    page.wait_for_function("([e, all]) => e._fullLayout.xaxis.range[0] === all[0]", arg=arguments)
    assert days_shown(chart) == whole
    assert "/patients/" in page.url


def test_point_under_the_pointer_says_day_value_and_error(log_in: LogIn, cast: Cast, case: Case) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast)
    chart = drawn(page, "eye_closure")
    last = chart.locator(".scatterlayer .trace", has=page.locator(".point")).first.locator(".point").last
    place = last.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    told = chart.locator(".hoverlayer .hovertext").first
    expect(told).to_contain_text(f"day {Assessment.objects.latest('recorded_at').days_since_onset}")
    expect(told).to_contain_text("Left eye gap, gentle effort: 3.0 mm")
    expect(told).to_contain_text("±0.7 mm")


def test_every_chart_offers_its_table_and_files(log_in: LogIn, cast: Cast, case: Case) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast)
    for name in CHARTS:
        tools = page.locator("figure", has=page.locator(f"[data-name={name}]")).locator(".figure__tools")
        for kind in ("Table", "CSV", "PNG", "SVG"):
            expect(tools.get_by_text(kind, exact=True)).to_be_visible()


def saved(page: Page, kind: str, name: str, tmp_path: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator(f"[data-export={kind}][data-of=figure-{name}-box]").click()
    assert waiting.value.suggested_filename == f"{name}.{kind}"
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def drawn_in(svg: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in svg.iter() if kind in one.get("class", "").split()]


@pytest.mark.parametrize("name", CHARTS)
def test_pictures_of_a_chart_are_the_chart(name: str, log_in: LogIn, cast: Cast, case: Case, tmp_path: Path) -> None:
    """Opened, not only saved: all points are in the SVG, and the PNG has the same shape and the curves' colours."""
    two_sessions(case, cast)
    page = opened(log_in, cast, accept_downloads=True)
    chart = drawn(page, name)
    points, title = chart.locator(".scatterlayer .point").count(), chart.get_attribute("data-title")
    svg = ElementTree.parse(saved(page, "svg", name, tmp_path)).getroot()
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    words = {text for one in svg.iter() if (text := "".join(one.itertext()).strip())}
    assert len(drawn_in(svg, "point")) == points > 0
    assert any("days since onset" in text.lower() for text in words)
    assert title in words
    read = cv2.imread(str(saved(page, "png", name, tmp_path)))
    assert read is not None
    assert read.shape[1] / read.shape[0] == pytest.approx(width / height, rel=0.01)
    assert read.shape[1] >= 2 * width  # sharp on paper
    colourful = np.ptp(read.astype(int), axis=2) > 60
    assert colourful.sum() > 200
    assert read[[0, 0, -1, -1], [0, -1, 0, -1]].min() > 240  # on the light ground of the page


def test_table_and_rows_of_a_chart(log_in: LogIn, cast: Cast, case: Case, tmp_path: Path) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast, accept_downloads=True)
    drawn(page, "grade")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="House-Brackmann grade as a CSV file").click()
    waiting.value.save_as(tmp_path / "grade.csv")
    rows = list(csv.DictReader((tmp_path / "grade.csv").open(encoding="utf-8")))
    assert [row["value"] for row in rows if row["measure"] == "hb_grade"] == ["3", "3", "3"]
    page.get_by_role("link", name="House-Brackmann grade as a table").click()
    expect(page.locator("#figure-grade-table").get_by_role("columnheader", name="Most likely")).to_be_visible()
    expect(page.locator("#figure-grade-table tbody tr")).to_have_count(3)


def test_rest_and_questionnaire_are_changed_in_place(log_in: LogIn, cast: Cast, case: Case) -> None:
    page = opened(log_in, cast)
    page.get_by_role("link", name="Choose session").click()
    page.get_by_label("Measure against the rest of").select_option(str(case.session.pk))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The rest reference is saved.")).to_be_visible()
    expect(page.get_by_text("Chosen by Carla Clinician")).to_be_visible()
    assert PinnedRest.objects.get().session == case.session
    page.get_by_role("link", name="Add score").click()
    page.get_by_label("Questionnaire", exact=True).select_option("fdi_social")
    page.get_by_label("Answered on").fill("2026-04-01")
    page.get_by_label("Score", exact=True).fill("64")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Facial Disability Index, social: 64")).to_be_visible()


def test_course_works_without_script(log_in: LogIn, cast: Cast, case: Case) -> None:
    two_sessions(case, cast)
    page = opened(log_in, cast, java_script_enabled=False)
    expect(page.get_by_text("Estimated House-Brackmann grade III").first).to_be_visible()
    page.get_by_role("link", name="Sunnybrook composite as a table").click()
    expect(page.get_by_role("heading", name="Sunnybrook composite", level=1)).to_be_visible()
    page.get_by_role("link", name="Anna Alder").click()
    page.get_by_role("link", name="Choose session").click()
    page.get_by_label("Measure against the rest of").select_option(str(case.session.pk))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The rest reference is saved.")).to_be_visible()
