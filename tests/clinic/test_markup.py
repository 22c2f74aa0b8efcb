"""What every page owes its readers and the content security policy, whoever wrote the page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from clinic.models import User
from clinic.services import consents
from tests.clinic.addresses import address, every_name
from tests.clinic.cast import Case, Cast

AsUser = Callable[[User | None], Client]
RESEARCH_USE = "Research use. Estimated measurements, not a diagnosis."
ROLES = ("anonymous", "patient", "clinician", "administrator")
NO_PAGES = ("admin:", "api", "video-play", "healthz", "run-curves", "run-landmark", "report-file", "export-file")
FRAGMENTS = ("run-status", "patient-news", "cohort-count", "report-status", "report-preview", "export-status")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SHAPES = {"use", "path", "circle", "rect", "line", "polyline", "polygon", "ellipse", "stop"}
CONTROLS = ("input", "select", "textarea")


class Page(HTMLParser):
    """Collects what a page does wrong while it is read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()
        self.headings: list[int] = []
        self.controls: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.targets: set[str] = set()  # ids that an attribute points to
        self.links: list[str] = []
        self.classes: set[str] = set()
        self.lang = ""
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._note(tag, given)
        self._check_inline(tag, given)
        if tag in CONTROLS and given.get("type") not in ("hidden", "submit", "button"):
            inside_label = "label" in self._open
            if not (inside_label or "aria-label" in given or "aria-labelledby" in given):
                self.controls.append(given)
        if tag not in VOID and tag not in SHAPES:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._note(tag, given)
        self._check_inline(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or tag in SHAPES:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:] or 'nothing'} in line {self.getpos()[0]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _note(self, tag: str, given: dict[str, str]) -> None:
        if "id" in given:
            self.ids[given["id"]] += 1
        if tag == "html":
            self.lang = given.get("lang", "")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if tag == "label" and given.get("for"):
            self.labelled.add(given["for"])
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            self.targets.update(given.get(name, "").split())
        self.classes.update(given.get("class", "").split())
        self.links += [given[name] for name in ("src", "href", "hx-get", "hx-post", "action") if given.get(name)]

    def _check_inline(self, tag: str, given: dict[str, str]) -> None:
        if tag == "style" or "style" in given:
            self.faults.append(f"inline style in <{tag}>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("inline script")
        if handlers := [name for name in given if name.startswith(("on", "hx-on"))]:
            self.faults.append(f"{handlers} in <{tag}>")
        if tag == "img" and "alt" not in given:
            self.faults.append("img without alt")
        if tag == "button" and "type" not in given:
            self.faults.append("button without type")

    def problems(self, *, whole: bool) -> list[str]:
        found = list(self.faults)
        found += [f"id {name} {times} times" for name, times in self.ids.items() if times > 1]
        found += [f"no label: {c}" for c in self.controls if c.get("id") not in self.labelled]
        found += [f"leaves the site: {link}" for link in self.links if link.startswith(("http:", "https:", "//"))]
        if whole:
            found += [f"nothing has the id {name}" for name in self.targets - self.ids.keys()]
            found += [] if self.lang == "en-GB" else [f"lang {self.lang!r}"]
            found += [] if self.headings.count(1) == 1 else [f"{self.headings.count(1)} first-level headings"]
            jumps = [(a, b) for a, b in zip(self.headings, self.headings[1:], strict=False) if b > a + 1]
            found += [f"heading levels jump {jumps}"] if jumps else []
            found += self._unstyled()
            found += [] if RESEARCH_USE in "".join(self.text) else ["research sentence missing"]
        return found

    def _unstyled(self) -> list[str]:
        """Classes whose rules stand in stylesheets that this page does not load."""
        loaded = {link.rpartition("/")[2] for link in self.links if link.endswith(".css")}
        homes = {name: stylesheets_of()[name] for name in self.classes if name in stylesheets_of()}
        return [f"{name} is styled in {sorted(home)} alone" for name, home in homes.items() if not home & loaded]


@cache
def stylesheets_of() -> dict[str, set[str]]:
    """The files that have a rule for each class."""
    found = defaultdict(set)
    for sheet in (static_root() / "css").glob("*.css"):
        bare = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"{[^{}]*}", "{}", bare)):
            found[name].add(sheet.name)
    return dict(found)


def static_root() -> Path:
    return Path(finders.find("icons.svg") or "").parent


def names() -> list[str]:
    return [name for name in every_name() if not name.startswith(NO_PAGES)]


@pytest.mark.parametrize("name", names())
def test_page_is_sound_for_everybody_who_sees_it(name: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    faults = {}
    for role in ROLES:
        response = as_user(cast.user(role)).get(address(name, cast, case))
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            continue
        page = Page(response.content.decode())
        if found := page.problems(whole=name not in FRAGMENTS):
            faults[role] = found
    assert faults == {}


def test_error_page_is_sound(cast: Cast, as_user: AsUser) -> None:
    for user in (None, cast.patient_user):
        html = as_user(user).get("/account/no-such-page/").content.decode()
        assert Page(html).problems(whole=True) == []


def test_upload_page_with_errors_is_sound(cast: Cast, as_user: AsUser) -> None:
    consents.give(patient=cast.patient, purpose="care", by=cast.patient_user)
    html = as_user(cast.patient_user).post("/me/upload/", {"mirrored": "x"}).content.decode()
    assert Page(html).problems(whole=True) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_static_file_of_the_first_pages_exists(role: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    response = as_user(cast.user(role)).get("/", follow=True)
    linked = [link.removeprefix("/static/") for link in Page(response.content.decode()).links if "/static/" in link]
    assert linked and [path for path in linked if finders.find(path.partition("#")[0]) is None] == []


def test_every_icon_that_a_template_names_is_drawn(settings: object) -> None:
    root = static_root().parent
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (root / "static" / "icons.svg").read_text()))
    used = set()
    for template in (root / "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', template.read_text()))
    assert used and used <= drawn


def test_the_checker_sees_what_it_looks_for() -> None:
    wrong = '<html lang="de"><h1 class="player">a<h3 id="x" style="color:red">b</h3></h1>'
    wrong += '<p id="x"><input id="y"><script>1</script>'
    found = " ".join(Page(wrong + '<a onclick="go()" href="https://cdn.example/x.js">c</a>').problems(whole=True))
    for fault in (
        "lang",
        "inline style",
        "inline script",
        "onclick",
        "id x 2 times",
        "no label",
        "leaves",
        "never closed",
        "player is styled in",
    ):
        assert fault in found
