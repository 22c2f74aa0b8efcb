"""The session page: what was measured, what was not and why, and where every number came from."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from analysis.contracts import AffectedSide, AffectedSideResult, Frames, Region, RegionResult, Synkinesis
from clinic.charts import curves
from clinic.models import AuditEvent, Session, User
from clinic.models.results import RunState
from clinic.selectors import series
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured
from tests.clinic.test_course_page import figures

As = Callable[[User | None], Client]


@pytest.fixture
def session(cast: Cast) -> Session:
    episode = make.EpisodeFactory(patient=cast.patient, side="left")
    made: Session = make.SessionFactory(patient=cast.patient, episode=episode)
    return made


def page(client: Client, session: Session, **asked: str) -> str:
    answer = client.get(reverse("session-detail", args=[session.pk]), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_page_tells_grade_evidence_and_that_it_is_an_estimate(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    shown = page(as_user(cast.clinician), session)
    assert "House-Brackmann, estimated" in shown
    assert "Grade III" in shown
    assert "The left corner of the mouth moves 60 % as far as the right." in shown
    assert "Research use. Estimated measurements, not a diagnosis." in shown


def test_page_draws_the_six_matrices(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    drawn = figures(page(as_user(cast.clinician), session))
    assert set(drawn) == {
        "left_left",
        "left_right",
        "right_left",
        "right_right",
        "right_minus_left",
        "left_minus_right",
    }
    assert drawn["right_minus_left"]["data"][0]["z"] == [[-0.1, None], [0.4, None]]


def test_pairs_that_the_analysis_kept_are_framed_in_their_difference(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    drawn = figures(page(as_user(cast.clinician), session))
    frames = {key: [(s["x0"], s["y0"]) for s in f["layout"].get("shapes", [])] for key, f in drawn.items()}
    assert frames.pop("right_minus_left") == [(-0.5, 0.5)]  # column AU12, row AU43
    assert set(map(len, frames.values())) == {0}


def test_eye_that_stays_open_is_told_in_millimetres(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    shown = page(as_user(cast.clinician), session)
    assert "Eye stays open" in shown
    assert "3.2 mm" in shown
    assert "Tight effort" not in shown


def test_synkinesis_is_told_in_words(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    shown = page(as_user(cast.clinician), session)
    assert "On the left, AU43 eyes closed comes along with AU12 lip corner puller" in shown
    assert "oral-ocular (mouth to eye)" in shown


def test_synkinesis_that_could_not_be_judged_is_not_called_absent(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, report=changed(synkinesis=None))
    shown = page(as_user(cast.clinician), session)
    assert "Not measured: too few movements" in shown
    assert "No movement was seen to come along" not in shown


def test_absent_synkinesis_is_said(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, report=changed(synkinesis=Synkinesis(False, [], None)))
    assert "No movement was seen to come along" in page(as_user(cast.clinician), session)


def test_region_without_a_measurement_says_so_and_shows_no_zero(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, report=changed(regions={Region.EYE: RegionResult(2.0, 2.0, 0.0, None)}))
    shown = page(as_user(cast.clinician), session)
    assert shown.count("not measured: no exercise moved it") == 2


def test_missing_grade_is_explained(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, report=changed(house_brackmann=None))
    assert "Not graded:" in page(as_user(cast.clinician), session)


def test_scale_names_the_exercise_that_is_missing(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    shown = page(as_user(cast.clinician), session)
    assert "Sunnybrook Facial Grading System" in shown
    assert "needs: snarl" in shown
    assert "no total" in shown


def test_measured_side_against_the_record_is_a_warning(session: Session, cast: Cast, as_user: As) -> None:
    right = changed(affected_side=AffectedSideResult(AffectedSide.RIGHT, 0.9))
    measured(session, report=right, mirrored="unknown")
    shown = page(as_user(cast.clinician), session)
    assert "The measured side contradicts the record" in shown
    assert "It is not known whether the camera mirrored the video." in shown
    assert "Nothing has been exchanged" in shown


def test_agreeing_side_is_no_warning(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, mirrored="no")
    shown = page(as_user(cast.clinician), session)
    assert "contradicts the record" not in shown
    assert "camera mirrored" not in shown


def test_unknown_mirroring_is_told_even_without_a_conflict(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, mirrored="unknown")
    assert "Left and right below hold only if it did not." in page(as_user(cast.clinician), session)


def test_every_number_names_method_weights_code_device_and_time(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    shown = page(as_user(cast.clinician), session)
    for part in ("landmark units", "rules 1", "landmark-au-1", "ab" * 32, "synthetic", "1.2.3", "cpu", "landmarks"):
        assert part in shown
    assert "repeat recordings, synthetic" in shown


def test_refused_video_says_why_and_offers_another_attempt(session: Session, cast: Cast, as_user: As) -> None:
    problems = [{"code": "no_face", "message": "No face was found.", "at_s": None}]
    run = make.RunFactory(video__session=session, state=RunState.REFUSED, problems=problems)
    shown = page(as_user(cast.clinician), session)
    assert "No face was found." in shown
    assert reverse("run-retry", args=[run.pk]) in shown
    assert "House-Brackmann, estimated" not in shown


def test_waiting_video_is_followed_live(session: Session, cast: Cast, as_user: As) -> None:
    run = make.RunFactory(video__session=session)
    shown = page(as_user(cast.clinician), session)
    assert f'hx-get="{reverse("run-status", args=[run.pk])}"' in shown
    assert 'hx-trigger="run-finished"' in shown


def test_earlier_result_of_the_same_video_can_be_shown(session: Session, cast: Cast, as_user: As) -> None:
    first = measured(session)
    second = make.RunFactory(video=first.run.video, state=RunState.DONE)
    make.AssessmentFactory(run=second, session=session, hb_grade=1, hb_probabilities=[1, 0, 0, 0, 0, 0])
    first.is_current = False
    first.save()
    client = as_user(cast.clinician)
    assert "Grade I <" in page(client, session)
    earlier = page(client, session, run=str(first.run_id))
    assert "Grade III" in earlier
    assert "This is an earlier result" in earlier


def test_run_of_another_session_is_not_shown_here(session: Session, cast: Cast, as_user: As) -> None:
    measured(session)
    foreign = measured(make.SessionFactory(patient=cast.outside_patient), report=changed(house_brackmann=None))
    assert "Grade III" in page(as_user(cast.clinician), session, run=str(foreign.run_id))


def test_sessions_lead_to_the_one_before_and_after(session: Session, cast: Cast, as_user: As) -> None:
    later = make.SessionFactory(patient=cast.patient)
    client = as_user(cast.clinician)
    assert f'rel="next" href="{reverse("session-detail", args=[later.pk])}"' in page(client, session)
    assert f'rel="prev" href="{reverse("session-detail", args=[session.pk])}"' in page(client, later)


def test_review_is_noted_with_its_clinician(session: Session, cast: Cast, as_user: As) -> None:
    client = as_user(cast.clinician)
    assert "Mark as reviewed" in page(client, session)
    client.post(reverse("session-review", args=[session.pk]))
    assert "Reviewed by Carla Clinician" in page(client, session)


def test_administrator_reads_and_does_not_review(session: Session, cast: Cast, as_user: As) -> None:
    assert "Mark as reviewed" not in page(as_user(cast.administrator), session)


def test_look_at_a_session_leaves_one_audit_row(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, with_series=True)
    client = as_user(cast.clinician)
    page(client, session)
    event = AuditEvent.objects.get(action="view")
    assert (event.object_type, event.object_id, event.patient) == ("session", str(session.pk), cast.patient)


def test_page_carries_no_frame_series_and_nothing_inline(session: Session, cast: Cast, as_user: As) -> None:
    measured(session, with_series=True)
    shown = page(as_user(cast.clinician), session)
    assert "data-curves=" in shown
    assert "time_s" not in shown
    assert " style=" not in shown
    assert "<script>" not in shown


def panel(client: Client, run: Any) -> Any:
    return client.get(reverse("run-curves", args=[run.pk]))


def test_curves_come_for_both_sides_with_gaps_and_exercises(session: Session, cast: Cast, as_user: As) -> None:
    run = measured(session, with_series=True).run
    found = panel(as_user(cast.clinician), run).json()
    assert found["signals"]["AU12"]["left"] == [0.5, None, 2.5]
    assert found["signals"]["palpebral_fissure"]["right"] == [0.2, None, 0.2]
    assert found["time_s"] == [0.0, 0.04, 0.08]
    assert found["spans"][1] == [0.04, 0.12, "Smile, teeth shown"]
    assert found["selected"] == "AU12"


def test_curves_are_packed_for_browsers_that_can_unpack(session: Session, cast: Cast, as_user: As) -> None:
    run = measured(session, with_series=True).run
    where = reverse("run-curves", args=[run.pk])
    answer = as_user(cast.clinician).get(where, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert "signals" in json.loads(gzip.decompress(answer.content))


def test_curves_of_every_frame_come_as_a_file_and_leave_a_trace(session: Session, cast: Cast, as_user: As) -> None:
    run = measured(session, with_series=True).run
    answer = as_user(cast.clinician).get(reverse("run-curves-file", args=[run.pk]))
    assert "curves.csv" in answer["Content-Disposition"]
    header, *rows = csv.reader(answer.content.decode().splitlines())
    assert header[:4] == ["time (s)", "exercise", "AU12 left (0-5)", "AU12 right (0-5)"]
    assert [row[:4] for row in rows] == [
        ["0.0", "Rest", "0.5", "0.4"],
        ["0.04", "Smile, teeth shown", "", ""],
        ["0.08", "Smile, teeth shown", "2.5", "1.0"],
    ]
    assert AuditEvent.objects.get(action="export").actor == cast.clinician


def test_file_of_a_long_series_is_not_thinned() -> None:
    report = dataclasses.replace(REPORT, frames=Frames([i / 100 for i in range(3000)], [True] * 3000))
    units = dataclasses.replace(report.action_units, left=[[0.5, 0.1]] * 3000, right=[[0.4, 0.1]] * 3000)
    document = {"report": dataclasses.replace(report, action_units=units).to_json(), "details": {}}
    whole = series.curves(document, most=None)
    assert (whole.every, len(whole.time_s), len(list(curves.file_rows(whole)))) == (1, 3000, 3000)


def test_curves_of_others_are_not_found(session: Session, cast: Cast, as_user: As) -> None:
    run = measured(session, with_series=True).run
    assert panel(as_user(cast.outsider), run).status_code == 404
    assert panel(as_user(cast.colleague), run).status_code == 404


DAMAGED = {
    "empty": b"",
    "not packed": b"no gzip",
    "no json": gzip.compress(b"no json"),
    "no report": gzip.compress(b'{"report": 1}'),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=list(DAMAGED))
def test_damaged_series_is_a_missing_one(content: bytes, session: Session, cast: Cast, as_user: As) -> None:
    run = measured(session).run
    assert panel(as_user(cast.clinician), run).status_code == 404  # none was stored
    run.series.save("series.json.gz", ContentFile(content))
    assert panel(as_user(cast.clinician), run).status_code == 404


def test_long_series_is_thinned_and_says_so() -> None:
    n = series.MOST_FRAMES * 2 + 1
    units = REPORT.action_units
    assert units is not None
    report = changed(
        frames=Frames([i / 30 for i in range(n)], [True] * n),
        action_units=dataclasses.replace(units, left=[[1.0, 2.0]] * n, right=[None] * n),
        details=dataclasses.replace(REPORT.details, curves={}),
    )
    found = series.curves({"report": report.to_json(), "details": report.details_json()})
    assert found.every == 3
    assert len(found.time_s) == len(found.signals[0].left) == len(found.signals[0].right) <= series.MOST_FRAMES


def test_report_without_optional_parts_is_shown(session: Session, cast: Cast, as_user: As) -> None:
    make.AssessmentFactory(run__video__session=session, report={}, details={}, origin={}, hb_grade=None)
    shown = page(as_user(cast.clinician), session)
    assert "Not graded" in shown
    assert "No trained weights were used." not in shown
