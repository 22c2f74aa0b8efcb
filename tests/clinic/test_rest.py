"""The pinned rest: whose it is, what it changes, what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from analysis.contracts import SessionReport
from clinic.errors import Refused
from clinic.models import AnalysisRun, AuditEvent, PinnedRest, Session, User
from clinic.models.results import RunState
from clinic.selectors import patients
from clinic.services import rest, runs
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import REPORT, changed, measured
from tests.tasks.reports import refused

As = Callable[[User | None], Client]


def test_session_is_pinned_and_unpinned_on_the_trail(case: Case, cast: Cast) -> None:
    rest.pin(patient=cast.patient, session=case.session, by=cast.clinician)
    assert PinnedRest.objects.get().session == case.session
    rest.pin(patient=cast.patient, session=None, by=cast.clinician)
    assert PinnedRest.objects.get().session is None
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"pin_rest", "unpin_rest"}


def test_another_session_takes_the_place_of_the_pinned_one(case: Case, cast: Cast) -> None:
    later = measured(make.SessionFactory(patient=cast.patient)).session
    for session in (case.session, later):
        rest.pin(patient=cast.patient, session=session, by=cast.clinician)
    assert PinnedRest.objects.get().session == later


def finished(session: Session) -> AnalysisRun:
    return ended(session, REPORT, "series/kept")


def ended(session: Session, report: SessionReport, series: str) -> AnalysisRun:
    run = runs.claim(str(make.RunFactory(video__session=session, state=RunState.QUEUED).pk), worker="w")
    assert run is not None
    runs.record(run, report, series)
    return run


def visit(cast: Cast, days: int) -> Session:
    at = make.datetime(2026, 3, 10, 12, tzinfo=make.UTC) + timedelta(days=days)
    session: Session = make.SessionFactory(patient=cast.patient, recorded_at=at)
    return session


def test_first_accepted_session_is_pinned_by_itself_and_the_next_leaves_it(cast: Cast) -> None:
    first = finished(visit(cast, 0)).video.session
    finished(visit(cast, 9))
    pinned = PinnedRest.objects.get()
    assert (pinned.session, pinned.is_automatic, pinned.chosen_by) == (first, True, None)
    assert AuditEvent.objects.filter(action="pin_rest", actor=None).count() == 1


def test_earliest_of_what_was_accepted_before_is_pinned(cast: Cast) -> None:
    early = visit(cast, 0)
    make.RunFactory(video__session=early, state=RunState.DONE, series="series/early")
    finished(visit(cast, 9))
    assert PinnedRest.objects.get().session == early


def test_refused_session_is_not_pinned(cast: Cast) -> None:
    ended(visit(cast, 0), refused(), "")
    assert not PinnedRest.objects.exists()


def test_choice_of_a_clinician_stays_also_when_it_is_none(cast: Cast) -> None:
    finished(visit(cast, 0))
    rest.pin(patient=cast.patient, session=None, by=cast.clinician)
    finished(visit(cast, 9))
    pinned = PinnedRest.objects.get()
    assert (pinned.session, pinned.is_automatic, pinned.chosen_by) == (None, False, cast.clinician)
    assert rest.pinned_run(cast.patient) is None


def test_page_says_who_chose(cast: Cast, as_user: As) -> None:
    finished(visit(cast, 0))
    where = reverse("patient-detail", args=[cast.patient.pk])
    client = as_user(cast.clinician)
    assert "nobody has chosen another" in client.get(where).content.decode()
    rest.pin(patient=cast.patient, session=None, by=cast.clinician)
    page = client.get(where).content.decode()
    assert "measured against its own rest alone" in page and "Chosen by Carla Clinician" in page


def test_session_of_somebody_else_or_without_result_is_refused(case: Case, cast: Cast) -> None:
    strange = measured(make.SessionFactory(patient=cast.other_patient)).session
    empty = make.SessionFactory(patient=cast.patient)
    for session in (strange, empty):
        with pytest.raises(Refused):
            rest.pin(patient=cast.patient, session=session, by=cast.clinician)
    assert not PinnedRest.objects.exists()


@pytest.mark.usefixtures("sent")
def test_all_sessions_are_measured_again_when_that_is_asked_for(case: Case, cast: Cast) -> None:
    busy = make.RunFactory(video__session=make.SessionFactory(patient=cast.patient), state=RunState.QUEUED)
    queued = rest.pin(patient=cast.patient, session=case.session, by=cast.clinician, again=True)
    assert queued == 1
    assert set(AnalysisRun.objects.filter(state=RunState.QUEUED).values_list("video", flat=True)) == {
        case.video.pk,
        busy.video_id,
    }


def test_nothing_is_measured_again_without_agreement(case: Case, cast: Cast) -> None:
    cast.patient.consents.all().delete()
    with pytest.raises(Refused):
        rest.pin(patient=cast.patient, session=case.session, by=cast.clinician, again=True)
    assert not PinnedRest.objects.exists()


def test_newest_finished_run_with_a_series_gives_the_rest(case: Case, cast: Cast) -> None:
    assert rest.pinned_run(cast.patient) is None
    rest.pin(patient=cast.patient, session=case.session, by=cast.clinician)
    assert rest.pinned_run(cast.patient) == case.run
    newer = make.RunFactory(video=case.video, state=RunState.DONE)
    assert rest.pinned_run(cast.patient) == case.run  # it has no series
    newer.series.save("new.json.gz", ContentFile(b"x"))
    assert rest.pinned_run(cast.patient) == newer


def test_form_offers_own_measured_sessions_alone(case: Case, cast: Cast, as_user: As) -> None:
    make.SessionFactory(patient=cast.patient)
    strange = measured(make.SessionFactory(patient=cast.other_patient)).session
    page = as_user(cast.clinician).get(reverse("patient-rest", args=[cast.patient.pk])).content.decode()
    assert str(case.session.pk) in page
    assert str(strange.pk) not in page
    assert page.count("<option") == 2


def test_choice_is_made_in_place_and_shown_with_who_made_it(case: Case, cast: Cast, as_user: As) -> None:
    client, where = as_user(cast.clinician), reverse("patient-rest", args=[cast.patient.pk])
    answer = client.post(where, {"session": str(case.session.pk)}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "The rest reference is saved." in page
    assert "Chosen by Carla Clinician" in page
    assert patients.page(patient=cast.patient).rest is not None


def test_who_may_not_choose_is_not_offered_to(case: Case, cast: Cast, as_user: As) -> None:
    where = reverse("patient-detail", args=[cast.patient.pk])
    offered: dict[str, bool] = {}
    for role in ("clinician", "administrator"):
        offered[role] = b"Choose session" in as_user(cast.user(role)).get(where).content
    assert offered == {"clinician": True, "administrator": False}


def test_face_at_rest_against_the_pinned_one_is_drawn(cast: Cast) -> None:
    against: dict[str, Any] = {"source": "x", "rest_intensity": {"left": {"AU12": 1.0, "AU15": 0.5}, "right": {}}}
    details = type(REPORT.details)(extras={"against_pinned_rest": against})
    measured(make.SessionFactory(patient=cast.patient), report=changed(details=details))
    [point] = patients.page(patient=cast.patient).course.points
    assert point.number("rest_mouth/left").value == 0.75
    assert point.number("rest_mouth/right").value is None
