"""Asking for reports: who may, with which contents, and what the pages show and hand out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic import dispatch
from clinic.errors import Missing, Refused, TooMany
from clinic.models import AuditEvent, Letterhead, Report, User
from clinic.models.papers import PaperState
from clinic.selectors import letters
from clinic.services import papers, reports
from clinic.services.reports import Choice
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import measured

AsUser = Callable[[User | None], Client]
Sent = list[tuple[str, dict[str, str]]]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def choice(case: Case, **changed: Any) -> Choice:
    given = {"episode": case.episode, "sessions": (case.session,), "sections": ("summary",), "wording": "clinical"}
    return Choice(**{**given, **changed})


def form(case: Case, **changed: Any) -> dict[str, Any]:
    given = {"sessions": [str(case.session.pk)], "sections": ["summary", "charts"], "wording": "clinical"}
    return {**given, "episode": str(case.episode.pk), "comment": "", "action": "make", **changed}


def test_request_is_numbered_noted_and_announced(
    cast: Cast, case: Case, sent: Sent, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)
        second = reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)
    assert second.number == first.number + 1
    assert sent == [(dispatch.MAKE_REPORT, {"report_id": str(r.pk)}) for r in (first, second)]
    assert AuditEvent.objects.filter(action="request report", patient=cast.patient).count() == 2


def test_lost_bell_is_rung_again_by_the_sweep(cast: Cast, case: Case, sent: Sent) -> None:
    report = reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)
    assert papers.sweep() == 1
    assert sent == [(dispatch.MAKE_REPORT, {"report_id": str(report.pk)})]
    assert papers.sweep() == 0  # its bell is fresh


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sessions": ()}, "no_sessions"),
        ({"sections": ("else",)}, "no_contents"),
        ({"wording": "lyrical"}, "no_contents"),
        ({"sections": ("summary", "stills")}, "no_image_consent"),
    ],
)
def test_request_that_cannot_be_made_is_refused(changed: dict[str, Any], code: str, cast: Cast, case: Case) -> None:
    with pytest.raises(Refused) as refused:
        reports.request(patient=cast.patient, choice=choice(case, **changed), by=cast.clinician)
    assert refused.value.code == code


def test_session_of_another_patient_is_refused(cast: Cast, case: Case) -> None:
    foreign = make.SessionFactory(patient=cast.other_patient)
    with pytest.raises(Refused):
        reports.request(patient=cast.patient, choice=choice(case, sessions=(foreign,)), by=cast.clinician)


def test_too_many_at_once_are_refused(cast: Cast, case: Case) -> None:
    for _ in range(reports.MOST_OPEN):
        reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)
    with pytest.raises(TooMany):
        reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)


def test_pictures_are_offered_only_under_todays_consent(cast: Cast, case: Case, as_user: AsUser) -> None:
    where = reverse("report-new", args=[cast.patient.pk])
    client = as_user(cast.clinician)
    page = client.get(where).content.decode()
    assert 'value="stills"' not in page and "has not agreed to them in reports" in page
    make.ConsentFactory(patient=cast.patient, purpose="images", text_version="2001-01")
    assert not reports.may_show_images(cast.patient)  # an older text than today's
    cast.patient.consents.filter(purpose="images").update(text_version=reports.consents.TEXT_VERSIONS["images"])
    assert 'value="stills"' in client.get(where).content.decode()


def test_form_begins_with_everything_of_the_episode_and_the_clinics_wording(
    cast: Cast, case: Case, as_user: AsUser
) -> None:
    Letterhead.objects.create(organisation=cast.site, wording="research")
    form_of = as_user(cast.clinician).get(reverse("report-new", args=[cast.patient.pk])).context["form"]
    assert form_of.initial["sessions"] == [str(case.session.pk)]
    assert form_of.initial["wording"] == "research"


def test_one_session_can_be_asked_for(cast: Cast, case: Case, as_user: AsUser) -> None:
    other = make.SessionFactory(patient=cast.patient, episode=case.episode)
    where = reverse("report-new", args=[cast.patient.pk])
    page = as_user(cast.clinician).get(where, {"session": str(other.pk)})
    assert page.context["form"].initial["sessions"] == [str(other.pk)]


def test_new_version_begins_like_the_old_one_and_names_it(cast: Cast, case: Case, as_user: AsUser) -> None:
    old = make.ReportFactory(
        patient=cast.patient, episode=case.episode, sessions=[str(case.session.pk)], comment="As before."
    )
    client, where = as_user(cast.clinician), reverse("report-new", args=[cast.patient.pk])
    page = client.get(where, {"replaces": str(old.pk)})
    assert "As before." in page.content.decode()
    client.post(where, form(case, replaces=str(old.pk)))
    assert Report.objects.get(state=PaperState.QUEUED).replaces == old


def test_preview_says_what_the_report_would_say_and_keeps_nothing(cast: Cast, case: Case, as_user: AsUser) -> None:
    client, before = as_user(cast.clinician), Report.objects.count()
    for response in (
        client.post(reverse("report-new", args=[cast.patient.pk]), form(case, action="preview", comment="Tape.")),
        client.get(reverse("report-preview", args=[cast.patient.pk]), form(case, comment="Tape.")),
    ):
        page = response.content.decode()
        assert response.status_code == 200 and "Tape." in page and "One session is reported" in page
    assert Report.objects.count() == before


def test_preview_of_nothing_asks_for_a_choice(cast: Cast, case: Case, as_user: AsUser) -> None:
    response = as_user(cast.clinician).get(reverse("report-preview", args=[cast.patient.pk]), {"wording": "clinical"})
    assert "Choose at least one session" in response.content.decode()


def test_made_report_is_followed_until_it_is_there(cast: Cast, case: Case, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    response = client.post(reverse("report-new", args=[cast.patient.pk]), form(case), follow=True)
    report = Report.objects.get(state=PaperState.QUEUED)
    status = reverse("report-status", args=[report.pk])
    assert f'hx-get="{status}"' in response.content.decode()
    Report.objects.filter(pk=report.pk).update(state="failed", error_code="internal")
    page = client.get(status).content.decode()
    assert "hx-trigger" not in page and "please ask for it again" in page


def test_file_is_private_noted_and_named_without_the_person(cast: Cast, case: Case, as_user: AsUser) -> None:
    response = as_user(cast.clinician).get(reverse("report-file", args=[case.report.pk]))
    assert response.content == make.PAPER
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Alder" not in response.headers["Content-Disposition"]
    assert AuditEvent.objects.filter(action="download", patient=cast.patient, actor=cast.clinician).count() == 1


def test_file_that_was_tampered_with_is_not_handed_out(cast: Cast, case: Case, as_user: AsUser) -> None:
    name = case.report.file.name
    with default_storage.open(name, "wb") as file:
        file.write(b"another report")
    with pytest.raises(Missing) as missing:
        papers.whole_file(case.report)
    assert missing.value.code == "file_changed"
    default_storage.delete(name)
    assert as_user(cast.clinician).get(reverse("report-file", args=[case.report.pk])).status_code == 404


def test_unfinished_report_has_no_file(cast: Cast, case: Case, as_user: AsUser) -> None:
    report = reports.request(patient=cast.patient, choice=choice(case), by=cast.clinician)
    assert as_user(cast.clinician).get(reverse("report-file", args=[report.pk])).status_code == 404


def test_administrator_reads_the_list_and_is_offered_no_new_report(cast: Cast, case: Case, as_user: AsUser) -> None:
    page = as_user(cast.administrator).get(reverse("report-list", args=[cast.patient.pk])).content.decode()
    assert "Download" in page and "New report" not in page and "New version" not in page


def test_list_inside_the_patient_page_is_a_fragment(cast: Cast, case: Case, as_user: AsUser) -> None:
    client, where = as_user(cast.clinician), reverse("report-list", args=[cast.patient.pk])
    page = client.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page and 'id="reports"' in page
    assert f'hx-get="{where}"' in client.get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()


def test_contents_hold_only_the_chosen_sessions(cast: Cast, case: Case) -> None:
    later = measured(make.SessionFactory(patient=cast.patient, episode=case.episode)).session
    alone = letters.draft(cast.patient, choice(case, sessions=(later,)), made_by="C")
    both = letters.draft(cast.patient, choice(case, sessions=(later, case.session)), made_by="C")
    assert [row.pk for row in alone.sessions] == [later.pk] and not alone.changes
    assert len(both.course.points) == 2 and both.changes
    assert alone.title == alone.profile.title_session and both.title == both.profile.title_course


def test_pictures_come_from_rest_and_the_apex_of_each_movement(cast: Cast, case: Case) -> None:
    make.ConsentFactory(patient=cast.patient, purpose="images", text_version=reports.consents.TEXT_VERSIONS["images"])
    later = measured(make.SessionFactory(patient=cast.patient, episode=case.episode)).session
    made = letters.draft(cast.patient, choice(case, sessions=(later,), sections=("stills",)), made_by="C")
    [source] = made.stills
    assert [(m.label, m.at_s) for m in source.moments] == [("Rest", 0.02), ("Smile, teeth shown", 0.08)]


def test_letterhead_stands_on_the_next_report(cast: Cast, case: Case, as_user: AsUser) -> None:
    body = {"heading": "Face Unit", "address": "Street 1\n\n Town ", "contact": "+1", "wording": "patient"}
    client = as_user(cast.administrator)
    assert client.post(reverse("letterhead"), {**body, "logo": SimpleUploadedFile("l.png", PNG)}).status_code == 302
    head = letters.draft(cast.patient, choice(case), made_by="C").head
    assert (head.heading, head.address, head.contact) == ("Face Unit", ("Street 1", "Town"), "+1")
    assert head.logo.endswith(".png")
    client.post(reverse("letterhead"), {**body, "without_logo": "on"})
    assert letters.draft(cast.patient, choice(case), made_by="C").head.logo == ""
    assert AuditEvent.objects.filter(action="change", object_type="letterhead").count() == 2


@pytest.mark.parametrize("content", [b"<svg onload='x'/>", b"%PDF-1.4", PNG.ljust(600_000, b"\x00")])
def test_logo_that_is_no_small_picture_is_refused(content: bytes, cast: Cast, as_user: AsUser) -> None:
    body = {"wording": "clinical", "logo": SimpleUploadedFile("logo.png", content)}
    response = as_user(cast.administrator).post(reverse("letterhead"), body)
    assert response.status_code == 422 and not Letterhead.objects.exists()


def test_address_of_six_lines_is_refused(cast: Cast, as_user: AsUser) -> None:
    body = {"wording": "clinical", "address": "\n".join("abcdef")}
    assert as_user(cast.administrator).post(reverse("letterhead"), body).status_code == 422
