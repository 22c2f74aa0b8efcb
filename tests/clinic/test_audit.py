"""The trail: found patients, addresses, and rows that nobody changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from clinic.middleware import client_address
from clinic.models import AuditEvent, User
from clinic.models.audit import AuditIsKept
from clinic.services import audit
from tests.clinic import factories as make
from tests.clinic.addresses import address
from tests.clinic.cast import Case, Cast
from tests.clinic.test_query_counts import VIEWS, read

AsUser = Callable[[User | None], Client]


def test_patient_and_clinic_are_found_from_any_row_that_hangs_on_them(cast: Cast, case: Case) -> None:
    rows = [case.episode, case.treatment, case.session, case.video, case.run, case.assessment, cast.patient]
    events = [audit.record(actor=cast.clinician, action="view", obj=row) for row in rows]
    assert {(event.patient, event.organisation) for event in events} == {(cast.patient, cast.site)}


def test_row_about_no_patient_belongs_to_its_clinic(cast: Cast, case: Case) -> None:
    event = audit.record(actor=cast.administrator, action="change", obj=case.cohort)
    assert (event.patient, event.organisation, event.object_type) == (None, cast.site, "cohort")


def test_nobody_is_no_actor(cast: Cast) -> None:
    assert audit.record(actor=AnonymousUser(), action="denied", obj=cast.patient).actor is None


def test_event_cannot_be_changed_or_removed_through_models(cast: Cast) -> None:
    event = audit.record(actor=cast.clinician, action="view", obj=cast.patient)
    event.action = "nothing"
    attempts: list[Callable[[], Any]] = [
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(action="nothing"),
    ]
    for attempt in attempts:
        with pytest.raises(AuditIsKept):
            attempt()
    assert AuditEvent.objects.get().action == "view"


@pytest.mark.parametrize("column", ["action = 'x'", "object_id = 'x'", "created_at = '2020-01-01'", "address = NULL"])
def test_event_cannot_be_changed_past_the_models(cast: Cast, column: str) -> None:
    audit.record(actor=cast.clinician, action="view", obj=cast.patient, address="192.0.2.1")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE clinic_auditevent SET {column}")
    assert AuditEvent.objects.get().address == "192.0.2.1"


def test_event_cannot_be_laid_on_somebody_else(cast: Cast) -> None:
    audit.record(actor=cast.clinician, action="view", obj=cast.patient)
    other = cast.colleague.pk.hex if connection.vendor == "sqlite" else str(cast.colleague.pk)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_auditevent SET actor_id = %s", [other])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's own trigger guards changes, not removal")
def test_postgresql_refuses_to_remove_an_event(cast: Cast) -> None:
    audit.record(actor=cast.clinician, action="view", obj=cast.patient)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_auditevent")


def test_erased_person_is_forgotten_and_the_event_stays(cast: Cast) -> None:
    visitor: User = make.UserFactory()
    audit.record(actor=visitor, action="view", obj=cast.patient)
    visitor.delete()
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.patient) == (None, "view", cast.patient)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),  # without proxies of our own the header is anybody's word
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),  # what the client wrote stands further left
        (2, "203.0.113.9, 10.1.1.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "<script>", None),
        (1, "", None),
    ],
)
def test_address_is_believed_as_far_as_our_own_proxies_tell_it(
    proxies: int, forwarded: str, address: str | None, settings: Settings
) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_address_of_one_request_is_not_left_for_the_next(cast: Cast, case: Case) -> None:
    client = Client(REMOTE_ADDR="192.0.2.44")
    client.force_login(cast.clinician)
    client.get(reverse("video-play", args=[case.video.pk]))
    assert AuditEvent.objects.get(action="play").address == "192.0.2.44"
    assert audit.record(actor=None, action="sweep", obj=case.run).address is None


def test_list_leaves_one_event_a_patient_and_none_for_the_own_rows(cast: Cast) -> None:
    ids = [cast.patient.pk, cast.patient.pk, cast.other_patient.pk]
    audit.record_list(actor=cast.patient_user, model=type(cast.patient), patient_ids=ids)
    assert [event.patient for event in AuditEvent.objects.all()] == [cast.other_patient]


PARTS = {  # of a page whose opening is on the trail already, fetched by its script
    "patient-news",
    "run-curves",
    "run-landmarks",
    "run-landmark-piece",
    "still-show",
    "report-preview",
}
PROGRESS = {"run-status", "report-status", "export-status", "api:run-list", "api:run-detail"}  # nothing measured
NOBODY = {"filter-list", "patient-new", "invitation-accept"}  # about no patient


def test_whatever_a_clinician_opens_about_a_patient_is_on_the_trail(cast: Cast, case: Case, as_user: AsUser) -> None:
    client, silent = as_user(cast.clinician), set()
    for name in (name for name, role in VIEWS if role == "clinician"):
        before = AuditEvent.objects.filter(patient=cast.patient, actor=cast.clinician).count()
        read(client, address(name, cast, case))
        if AuditEvent.objects.filter(patient=cast.patient, actor=cast.clinician).count() == before:
            silent.add(name)
    assert silent - PARTS - PROGRESS - NOBODY == set()
    assert len(VIEWS) > 2 * len(silent)
