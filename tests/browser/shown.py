"""What a page must be on every screen: no wider than it, and open to assistive technology."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
ALL = (*SERIOUS, "moderate", "minor")
# The widget of another project in the page of the API's description; the page around it is ours.
NOT_OURS = {"exclude": [["#swagger-ui"]]}
# A table may be wider than the screen inside its own scroller.
TOO_WIDE = """() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('main *')].filter(element => !element.closest('.table-scroll')
        && element.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth - clientWidth} px wider than the screen`,
        ...wide.map(element => element.outerHTML.slice(0, 80))];
}"""


def too_wide(page: Page) -> list[str]:
    page.wait_for_load_state()
    return [f"{page.url}: {one}" for one in page.evaluate(TOO_WIDE)]


def serious(page: Page, impacts: tuple[str, ...] = SERIOUS) -> list[str]:
    """What axe finds; a page that a click asked for is waited for, since half of one breaks rules that it keeps."""
    page.wait_for_load_state()
    found = Axe().run(page, context=NOT_OURS).response["violations"]
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:200]} {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in impacts
    ]


def fits_and_is_accessible(page: Page) -> None:
    assert too_wide(page) + serious(page, ALL) == []
