"""Results are held by default; what is released is what the clinician read, and can be taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from clinic.errors import Conflict
from clinic.models import Assessment, AuditEvent, Episode, Release, Session, User
from clinic.selectors import summaries
from clinic.services import releases, sessions
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

AsUser = Callable[[User | None], Client]
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NUMBERS = ("House", "Brackmann", "grade", "Sunnybrook", "asymmetry", "MDC", "AU12", "62 %", "0.42")


@pytest.fixture
def episode(cast: Cast) -> Episode:
    made: Episode = make.EpisodeFactory(patient=cast.patient)
    return made


def recording(cast: Cast, episode: Episode, day: int = 0, **values: Any) -> Session:
    made: Session = make.SessionFactory(patient=cast.patient, episode=episode, recorded_at=AT + timedelta(days=day))
    measured(made, report=changed(**values) if values else REPORT, mirrored="no")
    return made


def release(session: Session, by: User, words: str = "") -> Release:
    draft = summaries.draft(session)
    assert draft is not None
    return releases.release(
        session=session,
        by=by,
        assessment=draft.assessment,
        baseline=draft.baseline,
        summary=draft.summary.to_json(),
        words=words,
    )


def own_pages(cast: Cast, session: Session, as_user: AsUser) -> str:
    client = as_user(cast.patient_user)
    pages = [reverse("my-home"), reverse("my-session", args=[session.pk])]
    return "".join(client.get(page).content.decode() for page in pages)


def test_nothing_is_shown_before_the_release_and_nothing_after_the_withdrawal(
    cast: Cast, episode: Episode, as_user: AsUser
) -> None:
    session = recording(cast, episode)
    summary = "The left side moved about 60 % as much"
    assert summary not in own_pages(cast, session, as_user)
    release(session, cast.clinician, words="Keep going.")
    shown = own_pages(cast, session, as_user)
    assert summary in shown and "Keep going." in shown and "Summary from your clinician" in shown
    releases.withdraw(session=session, by=cast.clinician)
    after = own_pages(cast, session, as_user)
    assert summary not in after and "Keep going." not in after and "Summary from your clinician" not in after


def test_reviewed_is_not_released(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    sessions.mark_reviewed(session=session, by=cast.clinician)
    assert "What was measured" not in own_pages(cast, session, as_user)


def test_release_of_one_session_shows_nothing_of_another(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    held, shown = recording(cast, episode), recording(cast, episode, 20)
    release(shown, cast.clinician)
    assert (
        "What was measured"
        not in as_user(cast.patient_user).get(reverse("my-session", args=[held.pk])).content.decode()
    )
    page = as_user(cast.patient_user).get(reverse("my-session", args=[shown.pk])).content.decode()
    assert "Compared with" not in page  # the earlier one is held


def test_comparison_is_made_with_a_released_session_and_hidden_with_it(
    cast: Cast, episode: Episode, as_user: AsUser
) -> None:
    first, second = recording(cast, episode), recording(cast, episode, 20)
    release(first, cast.clinician)
    release(second, cast.clinician)
    compared = "Compared with your recording of 1 June 2026"
    assert compared in own_pages(cast, second, as_user)
    releases.withdraw(session=first, by=cast.clinician)
    assert compared not in own_pages(cast, second, as_user)


def test_words_for_the_patient_name_no_grade_and_no_score(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    release(session, cast.clinician)
    page = as_user(cast.patient_user).get(reverse("my-session", args=[session.pk])).content.decode()
    section = page[page.index('id="result-heading"') : page.index("Ask your care team")]
    assert [word for word in NUMBERS if word in section] == []
    assert "estimates" in section and "research use" in section and "not a diagnosis" in section


def test_release_is_a_review_a_mail_without_content_and_on_the_trail(
    cast: Cast, episode: Episode, django_capture_on_commit_callbacks: Any
) -> None:
    session = recording(cast, episode)
    with django_capture_on_commit_callbacks(execute=True):
        release(session, cast.clinician)
    session.refresh_from_db()
    assert session.reviewed_by == cast.clinician
    assert [sent.body.strip() for sent in mail.outbox] == ["You have a message in Seventh. Please log in to read it."]
    releases.withdraw(session=session, by=cast.clinician)
    trail = AuditEvent.objects.filter(object_type="release", patient=cast.patient).order_by("created_at")
    assert [event.action for event in trail] == ["release", "withdraw release"]


def test_who_told_what_and_when_is_kept(cast: Cast, episode: Episode) -> None:
    session = recording(cast, episode)
    release(session, cast.clinician, words="First words.")
    release(session, cast.clinician, words="Second words.")
    told = list(Release.objects.order_by("created_at").values_list("words", "withdrawn_by"))
    assert told == [("First words.", cast.clinician.pk), ("Second words.", None)]


def test_later_analysis_changes_nothing_that_was_told(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    release(session, cast.clinician)
    before = Release.objects.get().summary
    Assessment.objects.update(is_current=False, mouth_asymmetry=0.9)
    assert "The left side moved about 60 % as much" in own_pages(cast, session, as_user)
    assert Release.objects.get().summary == before
    page = as_user(cast.clinician).get(reverse("session-release", args=[session.pk])).content.decode()
    assert "A newer result has come in since" in page


def test_result_that_came_in_meanwhile_has_to_be_read_first(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    draft = summaries.draft(session)
    assert draft is not None
    Assessment.objects.update(is_current=False)
    measured(session, mirrored="no")
    with pytest.raises(Conflict):
        releases.release(session=session, by=cast.clinician, assessment=draft.assessment, summary={})
    answer = as_user(cast.clinician).post(
        reverse("session-release", args=[session.pk]), {"assessment": draft.assessment.pk, "words": "Fine."}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    newest = summaries.draft(session)
    assert newest is not None
    assert "Please read it once more" in page and str(newest.assessment.pk) in page and "Fine." in page
    assert not Release.objects.exists()


def test_clinician_releases_and_withdraws_on_the_page(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session, client = recording(cast, episode), as_user(cast.clinician)
    page = client.get(reverse("session-release", args=[session.pk]))
    form = {**page.context["form"].initial, "words": "Keep going."}
    client.post(reverse("session-release", args=[session.pk]), {k: v for k, v in form.items() if v})
    assert Release.objects.get().withdrawn_at is None
    assert "Released to the patient" in client.get(reverse("session-detail", args=[session.pk])).content.decode()
    client.post(reverse("session-withdraw", args=[session.pk]))
    assert Release.objects.get().withdrawn_by == cast.clinician


def test_withdrawing_what_is_not_released_changes_nothing(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    answer = as_user(cast.clinician).post(reverse("session-withdraw", args=[session.pk]), follow=True)
    assert "are not released" in answer.content.decode()


def test_session_without_result_cannot_be_released(cast: Cast, as_user: AsUser) -> None:
    session = make.SessionFactory(patient=cast.patient)
    assert summaries.draft(session) is None
    answer = as_user(cast.clinician).post(reverse("session-release", args=[session.pk]), {"words": "x"})
    assert answer.status_code == 422 and "Nothing to release" in answer.content.decode()


def test_review_of_a_released_session_is_not_taken_back(cast: Cast, episode: Episode) -> None:
    session = recording(cast, episode)
    release(session, cast.clinician)
    with pytest.raises(Conflict):
        sessions.take_back_review(session=session, by=cast.clinician)
    releases.withdraw(session=session, by=cast.clinician)
    sessions.take_back_review(session=session, by=cast.clinician)
    session.refresh_from_db()
    assert session.reviewed_at is None


def test_patients_look_at_a_result_is_on_the_trail(cast: Cast, episode: Episode, as_user: AsUser) -> None:
    session = recording(cast, episode)
    made = release(session, cast.clinician)
    own_pages(cast, session, as_user)
    looked = AuditEvent.objects.get(action="view", object_type="release")
    assert (looked.object_id, looked.actor, looked.patient) == (str(made.pk), cast.patient_user, cast.patient)


def told(cast: Cast, episode: Episode, **values: Any) -> dict[str, str]:
    draft = summaries.draft(recording(cast, episode, **values))
    assert draft is not None
    return {line.part: line.sentence for line in draft.summary.measured}


def test_open_eye_is_told_without_alarm(cast: Cast, episode: Episode) -> None:
    sentence = told(cast, episode)["Closing the eyes"]
    assert sentence.startswith("The left eye stayed a little open. Please go on protecting it")


def test_closed_eyes_and_missing_movements_are_told_as_such(cast: Cast, episode: Episode) -> None:
    gentle = {"unit": "mm", "left": 0.1, "right": 0.2, "flag_left": False, "flag_right": False}
    details = dataclasses.replace(REPORT.details, extras={"eye_safety": {"gentle": gentle, "tight": None}})
    sentences = told(cast, episode, details=details)
    assert sentences["Closing the eyes"].startswith("Both eyes closed, as far as the video shows. Do not stop")
    assert sentences["Forehead and brows"] == "This could not be measured in this recording."
    assert sentences["Eyes"] == "Both sides moved about equally."


def test_change_is_told_in_plain_words(cast: Cast, episode: Episode) -> None:
    first, second = recording(cast, episode), recording(cast, episode, 30)
    Assessment.objects.filter(session=second).update(mouth_asymmetry=-0.1)
    release(first, cast.clinician)
    draft = summaries.draft(second)
    assert draft is not None
    changes = {line.part: (line.tone, line.sentence) for line in draft.summary.changes}
    assert changes["Mouth and cheeks"] == ("better", "More even than then.")
    assert changes["Eyes"] == ("same", "No change that is larger than the measurement error.")
    assert changes["Forehead and brows"] == ("open", "This cannot be compared.")
