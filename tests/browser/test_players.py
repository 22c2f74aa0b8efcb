"""The players of one session and of two: exact frames, lines over the video, and two videos on one phase."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.models import Session
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.recordings import brow, frame_on_screen, record, smile, uneven
from tests.browser.shown import serious, too_wide
from tests.clinic import factories as make
from tests.clinic.cast import Cast

FRAMES = 100  # four seconds
PAINTED = """canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
    return painted;
}"""


def painted(canvas: Locator) -> int:
    return int(canvas.evaluate(PAINTED))


def shows(page: Page, number: int, video: Locator | None = None) -> None:
    """The browser shows this frame, and the page says so. Frames are counted from 1 for people."""
    element = video if video is not None else page.locator("video")
    page.wait_for_function("video => !video.seeking && video.readyState >= 2", arg=element.element_handle())
    assert frame_on_screen(element) == number


@pytest.fixture
def session(cast: Cast) -> Session:
    made: Session = make.SessionFactory(patient=cast.patient)
    times = uneven(FRAMES)
    record(made, times, [smile(1.0, times[40], 2.0), brow(2.5, times[75], 3.5)], unseen=range(50, 60))
    return made


@pytest.fixture
def player(session: Session, log_in: LogIn, cast: Cast) -> Page:
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/sessions/{session.pk}/")
    expect(page.locator("#player")).to_have_attribute("data-exact", "yes")
    expect(page.locator("#curves .main-svg").first).to_be_visible()
    return page


def test_every_step_lands_on_the_very_frame_that_is_named(player: Page) -> None:
    where = player.locator("#frame-count")
    player.get_by_role("button", name="Smile, teeth shown").first.click()
    expect(where).to_contain_text("frame 41 of 100")
    shows(player, 40)
    for key, frame in ((".", 41), (".", 42), (",", 41), (">", 51), ("<", 41), ("<", 31), (",", 30)):
        player.keyboard.press(key)
        expect(where).to_contain_text(f"frame {frame + 1} of 100")
        shows(player, frame)
    player.get_by_role("button", name="One frame on").click()
    shows(player, 31)


def test_apexes_rest_and_the_slider_lead_to_their_frames(player: Page) -> None:
    player.locator("body").press("n")
    shows(player, 40)
    player.keyboard.press("n")
    shows(player, 75)
    player.keyboard.press("p")
    shows(player, 40)
    player.keyboard.press("r")
    shows(player, 2)
    player.locator("#scrub").fill("63")
    expect(player.locator("#readout")).to_contain_text("AU12 left 1.26, right 0.50")
    shows(player, 63)


def test_speeds_go_down_to_a_tenth(player: Page) -> None:
    video = player.locator("video")
    for key, speed in (("4", 0.1), ("3", 0.25), ("2", 0.5), ("1", 1)):
        player.keyboard.press(key)
        assert video.evaluate("video => video.playbackRate") == speed
        expect(player.locator(f'[data-speed="{speed:g}"]')).to_have_attribute("aria-pressed", "true")


def test_exercise_is_repeated_until_it_is_told_to_end(player: Page) -> None:
    player.evaluate(
        """() => { window.turns = 0; let before = 0;
        const video = document.querySelector('video');
        video.addEventListener('timeupdate', () => { if (video.currentTime < before) window.turns += 1;
        before = video.currentTime; window.latest = Math.max(window.latest ?? 0, before); }); }"""
    )
    loop = player.get_by_role("button", name="Repeat 1, Smile, teeth shown")
    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    player.wait_for_function("() => window.turns >= 2")
    assert player.evaluate("window.latest") < 2.4
    player.keyboard.press("o")
    expect(loop).to_have_attribute("aria-pressed", "false")
    player.wait_for_function("() => document.querySelector('video').currentTime > 2.2")


def test_lines_are_drawn_over_the_face_and_taken_away_again(player: Page) -> None:
    lines = player.locator(".stage__lines")
    player.get_by_role("button", name="Smile, teeth shown").first.click()
    assert painted(lines) == 0
    for name in ("Landmarks", "Axes", "Measures"):
        button = player.get_by_role("button", name=name, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        player.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=lines.element_handle())
        button.click()
        player.wait_for_function(f"canvas => ({PAINTED})(canvas) === 0", arg=lines.element_handle())


def test_measures_stand_beside_the_lines_in_millimetres(player: Page) -> None:
    player.get_by_role("button", name="Smile, teeth shown").first.click()
    player.keyboard.press("m")
    values = player.locator("#frame-values")
    expect(values.locator("[data-value=commissure_excursion_left]")).to_have_text("6.0 mm")
    expect(values.locator("[data-value=palpebral_fissure_right]")).to_have_text("12.0 mm")


def test_frame_without_a_face_has_no_lines(player: Page) -> None:
    player.keyboard.press("d")
    lines = player.locator(".stage__lines")
    player.locator("#scrub").fill("49")
    player.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=lines.element_handle())
    player.locator("#scrub").fill("55")
    player.wait_for_function(f"canvas => ({PAINTED})(canvas) === 0", arg=lines.element_handle())


def test_half_faces_are_made_of_their_own_half(player: Page) -> None:
    """The subject's left lies on the darker half of the picture."""
    player.get_by_role("button", name="Smile, teeth shown").first.click()
    player.keyboard.press("h")
    ends = """canvas => { const { width, height } = canvas;
        const pixel = x => canvas.getContext('2d').getImageData(x, height / 2, 1, 1).data[0];
        return [pixel(2), pixel(width - 3)]; }"""
    player.wait_for_function(f"canvas => ({ends})(canvas)[0] > 0", arg=half(player, "left").element_handle())
    left, right = (half(player, side).evaluate(ends) for side in ("left", "right"))
    assert abs(left[0] - left[1]) < 6
    assert abs(right[0] - right[1]) < 6
    assert right[0] > left[0] + 20


def half(page: Page, side: str) -> Locator:
    return page.locator(f'canvas[data-half="{side}"]')


def test_close_up_enlarges_video_and_lines_together(player: Page) -> None:
    player.keyboard.press("d")
    lines = player.locator(".stage__lines")
    player.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=lines.element_handle())
    before = painted(lines)
    player.keyboard.press("z")
    player.wait_for_function("() => document.querySelector('video').style.transform.includes('scale')")
    assert painted(lines) > before


def test_keys_are_listed_and_can_be_switched_off_for_good(player: Page) -> None:
    player.locator("#scrub").fill("20")
    player.locator("body").press("?")
    sheet = player.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    sheet.get_by_label("Use these keys in this browser").uncheck()
    sheet.get_by_role("button", name="Close").click()
    player.locator("body").press(".")
    player.reload()
    expect(player.locator("#player")).to_have_attribute("data-exact", "yes")
    player.keyboard.press("n")
    expect(player.locator("#frame-count")).to_contain_text("frame 1 of 100")
    player.keyboard.press("?")
    player.get_by_label("Use these keys in this browser").check()
    player.keyboard.press("Escape")
    player.keyboard.press("n")
    expect(player.locator("#frame-count")).to_contain_text("frame 41 of 100")


def test_player_passes_axe_with_everything_shown(player: Page) -> None:
    for key in "dam":
        player.keyboard.press(key)
    player.keyboard.press("h")
    assert serious(player) == []
    player.keyboard.press("?")
    assert serious(player) == []


# --- two sessions ---


@pytest.fixture
def two(cast: Cast) -> tuple[Session, Session]:
    """The same two exercises in both, the later session's smile half as quick; their apexes are frames 40 and 30."""
    first: Session = make.SessionFactory(patient=cast.patient)
    last: Session = make.SessionFactory(patient=cast.patient, recorded_at=first.recorded_at + timedelta(days=30))
    times = uneven(FRAMES)
    record(first, times, [smile(times[20], times[40], times[60]), brow(times[65], times[75], times[85])])
    record(last, times, [smile(times[10], times[30], times[90]), brow(times[91], times[93], times[95])])
    return first, last


def comparison(log_in: LogIn, cast: Cast, two: tuple[Session, Session], size: tuple[int, int] = DESKTOP) -> Page:
    page = log_in(cast.clinician, size)
    page.goto(f"/sessions/{two[1].pk}/")
    page.get_by_role("link", name="Compare with earlier").click()
    expect(page.locator("#compare")).to_have_attribute("data-exact", "yes")
    expect(page.locator("[data-overlay=left] .main-svg").first).to_be_visible()
    return page


def both_show(page: Page, a: int, b: int) -> None:
    for letter, frame in (("A", a), ("B", b)):
        side = page.locator(f'[data-visit="{letter}"]')
        expect(side.locator("[data-count]")).to_contain_text(f"frame {frame + 1} of")
        shows(page, frame, side.locator("video"))


def test_two_videos_stand_on_the_same_phase_of_the_exercise(
    log_in: LogIn, cast: Cast, two: tuple[Session, Session]
) -> None:
    page = comparison(log_in, cast, two)
    both_show(page, 40, 30)  # the apex of the first exercise
    phase = page.locator("#phase")
    for value, a, b in (("0", 20, 10), ("200", 60, 90), ("150", 50, 60), ("50", 30, 20)):
        phase.fill(value)
        both_show(page, a, b)
    page.get_by_role("button", name="Apex in both").click()
    both_show(page, 40, 30)
    page.get_by_role("button", name="One frame on").click()
    both_show(page, 41, 34)  # 60 of 800 ms on the way back in A, so 180 of 2400 in B
    page.get_by_role("button", name="Rest in both").click()
    both_show(page, 2, 2)
    page.keyboard.press("x")
    both_show(page, 40, 30)


def test_two_videos_play_in_step_and_repeat(log_in: LogIn, cast: Cast, two: tuple[Session, Session]) -> None:
    page = comparison(log_in, cast, two)
    page.evaluate(
        """() => { window.apart = []; window.turns = 0; let before = 0;
        const [a, b] = document.querySelectorAll('video');
        const phase = ([s, x, e], t) => t <= x ? (t - s) / (x - s) : 1 + (t - x) / (e - x);
        const times = which => document.querySelector('[data-pair][aria-pressed=true]').dataset[which]
            .split(' ').map(Number);
        const look = () => {
            if (!a.paused && !a.seeking && !b.seeking) {
                window.apart.push(Math.abs(phase(times('a'), a.currentTime) - phase(times('b'), b.currentTime)));
            }
            if (a.currentTime < before - 0.3) window.turns += 1;
            before = a.currentTime;
            requestAnimationFrame(look);
        };
        look(); }"""
    )
    page.get_by_role("button", name="Repeat", exact=True).click()
    page.wait_for_function("() => window.turns >= 2", timeout=30_000)
    apart = sorted(page.evaluate("window.apart"))
    assert len(apart) > 20
    assert apart[len(apart) // 2] < 0.2  # of the two phases; jumps put right what a busy machine lets drift
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("4")
    assert page.locator("[data-visit=A] video").evaluate("video => video.playbackRate") == 0.1


def test_curves_of_both_lie_over_each_other(log_in: LogIn, cast: Cast, two: tuple[Session, Session]) -> None:
    page = comparison(log_in, cast, two)
    traces = page.locator("[data-overlay=left]").evaluate(
        "box => box.data.map(trace => [trace.name, trace.x[0], trace.x[trace.x.length - 1], trace.y[0]])"
    )
    assert traces == [["A", 0, 2, 0.4], ["B", 0, 2, 0.2]]  # frames 20 and 10
    expect(page.locator("#readout")).to_contain_text("apex: AU12 A left 0.80, right 0.50; B left 0.60, right 0.50")
    page.get_by_role("button", name="Raise brows").click()
    page.get_by_label("Curve", exact=True).select_option("AU43")
    expect(page.locator("#readout")).to_contain_text("apex: AU43")


def test_lines_half_faces_and_values_are_those_of_both(log_in: LogIn, cast: Cast, two: tuple[Session, Session]) -> None:
    page = comparison(log_in, cast, two)
    for key in "dh":
        page.keyboard.press(key)
    for letter in ("A", "B"):
        lines = page.locator(f"[data-visit={letter}] .stage__lines")
        page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=lines.element_handle())
        half_face = page.locator(f"[data-visit={letter}] canvas[data-half=right]")
        page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=half_face.element_handle())
    page.keyboard.press("m")
    expect(page.locator("[data-of=B][data-value=commissure_excursion_right]")).to_have_text("12.0 mm")


def test_change_is_judged_and_other_sessions_can_be_chosen(
    log_in: LogIn, cast: Cast, two: tuple[Session, Session]
) -> None:
    third = make.SessionFactory(patient=cast.patient, recorded_at=two[1].recorded_at + timedelta(days=30))
    record(third, uneven(FRAMES), [smile(0.5, 1.0, 1.5)])
    page = comparison(log_in, cast, two)
    expect(page.get_by_role("row", name="Mouth left").first).to_contain_text("within noise")
    page.get_by_label("A", exact=True).select_option(str(third.pk))
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(lambda url: str(third.pk) in url)
    titles = page.locator(".compare__title a")
    assert titles.nth(0).get_attribute("href") == f"/sessions/{two[1].pk}/"
    assert titles.nth(1).get_attribute("href") == f"/sessions/{third.pk}/"
    expect(page.get_by_role("button", name="Raise brows")).to_have_count(0)  # only one of the two shows it


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_comparison_fits_and_passes_axe(
    size: tuple[int, int], log_in: LogIn, cast: Cast, two: tuple[Session, Session], picture
) -> None:
    page = comparison(log_in, cast, two, size)
    for key in "mh":
        page.keyboard.press(key)
    picture(page, "compare")
    assert too_wide(page) == []
    assert serious(page) == []
