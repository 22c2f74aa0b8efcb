"""The administrator's overview and the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clinic.models import AnalysisRun, AuditEvent, Organisation, Role, User, WorkerBeat
from clinic.models.results import RunState
from clinic.selectors import administration as overview
from clinic.selectors import audit as audit_selector
from clinic.services import audit
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.pages import page

AsUser = Callable[[User | None], Client]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def run_of(cast: Cast, state: RunState, **values: object) -> AnalysisRun:
    run: AnalysisRun = make.RunFactory(video__session__patient=cast.patient, state=state, **values)
    return run


def test_failed_run_is_shown_with_its_reason_and_a_way_to_retry(office: Client, cast: Cast) -> None:
    run = run_of(cast, RunState.FAILED, error_code="memory", finished_at=timezone.now())
    html = page(office, "/administration/")
    assert "needed more memory" in html and f'action="/runs/{run.pk}/retry/"' in html


def test_failed_run_with_a_later_attempt_needs_no_hand(cast: Cast) -> None:
    run = run_of(cast, RunState.FAILED, error_code="memory")
    make.RunFactory(video=run.video)
    assert overview.queue(cast.site).failed_count == 0


def test_other_clinics_are_not_counted(cast: Cast) -> None:
    make.RunFactory(video__session__patient=cast.outside_patient)
    make.RunFactory(video__session__patient=cast.outside_patient, state=RunState.FAILED)
    found = overview.queue(cast.site)
    assert (found.open_count, found.failed_count, found.oldest) == (0, 0, None)
    assert overview.storage(cast.site).video_bytes == 0
    assert overview.counts(cast.site).sessions == 0


def test_oldest_open_run_leads(cast: Cast) -> None:
    old = run_of(cast, RunState.QUEUED, created_at=timezone.now() - timedelta(hours=3))
    run_of(cast, RunState.QUEUED)
    found = overview.queue(cast.site)
    assert found.open_runs[0] == old and found.oldest == old.created_at and found.open_count == 2


def test_overview_asks_again_only_while_something_is_under_way(office: Client, cast: Cast) -> None:
    assert "hx-trigger" not in page(office, "/administration/")
    run_of(cast, RunState.QUEUED)
    assert 'hx-trigger="every' in page(office, "/administration/")


def test_worker_is_alive_while_it_shows_itself(office: Client) -> None:
    assert "None seen" in words(page(office, "/administration/"))
    beat = WorkerBeat.objects.create(worker="w@one", queue="video", seen_at=timezone.now())
    assert "Alive" in words(page(office, "/administration/"))
    WorkerBeat.objects.filter(pk=beat.pk).update(seen_at=timezone.now() - 2 * overview.SILENT_AFTER)
    assert "Silent" in words(page(office, "/administration/"))


def test_reasons_of_refusals_are_counted_once_a_video(cast: Cast) -> None:
    dark = {"code": "too_dark", "message": "Face a window."}
    for problems in ([dark], [dark, dark], [{"code": "no_face", "message": "No face."}]):
        run_of(cast, RunState.REFUSED, problems=problems, finished_at=timezone.now())
    run_of(cast, RunState.REFUSED, problems=[dark], finished_at=timezone.now() - 2 * overview.LOOKED_BACK)
    assert [(r.message, r.videos) for r in overview.refusals(cast.site)] == [("Face a window.", 2), ("No face.", 1)]


def test_django_administration_is_linked_for_staff_only(office: Client, cast: Cast) -> None:
    assert "/django-admin/" not in page(office, "/administration/")
    User.objects.filter(pk=cast.administrator.pk).update(is_staff=True)
    assert 'href="/django-admin/"' in page(office, "/administration/")


def test_new_installation_gets_its_first_administrator_as_the_readme_says(db: None, as_user: AsUser) -> None:
    call_command("createsuperuser", "--noinput", "--email", "first@example.org", "--name", "First", verbosity=0)
    first = User.objects.get(email="first@example.org")
    client = as_user(first)
    assert client.get("/administration/").status_code == 403
    client.post("/django-admin/clinic/organisation/add/", {"name": "New Clinic"})
    clinic = Organisation.objects.get(name="New Clinic")
    row = {"organisation": clinic.pk, "user": first.pk, "role": "administrator"}
    client.post("/django-admin/clinic/membership/add/", row)
    assert "New Clinic</h1>" in page(client, "/administration/")


def test_exercises_of_a_protocol_are_chosen_in_words_and_stored_as_codes(cast: Cast, as_user: AsUser) -> None:
    protocol = cast.site.protocols.create(name="Home session")
    protocol.exercises.create(position=1, exercise="eye_closure_gentle", instruction="Close your eyes.")
    client = as_user(User.objects.create_superuser("root@example.org", make.PASSWORD, name="Root"))
    html = page(client, f"/django-admin/clinic/protocol/{protocol.pk}/change/")
    assert '<option value="eye_closure_gentle" selected>Close eyes gently</option>' in html
    assert "1. eye closure gentle" in html


def test_administrator_of_two_clinics_works_on_the_chosen_one(office: Client, cast: Cast) -> None:
    make.MembershipFactory(organisation=cast.other_site, user=cast.administrator, role=Role.ADMINISTRATOR)
    assert "North Clinic</h1>" in page(office, "/administration/")
    assert "South Clinic</h1>" in page(office, f"/administration/?clinic={cast.other_site.pk}")
    assert "Olga Oak" in page(office, "/administration/people/")


def test_choosing_a_foreign_clinic_changes_nothing(office: Client, cast: Cast) -> None:
    assert "North Clinic</h1>" in page(office, f"/administration/?clinic={cast.other_site.pk}")


@pytest.mark.parametrize("path", ["/administration/", "/administration/audit/"])
def test_page_costs_the_same_for_one_row_and_for_five(
    office: Client, cast: Cast, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def add() -> None:
        run = run_of(cast, RunState.FAILED, error_code="internal", finished_at=timezone.now())
        run_of(cast, RunState.QUEUED)
        audit.record(actor=cast.clinician, action="view", obj=run)

    add()
    office.get(path)
    with django_assert_num_queries(30, exact=False) as one:
        office.get(path)
    for _ in range(4):
        add()
    with django_assert_num_queries(len(one.captured_queries)):
        office.get(path)


# --- audit log ---


def event(cast: Cast, minutes_ago: int = 0, **values: object) -> AuditEvent:
    given = {"actor": cast.clinician, "action": "view", "patient": cast.patient, "organisation": cast.site, **values}
    when = timezone.now() - timedelta(minutes=minutes_ago)
    return AuditEvent.objects.create(created_at=when, object_type="session", object_id="1", **given)


def test_filters_narrow_by_person_patient_action_and_day(office: Client, cast: Cast) -> None:
    event(cast, action="play")
    event(cast, actor=cast.colleague, patient=cast.other_patient, action="upload")
    event(cast, minutes_ago=3 * 24 * 60, action="review")
    day = (timezone.localdate() - timedelta(days=3)).isoformat()
    for query, action in (
        (f"actor={cast.colleague.pk}", "upload"),
        (f"patient={cast.other_patient.pk}", "upload"),
        ("action=play", "play"),
        (f"last_day={day}", "review"),
    ):
        html = page(office, f"/administration/audit/?{query}")
        assert re.findall(r'<span class="badge">(\w+)</span>', html) == [action], query


def test_foreign_events_and_people_stay_out(office: Client, cast: Cast) -> None:
    event(cast, organisation=cast.other_site, patient=cast.outside_patient, actor=cast.outsider)
    html = page(office, f"/administration/audit/?actor={cast.outsider.pk}")
    assert "Otto Outsider" not in html and "Olga Oak" not in html


def test_pages_by_keyset_show_every_event_once_while_new_ones_arrive(office: Client, cast: Cast) -> None:
    made = {str(event(cast, minutes_ago=i // 7).pk) for i in range(120)}  # many share one moment
    seen: list[str] = []
    place = ""
    while True:
        found = audit_selector.page(organisation=cast.site, chosen=audit_selector.Filter(), before=place)
        seen += [str(e.pk) for e in found.events]
        event(cast, minutes_ago=0, action="new")
        if not (place := found.older):
            break
    assert len(seen) == len(set(seen)) == 120 and set(seen) == made


@pytest.mark.parametrize(
    "before", ["x", "2026-01-01_x", "2026-99-99T00:00:00+00:00_x", "_", "2026-01-01T00:00:00_" + "0" * 32]
)
def test_place_that_cannot_be_read_is_the_beginning(office: Client, cast: Cast, before: str) -> None:
    event(cast)
    html = office.get("/administration/audit/", {"before": before}).content.decode()
    assert html.count('data-label="Who"') == 1


@pytest.mark.parametrize("query", ["actor=x", "patient=1", "first_day=32.13.", "action=nothing"])
def test_filter_that_cannot_be_read_is_shown_as_a_mistake(office: Client, cast: Cast, query: str) -> None:
    assert "field__error" in page(office, f"/administration/audit/?{query}")


def test_unseen_sessions_are_the_measured_ones_without_a_look(case: Case, cast: Cast) -> None:
    assert overview.counts(cast.site).unseen_sessions == 1
    case.session.reviewed_at = timezone.now()
    case.session.save()
    assert overview.counts(cast.site).unseen_sessions == 0
