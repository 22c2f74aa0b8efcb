"""The demonstration's log-ins: people whose address ends in .example (RFC 2606: no mail can reach it)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from clinic.models import Membership, Role

ADDRESS_ENDS_IN = ".example"
PASSWORD = "recovery-demo"  # noqa: S105  # known to everybody on purpose; accounts that have it exist in a demo only
MOST_A_ROLE = 8


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class DemoGroup:
    role: str
    people: list[DemoPerson]


@dataclass(frozen=True, slots=True)
class DemoLogins:
    password: str
    groups: list[DemoGroup]


def demo_logins_offered() -> DemoLogins | None:
    """Nothing unless this installation says that it is a demonstration and has such people."""
    if not settings.DEMO:
        return None
    roles = (Role.CLINICIAN, Role.ADMINISTRATOR, Role.PATIENT)
    found: dict[str, list[DemoPerson]] = {str(role.label): [] for role in roles}
    members = Membership.objects.filter(user__email__endswith=ADDRESS_ENDS_IN, user__is_active=True)
    for member in members.select_related("user").order_by("created_at"):
        people = found[member.get_role_display()]
        if len(people) < MOST_A_ROLE:
            people.append(DemoPerson(name=member.user.name, email=member.user.email))
    groups = [DemoGroup(role=role, people=people) for role, people in found.items() if people]
    return DemoLogins(password=PASSWORD, groups=groups) if groups else None
