"""Notes: for the care team alone, every wording kept, a wrong one struck and still there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinic.errors import Conflict, NotAllowed, Refused
from clinic.models import AuditEvent, Note, User
from clinic.selectors import correspondence as reading
from clinic.services import notes
from tests.clinic.cast import Cast

AsUser = Callable[[User | None], Client]


def test_correction_keeps_the_wording_before(cast: Cast) -> None:
    note = notes.add(patient=cast.patient, by=cast.clinician, text="  Left brow weak.\r\n")
    notes.correct(note=note, by=cast.clinician, text="Right brow weak.")
    [line] = reading.notes(patient=cast.patient, user=cast.clinician)
    assert (line.text, [wording.text for wording in line.earlier]) == ("Right brow weak.", ["Left brow weak."])
    assert line.corrected_at is not None and line.is_own


def test_the_same_wording_again_is_no_correction(cast: Cast) -> None:
    note = notes.add(patient=cast.patient, by=cast.clinician, text="Seen.")
    notes.correct(note=note, by=cast.clinician, text="Seen. ")
    assert note.versions.count() == 1


def test_only_the_author_changes_the_wording_and_the_team_may_strike(cast: Cast) -> None:
    note = notes.add(patient=cast.patient, by=cast.clinician, text="Seen.")
    cast.team.clinicians.add(cast.colleague)
    with pytest.raises(NotAllowed):
        notes.correct(note=note, by=cast.colleague, text="Not seen.")
    notes.strike(note=note, by=cast.colleague, because="Another patient was meant.")
    [line] = reading.notes(patient=cast.patient, user=cast.clinician)
    assert line.text == "Seen."
    assert line.struck is not None
    assert (line.struck.author, line.struck.text) == ("Colin Colleague", "Another patient was meant.")


def test_struck_note_is_neither_struck_again_nor_corrected(cast: Cast) -> None:
    note = notes.add(patient=cast.patient, by=cast.clinician, text="Seen.")
    notes.strike(note=note, by=cast.clinician, because="Slip.")
    with pytest.raises(Conflict):
        notes.strike(note=note, by=cast.clinician, because="Again.")
    with pytest.raises(Conflict):
        notes.correct(note=note, by=cast.clinician, text="Seen twice.")


@pytest.mark.parametrize("text", ["", " \n ", "x" * (notes.LONGEST + 1)])
def test_empty_and_endless_notes_are_refused(text: str, cast: Cast) -> None:
    with pytest.raises(Refused):
        notes.add(patient=cast.patient, by=cast.clinician, text=text)
    assert not Note.objects.exists()


def test_notes_are_for_the_care_team_alone(cast: Cast, as_user: AsUser) -> None:
    notes.add(patient=cast.patient, by=cast.clinician, text="Speaks of low mood.")
    seen = {}
    for role in ("patient", "clinician", "administrator"):
        person = cast.user(role)
        assert person is not None
        seen[role] = len(reading.notes(patient=cast.patient, user=person))
        pages = [reverse("my-home"), reverse("patient-detail", args=[cast.patient.pk])]
        shown = [b"low mood" in as_user(person).get(page).content for page in pages]
        assert shown == [False, role == "clinician"]
    assert seen == {"patient": 0, "clinician": 1, "administrator": 0}


def test_clinician_who_is_the_patient_reads_no_notes_on_herself(cast: Cast) -> None:
    notes.add(patient=cast.patient, by=cast.colleague, text="Private.")
    cast.patient.user = cast.clinician
    cast.patient.save()
    assert reading.notes(patient=cast.patient, user=cast.clinician) == ()


def test_every_step_is_on_the_trail(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    client.post(reverse("note-new", args=[cast.patient.pk]), {"text": "Seen."})
    note = Note.objects.get()
    client.post(reverse("note-edit", args=[note.pk]), {"text": "Seen twice."})
    client.post(reverse("note-strike", args=[note.pk]), {"because": "Slip."})
    trail = AuditEvent.objects.filter(object_type="note", patient=cast.patient).order_by("created_at")
    assert [event.action for event in trail] == ["write note", "correct note", "strike note"]


def test_note_in_place_answers_with_the_section_alone(cast: Cast, as_user: AsUser) -> None:
    where, headers = reverse("note-new", args=[cast.patient.pk]), {"HX-Request": "true", "HX-Target": "notes"}
    answer = as_user(cast.clinician).post(where, {"text": "Seen."}, headers=headers)
    assert answer.content.decode().strip().startswith('<section class="card stack" id="notes"')
    wrong = as_user(cast.clinician).post(where, {"text": " "}, headers=headers)
    assert wrong.status_code == 422 and b"<html" not in wrong.content


def test_empty_note_without_script_comes_back_with_its_error(cast: Cast, as_user: AsUser) -> None:
    answer = as_user(cast.clinician).post(reverse("note-new", args=[cast.patient.pk]), {"text": ""})
    assert answer.status_code == 422
    assert b"This field is required." in answer.content
