"""Clinicians' notes on a patient: every wording is kept, and a wrong note is struck through instead of removed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clinic.errors import Conflict, NotAllowed, Refused
from clinic.models import Note, NoteVersion, Patient, User
from clinic.services import audit

LONGEST = 10_000


def add(*, patient: Patient, by: User, text: str) -> Note:
    """Raises Refused for an empty or endless text."""
    text = checked(text, longest=LONGEST)
    with transaction.atomic():
        note = Note.objects.create(patient=patient, author=by)
        NoteVersion.objects.create(note=note, author=by, text=text)
        audit.record(actor=by, action="write note", obj=note)
    return note


def correct(*, note: Note, by: User, text: str) -> Note:
    """A new wording by the author. Raises NotAllowed for others, Conflict once it is struck, Refused as `add` does."""
    if note.author_id != by.pk:
        raise NotAllowed("not_the_author", "Only the author changes the wording. Others strike a note, or add one.")
    text = checked(text, longest=LONGEST)
    with transaction.atomic():
        held = Note.objects.select_for_update().get(pk=note.pk)
        _check_open(held)
        newest = held.versions.first()
        if newest is None or newest.text != text:
            NoteVersion.objects.create(note=held, author=by, text=text)
            audit.record(actor=by, action="correct note", obj=held)
    return held


def strike(*, note: Note, by: User, because: str) -> Note:
    """It does not hold any more and stays readable. Raises Conflict the second time, Refused without a reason."""
    because = checked(because, longest=200)
    with transaction.atomic():
        held = Note.objects.select_for_update().get(pk=note.pk)
        _check_open(held)
        held.struck_at, held.struck_by, held.struck_because = timezone.now(), by, because
        held.save()
        audit.record(actor=by, action="strike note", obj=held)
    return held


def checked(text: str, *, longest: int) -> str:
    """The text without space around it. Raises Refused."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise Refused("empty", "Please write something first.")
    if len(text) > longest:
        raise Refused("too_long", f"This is too long: {len(text)} of at most {longest} characters.")
    return text


def _check_open(note: Note) -> None:
    if note.struck_at is not None:
        raise Conflict("struck", "This note is struck through already.")
