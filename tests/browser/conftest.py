"""A real browser on a live site, with a real worker beside it, on whichever database and broker is set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from clinic.models import User
from tests.browser.requests import InFlight
from tests.browser.watch import Watch
from tests.clinic.cast import Case, Cast, make_case, make_cast
from tests.clinic.factories import PASSWORD
from tests.tasks.processes import Worker

PATIENCE_MS = 20_000  # a busy machine draws late; what is there at once is not waited for
PHONE, TABLET, DESKTOP = (360, 740), (768, 1024), (1440, 900)
PICTURES = Path(__file__).resolve().parents[2] / "var" / "screenshots"  # outside version control, to be looked at

# Playwright runs an event loop in this thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

expect.set_options(timeout=PATIENCE_MS)

LogIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium, or set CHROMIUM to its path")
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Sees what no page may do: fail, break the content policy, ask another host for anything."""
    seen = Watch()
    yield seen
    assert not seen.faults, "\n".join(seen.faults)


@pytest.fixture
def log_in(chromium: Browser, live_server, watch: Watch) -> Iterator[LogIn]:
    """A page of a new browser profile in which this person has logged in by the log-in form."""
    contexts: list[BrowserContext] = []
    answering = InFlight()

    def logged_in(user: User | None, size: tuple[int, int] = DESKTOP, **options: object) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = chromium.new_context(
            viewport=viewport,
            base_url=live_server.url,
            is_mobile=size == PHONE,
            has_touch=size == PHONE,
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = watch.follow(context.new_page())
        if user is not None:
            page.goto("/account/login/")
            page.get_by_label("Email").fill(user.email)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Log in", exact=True).click()
            page.wait_for_url(lambda url: "/account/login/" not in url)
        return page

    yield logged_in
    for context in contexts:
        context.close()
    answering.close_when_quiet()


@pytest.fixture
def worker(tmp_path: Path, transactional_db: None) -> Iterator[Worker]:
    """The product's own worker with the real pipeline, also sweeping."""
    started = Worker(tmp_path, "browser", "-B", app="tasks")
    yield started
    started.kill()


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Store what the page looks like."""

    def take(page: Page, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)

    return take
