"""Small helpers about the request that several views share."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from clinic.models import Organisation, Role, User

_CHOSEN = "administered_clinic"  # the session's key for who administers more than one


def signed_in(request: HttpRequest) -> User:
    """The person behind the request; the middleware has turned everybody else away before."""
    assert isinstance(request.user, User)
    return request.user


def administered(request: HttpRequest) -> Organisation:
    """The clinic that this administrator works on: the only one, or the one chosen last by `?clinic=`.

    Raises PermissionDenied for everybody else.
    """
    clinics = list(Organisation.objects.with_member(signed_in(request), Role.ADMINISTRATOR))
    if not clinics:
        raise PermissionDenied
    wanted = request.GET.get("clinic") or request.session.get(_CHOSEN)
    chosen = next((clinic for clinic in clinics if str(clinic.pk) == wanted), clinics[0])
    if request.session.get(_CHOSEN, str(clinics[0].pk)) != str(chosen.pk):
        request.session[_CHOSEN] = str(chosen.pk)
    return chosen


def uuid_or_none(text: str | None) -> UUID | None:
    """What came in an address is no id until it is one."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
