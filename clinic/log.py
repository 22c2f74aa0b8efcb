"""What must never stand in a log."""

from __future__ import annotations

import logging
import re

_SECRET_PATHS = re.compile(r"(/invitation/|/password/reset/key/)[^/\s'\"]+")


class NoTokens(logging.Filter):
    """Hides the secret part of one-time links, which Django logs with the path on a 4xx answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _SECRET_PATHS.search(message := record.getMessage()):
            record.msg, record.args = _SECRET_PATHS.sub(r"\1***", message), None
        return True
