"""Which pages a person's roles lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

from clinic.models import Membership, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from clinic.models import User

_PATIENT, _STAFF = {Role.PATIENT}, {Role.CLINICIAN, Role.ADMINISTRATOR}
_ADMINISTRATOR = {Role.ADMINISTRATOR}
PAGES = [  # roles, label, url name, icon, paths that count as this page
    (_PATIENT, "My recordings", "my-home", "home", ["/me/"]),
    (_PATIENT, "Record", "my-upload", "video", ["/me/upload/"]),
    (_PATIENT, "Messages", "my-messages", "mail", ["/me/messages/"]),
    (
        _STAFF,
        "Patients",
        "patient-list",
        "users",
        ["/patients/", "/sessions/", "/episodes/", "/treatments/", "/notes/"],
    ),
    ({Role.CLINICIAN}, "To grade", "grading-list", "face", ["/grading/"]),
    (_ADMINISTRATOR, "Overview", "administration", "pulse", ["/administration/"]),
    (_ADMINISTRATOR, "People", "people", "user", ["/administration/people/"]),
    (_ADMINISTRATOR, "Care teams", "care-team-list", "team", ["/administration/care-teams/"]),
    (_ADMINISTRATOR, "Cohorts", "cohort-list", "chart", ["/administration/cohorts/"]),
    (
        _ADMINISTRATOR,
        "Systems",
        "weights-list",
        "settings",
        ["/administration/weights/", "/administration/trials/"],
    ),
    (_ADMINISTRATOR, "Audit log", "audit-log", "shield", ["/administration/audit/"]),
]


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: str
    url: str
    icon: str
    is_current: bool


def roles_of(user: User) -> frozenset[Role]:
    """The person's roles in any clinic; asked of the database once a request."""
    if not hasattr(user, "_roles"):
        names = Membership.objects.filter(user=user).values_list("role", flat=True)
        user._roles = frozenset(Role(name) for name in names)  # type: ignore[attr-defined]
    return user._roles  # type: ignore[attr-defined,no-any-return]


def navigation_of(user: User | AnonymousUser, path: str) -> list[NavigationItem]:
    """Navigation for `user`, the item with the longest matching path marked as current."""
    if not user.is_authenticated:
        return []
    roles = roles_of(user)
    pages = [page for page in PAGES if page[0] & roles and _url(page[2])]
    matches = {prefix for *_, prefixes in pages for prefix in prefixes if path.startswith(prefix)}
    best = max(matches, key=len, default="")
    return [
        NavigationItem(label=label, url=_url(name), icon=symbol, is_current=best in prefixes)
        for _roles, label, name, symbol, prefixes in pages
    ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:  # a site may leave out a group of pages
        return ""
