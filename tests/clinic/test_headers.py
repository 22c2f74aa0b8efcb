"""What every answer carries, and how errors read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from pytest_django import Settings

from clinic import errors
from clinic.errors import NoRoom
from clinic.models import User
from clinic.static_files import plotly_in_wheel
from tests.clinic.cast import Cast


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


def refuse(request: HttpRequest) -> HttpResponse:
    raise NoRoom("no_room", "There is no room.")


urlpatterns = [
    *__import__("clinic.urls").urls.urlpatterns,
    path("fail/", fail),
    path("refuse/", refuse),
    path("api/fail/", fail),
]
handler404, handler500 = errors.page_not_found, errors.server_error


def test_policy_allows_no_inline_code_or_style(client: Client, db: None) -> None:
    policy = client.get("/account/login/").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert "unsafe" not in policy
    assert parts["default-src"] == "'self'"
    assert parts["script-src"] == "'self'"
    assert parts["object-src"] == parts["frame-ancestors"] == "'none'"
    assert parts["style-src"] == "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def test_other_headers_protect_the_page(client: Client, db: None) -> None:
    headers = client.get("/account/login/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "microphone=()" in headers["Permissions-Policy"]


def test_pages_about_people_are_kept_nowhere(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.patient_user)
    kept = {place: client.get(place).headers["Cache-Control"] for place in ("/me/", "/api/v1/patients/", "/nowhere/")}
    assert all("no-store" in value and "private" in value for value in kept.values()), kept


def test_no_cross_origin_answers(client: Client, db: None) -> None:
    headers = client.get("/api/v1/patients/", headers={"Origin": "https://evil.example"}).headers
    assert not any(name.lower().startswith("access-control") for name in headers)


@pytest.mark.urls(__name__)
def test_our_own_error_becomes_a_page_with_its_words(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    response = as_user(cast.patient_user).get("/refuse/")
    assert response.status_code == 507
    assert "There is no room." in response.content.decode()


@pytest.mark.urls(__name__)
def test_fault_of_ours_tells_nothing_of_itself(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.patient_user)
    client.raise_request_exception = False
    page, api = client.get("/fail/"), client.get("/api/fail/")
    assert (page.status_code, api.status_code) == (500, 500)
    assert "secret detail" not in page.content.decode() + api.content.decode()
    assert api.json()["code"] == "server_error"


def test_unknown_address_reads_like_a_forbidden_one(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.outsider)
    pages = [client.get(place) for place in ("/nowhere/", f"/media/videos/{cast.patient.pk}/")]
    assert [page.status_code for page in pages] == [404, 404]
    assert len({re.sub(r'"csrf[^>]*>', "", page.content.decode().split("<main")[1]) for page in pages}) == 1


def test_error_under_the_api_is_an_object(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    response = as_user(cast.outsider).get("/api/v1/nowhere/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/patients/?q=%00", "/api/v1/patients/?record_number=a%00b"])
def test_nul_in_a_query_is_a_bad_request(path: str, cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    assert as_user(cast.clinician).get(path).status_code == 400


def test_foreign_host_is_refused(client: Client, db: None) -> None:
    assert client.get("/account/login/", headers={"Host": "evil.example"}).status_code == 400


def test_announced_length_over_the_limit_is_refused_before_it_is_read(
    cast: Cast, as_user: Callable[[User | None], Client], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 5_000_000
    client, kind = as_user(cast.patient_user), "multipart/form-data; boundary=x"
    statuses = {
        length: client.generic("POST", "/nowhere/", b"", CONTENT_TYPE=kind, CONTENT_LENGTH=length).status_code
        for length in ("5000000", "7000000", "-1", "many")
    }
    assert statuses == {"5000000": 404, "7000000": 413, "-1": 400, "many": 400}


@pytest.mark.parametrize(("path", "kind"), [("/me/upload/", "multipart/form-data; boundary=x"), ("/", "text/plain")])
def test_visitor_sends_no_large_body(path: str, kind: str, client: Client, db: None) -> None:
    assert client.generic("POST", path, b"", CONTENT_TYPE=kind, CONTENT_LENGTH="4000000").status_code == 413


def test_plotly_comes_from_the_wheel_when_nothing_was_fetched(client: Client, db: None, settings: Settings) -> None:
    assert plotly_in_wheel().stat().st_size > 1_000_000
    response = client.get("/static/vendor/plotly.min.js")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/javascript")


def test_every_plotly_js_is_of_the_version_that_the_figures_are_made_for(settings: Settings) -> None:
    with plotly_in_wheel().open(encoding="utf-8") as wheel:
        version = re.search(r"plotly\.js v([\d.]+)", wheel.read(200))
    wanted = json.loads((settings.BASE_DIR / "package.json").read_text())["dependencies"]
    assert version is not None
    assert wanted["plotly.js-cartesian-dist-min"] == version[1]
    assert sorted(wanted) == ["plotly.js-cartesian-dist-min"]


def test_health_says_ok_and_nothing_else(client: Client, db: None) -> None:
    assert client.get(reverse("healthz")).json() == {"status": "ok"}
