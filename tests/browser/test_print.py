"""What comes out of a printer: ink on white in every theme, nothing to press or fill in, no video, no empty card."""

from __future__ import annotations

import pytest

from clinic.models import Session
from tests.browser.conftest import DESKTOP, LogIn
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import measured

PRESSED = "button, .button, input, textarea, video, [role=button]"  # a select stays as the words that it says


@pytest.mark.parametrize(
    "place", ["/patients/", "/patients/{patient}/", "/sessions/{session}/", "/patients/{patient}/compare/"]
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_holds_what_is_read_and_nothing_else(place: str, theme: str, cast: Cast, log_in: LogIn) -> None:
    episode = make.EpisodeFactory(patient=cast.patient)
    sessions: list[Session] = [make.SessionFactory(patient=cast.patient, episode=episode) for _ in range(2)]
    for session in sessions:
        measured(session, mirrored="no")
    page = log_in(cast.clinician, DESKTOP, color_scheme=theme)
    page.goto(place.format(patient=cast.patient.pk, session=sessions[0].pk))
    page.emulate_media(color_scheme=theme, media="print")
    assert page.locator(f"main :is({PRESSED})").filter(visible=True).count() == 0
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    assert page.get_by_text("Research use. Estimated measurements, not a diagnosis.").is_visible()
    text = page.locator("main").inner_text()
    assert "Anna Alder" in text
    empty = [card for card in page.locator("main .card").filter(visible=True).all() if not card.inner_text().strip()]
    assert empty == []
