"""manage.py import_weights: a file of weights that lies on the server already, taken in like one that is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.errors import ClinicError
from clinic.models import Organisation, Role, User
from clinic.services import weights


class Command(BaseCommand):
    help = "Import weights of a published system by their card. A worker checks them; an administrator approves them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("card", type=Path, metavar="CARD", help="the .toml file that was written with the weights")
        parser.add_argument("--file", type=Path, help="the weights; CARD's neighbour .safetensors when not given")
        parser.add_argument("--clinic", required=True, help="name of the clinic")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the administrator who answers for it")

    def handle(self, *_: Any, card: Path, file: Path | None, clinic: str, by: str, **__: Any) -> None:
        organisation = Organisation.objects.filter(name=clinic).first()
        if organisation is None:
            raise CommandError(f"There is no clinic {clinic!r}.")
        administrator = User.objects.filter(email=by.lower(), is_active=True).first()
        theirs = Organisation.objects.with_member(administrator, Role.ADMINISTRATOR) if administrator else ()
        if administrator is None or organisation not in theirs:
            raise CommandError(f"{by!r} is no administrator of {clinic}.")
        try:
            with card.open("rb") as stated, (file or card.with_suffix(".safetensors")).open("rb") as stored:
                taken = weights.take_in(
                    organisation=organisation, by=administrator, file=File(stored), card=File(stated)
                )
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except ClinicError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{taken.name} is imported for {clinic}: a worker checks it now, then it can be approved.")
