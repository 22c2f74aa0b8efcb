"""Who gets what at which address: one table drives everything, and an address that is missing from it fails."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from clinic.models import User, Video
from tests.clinic import factories as make
from tests.clinic.addresses import address, every_name
from tests.clinic.api_access import API_ACCESS, api_data
from tests.clinic.cast import Case, Cast
from tests.clinic.tensors import uploads

ROLES = (
    "anonymous",
    "patient",
    "other patient",
    "clinician",
    "colleague",
    "outsider",
    "administrator",
    "outside administrator",
)
LOG_IN = "log in"  # sent to the log-in page

# An address under test is that of a row of `cast.patient` (see addresses.py). "clinician" looks after this patient,
# "colleague" works in another team of the same clinic, outsiders in another clinic. POST goes without data unless
# DATA has some, so that 200 and 422 mean: the form is shown again. 302 is a redirect to somewhere else than the log-in.
# fmt: off
ACCESS: list[tuple[Any, ...]] = [
    # name, method,                   anon,   patient, other, clinic, colleag, outside, admin, outside admin
    ("home", "get",                   LOG_IN, 302, 302, 302, 302, 302, 302, 302),
    ("my-home", "get",                LOG_IN, 200, 200, 404, 404, 404, 404, 404),
    ("my-upload", "get",              LOG_IN, 200, 200, 404, 404, 404, 404, 404),
    ("my-upload", "post",             LOG_IN, 422, 422, 404, 404, 404, 404, 404),
    ("my-consent", "get",             LOG_IN, 200, 200, 404, 404, 404, 404, 404),
    ("my-consent", "post",            LOG_IN, 302, 302, 404, 404, 404, 404, 404),
    ("my-session", "get",             LOG_IN, 200, 404, 404, 404, 404, 404, 404),
    ("my-messages", "get",            LOG_IN, 200, 200, 404, 404, 404, 404, 404),
    ("my-messages", "post",           LOG_IN, 302, 302, 404, 404, 404, 404, 404),
    ("my-messages-read", "post",      LOG_IN, 302, 302, 404, 404, 404, 404, 404),
    ("run-status", "get",             LOG_IN, 200, 404, 200, 404, 404, 200, 404),
    ("run-retry", "post",             LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("video-play", "get",             LOG_IN, 200, 404, 200, 404, 404, 200, 404),
    # clinicians' pages: a stranger finds nothing, patients are told that the page is not for them
    ("patient-list", "get",           LOG_IN, 403, 403, 200, 200, 200, 200, 200),
    ("patient-list-looked", "post",   LOG_IN, 403, 403, 302, 302, 302, 302, 302),
    ("filter-list", "get",            LOG_IN, 403, 403, 200, 200, 200, 200, 200),
    ("filter-list", "post",           LOG_IN, 403, 403, 302, 302, 302, 302, 302),
    ("filter-edit", "post",           LOG_IN, 404, 404, 302, 404, 404, 404, 404),
    ("filter-delete", "post",         LOG_IN, 404, 404, 302, 404, 404, 404, 404),
    ("patient-new", "get",            LOG_IN, 403, 403, 200, 200, 200, 200, 200),
    ("patient-new", "post",           LOG_IN, 403, 403, 302, 422, 422, 302, 422),
    ("patient-detail", "get",         LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-news", "get",           LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-edit", "get",           LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-edit", "post",          LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("patient-next", "get",           LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("patient-follow-up", "get",      LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("patient-follow-up", "post",     LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("note-new", "post",              LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("note-edit", "get",              LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("note-edit", "post",             LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("note-strike", "post",           LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("message-new", "post",           LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("message-read", "post",          LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("patient-chart", "get",          LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-chart-file", "get",     LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-course-file", "get",    LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-rest", "get",           LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("patient-rest", "post",          LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("questionnaire-new", "get",      LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("questionnaire-new", "post",     LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("questionnaire-delete", "post",  LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("episode-new", "get",            LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("episode-new", "post",           LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("episode-edit", "get",           LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("episode-edit", "post",          LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("treatment-new", "get",          LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("treatment-new", "post",         LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("treatment-edit", "get",         LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("treatment-edit", "post",        LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("treatment-delete", "post",      LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("session-upload", "get",         LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("session-upload", "post",        LOG_IN, 403, 404, 302, 404, 404, 302, 404),
    ("session-detail", "get",         LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("session-review", "post",        LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("session-unreview", "post",      LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("session-release", "get",        LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("session-release", "post",       LOG_IN, 403, 404, 422, 404, 404, 403, 404),
    ("session-withdraw", "post",      LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("run-curves-file", "get",        LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("run-curves", "get",             LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-compare", "get",        LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("run-landmarks", "get",          LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("run-landmark-piece", "get",     LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("grading-list", "get",           LOG_IN, 403, 403, 200, 200, 200, 200, 200),
    ("session-correct", "get",        LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("session-correct", "post",       LOG_IN, 403, 404, 422, 404, 404, 403, 404),
    ("session-correct-frames", "post", LOG_IN, 403, 404, 400, 404, 404, 403, 404),  # 400: no times were asked for
    ("still-show", "get",             LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("assessment-restore", "post",    LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("session-grade", "get",          LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("session-grade", "post",         LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("session-grade-blinding", "post", LOG_IN, 403, 404, 302, 404, 404, 403, 404),
    ("report-list", "get",            LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("report-new", "get",             LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("report-new", "post",            LOG_IN, 403, 404, 422, 404, 404, 403, 404),
    ("report-preview", "get",         LOG_IN, 403, 404, 200, 404, 404, 403, 404),
    ("report-status", "get",          LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("report-file", "get",            LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    ("patient-fhir", "get",           LOG_IN, 403, 404, 200, 404, 404, 200, 404),
    # administrators' pages
    ("letterhead", "get",             LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("letterhead", "post",            LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("cohort-exports", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("cohort-exports", "post",        LOG_IN, 403, 403, 403, 403, 403, 422, 404),
    ("export-status", "get",          LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("export-file", "get",            LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("grading-settings", "get",       LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("grading-settings", "post",      LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("administration", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("audit-log", "get",              LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("people", "get",                 LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("invitation-new", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("invitation-new", "post",        LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("invitation-revoke", "post",     LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("membership-remove", "post",     LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("care-team-list", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("care-team-new", "get",          LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("care-team-new", "post",         LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("care-team-edit", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("care-team-edit", "post",        LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("care-team-patient", "post",     LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("cohort-list", "get",            LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("cohort-new", "get",             LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("cohort-new", "post",            LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("cohort-count", "get",           LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("cohort-detail", "get",          LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("cohort-edit", "get",            LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("cohort-edit", "post",           LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("cohort-delete", "get",          LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("cohort-delete", "post",         LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("weights-list", "get",           LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("weights-new", "get",            LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("weights-new", "post",           LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("weights-detail", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("weights-approve", "post",       LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("weights-retire", "post",        LOG_IN, 403, 403, 403, 403, 403, 409, 404),  # 409: not in use
    ("weights-compare", "get",        LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("weights-compare", "post",       LOG_IN, 403, 403, 403, 403, 403, 302, 404),
    ("trial-detail", "get",           LOG_IN, 403, 403, 403, 403, 403, 200, 404),
    ("system-switch", "post",         LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("shipped-detail", "get",         LOG_IN, 403, 403, 403, 403, 403, 200, 200),
    ("shipped-switch", "post",        LOG_IN, 403, 403, 403, 403, 403, 302, 302),
    ("invitation-accept", "get",      200, 200, 200, 200, 200, 200, 200, 200),
    ("invitation-accept", "post",     302, 422, 422, 422, 422, 422, 422, 422),
    # accounts: the same for everybody who is there, and for nobody in particular
    ("account_login", "get",          200, 302, 302, 302, 302, 302, 302, 302),
    ("account_login", "post",         200, 302, 302, 302, 302, 302, 302, 302),
    ("account_logout", "get",         LOG_IN, 200, 200, 200, 200, 200, 200, 200),
    ("account_logout", "post",        *[LOG_IN] * 8),
    ("account_inactive", "get",       200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reauthenticate", "get", LOG_IN, 200, 200, 200, 200, 200, 200, 200),
    ("account_reauthenticate", "post", LOG_IN, 200, 200, 200, 200, 200, 200, 200),
    ("account_change_password", "get", LOG_IN, 200, 200, 200, 200, 200, 200, 200),
    ("account_change_password", "post", LOG_IN, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password", "get", 200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password", "post", 200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password_done", "get", 200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password_from_key", "get", 200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password_from_key", "post", 200, 200, 200, 200, 200, 200, 200, 200),
    ("account_reset_password_from_key_done", "get", 200, 200, 200, 200, 200, 200, 200, 200),
    ("healthz", "get",                200, 200, 200, 200, 200, 200, 200, 200),
    *API_ACCESS,
]
# fmt: on

EPISODE = {"side": "left", "onset_date": "2026-01-01", "cause": "bell"}
UNSAFE = ("post", "put", "patch", "delete")


def data(name: str, cast: Cast) -> dict[str, Any]:
    """What an allowed person would send; {} where an empty form says enough."""
    patient = str(cast.patient.pk)
    bodies: dict[str, dict[str, Any]] = {
        "my-consent": {"purpose": "research"},
        "patient-new": {"name": "New", "record_number": "N-1", "care_teams": [cast.team.pk], **EPISODE},
        "patient-edit": {"name": "Anna A.", "record_number": "A-1", "care_teams": [cast.team.pk]},
        "my-messages": {"text": "May I record twice a week?"},
        "filter-list": {"name": "Left sides", "query": "side=left"},
        "filter-edit": {"name": "Left faces"},
        "patient-follow-up": {"expected": "planned", "every_days": 7},
        "note-new": {"text": "Seen today."},
        "note-edit": {"text": "Seen yesterday."},
        "note-strike": {"because": "Another patient was meant."},
        "message-new": {"text": "Please record in better light."},
        "episode-new": EPISODE,
        "episode-edit": EPISODE,
        "questionnaire-new": {"instrument": "fdi_social", "answered_on": "2026-04-01", "score": "60"},
        "treatment-new": {"kind": "therapy", "started_on": "2026-04-01"},
        "treatment-edit": {"kind": "steroids", "started_on": "2026-04-01"},
        "session-grade": {"scale": "house_brackmann", "grade": "3", "action": "save"},
        "session-upload": {"video": make.upload(), "recorded_on": "2026-05-01", "mirrored": "no"},
        "invitation-new": {"email": "n@example.org", "name": "N", "role": "administrator"},
        "care-team-new": {"name": "Third team"},
        "care-team-edit": {"name": "Face team"},
        "care-team-patient": {"patient": patient},
        "cohort-new": {"name": "New cohort"},
        "letterhead": {"heading": "North Clinic", "wording": "clinical"},
        "cohort-edit": {"name": "Other name"},
        "weights-new": uploads(),
        "weights-compare": {"recordings": [str(v.pk) for v in Video.objects.filter(session__patient=cast.patient)]},
        "system-switch": {"system": "dem", "is_on": "no"},
        "shipped-switch": {"system": "dem", "uses": "no"},
        "invitation-accept": {"name": "N", "password": make.PASSWORD, "again": make.PASSWORD},
        **api_data(cast),
    }
    return bodies.get(name, {})


def ask(client: Client, method: str, name: str, cast: Cast, case: Case) -> HttpResponseBase:
    where, body = address(name, cast, case), data(name, cast) if method in UNSAFE else {}
    if name.startswith("api:") and method in UNSAFE and name != "api:video-list":
        return getattr(client, method)(where, body, content_type="application/json")  # type: ignore[no-any-return]
    return getattr(client, method)(where, body)  # type: ignore[no-any-return]


def outcome(response: HttpResponseBase) -> int | str:
    to_log_in = response.status_code == 302 and response.headers["Location"].startswith(reverse("account_login"))
    return LOG_IN if to_log_in else response.status_code


@contextmanager
def undone() -> Iterator[None]:
    """Whatever one person's request changed is back before the next one asks."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("row", ACCESS, ids=lambda row: f"{row[1]}-{row[0]}")
def test_everybody_gets_what_the_table_says(
    row: tuple[Any, ...], cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    name, method, *expected = row
    got = {}
    for role in ROLES:
        with undone():
            got[role] = outcome(ask(as_user(cast.user(role)), method, name, cast, case))
    assert got == dict(zip(ROLES, expected, strict=True))


def listed_names() -> list[str]:
    return [name for name in every_name() if not name.startswith("admin:")]


def test_every_address_is_in_the_table() -> None:
    assert set(listed_names()) == {row[0] for row in ACCESS}
    assert all(len(row) == 2 + len(ROLES) for row in ACCESS)


@pytest.mark.parametrize("role", ["anonymous", "patient", "clinician", "administrator"])
def test_a_method_that_is_not_in_the_table_is_refused(
    role: str, cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    listed = {(row[0], row[1]) for row in ACCESS}
    answered = {}
    client = as_user(cast.user(role))
    for name, method in itertools.product(listed_names(), ["get", *UNSAFE]):
        if (name, method) not in listed:
            with undone():
                answered[name, method] = outcome(ask(client, method, name, cast, case))
    refusals = (LOG_IN, 401, 403, 404, 405)
    assert {asked: status for asked, status in answered.items() if status not in refusals} == {}


def admin_addresses(case: Case) -> list[str]:
    found = [reverse(f"admin:{name}") for name in ("index", "password_change", "autocomplete", "jsi18n")]
    found.append(reverse("admin:app_list", args=["clinic"]))
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{names}_changelist"), reverse(f"{names}_add")]
        row = model._default_manager.first()
        for page in ("change", "history", "delete"):
            found.append(reverse(f"{names}_{page}", args=[row.pk if row else case.session.pk]))
    return found


def test_djangos_administration_is_closed_to_everybody_but_staff(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    """The rule that stands for all names with `admin:`: no role of the clinic opens any of its pages."""
    opened = {}
    for role in ("anonymous", "patient", "clinician", "administrator"):
        client = as_user(cast.user(role))
        for where in admin_addresses(case):
            response = client.get(where)
            refused = response.status_code == 302 and "/login/" in response.headers["Location"]
            if not refused and response.status_code not in (403, 404):
                opened[role, where] = response.status_code
    assert opened == {}


def test_staff_can_open_every_page_of_djangos_administration(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    root = User.objects.create_superuser("root@example.org", make.PASSWORD, name="Root")
    client = as_user(root)
    broken = {}
    for where in admin_addresses(case):
        if (status := client.get(where).status_code) not in (200, 302, 403):
            broken[where] = status
    assert broken == {}


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("api:patient-list", lambda cast, case: cast.patient),
        ("api:episode-list", lambda cast, case: case.episode),
        ("api:session-list", lambda cast, case: case.session),
        ("api:video-list", lambda cast, case: case.video),
        ("api:run-list", lambda cast, case: case.run),
        ("api:assessment-list", lambda cast, case: case.assessment),
        ("api:note-list", lambda cast, case: case.note),
        ("api:message-list", lambda cast, case: case.message),
    ],
)
def test_lists_hold_exactly_what_one_may_see(
    name: str,
    of: Callable[[Cast, Case], Any],
    cast: Cast,
    case: Case,
    as_user: Callable[[User | None], Client],
) -> None:
    seen = {}
    for role in ROLES[1:]:
        rows = as_user(cast.user(role)).get(reverse(name)).json()["results"]
        seen[role] = str(of(cast, case).pk) in {row["id"] for row in rows}
    not_for = {"api:assessment-list": {"patient"}, "api:note-list": {"patient", "administrator"}}
    not_for["api:message-list"] = {"administrator"}
    may = {"patient", "clinician", "administrator"} - not_for.get(name, set())
    assert seen == {role: role in may for role in ROLES[1:]}


def test_clinician_who_leaves_the_team_sees_the_patient_no_more(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    client = as_user(cast.clinician)
    assert client.get(address("video-play", cast, case)).status_code == 200
    cast.team.clinicians.remove(cast.clinician)
    assert client.get(address("video-play", cast, case)).status_code == 404


def test_team_membership_without_the_role_in_that_clinic_is_no_way_in(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    cast.team.clinicians.add(cast.outsider)
    assert as_user(cast.outsider).get(address("video-play", cast, case)).status_code == 404


def test_disabled_account_is_out_at_once(cast: Cast, case: Case, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.clinician)
    User.objects.filter(pk=cast.clinician.pk).update(is_active=False)
    assert outcome(client.get(address("video-play", cast, case))) == LOG_IN


def test_fragment_with_an_ended_log_in_moves_the_whole_page(cast: Cast, case: Case) -> None:
    response = Client().get(
        address("run-status", cast, case),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/me/?page=2"},
    )
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["HX-Redirect"] == f"{reverse('account_login')}?next=/me/"
