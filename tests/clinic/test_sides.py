"""Where a recording is shown, a doubt about left and right is said; a blind form tells no measured side."""

import dataclasses
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import Mirrored
from clinic.models import Session, User
from clinic.selectors import letters
from clinic.services.reports import Choice
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User], Client]
PAGES = ("session-detail", "session-correct", "session-grade")
CONFLICT = "The measured side contradicts the record"


def recorded(cast: Cast, side: str, mirrored: Mirrored) -> Session:
    """Measured as left."""
    episode = make.EpisodeFactory(patient=cast.patient, side=side)
    session = make.SessionFactory(patient=cast.patient, episode=episode)
    assert REPORT.video is not None
    facts = dataclasses.replace(REPORT.video, mirrored=mirrored)
    return measured(session, report=changed(video=facts), mirrored=mirrored.value).session


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("mirrored", "words"),
    [
        (Mirrored.UNKNOWN, "not known whether the camera mirrored"),
        (Mirrored.YES, "marked as mirrored"),
        (Mirrored.NO, ""),
    ],
)
def test_mirrored_picture_is_told_on_every_page_that_shows_it(
    cast: Cast, as_user: As, name: str, mirrored: Mirrored, words: str
) -> None:
    session = recorded(cast, "left", mirrored)
    page = as_user(cast.clinician).get(reverse(name, args=[session.pk])).content.decode()
    assert CONFLICT not in page
    if words:
        assert words in page
    else:
        assert "mirrored the video" not in page


@pytest.mark.parametrize("name", ["session-detail", "session-correct"])
def test_contradiction_is_told_with_both_sides(cast: Cast, as_user: As, name: str) -> None:
    session = recorded(cast, "right", Mirrored.NO)
    page = as_user(cast.clinician).get(reverse(name, args=[session.pk])).content.decode()
    assert CONFLICT in page
    assert "The record says right, the measurement says left" in page


def test_blind_rater_is_warned_and_not_told_what_was_measured(cast: Cast, as_user: As) -> None:
    session = recorded(cast, "right", Mirrored.NO)
    page = as_user(cast.clinician).get(reverse("session-grade", args=[session.pk])).content.decode()
    assert "Left and right are in doubt" in page
    assert "the measurement says" not in page


def test_letter_names_the_sessions_whose_sides_are_in_doubt(cast: Cast) -> None:
    session = recorded(cast, "right", Mirrored.UNKNOWN)
    choice = Choice(session.episode, (session,), ("summary",), "clinical")
    summary = letters.draft(cast.patient, choice, made_by="Dr").summary
    assert "contradicts the record on" in summary
    assert "not known for 1 of 1 measured sessions" in summary


def test_letter_of_clear_sides_says_nothing_about_them(cast: Cast) -> None:
    session = recorded(cast, "left", Mirrored.NO)
    choice = Choice(session.episode, (session,), ("summary",), "patient")
    summary = letters.draft(cast.patient, choice, made_by="Dr").summary
    assert "mirrored" not in summary


def test_session_that_contradicts_the_record_is_not_compared_with_one_that_does_not(cast: Cast, as_user: As) -> None:
    agreeing, contradicting = recorded(cast, "left", Mirrored.NO), recorded(cast, "right", Mirrored.NO)
    where = reverse("patient-compare", args=[cast.patient.pk])
    page = as_user(cast.clinician).get(where, {"a": agreeing.pk, "b": contradicting.pk}).content.decode()
    assert "One of the videos contradicts the side on record" in page
    assert "Recorded and measured alike" not in page
