"""manage.py export_training_set: graded recordings of people who agreed to it, under pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.errors import ClinicError
from clinic.models import Organisation, User
from clinic.services import training_sets


class Command(BaseCommand):
    help = "Write a clinic's graded recordings, of people who agreed to training, into a folder for `analysis train`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="new or empty folder")
        parser.add_argument("--clinic", required=True, help="name of the clinic")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the administrator who answers for it")

    def handle(self, *_: Any, folder: Path, clinic: str, by: str, **__: Any) -> None:
        organisation = Organisation.objects.filter(name=clinic).first()
        person = User.objects.filter(email=by.lower(), is_active=True).first()
        if organisation is None or person is None:
            raise CommandError(f"There is no clinic {clinic!r}." if organisation is None else f"Nobody has {by!r}.")
        try:
            done = training_sets.export(organisation=organisation, folder=folder, by=person)
        except ClinicError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{done.recordings} recordings of {done.people} people in {folder}")
        if done.without_consent:
            self.stdout.write(f"{done.without_consent} people with graded recordings did not agree to training")
        if done.without_copy:
            self.stdout.write(f"{done.without_copy} graded recordings have no copy for browsers yet")
