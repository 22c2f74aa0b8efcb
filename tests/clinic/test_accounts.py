"""Log-in and its limits, sessions, passwords, CSRF."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinic.models import User
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast

LOG_IN = "/account/login/"
WRONG = "wrong-pass-phrase"


def log_in(client: Client, email: str, password: str = make.PASSWORD, **extra: Any) -> Any:
    return client.post(LOG_IN, {"login": email, "password": password}, **extra)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_person_logs_in_by_e_mail_in_any_letter_case(cast: Cast) -> None:
    client = Client()
    response = log_in(client, cast.clinician.email.upper())
    assert (response.status_code, is_in(client)) == (302, True)


def test_log_in_goes_on_to_where_one_wanted_but_never_elsewhere(cast: Cast) -> None:
    wanted = {}
    for place in ("/me/?page=2", "https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        client = Client()
        body = {"login": cast.patient_user.email, "password": make.PASSWORD, "next": place}
        wanted[place] = client.post(LOG_IN, body).headers.get("Location")
    assert wanted.pop("/me/?page=2") == "/me/?page=2"
    assert set(wanted.values()) == {"/"}


def test_fifth_wrong_password_is_the_last_even_if_the_next_is_right(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)) as clock:
        for _ in range(5):
            assert log_in(Client(), cast.clinician.email, WRONG).status_code == 200
        late = Client()
        response = log_in(late, cast.clinician.email)
        assert not is_in(late)
        assert "Too many" in response.content.decode()
        clock.shift(timedelta(minutes=6))
        assert log_in(late, cast.clinician.email).status_code == 302


def test_limit_of_one_address_stops_guessing_over_many_accounts(cast: Cast) -> None:
    codes = [log_in(Client(), f"nobody{n}@example.org", WRONG).status_code for n in range(31)]
    assert codes[:10] == [200] * 10
    assert 429 in codes
    other_place = Client()
    assert log_in(other_place, cast.clinician.email, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_limit_is_counted_where_every_process_sees_it(settings: Any) -> None:
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000


def test_unknown_address_and_wrong_password_read_the_same(cast: Cast) -> None:
    answers = {
        re.sub(r'value="[^"]*"', "", log_in(Client(), email, WRONG).content.decode())
        for email in (cast.clinician.email, "nobody@example.org")
    }
    assert len(answers) == 1


def test_unknown_address_costs_as_many_hashes_as_a_wrong_password(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is nearly all of the time that an answer takes; without one, a clock tells who has an account."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    costs = {}
    for email in (cast.clinician.email, "nobody@example.org"):
        hashed.clear()
        log_in(Client(), email, WRONG)
        costs[email] = len(hashed)
    assert set(costs.values()) == {1}


def test_reset_mail_goes_to_known_addresses_only_and_the_page_does_not_tell(cast: Cast) -> None:
    client, places = Client(), set()
    for email in (cast.clinician.email, "nobody@example.org"):
        places.add(client.post(reverse("account_reset_password"), {"email": email}).headers["Location"])
    assert places == {reverse("account_reset_password_done")}
    assert [message.to for message in mail.outbox] == [[cast.clinician.email]]


def test_reset_link_leads_to_this_site_and_works_once(cast: Cast) -> None:
    Client().post(reverse("account_reset_password"), {"email": cast.clinician.email})
    (link,) = re.findall(r"http://testserver(/\S+)", mail.outbox[0].body)
    used = [change_by_link(link), change_by_link(link)]
    assert used == [True, False]
    cast.clinician.refresh_from_db()
    assert cast.clinician.check_password("new-long-pass-phrase")


def change_by_link(link: str) -> bool:
    client = Client()
    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0] if form.redirect_chain else link
    new = {"password1": "new-long-pass-phrase", "password2": "new-long-pass-phrase"}
    return client.post(where, new).status_code == 302


def test_reset_with_a_foreign_host_is_refused(cast: Cast) -> None:
    response = Client().post(
        reverse("account_reset_password"), {"email": cast.clinician.email}, HTTP_HOST="evil.example"
    )
    assert response.status_code == 400
    assert mail.outbox == []


def test_nobody_signs_up(db: None) -> None:
    assert Client().get("/account/signup/").status_code == 404
    assert not User.objects.exists()


def test_log_in_changes_the_session_key(cast: Cast) -> None:
    client = Client()
    client.get(LOG_IN)
    client.session["planted"] = True
    client.session.save()
    before = client.session.session_key
    log_in(client, cast.clinician.email)
    assert client.session.session_key != before


def test_cookie_is_dead_after_log_out(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.patient_user)
    old = client.cookies["session"].value
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["session"] = old
    assert thief.get("/me/").headers["Location"].startswith(LOG_IN)


def test_log_in_ends_after_twelve_hours(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 6, 1, 8, tzinfo=UTC)) as clock:
        client = Client()
        log_in(client, cast.patient_user.email)
        clock.shift(timedelta(hours=11, minutes=59))
        assert client.get("/me/").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert client.get("/me/").headers["Location"].startswith(LOG_IN)


def test_password_change_ends_the_other_sessions(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        log_in(client, cast.patient_user.email)
    new = {"oldpassword": make.PASSWORD, "password1": "new-long-pass-phrase", "password2": "new-long-pass-phrase"}
    assert here.post(reverse("account_change_password"), new).status_code == 302
    assert here.get("/me/").status_code == 200
    assert elsewhere.get("/me/").headers["Location"].startswith(LOG_IN)


def test_log_out_needs_post(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.patient_user)
    client.get(reverse("account_logout"))
    assert is_in(client)


def test_cookies_are_closed_to_scripts_and_other_sites(cast: Cast) -> None:
    client = Client()
    log_in(client, cast.patient_user.email)
    client.get("/me/")
    for name in ("session", "csrf"):
        assert (client.cookies[name]["httponly"], client.cookies[name]["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("account_login", None),
        ("account_logout", None),
        ("my-upload", None),
        ("my-consent", None),
        ("run-retry", "run"),
        ("api:video-list", None),
        ("api:patient-list", None),
        ("api:session-review", "session"),
    ],
)
def test_unsafe_request_without_the_token_is_refused(name: str, of: str | None, cast: Cast, case: Case) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.patient_user)
    response = client.post(reverse(name, args=[getattr(case, of).pk] if of else []))
    assert response.status_code == 403
    assert "csrf" in response.content.decode().lower() or "reload the page" in response.content.decode().lower()


def test_form_with_its_token_is_accepted(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(LOG_IN).content.decode()
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
    body = {"login": cast.clinician.email, "password": make.PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post(LOG_IN, body).status_code == 302
