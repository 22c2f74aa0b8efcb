"""The same view costs the same number of queries with one row and with five."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import User
from tests.clinic import factories as make
from tests.clinic.addresses import address
from tests.clinic.cast import Case, Cast, make_case
from tests.clinic.test_access import ACCESS, ROLES

VIEWS = [
    (row[0], role)
    for row in ACCESS
    for role, status in zip(ROLES, row[2:], strict=True)
    if row[1] == "get" and status == 200 and role in ("patient", "clinician", "administrator")
    if not row[0].startswith(("account_", "api-", "healthz"))
]


def more(cast: Cast) -> None:
    """Four more of everything: on the same patient, and on further patients of the same team."""
    for _ in range(4):
        make_case(cast)
        other = make.PatientFactory(organisation=cast.site)
        other.care_teams.add(cast.team)
        episode = make.EpisodeFactory(patient=other)
        make.TreatmentFactory(episode=episode)
        make.AssessmentFactory(run__video__session=make.SessionFactory(patient=other, episode=episode))
        make.RunFactory(video__session=make.SessionFactory(patient=other, episode=episode))
        make.InvitationFactory(organisation=cast.site, invited_by=cast.administrator)
        make.CohortFactory(organisation=cast.site)
        team = make.CareTeamFactory(organisation=cast.site)
        member = make.MembershipFactory(organisation=cast.site).user
        team.clinicians.add(member, cast.clinician)


@pytest.mark.parametrize(("name", "role"), VIEWS, ids=lambda part: part)
def test_view_costs_the_same_with_one_row_and_with_five(
    name: str, role: str, cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    client, where = as_user(cast.user(role)), address(name, cast, case)
    one = queries(client, where)
    more(cast)
    five = queries(client, where)
    assert len(five) == len(one), _difference(one, five)


def queries(client: Client, where: str) -> list[str]:
    read(client, where)  # what is read once a process or written once an hour is there by now
    with CaptureQueriesContext(connection) as context:
        read(client, where)
    return [query["sql"][:200] for query in context.captured_queries]


def read(client: Client, where: str) -> None:
    response: Any = client.get(where)
    assert response.status_code == 200
    if response.streaming:
        b"".join(response.streaming_content)


def _difference(one: list[str], five: list[str]) -> str:
    counts = {sql: (one.count(sql), five.count(sql)) for sql in {*one, *five}}
    return "\n".join(f"{n} -> {m}: {sql}" for sql, (n, m) in counts.items() if n != m)
