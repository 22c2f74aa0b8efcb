"""The list of patients: order, filters, pages, and nothing of other teams."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.forms.worklist import asked_by
from clinic.models import AuditEvent, Patient, SavedFilter, User
from clinic.selectors import worklist as selector
from clinic.selectors.worklist import Asked, Show, worklist
from clinic.services import worklist as service
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.listed import line, names, patient, session


def test_unreviewed_sessions_come_first_then_the_latest(cast: Cast) -> None:
    session(patient(cast, "Seen late"), 9, reviewed=True)
    session(patient(cast, "New early"), 1)
    session(patient(cast, "New late"), 5)
    assert [name for name in names(cast) if name != cast.patient.name] == ["New late", "New early", "Seen late"]


def test_list_holds_the_own_team_only_whatever_the_role(cast: Cast) -> None:
    assert names(cast) == ["Anna Alder"]
    assert [found.name for found in worklist(user=cast.colleague).lines] == ["Bruno Birch"]
    assert {found.name for found in worklist(user=cast.administrator).lines} == {"Anna Alder", "Bruno Birch"}


def test_own_record_of_a_clinician_is_not_on_the_list(cast: Cast) -> None:
    cast.patient.user = cast.clinician
    cast.patient.save()
    assert names(cast) == []


def test_search_finds_name_and_record_number(cast: Cast) -> None:
    patient(cast, "Clara Cedar", record_number="X-77")
    assert names(cast, q="cedar cla") == ["Clara Cedar"]
    assert names(cast, q="x-77") == ["Clara Cedar"]
    assert names(cast, q="birch") == []


def test_latest_grade_is_shown_with_its_probability_and_course(cast: Cast) -> None:
    for day, grade in ((1, 5), (9, 2)):
        shares = [0.0] * 6
        shares[grade - 1] = 0.75
        run = {"run__video__session": session(cast.patient, day)}
        make.AssessmentFactory(hb_grade=grade, hb_probabilities=shares, affected_side="left", **run)
    found = line(cast, "Anna Alder")
    assert (found.grade, found.grade_share, found.course, found.side) == (2, 0.75, (5, 2), "left")


def test_volunteer_has_no_days_since_onset(cast: Cast) -> None:
    volunteer = patient(cast, "Vera Volunteer")
    make.EpisodeFactory(patient=volunteer, cause="volunteer", side="none")
    found = line(cast, "Vera Volunteer")
    assert (found.episode, found.days_since_onset) == ("Healthy volunteer", None)


def test_superseded_results_do_not_count(cast: Cast) -> None:
    recording = session(cast.patient)
    make.AssessmentFactory(run__video__session=recording, hb_grade=6, is_current=False)
    make.AssessmentFactory(run__video__session=recording, hb_grade=2, hb_probabilities=None)
    assert line(cast, "Anna Alder").course == (2,)


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(selector, "PAGE", 2)
    for number in range(4):
        session(patient(cast, f"Person {number}"), number % 2, reviewed=number > 1)
    pages = [worklist(user=cast.clinician, page=number) for number in (1, 2, 3)]
    seen = [found.name for page in pages for found in page.lines]
    assert len(seen) == len(set(seen)) == 5
    assert [page.page.has_next() for page in pages] == [True, True, False]


def test_unreadable_page_means_the_first(cast: Cast) -> None:
    for number in ("x", "-3", None, ""):
        assert [found.name for found in worklist(user=cast.clinician, page=number).lines] == ["Anna Alder"]


def test_filters_narrow_by_episode_and_team_and_count_flags_under_them(cast: Cast) -> None:
    other = patient(cast, "Clara Cedar")
    make.EpisodeFactory(patient=other, side="right", cause="trauma", onset_date=date(2026, 1, 5))
    make.EpisodeFactory(patient=cast.patient, side="left", onset_date=date(2026, 3, 1))
    make.AssessmentFactory(run__video__session=session(other), quality_score=0.1)
    assert names(cast, side="right") == names(cast, cause="trauma") == ["Clara Cedar"]
    assert names(cast, onset_from=date(2026, 2, 1)) == ["Anna Alder"]
    assert names(cast, onset_to=date(2026, 2, 1), side="left") == []
    assert names(cast, team=cast.team.pk, flag="poor_video") == ["Clara Cedar"]
    assert worklist(user=cast.clinician, asked=Asked(side="left")).flag_counts == {}
    assert worklist(user=cast.clinician).flag_counts == {"poor_video": 1}


def test_one_episode_has_to_fit_all_filters(cast: Cast) -> None:
    make.EpisodeFactory(patient=cast.patient, side="left", cause="bell")
    make.EpisodeFactory(patient=cast.patient, side="right", cause="trauma")
    assert names(cast, side="left", cause="trauma") == []


def test_reviewed_view_holds_those_with_nothing_open(cast: Cast) -> None:
    session(patient(cast, "All seen"), reviewed=True)
    session(patient(cast, "Open"))
    assert names(cast, show=Show.REVIEWED) == ["All seen"]
    assert names(cast, show=Show.OPEN) == ["Open"]


def test_new_is_what_came_in_after_the_last_look(cast: Cast) -> None:
    session(cast.patient)
    assert names(cast, show=Show.SINCE) == ["Anna Alder"]
    service.looked(by=cast.clinician, until=timezone.now())
    assert names(cast, show=Show.SINCE) == []
    make.AssessmentFactory(run__video__session=cast.patient.sessions.get())
    assert names(cast, show=Show.SINCE) == ["Anna Alder"]
    assert worklist(user=cast.administrator).looked_at is None


def test_unread_messages_are_counted_for_the_team_alone(cast: Cast) -> None:
    make.MessageFactory(patient=cast.patient, author=cast.patient_user, from_patient=True)
    assert line(cast, "Anna Alder").unread == 1
    assert [found.unread for found in worklist(user=cast.administrator).lines] == [0, 0]


def test_following_goes_by_the_filtered_order(cast: Cast) -> None:
    for number in range(3):
        session(patient(cast, f"Person {number}"), number)
    asked = Asked(q="person")
    first, second, last = [found.pk for found in worklist(user=cast.clinician, asked=asked).lines]
    after = [
        selector.following(user=cast.clinician, asked=asked, patient=Patient(pk=pk)) for pk in (first, second, last)
    ]
    assert after == [second, last, None]
    assert selector.following(user=cast.clinician, asked=asked, patient=cast.patient) == first


def test_query_is_the_same_whatever_the_order_and_leaves_empty_parts_out(cast: Cast) -> None:
    asked = asked_by(cast.clinician, "side=left&q=anna&show=all&flag=&cause=nonsense&team=9")
    assert asked == Asked(q="anna", side="left")
    assert asked.query() == "q=anna&side=left"
    assert asked_by(cast.clinician, asked.query(show=Show.OPEN)).show is Show.OPEN


def test_another_teams_name_is_no_filter(cast: Cast) -> None:
    assert asked_by(cast.clinician, f"team={cast.other_team.pk}").team is None


def test_page_shows_what_is_new_and_notes_who_was_on_the_list(
    cast: Cast, as_user: Callable[[User | None], Client]
) -> None:
    session(cast.patient)
    page = as_user(cast.clinician).get(reverse("patient-list")).content.decode()
    assert "1 to review" in page
    assert "Bruno Birch" not in page
    assert [event.patient for event in AuditEvent.objects.filter(action="list")] == [cast.patient]


def test_review_from_the_list_answers_with_the_line_and_a_way_back(
    cast: Cast, as_user: Callable[[User | None], Client]
) -> None:
    recording = session(cast.patient)
    headers = {"HX-Request": "true", "HX-Target": f"line-{cast.patient.pk}"}
    client = as_user(cast.clinician)
    answer = client.post(reverse("session-review", args=[recording.pk]), headers=headers).content.decode()
    assert answer.strip().startswith(f'<tbody id="line-{cast.patient.pk}"')
    assert "all reviewed" in answer and reverse("session-unreview", args=[recording.pk]) in answer
    back = client.post(reverse("session-unreview", args=[recording.pk]), headers=headers).content.decode()
    assert "1 to review" in back
    recording.refresh_from_db()
    assert (recording.reviewed_at, recording.reviewed_by) == (None, None)
    actions = AuditEvent.objects.filter(object_id=str(recording.pk)).order_by("created_at")
    assert [event.action for event in actions] == ["review", "take back review"]


def test_next_patient_goes_by_the_list_as_filtered_last(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    others = [patient(cast, f"Person {number}") for number in range(2)]
    for number, other in enumerate(others):
        session(other, number)
    client = as_user(cast.clinician)
    client.get(reverse("patient-list"), {"q": "person"})
    first = client.get(reverse("patient-next", args=[cast.patient.pk]))
    assert first.headers["Location"] == reverse("patient-detail", args=[others[1].pk])
    last = client.get(reverse("patient-next", args=[others[0].pk]), follow=True)
    assert "That was the last patient of the list." in last.content.decode()
    assert last.redirect_chain[0][0] == reverse("patient-list") + "?q=person"


def test_looked_through_holds_as_of_the_time_the_list_was_made(
    cast: Cast, as_user: Callable[[User | None], Client]
) -> None:
    client, shown = as_user(cast.clinician), timezone.now()
    recording = session(cast.patient)  # arrives while the list is being read
    client.post(reverse("patient-list-looked"), {"until": shown.isoformat(), "query": "side=left&x=1"})
    assert recording.created_at > shown
    assert names(cast, show=Show.SINCE) == ["Anna Alder"]
    client.post(reverse("patient-list-looked"), {"until": "nonsense"})
    assert names(cast, show=Show.SINCE) == []
    client.post(reverse("patient-list-looked"), {"undo": "yes"})
    assert names(cast, show=Show.SINCE) == ["Anna Alder"]


def test_filter_is_saved_used_renamed_and_deleted(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    client = as_user(cast.clinician)
    sent = {"name": "  Left   sides ", "query": "side=left&nonsense=1"}
    saved = client.post(reverse("filter-list"), sent)
    assert saved.headers["Location"] == reverse("patient-list") + "?side=left"
    row = SavedFilter.objects.get(user=cast.clinician)
    assert (row.name, row.query) == ("Left sides", "side=left")
    page = client.get(reverse("patient-list"), {"side": "left"}).content.decode()
    assert f'href="{reverse("patient-list")}?side=left" aria-current="true">Left sides' in page
    client.post(reverse("filter-edit", args=[row.pk]), {"name": "Left"})
    assert SavedFilter.objects.get().name == "Left"
    client.post(reverse("filter-delete", args=[row.pk]))
    assert not SavedFilter.objects.exists()


def test_taken_name_of_a_filter_is_refused(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    one, two = (make.SavedFilterFactory(user=cast.clinician, name=name) for name in ("One", "Two"))
    answer = as_user(cast.clinician).post(reverse("filter-edit", args=[two.pk]), {"name": one.name})
    assert answer.status_code == 422
    assert "You have a filter with this name already." in answer.content.decode()


def test_saving_under_a_known_name_changes_that_filter(cast: Cast) -> None:
    service.save_filter(by=cast.clinician, name="Mine", query="side=left")
    service.save_filter(by=cast.clinician, name="Mine", query="side=right")
    assert SavedFilter.objects.get().query == "side=right"


def test_search_in_place_answers_with_the_list_alone(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    answer = as_user(cast.clinician).get(
        reverse("patient-list"), {"q": "nobody"}, headers={"HX-Request": "true", "HX-Target": "worklist"}
    )
    assert b"<html" not in answer.content
    assert "Nobody found for “nobody”" in answer.content.decode()


def test_empty_list_says_how_to_begin(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    cast.patient.care_teams.clear()
    assert "No patients yet" in as_user(cast.clinician).get(reverse("patient-list")).content.decode()


def test_clinician_without_a_care_team_learns_who_helps(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    cast.clinician.care_teams.clear()
    shown = as_user(cast.clinician).get(reverse("patient-list")).content.decode()
    assert "You are in no care team yet" in shown and "No patients yet" not in shown
