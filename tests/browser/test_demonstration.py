"""The clinician's way through the demonstration: its people, its recordings, measured by a worker that knows nothing.

A few of the recordings that `make demo` sends in, by the same upload: two visits of one patient, one visit of a second,
and one of a third that is too dark to be measured.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader
from pytest_django import Settings

from clinic.models import AnalysisRun, Assessment, ClinicianGrade, Correction, Patient, Session
from clinic.models.results import RunState
from tasks.demo.people import make_people
from tasks.demo.videos import recordings, submit_missing
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import serious, too_wide
from tests.browser.test_faceplate import drag
from tests.browser.test_players import PAINTED
from tests.tasks import processes
from tests.tasks.processes import Worker, wait_for

VISITS = {"robin-fable": (0, 2), "kim-invented": (3,), "jo-placeholder": (2,)}
MEASURED, REFUSED = 3, 1
CORNER = "[data-point='291']"  # the left corner of the mouth
STANDS_ON = "!video.seeking && Math.abs(video.currentTime - apex) < 0.06"  # of a second, one frame and a half
CHARTS = ("grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "questionnaires")
PATIENCE_S = 480  # measured: 155 to 177 s on two cores that ten processes wanted
SOON = 60_000  # milliseconds: what a worker does beside the page


@pytest.fixture
def worker(
    tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Iterator[Worker]:
    """As in use, where a busy machine may leave a run without a sign of life for a while."""
    settings.DEMO = True
    short = processes.environment
    monkeypatch.setattr(processes, "environment", lambda folder: {**short(folder), "SEVENTH_LEASE_S": "45"})
    started = Worker(tmp_path, "demonstration", "-B", app="tasks")
    yield started
    started.kill()


@pytest.fixture
def robin(worker: Worker) -> Patient:
    """The demonstration's first patient, once everything that was sent in has been looked at by the worker."""
    everybody = make_people()
    chosen = {p.sessions[i].spec.video_id for p in everybody for i in VISITS.get(p.key, ())}
    wanted = [one for one in recordings(everybody) if one.session.spec.video_id in chosen]
    assert len(wanted) == MEASURED + REFUSED
    assert len(list(submit_missing(wanted, renderers=1))) == len(wanted)
    ended = AnalysisRun.objects.filter(state__in=[RunState.DONE, RunState.REFUSED, RunState.FAILED])
    wait_for(lambda: ended.count() == len(wanted), "every recording is measured or refused", PATIENCE_S)
    assert sorted(ended.values_list("state", flat=True)) == ["done"] * MEASURED + ["refused"] * REFUSED, worker.log()
    return Patient.objects.get(record_number="robin-fable")


@dataclass
class Way:
    """One clinician at one screen; collects what is wrong with the pages on the way."""

    page: Page
    patient: Patient
    session: Session  # the later visit with a big screen, the first one with a small
    is_big: bool
    faults: list[str] = field(default_factory=list)

    def look(self, heading: str) -> None:
        """The page of this heading fits the screen and axe finds nothing serious."""
        expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        self.faults += too_wide(self.page) + serious(self.page)

    def follow(self, address: str) -> None:
        """A link that the page offers."""
        self.page.locator(f'a[href="{address}"]').first.click()
        self.page.wait_for_url(f"**{address}")

    def back_to_session(self) -> None:
        self.page.goto(f"/sessions/{self.session.pk}/")
        expect(self.page.locator("#player")).to_have_attribute("data-exact", "yes")


def enter(page: Page, name: str) -> None:
    """By the log-in that the demonstration offers on its page."""
    page.goto("/account/login/")
    page.get_by_role("button", name=f"Use the log-in of {name}").click()
    page.wait_for_url(lambda url: "/account/login/" not in url)


def downloaded(page: Page, link: Locator) -> bytes:
    with page.expect_download() as waiting:
        link.click()
    return Path(waiting.value.path()).read_bytes()


def worklist_is_narrowed_and_worked_through(way: Way) -> None:
    page, line = way.page, way.page.locator(f"#line-{way.patient.pk}")
    page.goto("/patients/")
    way.look("Patients")
    page.get_by_role("link", name=re.compile("^Video refused")).click()
    page.wait_for_url(re.compile("flag=refused"))
    expect(page.locator("[data-line]")).to_have_count(1)
    expect(page.locator("[data-line]")).to_contain_text("Jo Placeholder")
    page.goto("/patients/?q=robin")
    expect(line).to_contain_text(f"{2 if way.is_big else 1} to review")
    if way.is_big:
        page.keyboard.press("j")
        page.keyboard.press("r")
    else:
        line.get_by_role("button", name=re.compile("as reviewed")).click()
    expect(line).to_contain_text("1 to review" if way.is_big else "all reviewed")
    way.look("Patients")


def next_patient_comes_by_one_key(way: Way) -> None:
    page = way.page
    page.goto("/patients/")
    page.goto(f"/patients/{way.patient.pk}/")
    if way.is_big:
        expect(page.get_by_role("button", name="Keys")).to_be_visible()  # shown by the script that listens
        page.keyboard.press("n")
    else:
        page.get_by_role("link", name="Next patient").click()
    page.wait_for_url(lambda url: "/patients/" in url and str(way.patient.pk) not in url)


def patient_page_tells_and_draws_the_course(way: Way) -> None:
    page = way.page
    page.goto("/patients/?q=robin")
    way.follow(f"/patients/{way.patient.pk}/")
    expect(page.get_by_role("heading", name="Robin Fable", level=1)).to_be_visible()
    expect(page.locator(".course-summary")).to_contain_text("House-Brackmann")
    expect(page.locator(".verdict").first).to_be_visible()
    for name in CHARTS:
        chart = page.locator(f"[data-name={name}]")
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
    traces = page.locator("[data-name=grade]").evaluate("box => box.data.map(t => [t.name, t.x.length])")
    assert sum(count for name, count in traces if name == "most likely grade") == 2
    assert "Prednisolone, ten days" in [name for name, _ in traces]
    way.look("Robin Fable")


def session_page_goes_to_apexes_and_draws_over_the_face(way: Way) -> None:
    page = way.page
    way.follow(f"/sessions/{way.session.pk}/")
    player = page.locator("#player")
    expect(player).to_have_attribute("data-exact", "yes")
    expect(page.locator("#curves .main-svg").first).to_be_visible()
    smile = player.locator("[data-seek]", has_text="Smile, teeth shown")
    smile.click()
    apex_s = float(smile.get_attribute("data-seek") or "")
    page.wait_for_function(f"([video, apex]) => {STANDS_ON}", arg=[page.locator("video").element_handle(), apex_s])
    expect(page.locator("#readout")).to_contain_text("Smile, teeth shown")
    player.get_by_role("button", name="Landmarks", exact=True).click()
    lines = player.locator(".stage__lines").element_handle()
    page.wait_for_function(f"canvas => ({PAINTED})(canvas) > 100", arg=lines)
    page.get_by_text("Co-occurrence of action units, both sides").click()
    for name in ("left_left", "right_right", "left_minus_right"):
        matrix = page.locator(f"[data-name={name}]")
        matrix.scroll_into_view_if_needed()
        expect(matrix.locator(".hm image").first).to_be_attached()
    for part in ("grade", "regions", "segments", "synkinesis", "measures", "scales", "quality", "provenance"):
        expect(page.locator(f"#{part}-title")).to_be_visible()
    way.look("Session")


def two_visits_stand_side_by_side(way: Way) -> None:
    page = way.page
    first, last = way.patient.sessions.order_by("recorded_at")
    page.goto(f"/sessions/{last.pk}/")
    page.get_by_role("link", name="Compare with earlier").click()
    expect(page.locator("#compare")).to_have_attribute("data-exact", "yes")
    titles = page.locator(".compare__title a")
    assert [a.get_attribute("href") for a in titles.all()] == [f"/sessions/{s.pk}/" for s in (first, last)]
    smile = page.locator("[data-pair]", has_text="Smile, teeth shown").first
    smile.click()
    page.get_by_role("button", name="Apex in both").click()
    for letter in ("A", "B"):
        apex_s = float((smile.get_attribute(f"data-{letter.lower()}") or "").split()[1])
        video = page.locator(f"[data-visit={letter}] video").element_handle()
        page.wait_for_function(f"([video, apex]) => {STANDS_ON}", arg=[video, apex_s])
    expect(page.get_by_text("Recorded and measured alike, so the numbers can be compared.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Brow ")).first).to_contain_text("better")  # as it was rendered
    way.look("Two sessions side by side")


def a_point_is_put_right(way: Way, worker: Worker) -> None:
    """With a big screen by dragging, and the worker measures anew; with a small one by key, and taken back."""
    page = way.page
    way.back_to_session()
    page.get_by_role("link", name="Correct", exact=True).click()
    page.get_by_role("button", name=re.compile("Smile, teeth shown")).first.click()
    corner = page.locator(CORNER)
    expect(page.locator("image")).to_have_count(1, timeout=SOON)  # the worker makes the picture
    way.look("Correct the measurement")
    found = corner.get_attribute("aria-label") or ""
    corner.press("Shift+ArrowDown")
    expect(corner).to_have_attribute("aria-label", re.compile("; moved$"))
    if not way.is_big:
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(corner).to_have_attribute("aria-label", found)
        return
    drag(page, corner, (0, 12))
    page.get_by_label(re.compile("^Why")).last.fill("The corner lies lower.")
    page.get_by_role("button", name="Save and measure anew").click()
    expect(page.get_by_text("The video is being measured anew with it.")).to_be_visible()
    runs = Correction.objects.get().runs
    wait_for(lambda: not runs.get().is_open, "the video is measured anew", PATIENCE_S)
    assert runs.get().state == RunState.DONE, worker.log()
    original, corrected = Assessment.objects.filter(session=way.session).order_by("created_at")
    assert (original.is_current, corrected.is_current) == (False, True)
    way.back_to_session()
    expect(page.get_by_text("Corrected by Dr Vera Pretend")).to_be_visible()


def the_three_scales_are_graded_blind(way: Way) -> None:
    page = way.page
    way.back_to_session()
    page.get_by_role("link", name="Grade by hand").click()
    expect(page.get_by_text("Machine values hidden until you have graded")).to_be_visible()
    assert "The machine" not in page.locator("main").inner_text()
    page.locator('input[name="grade"][value="3"]').check()
    way.look("Grade by hand")
    page.get_by_role("button", name="Save final grade").click()
    expect(page.get_by_text(re.compile("The machine"))).to_be_visible()
    for scale in ("sunnybrook", "eface"):
        page.goto(f"/sessions/{way.session.pk}/grade/?scale={scale}")
        for item in page.locator("fieldset.rating").all():
            item.locator("input").first.check()
        for number in page.locator(".vas__number").all():
            number.fill("90")
        expect(page.locator("[data-total]")).not_to_be_empty()
        way.look("Grade by hand")
        page.get_by_role("button", name="Save final grade").click()
        expect(page.locator("#revealed")).to_be_visible()
    given = ClinicianGrade.objects.filter(session=way.session)
    assert {grade.scale: grade.blinded for grade in given} == dict.fromkeys(
        ("house_brackmann", "sunnybrook", "eface"), True
    )
    way.back_to_session()
    expect(page.locator("#record")).to_contain_text("Dr Vera Pretend")


def a_report_is_made_and_taken_along(way: Way) -> None:
    page = way.page
    page.get_by_role("link", name="Report", exact=True).click()
    expect(page.get_by_role("heading", name="Preview of the contents")).to_be_visible()
    page.get_by_label("Your comment").fill("Tape at night.")
    way.look("New report")
    page.get_by_role("button", name="Make the report").click()
    expect(page.locator(".paper").first).to_contain_text("Issued on", timeout=SOON)
    way.look("Reports about Robin Fable")
    pdf = PdfReader(io.BytesIO(downloaded(page, page.get_by_role("link", name=re.compile("^Download")).first)))
    text = "\n".join(sheet.extract_text() for sheet in pdf.pages)
    assert "Robin Fable" in text and "Tape at night." in text
    bundle = Bundle.model_validate(json.loads(downloaded(page, page.get_by_role("link", name="FHIR (R4B)"))))
    kinds = {entry.resource.get_resource_type() for entry in bundle.entry}
    assert {"Patient", "Media", "Observation", "DiagnosticReport"} <= kinds


def the_result_is_released_with_a_message(way: Way, phone: Page) -> None:
    page, words = way.page, f"We talk about {'the later' if way.is_big else 'the first'} visit on Thursday."
    way.back_to_session()
    phone.goto(f"/me/sessions/{way.session.pk}/")
    expect(phone.get_by_role("heading", name="What was measured")).to_have_count(0)  # held until a clinician decides
    page.get_by_role("link", name="Summary and release").click()
    way.look("What Robin Fable may see")
    page.get_by_role("button", name="Release to Robin Fable").click()
    expect(page.get_by_text("Released to the patient")).to_be_visible()
    page.goto(f"/patients/{way.patient.pk}/")
    page.get_by_label("Message", exact=True).fill(words)
    page.get_by_role("button", name="Send to Robin Fable").click()
    expect(page.get_by_text("The message is sent.")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", name="What was measured")).to_be_visible()
    way.faults += too_wide(phone) + serious(phone)
    phone.goto("/me/messages/")
    expect(phone.get_by_text(words)).to_be_visible()
    way.faults += too_wide(phone) + serious(phone)


def test_every_page_of_the_workspace_does_its_work_on_the_demonstration(
    robin: Patient, worker: Worker, log_in: LogIn
) -> None:
    first, last = robin.sessions.order_by("recorded_at")
    phone = log_in(None, PHONE)
    enter(phone, "Robin Fable")
    for size, session in ((DESKTOP, last), (PHONE, first)):
        way = Way(log_in(None, size), robin, session, is_big=size == DESKTOP)
        enter(way.page, "Dr Vera Pretend")
        worklist_is_narrowed_and_worked_through(way)
        next_patient_comes_by_one_key(way)
        patient_page_tells_and_draws_the_course(way)
        session_page_goes_to_apexes_and_draws_over_the_face(way)
        two_visits_stand_side_by_side(way)
        a_point_is_put_right(way, worker)
        the_three_scales_are_graded_blind(way)
        a_report_is_made_and_taken_along(way)
        the_result_is_released_with_a_message(way, phone)
        assert way.faults == []
