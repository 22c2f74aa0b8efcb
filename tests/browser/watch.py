"""What no page of the product may do, noticed while journeys go through it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response

LOCAL = ("127.0.0.1", "localhost", "")


class Watch:
    def __init__(self) -> None:
        self.faults: list[str] = []

    def follow(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script of {page.url}: {error.stack or error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        """Errors, which include every breach of the content policy; an answer that is no 200 is told elsewhere."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            where = message.page.url if message.page else ""
            self.faults.append(f"console of {where}: {message.text} ({message.location})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in LOCAL:
            self.faults.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        missing = response.status == 404 and response.request.resource_type in ("script", "stylesheet", "image", "font")
        if response.status >= 500 or missing:
            self.faults.append(f"{response.status}: {response.url}")
