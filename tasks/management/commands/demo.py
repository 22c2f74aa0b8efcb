"""manage.py demo: the whole product with a fictional clinic, on this machine, until Ctrl-C."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tasks.demo import supervisor


class Command(BaseCommand):
    help = "Run the demonstration: web, one worker and the fictional clinic's videos; Ctrl-C ends all of it."
    requires_system_checks: list[str] = []  # a second start should take seconds

    def handle(self, *_: Any, **__: Any) -> None:
        if not settings.DEMO or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            raise CommandError("Start it with `make demo`, which keeps it apart from a real installation.")
        supervisor.run()
