"""Notes and messages over the API: the same words, the same rules and the same trail as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from clinic.models import AuditEvent, Message, Note, User
from clinic.services import correspondence, notes
from tests.clinic import factories as make
from tests.clinic.cast import Cast

AsUser = Callable[[User | None], Client]
V1 = "/api/v1"
JSON = "application/json"


def post(client: Client, place: str, **body: Any) -> Any:
    return client.post(f"{V1}/{place}", body, content_type=JSON)


def test_note_is_written_corrected_and_struck_and_stays(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.clinician)
    made = post(client, "notes/", patient=str(cast.patient.pk), text=" Left brow weak. ").json()
    assert (made["text"], made["author"], made["is_own"], made["earlier"]) == (
        "Left brow weak.",
        "Carla Clinician",
        True,
        [],
    )
    where = f"{V1}/notes/{made['id']}/"
    changed = client.patch(where, {"text": "Right brow weak."}, content_type=JSON).json()
    assert [wording["text"] for wording in changed["earlier"]] == ["Left brow weak."]
    struck = post(client, f"notes/{made['id']}/strike/", because="Another patient was meant.").json()
    assert (struck["text"], struck["struck"]["text"]) == ("Right brow weak.", "Another patient was meant.")
    assert client.patch(where, {"text": "Again."}, content_type=JSON).json()["code"] == "struck"
    trail = AuditEvent.objects.filter(object_type="note").order_by("created_at").values_list("action", flat=True)
    assert list(trail) == ["write note", "correct note", "strike note"]


def test_only_the_author_changes_the_wording(cast: Cast, as_user: AsUser) -> None:
    note = notes.add(patient=cast.patient, by=cast.clinician, text="Seen.")
    cast.team.clinicians.add(cast.colleague)
    answer = as_user(cast.colleague).patch(f"{V1}/notes/{note.pk}/", {"text": "Not seen."}, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_the_author")
    assert post(as_user(cast.colleague), f"notes/{note.pk}/strike/", because="Wrong day.").status_code == 200


def test_clinician_who_is_the_patient_neither_reads_nor_writes_the_own_notes(cast: Cast, as_user: AsUser) -> None:
    own = make.PatientFactory(organisation=cast.site, user=cast.clinician)
    own.care_teams.add(cast.team)
    note = make.NoteVersionFactory(note__patient=own).note
    client = as_user(cast.clinician)
    assert client.get(f"{V1}/notes/").json()["count"] == 0
    assert client.get(f"{V1}/notes/{note.pk}/").status_code == 404
    assert post(client, "notes/", patient=str(own.pk), text="All well.").status_code == 403
    assert Note.objects.count() == 1


def test_message_goes_there_and_back_and_fetching_reads_nothing(cast: Cast, as_user: AsUser) -> None:
    team, patient = as_user(cast.clinician), as_user(cast.patient_user)
    asked = post(patient, "messages/", patient=str(cast.patient.pk), text="Twice a week?").json()
    assert (asked["from_patient"], asked["is_unread"], asked["read_by"]) == (True, False, [])
    for _ in range(2):
        assert [m["is_unread"] for m in team.get(f"{V1}/messages/", {"unread": "true"}).json()["results"]] == [True]
    assert post(team, "messages/read/", patient=str(cast.patient.pk)).json() == {"read": 1}
    assert team.get(f"{V1}/messages/", {"unread": "true"}).json()["count"] == 0
    post(team, "messages/", patient=str(cast.patient.pk), text="Once is enough.")
    answers = patient.get(f"{V1}/messages/", {"unread": "true"}).json()["results"]
    assert [(m["text"], m["author"]) for m in answers] == [("Once is enough.", "Carla Clinician")]
    assert patient.get(f"{V1}/messages/{asked['id']}/").json()["read_by"] == ["Carla Clinician"]


def test_nobody_writes_to_a_person_without_a_log_in(cast: Cast, as_user: AsUser) -> None:
    person = make.PatientFactory(organisation=cast.site)
    person.care_teams.add(cast.team)
    answer = post(as_user(cast.clinician), "messages/", patient=str(person.pk), text="Hello.")
    assert (answer.status_code, answer.json()["code"]) == (400, "no_log_in")
    assert not Message.objects.exists()


def test_empty_and_endless_texts_are_refused(cast: Cast, as_user: AsUser) -> None:
    client, patient = as_user(cast.clinician), str(cast.patient.pk)
    for place, longest in (("notes/", notes.LONGEST), ("messages/", correspondence.LONGEST)):
        for text in ("", "  ", "x" * (longest + 1)):
            assert post(client, place, patient=patient, text=text).status_code == 400
        assert post(client, place, patient=patient, text="x" * longest).status_code == 201


def test_filters_find_what_they_name(cast: Cast, as_user: AsUser) -> None:
    struck = notes.strike(
        note=notes.add(patient=cast.patient, by=cast.clinician, text="Wrong."), by=cast.clinician, because="Mistaken."
    )
    open_note = notes.add(patient=cast.patient, by=cast.clinician, text="Right.")
    client = as_user(cast.clinician)

    def found(**query: str) -> list[str]:
        return [row["id"] for row in client.get(f"{V1}/notes/", query).json()["results"]]

    assert found(struck="true") == [str(struck.pk)]
    assert found(struck="false") == [str(open_note.pk)]
    assert found(patient=str(cast.other_patient.pk)) == []
    assert found(patient=str(cast.patient.pk)) == [str(open_note.pk), str(struck.pk)]


def test_looks_are_on_the_trail_and_own_looks_are_not(cast: Cast, as_user: AsUser) -> None:
    note = make.NoteVersionFactory(note__patient=cast.patient).note
    message = make.MessageFactory(patient=cast.patient)
    for place in ("notes/", f"notes/{note.pk}/", "messages/", f"messages/{message.pk}/"):
        as_user(cast.clinician).get(f"{V1}/{place}")
        as_user(cast.patient_user).get(f"{V1}/{place}")
    trail = AuditEvent.objects.order_by("created_at").values_list("actor", "action", "object_type", "patient")
    of = (cast.clinician.pk,)
    assert list(trail) == [
        (*of, "list", "note", cast.patient.pk),
        (*of, "view", "note", cast.patient.pk),
        (*of, "list", "message", cast.patient.pk),
        (*of, "view", "message", cast.patient.pk),
    ]
