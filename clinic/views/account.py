"""Log-in, log-out and passwords: allauth's views, only those that an invited person needs."""

from typing import Any

from allauth.account import views
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods


def _form(view: Any) -> Any:
    """allauth's form views take PUT for POST; nobody needs that here."""
    return require_http_methods(["GET", "HEAD", "POST"])(view)


urlpatterns = [
    path("account/login/", _form(views.login), name="account_login"),
    path("account/logout/", _form(views.logout), name="account_logout"),
    path("account/inactive/", _form(views.account_inactive), name="account_inactive"),
    path("account/reauthenticate/", _form(views.reauthenticate), name="account_reauthenticate"),
    path("account/password/change/", _form(views.password_change), name="account_change_password"),
    path("account/password/reset/", _form(views.password_reset), name="account_reset_password"),
    path("account/password/reset/done/", _form(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        _form(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done/",
        _form(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
