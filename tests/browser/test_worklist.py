"""A clinician works through the list by keys, keeps notes, writes to a patient and releases a result to them."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from clinic.models import Patient, Session
from tests.browser.conftest import DESKTOP, PHONE, LogIn
from tests.browser.shown import serious
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import measured


def recorded(cast: Cast, name: str, *, days: int = 0) -> Session:
    person: Patient = make.PatientFactory(organisation=cast.site, name=name)
    person.care_teams.add(cast.team)
    episode = make.EpisodeFactory(patient=person)
    at = make.datetime(2026, 3, 10, 12, tzinfo=make.UTC) + timedelta(days=days)
    session: Session = make.SessionFactory(patient=person, episode=episode, recorded_at=at)
    return session


def test_list_is_worked_through_by_keys(log_in: LogIn, cast: Cast) -> None:
    first, second = recorded(cast, "Clara Cedar", days=9), recorded(cast, "Dora Dogwood")
    page = log_in(cast.clinician, DESKTOP)
    page.goto("/patients/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Clara Cedar", exact=True)).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Dora Dogwood", exact=True)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("r")
    line = page.locator(f"#line-{first.patient_id}")
    expect(line.get_by_text("all reviewed")).to_be_visible()
    expect(page.get_by_role("link", name="Clara Cedar", exact=True)).to_be_focused()  # the place is kept
    page.keyboard.press("u")
    expect(line.get_by_text("1 to review")).to_be_visible()
    expect(page.get_by_role("link", name="Clara Cedar", exact=True)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Clara Cedar", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_visible()  # shown by the script that listens
    page.keyboard.press("r")
    expect(page.get_by_text("The session is marked as reviewed.")).to_be_visible()
    first.refresh_from_db()
    assert first.reviewed_by == cast.clinician
    page.goto("/patients/?q=dora")
    page.goto(f"/patients/{first.patient_id}/")
    page.keyboard.press("n")
    page.wait_for_url(f"**/patients/{second.patient_id}/")


def test_single_keys_can_be_turned_off(log_in: LogIn, cast: Cast) -> None:
    session = recorded(cast, "Clara Cedar")
    page = log_in(cast.clinician, DESKTOP)
    page.goto("/patients/?q=clara")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.get_by_role("link", name="Clara Cedar", exact=True).focus()
    page.keyboard.press("r")
    page.goto("/patients/?q=clara")
    expect(page.get_by_text("1 to review")).to_be_visible()
    session.refresh_from_db()
    assert session.reviewed_at is None


def test_filter_is_kept_by_name_and_opens_from_its_address(log_in: LogIn, cast: Cast) -> None:
    recorded(cast, "Clara Cedar")
    page = log_in(cast.clinician, PHONE)
    page.goto("/patients/")
    page.get_by_text("More filters").click()
    page.get_by_label("Affected side").select_option("left")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("side=left"))
    expect(page.get_by_role("link", name="Anna Alder", exact=True)).to_have_count(0)
    page.get_by_text("Save this filter").click()
    page.get_by_label("Name of this filter").fill("Left faces")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Left faces")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Clear all").click()
    expect(page.get_by_role("link", name="Anna Alder", exact=True)).to_be_visible()
    page.get_by_role("link", name="Rename or delete").click()
    page.get_by_label("New name of Left faces").fill("Left")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Left", exact=True)).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Delete Left").click()
    expect(page.get_by_text("No saved filters")).to_be_visible()


def test_notes_are_corrected_and_struck_and_stay(log_in: LogIn, cast: Cast) -> None:
    page = log_in(cast.clinician, DESKTOP)
    page.goto(f"/patients/{cast.patient.pk}/")
    page.get_by_label("New note").fill("Left brow weak.")
    page.get_by_role("button", name="Keep this note").click()
    expect(page.get_by_text("The note is kept.")).to_be_visible()
    page.get_by_role("link", name="Correct or strike").click()
    page.get_by_label("Corrected wording").fill("Right brow weak.")
    page.get_by_role("button", name="Save the correction").click()
    page.get_by_text("Earlier wording (1)").click()
    expect(page.locator("#notes s")).to_have_text("Left brow weak.")
    page.get_by_role("link", name="Correct or strike").click()
    page.get_by_label("Why it does not hold").fill("Another patient was meant.")
    page.get_by_role("button", name="Strike through").click()
    expect(page.get_by_text("Does not hold: Another patient was meant.")).to_be_visible()
    expect(page.locator("#notes .note__text s")).to_have_text("Right brow weak.")


def test_message_goes_there_and_back(log_in: LogIn, cast: Cast) -> None:
    desk, phone = log_in(cast.clinician, DESKTOP), log_in(cast.patient_user, PHONE)
    desk.goto(f"/patients/{cast.patient.pk}/")
    desk.get_by_label("Message", exact=True).fill("Please tape the eye at night.")
    desk.get_by_role("button", name="Send to Anna Alder").click()
    expect(desk.get_by_text("The message is sent.")).to_be_visible()
    phone.goto("/me/")
    with phone.expect_response("**/me/messages/read/"):
        phone.get_by_role("link", name="Read it").click()
    expect(phone.get_by_text("Please tape the eye at night.")).to_be_visible()
    assert serious(phone) == []
    phone.get_by_label("Message", exact=True).fill("I will.")
    phone.get_by_role("button", name="Send", exact=True).click()
    expect(phone.get_by_text("Your message is sent.")).to_be_visible()
    desk.goto(f"/patients/{cast.patient.pk}/")
    expect(desk.get_by_text("Read by Anna Alder")).to_be_visible()
    desk.get_by_role("button", name="Mark as read").click()
    expect(desk.get_by_text("The messages are marked as read.")).to_be_visible()
    expect(desk.locator("#messages").get_by_text("Unread")).to_have_count(0)


def test_result_is_held_released_and_withdrawn(log_in: LogIn, cast: Cast, picture) -> None:
    episode = make.EpisodeFactory(patient=cast.patient)
    session: Session = make.SessionFactory(patient=cast.patient, episode=episode)
    measured(session, mirrored="no")
    desk, phone = log_in(cast.clinician, DESKTOP), log_in(cast.patient_user, PHONE)
    phone.goto(f"/me/sessions/{session.pk}/")
    expect(phone.get_by_text("What was measured")).to_have_count(0)

    desk.goto(f"/sessions/{session.pk}/")
    desk.get_by_role("link", name="Summary and release").click()
    desk.get_by_label("In your own words").fill("Keep going, we talk on Thursday.")
    assert serious(desk) == []
    picture(desk, "release")
    desk.get_by_role("button", name="Release to Anna Alder").click()
    expect(desk.get_by_text("Released to the patient")).to_be_visible()

    phone.reload()
    expect(phone.get_by_role("heading", name="What was measured")).to_be_visible()
    expect(phone.get_by_text("Keep going, we talk on Thursday.")).to_be_visible()
    expect(phone.get_by_text("The left side moved about 60 % as much as the right side.")).to_be_visible()
    assert serious(phone) == []
    picture(phone, "released")

    desk.get_by_role("link", name="What was told, or withdraw").click()
    desk.get_by_role("button", name="Withdraw").click()
    expect(desk.get_by_text("Held", exact=True)).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("What was measured")).to_have_count(0)
