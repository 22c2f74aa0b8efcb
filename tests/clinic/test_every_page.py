"""What holds for every page there is, whoever wrote it: words, policy, harmless GET, CSRF, hostile values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from clinic.models import AuditEvent, User
from tests.clinic.addresses import address
from tests.clinic.cast import Case, Cast
from tests.clinic.test_access import ACCESS, ROLES, UNSAFE, data, undone
from tests.clinic.test_migrations import rows

RESEARCH_USE = "Research use. Estimated measurements, not a diagnosis."
AsUser = Callable[[User | None], Client]
WORST = [
    "\x00",
    "\u202etxt",
    "x" * 10_000,
    "<script>document.title='X'</script>",
    "{{7*7}}{% debug %}",
    "a\r\nX-Evil: 1",
]
CANARY = b"<script>document.title"
PARAMETERS = [
    *("q", "show", "after", "before", "page", "days", "episode", "run", "clinic", "next", "actor", "patient", "action"),
    *(
        "first_day",
        "last_day",
        "role",
        "name",
        "cause",
        "side",
        "onset_from",
        "onset_to",
        "lang",
        "version",
        "session",
        "replaces",
    ),
    *("flag", "team", "a", "b", "piece"),
]


def answered(
    role: str, cast: Cast, case: Case, client: Client, query: dict[str, str] | None = None
) -> Iterator[tuple[str, Any]]:
    """(name, answer) of every page that this role gets."""
    column = 2 + ROLES.index(role)
    for row in ACCESS:
        if row[1] == "get" and row[column] == 200:
            yield row[0], client.get(address(row[0], cast, case), query)


@pytest.mark.parametrize("role", ["anonymous", "patient", "clinician", "administrator"])
def test_page_says_what_it_is_for_and_holds_nothing_inline(role: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    seen, wrong = 0, []
    for name, response in answered(role, cast, case, as_user(cast.user(role))):
        html = response.headers["Content-Type"].startswith("text/html")
        if not html or response.streaming:
            continue
        seen += 1
        page = response.content.decode()
        whole = page.lstrip().lower().startswith("<!doctype")
        if whole and RESEARCH_USE not in page:
            wrong.append((name, "no word on research use"))
        wrong += [(name, fault) for fault in inline_parts(page)]
    assert wrong == []
    assert seen >= 5


class _Inline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.faults.append(f"inline <{tag}>")
        for name, value in given.items():
            if name == "style" or re.match(r"on[a-z]+$|hx-on", name) or (value or "").strip().startswith("javascript:"):
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name in ("src", "href", "action") and re.match(r"(https?:)?//", value or ""):
                self.faults.append(f"from elsewhere: {value}")


def inline_parts(page: str) -> list[str]:
    parser = _Inline()
    parser.feed(page)
    return parser.faults


def test_the_search_for_inline_parts_finds_them() -> None:
    page = '<p style="x"><a onclick="y" href="//z"><script>1</script><script type="application/json">{}</script>'
    assert len(inline_parts(page)) == 4


@pytest.mark.parametrize("role", ["patient", "clinician", "administrator"])
def test_get_changes_nothing_but_the_trail(role: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    client = as_user(cast.user(role))  # a log-in notes its own time
    before = rows()
    names = [name for name, response in answered(role, cast, case, client) if read(response)]
    after = rows()
    assert len(names) > 5
    assert [table for table in before if before[table] != after[table]] in ([], [AuditEvent._meta.db_table])


def read(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def test_no_unsafe_request_is_taken_without_its_token(cast: Cast, case: Case) -> None:
    taken = []
    for name, method, *expected in ACCESS:
        if method not in UNSAFE:
            continue
        for role, status in zip(ROLES, expected, strict=True):
            if role in ("anonymous", "patient", "clinician", "administrator") and status in (200, 201, 204, 302, 422):
                client = Client(enforce_csrf_checks=True)
                if (user := cast.user(role)) is not None:
                    client.force_login(user)
                with undone():
                    answer = getattr(client, method)(address(name, cast, case), data(name, cast))
                if answer.status_code != 403:
                    taken.append((name, method, role, answer.status_code))
    assert taken == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ["anonymous", "patient", "clinician", "administrator"])
def test_hostile_query_is_answered_without_a_fault_of_ours(role: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    client, broken = as_user(cast.user(role)), []
    client.raise_request_exception = False
    for text in ("\x00", f"{{{{7*7}}}}{CANARY.decode()}='X'</script>\r\nX: 1", "9" * 40, "2026-13-45"):
        for name, response in answered(role, cast, case, client, dict.fromkeys(PARAMETERS, text)):
            in_page = response.headers["Content-Type"].startswith("text/html") and CANARY in read(response)
            if response.status_code >= 500 or in_page:
                broken.append((name, text[:20], response.status_code))
    assert broken == []


FORMS = [
    ("patient-new", "name"),
    ("patient-new", "record_number"),
    ("patient-edit", "name"),
    ("episode-new", "note"),
    ("episode-edit", "side"),
    ("treatment-new", "label"),
    ("session-upload", "note"),
    ("session-upload", "mirrored"),
    ("invitation-new", "name"),
    ("invitation-new", "email"),
    ("care-team-new", "name"),
    ("cohort-new", "name"),
    ("cohort-new", "onset_from"),
    ("invitation-accept", "name"),
    ("account_login", "login"),
    ("account_reset_password", "email"),
    ("my-messages", "text"),
    ("filter-list", "name"),
    ("filter-list", "query"),
    ("filter-edit", "name"),
    ("patient-list-looked", "until"),
    ("patient-follow-up", "every_days"),
    ("note-new", "text"),
    ("note-edit", "text"),
    ("note-strike", "because"),
    ("message-new", "text"),
    ("session-release", "words"),
    ("session-release", "assessment"),
    ("session-grade", "scale"),
    ("session-grade", "grade"),
    ("session-grade", "note"),
    ("session-grade-blinding", "scale"),
    ("session-correct", "note"),
    ("session-correct", "rest_s"),
    ("session-correct", "points"),
    ("session-correct", "exercise"),
    ("letterhead", "heading"),
    ("letterhead", "address"),
    ("cohort-exports", "purpose"),
    ("my-upload", "note"),
    ("my-consent", "purpose"),
]


@pytest.mark.parametrize(("name", "field"), FORMS, ids=lambda part: part)
def test_hostile_text_in_a_form_is_refused_or_kept(
    name: str, field: str, cast: Cast, case: Case, as_user: AsUser
) -> None:
    starts = {
        "my-": "patient",
        "acc": "anonymous",
        "inv": "administrator",
        "car": "administrator",
        "coh": "administrator",
        "let": "administrator",
    }
    role = "anonymous" if name == "invitation-accept" else starts.get(name[:3], "clinician")
    client = as_user(cast.user(role))
    client.raise_request_exception = False
    body, broken = data("session-upload" if name == "my-upload" else name, cast), []
    for text in WORST:
        with undone():
            response = client.post(address(name, cast, case), {**body, field: text}, follow=True)
        if response.status_code >= 500 or CANARY in response.content:
            broken.append((text[:20], response.status_code))
    assert broken == []


@pytest.mark.parametrize(
    "path", ["/media/videos/%2e%2e/%2e%2e/secret_key", "/static/%2e%2e/manage.py", "/%00", "/me/%ff/"]
)
def test_crooked_path_leads_nowhere(path: str, cast: Cast, as_user: AsUser) -> None:
    assert as_user(cast.patient_user).get(path).status_code in (400, 404)
