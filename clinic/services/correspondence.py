"""Messages between a patient and the care team. A mail says that there is one, never what is in it."""

from __future__ import annotations

import logging
from functools import partial
from smtplib import SMTPException

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from clinic.errors import Refused
from clinic.models import Message, MessageRead, Patient, User
from clinic.services import audit
from clinic.services.notes import checked

LONGEST = 4000
logger = logging.getLogger(__name__)


def send_to_patient(*, patient: Patient, by: User, text: str) -> Message:
    """From a clinician of the care team; what the patient wrote before counts as read. Raises Refused."""
    if patient.user is None:
        raise Refused("no_log_in", "This person has no log-in yet, so nobody would read the message.")
    text = checked(text, longest=LONGEST)
    with transaction.atomic():
        is_first = not Message.objects.unread_by(patient.user).exists()
        message = Message.objects.create(patient=patient, author=by, from_patient=False, text=text)
        mark_read(patient=patient, by=by)
        audit.record(actor=by, action="send message", obj=message)
        if is_first:  # one mail is enough until the patient has read
            tell(patient)
    return message


def send_to_team(*, patient: Patient, text: str) -> Message:
    """From the patient, by the own log-in. Raises Refused."""
    assert patient.user is not None
    text = checked(text, longest=LONGEST)
    with transaction.atomic():
        message = Message.objects.create(patient=patient, author=patient.user, from_patient=True, text=text)
        mark_read(patient=patient, by=patient.user)
        audit.record(actor=patient.user, action="send message", obj=message)
    return message


def mark_read(*, patient: Patient, by: User) -> int:
    """Every message of the other side; how many were unread."""
    with transaction.atomic():
        unread = list(Message.objects.unread_by(by).filter(patient=patient))
        MessageRead.objects.bulk_create(
            [MessageRead(message=message, reader=by) for message in unread], ignore_conflicts=True
        )
        for message in unread:
            audit.record(actor=by, action="read message", obj=message)
    return len(unread)


def tell(patient: Patient) -> None:
    """Send the one mail that there is, once the transaction holds."""
    if patient.user is not None and patient.user.is_active:
        transaction.on_commit(partial(_mail, patient.user.email, str(patient.pk)), robust=True)


def _mail(address: str, patient_id: str) -> None:
    """A mail that cannot be sent is no error of the message: it is there when the patient logs in."""
    try:
        send_mail("Seventh: you have a message", render_to_string("clinic/mail/message.txt"), None, [address])
    except (SMTPException, OSError) as error:
        logger.warning("patient %s was not mailed: %s", patient_id, type(error).__name__)
