"""Messages: who reads what, unread marks, and mails that say nothing but that there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinic.errors import Refused
from clinic.models import AuditEvent, Message, User
from clinic.selectors import correspondence as reading
from clinic.services import correspondence
from tests.clinic import factories as make
from tests.clinic.cast import Cast

AsUser = Callable[[User | None], Client]


def test_thread_holds_both_sides_with_what_is_unread(cast: Cast) -> None:
    make.MessageFactory(patient=cast.patient, author=cast.clinician)
    make.MessageFactory(patient=cast.patient, author=cast.patient_user, from_patient=True)
    to_patient, to_team = reading.thread(patient=cast.patient, user=cast.patient_user)
    assert (to_patient.is_unread, to_patient.is_own_side) == (True, False)
    assert (to_team.is_unread, to_team.is_own_side) == (False, True)
    assert [letter.is_unread for letter in reading.thread(patient=cast.patient, user=cast.clinician)] == [False, True]


def test_reading_is_told_to_the_writer_and_counts_for_each_clinician_alone(cast: Cast) -> None:
    cast.team.clinicians.add(cast.colleague)
    correspondence.send_to_team(patient=cast.patient, text="It hurts.")
    assert correspondence.mark_read(patient=cast.patient, by=cast.clinician) == 1
    assert correspondence.mark_read(patient=cast.patient, by=cast.clinician) == 0
    assert reading.thread(patient=cast.patient, user=cast.patient_user)[0].read_by == ("Carla Clinician",)
    assert reading.unread_count(user=cast.clinician) == 0
    assert reading.unread_count(user=cast.colleague) == 1


def test_answer_marks_the_question_as_read(cast: Cast) -> None:
    correspondence.send_to_team(patient=cast.patient, text="May I?")
    correspondence.send_to_patient(patient=cast.patient, by=cast.clinician, text="Yes.")
    assert reading.unread_count(user=cast.clinician) == 0


def test_nobody_else_reads_or_marks_messages(cast: Cast) -> None:
    make.MessageFactory(patient=cast.patient, author=cast.clinician)
    for person in (cast.other_patient_user, cast.colleague, cast.outsider, cast.administrator):
        assert reading.thread(patient=cast.patient, user=person) == ()
        assert correspondence.mark_read(patient=cast.patient, by=person) == 0


def test_mail_names_nothing_of_the_message_and_comes_once_until_it_is_read(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for text in ("Your grade is better.", "And one more thing."):
            correspondence.send_to_patient(patient=cast.patient, by=cast.clinician, text=text)
    [sent] = mail.outbox
    assert sent.to == [cast.patient_user.email]
    assert (sent.subject, sent.body.strip()) == (
        "Seventh: you have a message",
        "You have a message in Seventh. Please log in to read it.",
    )
    correspondence.mark_read(patient=cast.patient, by=cast.patient_user)
    with django_capture_on_commit_callbacks(execute=True):
        correspondence.send_to_patient(patient=cast.patient, by=cast.clinician, text="Later.")
    assert len(mail.outbox) == 2


def test_message_holds_although_the_mail_cannot_be_sent(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fail(*_args: object, **_named: object) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr(correspondence, "send_mail", fail)
    with django_capture_on_commit_callbacks(execute=True):
        correspondence.send_to_patient(patient=cast.patient, by=cast.clinician, text="Hello.")
    assert Message.objects.count() == 1


def test_patient_without_log_in_cannot_be_written_to(cast: Cast, as_user: AsUser) -> None:
    cast.patient.user = None
    cast.patient.save()
    with pytest.raises(Refused):
        correspondence.send_to_patient(patient=cast.patient, by=cast.clinician, text="Hello.")
    answer = as_user(cast.clinician).post(reverse("message-new", args=[cast.patient.pk]), {"text": "Hello."})
    assert answer.status_code == 422
    assert "has no log-in yet" in answer.content.decode()


def test_patient_writes_reads_and_is_on_the_trail(cast: Cast, as_user: AsUser) -> None:
    make.MessageFactory(patient=cast.patient, author=cast.clinician, text="Please record in <b>light</b>.")
    client = as_user(cast.patient_user)
    assert "1 unread" in client.get(reverse("my-home")).content.decode()
    page = client.get(reverse("my-messages")).content.decode()
    assert "Please record in &lt;b&gt;light&lt;/b&gt;." in page and "Nobody reads this page around the clock" in page
    assert client.post(reverse("my-messages-read"), headers={"HX-Request": "true"}).status_code == 204
    assert "unread" not in client.get(reverse("my-home")).content.decode()
    client.post(reverse("my-messages"), {"text": "I will."})
    trail = AuditEvent.objects.filter(object_type="message", actor=cast.patient_user).order_by("created_at")
    assert [event.action for event in trail] == ["read message", "send message"]


def test_looking_marks_nothing_as_read_for_a_clinician(cast: Cast, as_user: AsUser) -> None:
    correspondence.send_to_team(patient=cast.patient, text="It hurts.")
    client = as_user(cast.clinician)
    assert "1 unread" in client.get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert reading.unread_count(user=cast.clinician) == 1
    client.post(reverse("message-read", args=[cast.patient.pk]))
    assert reading.unread_count(user=cast.clinician) == 0


def test_administrator_sees_neither_notes_nor_messages_on_the_record(cast: Cast, as_user: AsUser) -> None:
    correspondence.send_to_team(patient=cast.patient, text="It hurts.")
    page = as_user(cast.administrator).get(reverse("patient-detail", args=[cast.patient.pk])).content
    assert b"It hurts." not in page and b'id="notes"' not in page
