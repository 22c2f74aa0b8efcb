"""The still frame with points to move: zoom, moving the picture, and points of the face at rest."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.models import Correction, Session, Video
from tasks.stills import make_stills
from tests.browser import recordings
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import fits_and_is_accessible
from tests.clinic import factories as make
from tests.clinic.cast import Cast

CORNER = "291"  # the left corner of the mouth


@pytest.fixture
def drawn_face(cast: Cast) -> Session:
    """A recording with its landmarks and the pictures of its frames; nothing has to be measured."""
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    recordings.record(made, recordings.uneven(60), [recordings.smile(0.6, 1.2, 1.8)])
    return made


def corner_of_the_mouth(page: Page) -> Locator:
    """At the apex of the smile, once its picture is there."""
    page.get_by_role("button", name=re.compile("^1 Smile")).click()
    corner = page.locator(f"[data-point='{CORNER}']")
    expect(corner).to_be_visible()
    make_stills(video_id=str(Video.objects.get().pk))
    expect(page.locator("image")).to_have_count(1)
    return corner


def enlarged(page: Page) -> float:
    """Pixels of the screen for one of the picture, read from the picture as it is drawn."""
    return float(
        page.locator("image").evaluate("image => image.getBoundingClientRect().width / image.width.baseVal.value")
    )


def place_of(corner: Locator) -> tuple[float, float]:
    """In pixels of the picture."""
    x, y = corner.locator(".pt__dot").evaluate("dot => [dot.cx.baseVal.value, dot.cy.baseVal.value]")
    return float(x), float(y)


def drag(page: Page, point: Locator, by: tuple[float, float]) -> None:
    """So many pixels of the screen."""
    point.scroll_into_view_if_needed()
    box = point.locator(".pt__dot").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0], y + by[1], steps=3)
    page.mouse.up()


def dragged(page: Page, corner: Locator, by: tuple[float, float]) -> tuple[float, float]:
    """As `drag`; returns how far the point went in the picture."""
    before = place_of(corner)
    drag(page, corner, by)
    after = place_of(corner)
    return after[0] - before[0], after[1] - before[1]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_drag_means_as_many_pixels_of_the_picture_as_the_zoom_says(
    size: tuple[int, int], drawn_face: Session, cast: Cast, log_in: LogIn
) -> None:
    page = log_in(cast.clinician, size)
    page.goto(f"/sessions/{drawn_face.pk}/correct/")
    corner = corner_of_the_mouth(page)
    found, seen = place_of(corner), []
    page.get_by_role("button", name="Whole", exact=True).click()
    corner.focus()
    ways = (
        lambda: None,
        lambda: page.get_by_role("button", name="Zoom in").click(),
        lambda: corner.press("+"),
        lambda: [page.get_by_role("button", name="Zoom in").click() for _ in range(2)],
    )
    for zoom_in in ways:
        here = place_of(corner)
        zoom_in()
        assert place_of(corner) == here  # enlarging moves no point
        seen.append(enlarged(page))
        across, down = dragged(page, corner, (18, -12))
        assert across == pytest.approx(18 / seen[-1], abs=0.02)  # places are kept to a hundredth of a pixel
        assert down == pytest.approx(-12 / seen[-1], abs=0.02)
        page.get_by_role("button", name="Undo", exact=True).click()
        assert place_of(corner) == pytest.approx(here)
        assert enlarged(page) == pytest.approx(seen[-1])  # undoing a move leaves the view
    assert [zoom / seen[0] for zoom in seen] == pytest.approx([1, 1.5, 1.5**2, 1.5**4], rel=0.02)
    corner.focus()
    corner.press("-")
    page.get_by_role("button", name="Zoom out").click()
    assert enlarged(page) == pytest.approx(seen[2], rel=0.02)

    fits_and_is_accessible(page)
    across, down = dragged(page, corner, (-18, 12))
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()
    [frame] = Correction.objects.get().content["frames"]
    [point] = frame["points"]
    assert point["point"] == int(CORNER)
    assert (point["x"] - found[0], point["y"] - found[1]) == pytest.approx((across, down), abs=0.02)


def test_enlarged_picture_is_moved_by_dragging_it_and_no_point_with_it(
    drawn_face: Session, cast: Cast, log_in: LogIn
) -> None:
    page = log_in(cast.clinician)
    page.goto(f"/sessions/{drawn_face.pk}/correct/")
    corner = corner_of_the_mouth(page)
    here = place_of(corner)
    for _ in range(20):  # there is an end to enlarging
        page.get_by_role("button", name="Zoom in").click()
    nearest = enlarged(page)
    page.get_by_role("button", name="Zoom in").click()
    assert enlarged(page) == nearest
    page.locator("[data-stage]").evaluate("plate => plate.scrollIntoView({block: 'start'})")
    before, plate = page.locator("image").bounding_box(), page.locator("[data-stage]").bounding_box()
    assert before is not None and plate is not None
    page.mouse.move(plate["x"] + 20, plate["y"] + 20)
    page.mouse.down()
    page.mouse.move(plate["x"] + 60, plate["y"] + 45, steps=3)
    page.mouse.up()
    after = page.locator("image").bounding_box()
    assert after is not None
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((40, 25), abs=1)
    assert place_of(corner) == here
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_moment_of_rest_is_taken_from_the_video(drawn_face: Session, cast: Cast, log_in: LogIn) -> None:
    page = log_in(cast.clinician)
    with page.expect_response("**/landmarks.json"):
        page.goto(f"/sessions/{drawn_face.pk}/correct/")
    for _ in range(10):
        page.get_by_role("button", name="Frame", exact=True).last.click()
    rest, taken = page.get_by_label(re.compile("^Moment of rest")), f"{recordings.uneven(60)[10]:.2f}"
    page.get_by_role("button", name="Now", exact=True).click()
    expect(rest).to_have_value(taken)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(rest).to_have_value("")
    page.get_by_role("button", name="Redo").click()
    expect(rest).to_have_value(taken)
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()
    assert Correction.objects.get().content["rest_s"] == float(taken)


def test_point_moved_at_rest_holds_the_moment_of_rest(drawn_face: Session, cast: Cast, log_in: LogIn) -> None:
    """Points of the face at rest belong to the frame in which they were put right."""
    page = log_in(cast.clinician)
    page.goto(f"/sessions/{drawn_face.pk}/correct/")
    corner, rest_s = page.locator(f"[data-point='{CORNER}']"), recordings.uneven(60)[2]
    expect(page.get_by_role("button", name="Rest", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(corner).to_be_visible()
    across, down = dragged(page, corner, (0, 20))
    assert across == pytest.approx(0, abs=0.02) and down > 5
    expect(page.get_by_label(re.compile("^Moment of rest"))).to_have_value(f"{rest_s:.2f}")
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()
    content = Correction.objects.get().content
    assert content["rest_s"] == rest_s
    assert [(f["time_s"], [p["point"] for p in f["points"]]) for f in content["frames"]] == [(rest_s, [int(CORNER)])]
