"""How allauth behaves here: nobody signs up, accounts come from invitations alone."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no type information
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
