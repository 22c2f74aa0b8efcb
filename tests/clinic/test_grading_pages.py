"""The grading pages: nothing measured before the own grade, everything beside it afterwards."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import Scale, ScaleItem, Scales
from clinic.grading.tables import table
from clinic.models import AuditEvent, ClinicianGrade, GradeDraft, Session, User
from clinic.services import grades
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import changed, measured
from tests.clinic.test_grades import graded, second_rater, whole

As = Callable[[User | None], Client]
AUTO_EFACE = Scale({"smile": ScaleItem(41.5)}, 77.25, [], "auto-eface", "")
SUNNYBROOK = Scale({"voluntary_snarl": ScaleItem(2.0)}, 63.0, [], "rules", "")
MACHINE_WORDS = [
    "60\N{NO-BREAK SPACE}%",
    "0.6",
    "77.2",
    "77.25",
    "41.5",
    "63 of 100",
    "Machine, estimated",
    "curves.json",
    "as far as",
]


@pytest.fixture
def session(cast: Cast) -> Session:
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    measured(made, report=changed(scales=Scales(None, SUNNYBROOK, AUTO_EFACE)), with_series=True)
    return made


def address(session: Session, scale: str = "house_brackmann") -> str:
    return f"{reverse('session-grade', args=[session.pk])}?scale={scale}"


def page(client: Client, session: Session, scale: str = "house_brackmann") -> str:
    return client.get(address(session, scale)).content.decode()


@pytest.mark.parametrize("scale", ["house_brackmann", "sunnybrook", "eface"])
def test_blinded_page_holds_nothing_measured(session: Session, cast: Cast, as_user: As, scale: str) -> None:
    graded(session, second_rater(cast), 5, note="eyelid weight")
    shown = page(as_user(cast.clinician), session, scale)
    assert [word for word in MACHINE_WORDS if word in shown] == []
    assert "Rita Rater" not in shown
    assert "eyelid weight" not in shown
    assert "Machine values hidden until you have graded" in shown


def test_blinded_page_leads_to_places_in_the_video_by_start_alone(session: Session, cast: Cast, as_user: As) -> None:
    shown = page(as_user(cast.clinician), session)
    assert 'data-seek="0.040"' in shown
    assert 'data-seek="0.080"' not in shown  # the apex is measured


@pytest.mark.parametrize("scale", ["house_brackmann", "sunnybrook", "eface"])
def test_form_shows_every_criterion_of_its_scale(session: Session, cast: Cast, as_user: As, scale: str) -> None:
    rules, source = table(scale), page(as_user(cast.clinician), session, scale)
    shown = html.unescape(re.sub("<[^>]+>", "", source))
    words = [c.overall for c in rules.criteria] + [text for c in rules.criteria for _, text in c.details]
    words += [text for item in rules.items for text in (item.name, item.low_end, item.high_end) if text]
    words += [option.label for item in rules.items for option in item.options]
    assert len(words) >= 20
    assert [text for text in words if text not in shown] == []


def test_own_grade_reveals_machine_and_raters(session: Session, cast: Cast, as_user: As) -> None:
    graded(session, second_rater(cast), 5)
    client = as_user(cast.clinician)
    client.post(address(session), {"scale": "house_brackmann", "grade": "2", "action": "save"})
    shown = page(client, session)
    assert "Machine, estimated" in shown
    assert "III, 60\N{NO-BREAK SPACE}% probable" in shown
    assert "1 grade worse than yours" in shown
    assert "2 raters differ: II to V, 3 grades apart." in shown


def test_one_scale_graded_does_not_reveal_another(session: Session, cast: Cast, as_user: As) -> None:
    graded(session, cast.clinician, 2)
    assert "63 of 100" not in page(as_user(cast.clinician), session, "sunnybrook")


def test_items_of_both_stand_side_by_side(session: Session, cast: Cast, as_user: As) -> None:
    grades.save(session=session, rater=cast.clinician, scale="sunnybrook", raw=whole())
    shown = page(as_user(cast.clinician), session, "sunnybrook")
    assert "37 points lower (worse) than yours" in shown
    assert "machine 3 points less" in shown  # snarl: 5 by hand, 2 by the machine


def test_unblinded_page_shows_the_machine_and_no_other_rater(session: Session, cast: Cast, as_user: As) -> None:
    grades.set_own_blinding(user=cast.clinician, blinded=False)
    graded(session, second_rater(cast), 5)
    shown = page(as_user(cast.clinician), session)
    assert "III, 60\N{NO-BREAK SPACE}% probable" in shown
    assert "Rita Rater" not in shown


def test_blinding_is_switched_on_the_page(session: Session, cast: Cast, as_user: As) -> None:
    client = as_user(cast.clinician)
    client.post(reverse("session-grade-blinding", args=[session.pk]), {"blinded": "no"})
    assert not grades.is_blinded(user=cast.clinician, organisation=cast.site)
    assert AuditEvent.objects.filter(action="show machine values", actor=cast.clinician).exists()


def test_incomplete_final_grade_keeps_what_was_typed(session: Session, cast: Cast, as_user: As) -> None:
    sent = {"scale": "sunnybrook", "voluntary_snarl": "3", "note": "tired", "action": "save"}
    answer = as_user(cast.clinician).post(address(session), sent)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Still missing" in shown
    assert re.search(r'name="voluntary_snarl" value="3" checked', shown)
    assert "tired" in shown
    assert not ClinicianGrade.objects.exists()


def test_draft_comes_back_to_its_rater_alone(session: Session, cast: Cast, as_user: As) -> None:
    sent = {"scale": "house_brackmann", "grade": "4", "action": "draft"}
    as_user(cast.clinician).post(address(session), sent)
    assert 'value="4" checked' in page(as_user(cast.clinician), session)
    assert 'value="4" checked' not in page(as_user(second_rater(cast)), session)


def test_autosave_answers_in_json(session: Session, cast: Cast, as_user: As) -> None:
    client = as_user(cast.clinician)
    kept = client.post(
        address(session), {"scale": "eface", "smile": "40", "action": "draft"}, HTTP_ACCEPT="application/json"
    )
    refused = client.post(
        address(session), {"scale": "eface", "smile": "400", "action": "draft"}, HTTP_ACCEPT="application/json"
    )
    assert re.fullmatch(r"\d\d:\d\d", kept.json()["saved_at"])
    assert (refused.status_code, "from 0 to 100" in refused.json()["message"]) == (422, True)
    assert GradeDraft.objects.get().items == {"smile": 40}


def test_correcting_the_own_grade_starts_from_it(session: Session, cast: Cast, as_user: As) -> None:
    graded(session, cast.clinician, 2)
    shown = as_user(cast.clinician).get(address(session) + "&edit=yes").content.decode()
    assert 'value="2" checked' in shown
    assert "becomes a new version" in shown


def test_list_leads_to_what_is_not_graded_and_nowhere_else(
    session: Session, case: Case, cast: Cast, as_user: As
) -> None:
    graded(case.session, cast.clinician, 3)
    shown = as_user(cast.clinician).get(reverse("grading-list")).content.decode()
    assert reverse("session-grade", args=[session.pk]) in shown
    assert reverse("session-grade", args=[case.session.pk]) not in shown


def test_clinic_chooses_for_who_has_not_chosen(cast: Cast, as_user: As) -> None:
    client = as_user(cast.administrator)
    client.post(reverse("grading-settings"), {"blinded": "no"})
    assert not grades.is_blinded(user=cast.clinician, organisation=cast.site)
    assert 'value="no" checked' in client.get(reverse("grading-settings")).content.decode()


def test_session_page_tells_the_record(session: Session, cast: Cast, as_user: As) -> None:
    graded(session, cast.clinician, 2)
    shown = as_user(cast.clinician).get(reverse("session-detail", args=[session.pk])).content.decode()
    assert "House-Brackmann II by Carla Clinician" in shown
    assert "(machine: III, 60\N{NO-BREAK SPACE}% probable)" in shown


def test_api_tells_grades_and_record_to_staff_and_nothing_to_the_patient(
    session: Session, cast: Cast, as_user: As
) -> None:
    graded(session, cast.clinician, 2)
    client = as_user(cast.clinician)
    [grade] = client.get(f"/api/v1/grades/?session={session.pk}").json()["results"]
    [record] = client.get(f"/api/v1/sessions/{session.pk}/record/").json()
    assert (grade["value"], grade["words"], grade["rater"], grade["blinded"]) == (2.0, "II", "Carla Clinician", True)
    assert (record["state"], record["value"], record["machine"]) == ("one", 2.0, "III, 60\N{NO-BREAK SPACE}% probable")
    assert as_user(cast.patient_user).get("/api/v1/grades/").json()["results"] == []
