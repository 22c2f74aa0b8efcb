"""The patient page: the course, its news, treatments in place, recordings put in by the clinic."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import Exercise, Measure, MeasurementError, Mirrored
from clinic.charts import curves, grade, matrices, measures, regions, timeline, trend
from clinic.charts.rows import Course
from clinic.models import AnalysisRun, Assessment, AuditEvent, Patient, Session, TreatmentEvent, User, Video
from clinic.models.care import ConsentPurpose
from clinic.models.results import RunState
from clinic.selectors import patients
from clinic.services import consents
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import ORIGIN, REPORT, changed, measured

As = Callable[[User | None], Client]


def figures(page: str) -> dict[str, Any]:
    found = re.findall(r'<script id="figure-(\w+)" type="application/json">(.*?)</script>', page, re.S)
    return {key: json.loads(text) for key, text in found}


def course_of(patient: Patient) -> Course:
    return patients.page(patient=patient).course


def news(client: Client, patient: Patient, seen: str) -> Any:
    return client.get(reverse("patient-news", args=[patient.pk]), {"seen": seen})


def test_points_lie_on_days_since_the_first_day_of_the_episode(case: Case, cast: Cast) -> None:
    [point] = course_of(cast.patient).points
    assert point.on - case.episode.onset_date == timedelta(days=case.assessment.days_since_onset or 0)
    assert {region.value: share for region, share in point.asymmetry.items()} == {"brow": -40, "eye": -30, "mouth": -50}


def test_error_is_shown_in_percent_like_the_index(cast: Cast) -> None:
    measured(make.SessionFactory(patient=cast.patient))
    [point] = course_of(cast.patient).points
    assert {region.value: error.mdc95 for region, error in point.errors.items()} == {"mouth": 10.0, "eye": 10.0}


def test_weights_method_and_code_make_up_the_origin(cast: Cast) -> None:
    measured(make.SessionFactory(patient=cast.patient))
    [point] = course_of(cast.patient).points
    assert point.origin == "landmark units; landmark-au-1 (abababab, trained on synthetic); code 1.2.3"
    assert point.grade_origin.startswith("rules 1; ")


def test_another_build_of_the_same_version_does_not_part_the_curve(cast: Cast) -> None:
    for version in ("1.2.3+abc", "1.2.3+def"):
        origin = dataclasses.replace(ORIGIN, code_version=version)
        measured(make.SessionFactory(patient=cast.patient), report=changed(origin=origin))
    first, second = course_of(cast.patient).points
    assert first.origin == second.origin


def test_course_holds_current_results_of_the_shown_episode(cast: Cast) -> None:
    old = make.EpisodeFactory(patient=cast.patient, onset_date=date(2020, 1, 1))
    new = make.EpisodeFactory(patient=cast.patient)
    for episode in (old, new, None):
        measured(make.SessionFactory(patient=cast.patient, episode=episode))
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient, episode=new), is_current=False)
    assert len(patients.page(patient=cast.patient).course.points) == 2
    assert patients.page(patient=cast.patient, episode_id=old.pk).course.onset == date(2020, 1, 1)


def test_page_draws_its_charts_and_says_the_summary_in_words(case: Case, cast: Cast, as_user: As) -> None:
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert set(figures(page)) == {"grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "questionnaires"}
    assert "estimated House-Brackmann grade III (60\N{NO-BREAK SPACE}%)" in page
    assert "Facial therapy" in page
    assert " style=" not in page
    assert "<style" not in page


def test_look_at_a_patient_leaves_one_audit_row(case: Case, cast: Cast, as_user: As) -> None:
    as_user(cast.administrator).get(reverse("patient-detail", args=[cast.patient.pk]))
    event = AuditEvent.objects.get(action="view")
    assert (event.actor, event.patient, event.object_type) == (cast.administrator, cast.patient, "patient")


def test_no_news_costs_nothing_to_send(case: Case, cast: Cast, as_user: As) -> None:
    client = as_user(cast.clinician)
    answer = news(client, cast.patient, patients.news_token(cast.patient))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not AuditEvent.objects.exists()


def test_new_point_comes_with_the_news(case: Case, cast: Cast, as_user: As) -> None:
    client, seen = as_user(cast.clinician), patients.news_token(cast.patient)
    measured(make.SessionFactory(patient=cast.patient, episode=case.episode))
    answer = news(client, cast.patient, seen)
    [line] = [t for t in figures(answer.content.decode())["grade"]["data"] if t["name"] == "most likely grade"][:1]
    assert answer.status_code == 200
    assert len(course_of(cast.patient).points) == 2
    assert len(line["x"]) >= 1
    assert news(client, cast.patient, patients.news_token(cast.patient)).status_code == 204


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.REFUSED, RunState.FAILED])
def test_run_that_appears_is_news_and_its_progress_alone_is_not(state: RunState, cast: Cast) -> None:
    before = patients.news_token(cast.patient)
    run = make.RunFactory(video__session=make.SessionFactory(patient=cast.patient), state=state)
    after = patients.news_token(cast.patient)
    AnalysisRun.objects.filter(pk=run.pk).update(progress=0.5)
    assert before != after == patients.news_token(cast.patient)


def test_page_asks_for_news_from_what_it_shows(case: Case, cast: Cast, as_user: As) -> None:
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert f"seen={patients.news_token(cast.patient)}" in page
    assert 'hx-trigger="every 5s, run-finished"' in page


def test_refused_session_says_why_and_keeps_its_place(cast: Cast, as_user: As) -> None:
    problems = [{"code": "too_dark", "message": "The video is too dark.", "at_s": None}]
    refused = make.SessionFactory(patient=cast.patient)
    make.RunFactory(video__session=refused, state=RunState.REFUSED, problems=problems)
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert "The video is too dark." in page
    assert [missed.why for missed in course_of(cast.patient).unmeasured] == ["The video is too dark."]


def test_region_that_was_not_measured_is_said_to_be(cast: Cast, as_user: As) -> None:
    measured(make.SessionFactory(patient=cast.patient))
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert "brow not measured" in page
    assert '<td data-label="Brow"><span class="quiet">not measured</span></td>' in page


def repeated(first: Assessment, times: int) -> None:
    """The same result again and again, a day apart."""
    made: dict[type[Any], list[Any]] = {Session: [], Video: [], AnalysisRun: [], Assessment: []}
    for number in range(1, times):
        at = first.recorded_at + timedelta(days=number)
        session = again(first.session, recorded_at=at)
        video = again(first.run.video, session=session)
        run = again(first.run, video=video)
        for row in (session, video, run, again(first, run=run, session=session, recorded_at=at)):
            made[type(row)].append(row)
    for model, rows in made.items():
        model.objects.bulk_create(rows)


def again(row: Any, **values: Any) -> Any:
    fields = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)(**{**fields, **values})


def full_report() -> Any:
    """Every number that a chart draws, with its error and as many digits as a worker writes."""
    gaps = {
        f"palpebral_fissure_{effort}": Measure(3.2517, 0.4123, 2.8394, 0.1268, "mm", exercise)
        for effort, exercise in (
            ("gentle", Exercise.EYE_CLOSURE_GENTLE),
            ("tight", Exercise.EYE_CLOSURE_TIGHT),
        )
    }
    kinds = ("oral-ocular", "ocular-oral", "brow-oral", "oral-brow")
    strengths = {kind: {"left": 0.4217, "right": 0.1031} for kind in kinds}
    names = [*gaps, *(f"synkinesis_{kind}" for kind in kinds)]
    errors = {**REPORT.details.errors, **{name: MeasurementError(0.1021, "mm", "repeats") for name in names}}
    at_rest = {"AU1": 0.3127, "AU6": -0.2214, "AU12": 0.1379}
    against = {"source": "pinned", "rest_intensity": {"left": at_rest, "right": at_rest}}
    extras = {**REPORT.details.extras, "synkinesis_strength": strengths, "against_pinned_rest": against}
    return changed(
        measures={**REPORT.measures, **gaps}, details=dataclasses.replace(REPORT.details, errors=errors, extras=extras)
    )


def test_two_hundred_sessions_stay_light(cast: Cast, as_user: As) -> None:
    episode = make.EpisodeFactory(patient=cast.patient)
    repeated(measured(make.SessionFactory(patient=cast.patient, episode=episode), report=full_report()), 200)
    client, where = as_user(cast.clinician), reverse("patient-detail", args=[cast.patient.pk])
    page = client.get(where).content
    assert set(figures(page.decode())) == {"grade", "regions", "synkinesis", "eye_closure", "sunnybrook", "resting"}
    assert page.count(b'"measurement error"') >= 14
    assert len(course_of(cast.patient).points) == 200
    assert len(page) < 300_000
    assert b"40 older sessions" in page
    assert b"Show 150 still older sessions" in page
    assert client.get(where, {"sessions": "all"}).content.count(b"day ") > 200


def test_bands_of_all_regions_and_both_eyes_are_drawn(cast: Cast, as_user: As) -> None:
    errors = {f"{region}_asymmetry": MeasurementError(0.06, "ratio", "repeats") for region in ("brow", "eye", "mouth")}
    for day in (0, 7):
        at = make.ONSET + timedelta(days=10 + day)
        session = make.SessionFactory(patient=cast.patient, recorded_at=f"{at}T12:00:00Z")
        made = measured(session, report=full_report())
        made.errors, made.brow_asymmetry = (
            {**made.errors, **{n: dataclasses.asdict(e) for n, e in errors.items()}},
            -0.4,
        )
        made.save()
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    drawn = figures(page)
    axes = [t["yaxis"] for t in drawn["regions"]["data"] if t["name"] == "measurement error"]
    assert axes == ["y", "y2", "y3"]
    assert len([t for t in drawn["eye_closure"]["data"] if t["name"] == "measurement error"]) == 4


def test_side_that_contradicts_the_record_is_warned_about(cast: Cast, as_user: As) -> None:
    episode = make.EpisodeFactory(patient=cast.patient, side="right")
    session = measured(make.SessionFactory(patient=cast.patient, episode=episode)).session
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert "The measured side contradicts the record" in page
    assert "The record says right." in page
    assert reverse("session-detail", args=[session.pk]) in page
    assert "Next:" in page


def test_unknown_mirroring_is_said_once(cast: Cast, as_user: As) -> None:
    facts = dataclasses.replace(REPORT.video, mirrored=Mirrored.UNKNOWN) if REPORT.video else None
    for _ in range(2):
        measured(make.SessionFactory(patient=cast.patient), report=changed(video=facts))
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert page.count("it is not known whether the camera mirrored the picture") == 1
    assert "Of 2 sessions" in page


def test_change_in_place_stays_with_the_episode_that_is_shown(cast: Cast, as_user: As) -> None:
    old = make.EpisodeFactory(patient=cast.patient, onset_date=date(2020, 1, 1))
    make.EpisodeFactory(patient=cast.patient)
    client, given = as_user(cast.clinician), {"kind": "other", "label": "Acupuncture", "started_on": "2020-02-01"}
    where = reverse("treatment-new", args=[old.pk])
    page = client.post(where, given, headers={"HX-Request": "true"}).content.decode()
    assert "since 1 January 2020" in page
    assert "Acupuncture" in page
    assert client.post(where, given)["Location"].endswith(f"?episode={old.pk}")


def test_page_without_sessions_says_how_to_begin(cast: Cast, as_user: As) -> None:
    page = as_user(cast.clinician).get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    assert "No episode recorded" in page
    assert "No sessions yet" in page


def test_treatment_is_added_in_place_and_appears_on_the_chart(case: Case, cast: Cast, as_user: As) -> None:
    given = {"kind": "botulinum", "label": "Toxin, 12 units", "started_on": "2026-04-01"}
    client, where = as_user(cast.clinician), reverse("treatment-new", args=[case.episode.pk])
    fragment = client.post(where, given, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert b"<html" not in fragment.content
    assert "Toxin, 12 units" in json.dumps(figures(fragment.content.decode())["grade"])


def test_treatment_form_works_without_script(case: Case, cast: Cast, as_user: As) -> None:
    given = {"kind": "surgery", "label": "", "started_on": "2026-04-01"}
    answer = as_user(cast.clinician).post(reverse("treatment-new", args=[case.episode.pk]), given)
    assert answer["Location"] == reverse("patient-detail", args=[cast.patient.pk])
    assert TreatmentEvent.objects.filter(kind="surgery").count() == 1


def test_treatment_that_ends_before_it_starts_is_shown_again_in_place(case: Case, cast: Cast, as_user: As) -> None:
    given = {"kind": "surgery", "started_on": "2026-04-02", "ended_on": "2026-04-01"}
    where = reverse("treatment-edit", args=[case.treatment.pk])
    answer = as_user(cast.clinician).post(where, given, headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#treatment-form"
    assert "before the first one" in answer.content.decode()
    assert TreatmentEvent.objects.get().kind == "therapy"


def test_treatment_is_removed_in_place(case: Case, cast: Cast, as_user: As) -> None:
    where = reverse("treatment-delete", args=[case.treatment.pk])
    answer = as_user(cast.clinician).post(where, headers={"HX-Request": "true"})
    assert not TreatmentEvent.objects.exists()
    assert "The treatment is removed." in answer.content.decode()


def test_patient_is_added_with_the_episode_in_one_form(cast: Cast, as_user: As) -> None:
    person = {"name": "Nora Nut", "record_number": "N-1", "care_teams": [str(cast.team.pk)]}
    episode = {"cause": "bell", "side": "left", "onset_date": "2026-05-01"}
    as_user(cast.clinician).post(reverse("patient-new"), {**person, **episode})
    made = Patient.objects.get(name="Nora Nut")
    assert (made.organisation, made.episodes.get().side) == (cast.site, "left")
    assert list(made.care_teams.all()) == [cast.team]


def test_record_number_that_is_taken_is_refused_in_words_and_nothing_is_kept(cast: Cast, as_user: As) -> None:
    person = {"name": "Nora", "record_number": cast.patient.record_number, "care_teams": [str(cast.team.pk)]}
    episode = {"cause": "bell", "side": "left", "onset_date": "2026-05-01"}
    answer = as_user(cast.clinician).post(reverse("patient-new"), {**person, **episode})
    assert answer.status_code == 422
    assert not Patient.objects.filter(name="Nora").exists()


def test_editing_a_record_keeps_teams_that_the_editor_does_not_see(cast: Cast, as_user: As) -> None:
    cast.patient.care_teams.add(cast.other_team)
    given = {"name": "Anna Ash", "record_number": "A-1", "care_teams": [str(cast.team.pk)]}
    as_user(cast.clinician).post(reverse("patient-edit", args=[cast.patient.pk]), given)
    cast.patient.refresh_from_db()
    assert cast.patient.name == "Anna Ash"
    assert set(cast.patient.care_teams.all()) == {cast.team, cast.other_team}


def test_team_of_others_cannot_be_chosen(cast: Cast, as_user: As) -> None:
    given = {"name": "Anna", "record_number": "A-1", "care_teams": [str(cast.outside_team.pk)]}
    answer = as_user(cast.clinician).post(reverse("patient-edit", args=[cast.patient.pk]), given)
    assert answer.status_code == 422
    assert list(cast.patient.care_teams.all()) == [cast.team]


@pytest.mark.usefixtures("sent")
def test_recording_is_put_in_for_a_patient_who_agreed_on_paper(cast: Cast, as_user: As) -> None:
    cast.patient.consents.all().delete()
    given = {"video": make.upload(), "recorded_on": "2026-05-02", "mirrored": "no", "note": "tired"}
    client, where = as_user(cast.clinician), reverse("session-upload", args=[cast.patient.pk])
    assert client.post(where, given).status_code == 422
    answer = client.post(where, {**given, "video": make.upload(), "consent": "on"})
    session = cast.patient.sessions.get()
    assert answer["Location"] == reverse("session-detail", args=[session.pk])
    assert (session.note, session.videos.get().mirrored) == ("tired", "no")


def test_paper_is_not_asked_for_when_the_person_has_agreed(cast: Cast, as_user: As) -> None:
    consents.give(patient=cast.patient, purpose=ConsentPurpose.CARE, by=cast.patient_user)
    page = as_user(cast.clinician).get(reverse("session-upload", args=[cast.patient.pk])).content.decode()
    assert "on paper" not in page


@pytest.mark.usefixtures("sent")
def test_recording_that_is_there_already_leads_to_its_session(cast: Cast, as_user: As) -> None:
    content = make.mp4_bytes(seed=1)
    given = {"recorded_on": "2026-05-02", "mirrored": "no", "consent": "on"}
    client, where = as_user(cast.clinician), reverse("session-upload", args=[cast.patient.pk])
    places = [client.post(where, {**given, "video": make.upload(content=content)})["Location"] for _ in range(2)]
    assert places[0] == places[1]
    assert cast.patient.sessions.count() == 1


def test_every_height_of_a_chart_has_its_rule_so_that_nothing_moves(settings: Any) -> None:
    css = (settings.BASE_DIR / "static/css/charts.css").read_text()
    lanes = [timeline.COURSE_PX + n * timeline.LANE_PX for n in range(timeline.MAX_LANES + 1)]
    strips = [trend.height_of(count) for count in range(1, len(measures.KINDS) + 1)]
    for height in (*lanes, *strips, curves.HEIGHT, matrices.HEIGHT):
        assert f'[data-height="{height}"] {{ height: {height}px; }}' in css
    assert grade.chart(Course(None, ())).height == regions.chart(Course(None, ())).height == timeline.COURSE_PX


def test_named_colours_of_every_figure_are_defined(settings: Any) -> None:
    css = (settings.BASE_DIR / "static/css/charts.css").read_text()
    sources = (settings.BASE_DIR / "clinic/charts").glob("*.py")
    names = {name for source in sources for name in re.findall(r"var\((--chart-[\w-]+)\)", source.read_text())}
    assert names
    assert {name for name in names if f"{name}:" not in css} == set()


def test_report_of_the_tests_is_a_whole_one() -> None:
    assert REPORT.to_json()["schema"] == "seventh.report/1"
