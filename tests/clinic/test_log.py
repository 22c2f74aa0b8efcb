"""What never reaches a log."""

from __future__ import annotations

import logging

import pytest

from clinic.log import NoTokens


@pytest.mark.parametrize(
    ("message", "arguments", "written"),
    [
        ("Not Found: %s", ("/invitation/s3cret-token/",), "Not Found: /invitation/***/"),
        ("GET /account/password/reset/key/4x-abc-def/ 302", (), "GET /account/password/reset/key/***/ 302"),
        ("Not Found: %s", ("/me/sessions/",), "Not Found: /me/sessions/"),
    ],
)
def test_one_time_links_are_cut(message: str, arguments: tuple[str, ...], written: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, arguments, None)
    assert NoTokens().filter(record)
    assert record.getMessage() == written
