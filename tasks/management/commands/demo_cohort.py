"""manage.py demo_cohort: the fictional clinic's people; with --videos also their recordings, rendered as needed."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasks.demo.people import make_people
from tasks.demo.videos import SAMPLE, recordings, renderers_for, sample_for_hands, submit_missing


class Command(BaseCommand):
    help = "Make the demonstration's fictional people and, with --videos, render and upload their recordings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--videos", action="store_true", help="also render and upload the recordings")
        parser.add_argument("--most", type=int, help="stop after so many recordings")

    def handle(self, *_: Any, videos: bool, most: int | None, **__: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes people with a well-known password: it needs SEVENTH_DEMO=yes.")
        everybody = make_people()
        if not videos:
            return
        wanted = recordings(everybody)[:most]
        first = {session.spec.video_id for session in everybody[0].sessions}
        for recording in submit_missing(wanted, renderers=renderers_for(os.cpu_count() or 1)):
            self.stdout.write(f"{recording.file_name} uploaded for {recording.patient}")
            first.discard(recording.session.spec.video_id)
            if not first:  # the first patient's course is complete
                sample_for_hands(everybody, settings.VAR_DIR / SAMPLE)
