"""The registry in a browser: import, the worker's check, a trial beside what is in use, approval, retirement."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from analysis.contracts import PublishedSystem, SystemAnswer, SystemResult, WeightsUsed
from clinic.models import TrialRecording, WeightsFile
from clinic.services import trials
from tasks.systems import check_weights
from tests.analysis.systems.written import weights as written
from tests.browser.conftest import DESKTOP, PHONE, TABLET, LogIn
from tests.browser.shown import fits_and_is_accessible, too_wide
from tests.clinic.cast import Case, Cast

Picture = Callable[[Page, str], None]


def answered(value: float) -> dict:
    used = WeightsUsed("w", "ab" * 32, "synthetic")
    answer = SystemAnswer("palsy", value, {"palsy": value}, 9)
    return dataclasses.asdict(SystemResult(PublishedSystem.FUSION, "method", [answer], used))


def test_weights_are_imported_checked_tried_approved_and_retired(
    cast: Cast, case: Case, log_in: LogIn, picture: Picture, tmp_path: Path
) -> None:
    chosen = written(PublishedSystem.FUSION, tmp_path, name="fusion-journey", datasets=("synthetic",))
    page = log_in(cast.administrator)
    page.get_by_role("link", name="Systems").click()
    fits_and_is_accessible(page)
    picture(page, "weights")

    page.get_by_role("link", name="Import weights").click()
    page.get_by_label("Weights").set_input_files(chosen.file)
    page.get_by_label("Card").set_input_files({"name": "c.toml", "mimeType": "text/plain", "buffer": b"id = 'x'"})
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The card lacks or misstates")).to_be_visible()
    page.get_by_label("Weights").set_input_files(chosen.file)
    page.get_by_label("Card").set_input_files(chosen.file.with_suffix(".toml"))
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Being checked")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    taken = WeightsFile.objects.get(name="fusion-journey")
    check_weights(weights_id=str(taken.pk))
    expect(page.get_by_text("Every tensor has its place")).to_be_visible()
    expect(page.get_by_text("Trained on synthetic faces.")).to_be_visible()
    fits_and_is_accessible(page)
    picture(page, "weights-detail")

    page.get_by_role("link", name="Compare with what is in use").click()
    fits_and_is_accessible(page)
    picture(page, "weights-compare")
    page.get_by_role("button", name="Start the trial").click()
    expect(page.get_by_role("heading", name=re.compile("Trial of"))).to_be_visible()
    claimed = trials.claim(str(TrialRecording.objects.get(trial__weights=taken).pk))
    assert claimed is not None
    trials.record(claimed, candidate=answered(0.8), active=answered(0.3))
    expect(page.get_by_text("+50 points, another verdict")).to_be_visible()
    expect(page.get_by_text("finished")).to_be_visible()
    fits_and_is_accessible(page)
    picture(page, "trial")

    page.get_by_role("link", name="Card and decision").click()
    page.get_by_label("Why").fill("Tried on one recording.")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("fusion-journey is in use from the next analysis on.")).to_be_visible()
    expect(page.get_by_role("cell", name="Tried on one recording.")).to_be_visible()
    page.get_by_role("button", name="Retire").click()
    expect(page.get_by_text("fusion-journey is retired.")).to_be_visible()


def test_a_system_is_switched_off_and_on_again(cast: Cast, log_in: LogIn) -> None:
    page = log_in(cast.administrator)
    page.goto("/administration/weights/")
    page.get_by_role("button", name="Switch off PHCNN-LSTM").click()
    expect(page.get_by_text("Switched off from the next analysis on.")).to_be_visible()
    page.get_by_role("button", name="Switch on PHCNN-LSTM").click()
    expect(page.get_by_role("button", name="Switch off PHCNN-LSTM")).to_be_visible()


@pytest.fixture
def came_along(settings: Settings, tmp_path: Path) -> Path:
    """The folder that ships, with small weights of the fusion model and of the face model."""
    settings.SHIPPED_WEIGHTS = folder = tmp_path / "shipped"
    folder.mkdir()
    written(PublishedSystem.FUSION, folder, name="fusion-synthetic-1", datasets=("synthetic",))
    written(PublishedSystem.INTEGRATED, folder, name="faces-synthetic-1", datasets=("synthetic",), only=("fan",))
    return folder


def test_shipped_weights_are_read_switched_off_and_on_again_by_keyboard(
    cast: Cast, log_in: LogIn, picture: Picture, came_along: Path
) -> None:
    for size in (PHONE, DESKTOP):
        page = log_in(cast.administrator, size)
        page.goto("/administration/weights/")
        fusion = page.locator("section", has=page.get_by_role("heading", name="Multimodal fusion"))
        expect(fusion.get_by_text("Runs, experimental")).to_be_visible()
        expect(fusion.get_by_text("In use unless others are approved.")).to_be_visible()
        fits_and_is_accessible(page)
        picture(page, "weights-shipped-list")
        fusion.get_by_role("button", name="Do not use them for Multimodal fusion").press("Enter")
        expect(page.get_by_text("They are not used any more.")).to_be_visible()
        expect(fusion.get_by_text("You have switched them off.")).to_be_visible()
        expect(fusion.get_by_text("No approved weights", exact=True)).to_be_visible()
        fits_and_is_accessible(page)
        fusion.get_by_role("link", name="fusion-synthetic-1").press("Enter")
        expect(page.get_by_text("Trained on synthetic faces.")).to_be_visible()
        expect(page.get_by_text("Nobody in this clinic has approved them")).to_be_visible()
        fits_and_is_accessible(page)
        picture(page, "weights-shipped")
        page.get_by_role("button", name="Use them for Multimodal fusion").press("Enter")
        expect(page.get_by_text("They are used from the next analysis on")).to_be_visible()
        expect(fusion.get_by_text("Runs, experimental")).to_be_visible()


def test_the_face_score_is_switched_on_by_hand(cast: Cast, log_in: LogIn, came_along: Path) -> None:
    page = log_in(cast.administrator)
    page.goto("/administration/weights/")
    faces = page.locator("section", has=page.get_by_role("heading", name="Integrated Deep Model"))
    expect(faces.get_by_text("Switched off", exact=True)).to_be_visible()
    expect(faces.get_by_text("In use once the system is switched on")).to_be_visible()
    page.get_by_role("button", name="Switch on Integrated Deep Model").click()
    expect(faces.get_by_text("Runs, experimental")).to_be_visible()


def test_pages_of_the_registry_and_what_systems_say_fit_every_width(
    cast: Cast, case: Case, log_in: LogIn, picture: Picture
) -> None:
    row = TrialRecording.objects.get(trial=case.trial)
    claimed = trials.claim(str(row.pk))
    assert claimed is not None
    trials.record(claimed, candidate=answered(0.8), active=None)
    grade = SystemAnswer("house_brackmann", 5, {"5": 0.6, "4": 0.4}, 7)
    motions = SystemAnswer("mouth_motion", None, {}, 7, {"clips": [{"label": "smile"}, {"label": "none"}]})
    used = WeightsUsed("palsynet-synthetic-1", "cd" * 32, "synthetic")
    palsynet = SystemResult(PublishedSystem.PALSYNET, "3DPalsyNet (Storey et al. 2019)", [grade, motions], used)
    silent = SystemResult(PublishedSystem.DEM, "Difference Ensemble Method (Niu et al. 2024)", reason="switched off")
    case.assessment.details = {"systems": [dataclasses.asdict(palsynet), answered(0.8), dataclasses.asdict(silent)]}
    case.assessment.save()
    for size in (PHONE, TABLET, DESKTOP):
        page = log_in(cast.administrator, size)
        for name, path in (
            ("weights", "/administration/weights/"),
            ("weights-new", "/administration/weights/new/"),
            ("weights-detail", f"/administration/weights/{case.weights.pk}/"),
            ("weights-compare", f"/administration/weights/{case.weights.pk}/compare/"),
            ("trial", f"/administration/trials/{case.trial.pk}/"),
        ):
            page.goto(path)
            fits_and_is_accessible(page)
            picture(page, name)
        page = log_in(cast.clinician, size)
        for name, path in (
            ("published-session", f"/sessions/{case.session.pk}/"),
            ("published-patient", f"/patients/{cast.patient.pk}/"),
        ):
            page.goto(path)
            section = page.locator("section", has=page.get_by_role("heading", name="Published systems"))
            expect(section).to_be_visible()
            assert too_wide(page) == []
            section.scroll_into_view_if_needed()
            picture(page, name)
