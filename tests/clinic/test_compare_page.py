"""Two sessions side by side: which two, which exercises go together, and what is said of the change."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import (
    Exercise,
    Measure,
    MeasurementError,
    Movement,
    Region,
    RegionResult,
    Segment,
    SegmentSource,
)
from clinic.comparison import Verdict
from clinic.models import AuditEvent, Session, User
from clinic.selectors import compared
from clinic.selectors.compared import ComparePage, Line
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User | None], Client]
DAY = datetime.fromisoformat("2026-03-10T12:00:00+00:00")
MM = MeasurementError(0.5, "mm", "repeat recordings, synthetic")


def smile(start: float, apex: float | None, end: float, left: float = 0.6) -> Segment:
    return Segment(Exercise.SMILE_OPEN, start, end, apex, 0.9, SegmentSource.RECOGNISED, Movement(left, 1.0, left - 1))


def report(excursion: float, *, mouth: float = 1.2, segments: list[Segment] | None = None, **more: Any) -> Any:
    """The left corner of the mouth moves by so many millimetres; the left half of the mouth is so active, right 2."""
    details = dataclasses.replace(REPORT.details, errors={**REPORT.details.errors, "commissure_excursion": MM})
    rest = Measure(9.0, 10.0, -1.0, 0.9, "mm", Exercise.REST)
    return changed(
        measures={
            "commissure_excursion": Measure(excursion, 10.0, excursion - 10, 0.5, "mm", Exercise.SMILE_OPEN),
            "brow_height": rest,
        },
        regions={**REPORT.regions, Region.MOUTH: RegionResult(mouth, 2.0, mouth - 2.0, None)},
        segments=segments if segments is not None else REPORT.segments,
        details=details,
        **more,
    )


@pytest.fixture
def sessions(cast: Cast) -> list[Session]:
    episode = make.EpisodeFactory(patient=cast.patient)
    made = [
        make.SessionFactory(patient=cast.patient, episode=episode, recorded_at=DAY + timedelta(days=30 * i))
        for i in range(3)
    ]
    return list(made)


def page(cast: Cast, a: Session | None = None, b: Session | None = None) -> ComparePage:
    return compared.page(patient=cast.patient, a=a.pk if a else None, b=b.pk if b else None)


def shown(found: ComparePage) -> list[Any]:
    return [visit.session.pk for visit in found.visits]


def line(found: ComparePage, what: str) -> Line:
    return next(line for group in found.groups for line in group.lines if line.what == what)


def test_named_sessions_are_shown_the_earlier_one_first(sessions: list[Session], cast: Cast) -> None:
    first, _, last = sessions
    assert shown(page(cast, last, first)) == shown(page(cast, first, last)) == [first.pk, last.pk]


def test_latest_two_measured_ones_are_shown_when_none_is_named(sessions: list[Session], cast: Cast) -> None:
    for session in sessions[:2]:
        measured(session)
    assert shown(page(cast)) == [sessions[0].pk, sessions[1].pk]


def test_session_alone_is_compared_with_the_measured_one_before_it(sessions: list[Session], cast: Cast) -> None:
    for session in sessions:
        measured(session)
    assert shown(page(cast, b=sessions[1])) == [sessions[0].pk, sessions[1].pk]
    assert shown(page(cast, a=sessions[0])) == [sessions[0].pk, sessions[2].pk]
    assert shown(page(cast, a=sessions[2])) == [sessions[1].pk, sessions[2].pk]


def test_one_session_is_never_compared_with_itself(sessions: list[Session], cast: Cast) -> None:
    for session in sessions:
        assert len(set(shown(page(cast, session, session)))) == 2


def test_sessions_of_other_patients_are_not_shown(sessions: list[Session], cast: Cast) -> None:
    foreign = make.SessionFactory(patient=cast.outside_patient)
    found = page(cast, foreign, sessions[2])
    assert foreign.pk not in shown(found)
    assert foreign.pk not in [choice.pk for choice in found.choices]


def test_single_session_has_nothing_to_be_compared_with(cast: Cast, as_user: As) -> None:
    make.SessionFactory(patient=cast.patient)
    answer = as_user(cast.clinician).get(reverse("patient-compare", args=[cast.patient.pk]))
    assert "There is nothing to compare yet" in answer.content.decode()


def test_same_exercise_goes_together_repetition_by_repetition(sessions: list[Session], cast: Cast) -> None:
    brow = Segment(Exercise.BROW_RAISE, 0.2, 0.8, 0.5, 0.9, SegmentSource.RECOGNISED, None)
    measured(sessions[0], report=report(5, segments=[brow, smile(1, 1.5, 2), smile(3, 3.5, 4)]))
    measured(sessions[1], report=report(5, segments=[smile(2, 2.2, 3), smile(5, 5.5, 6), smile(8, 8.5, 9)]))
    found = [(pair.label, pair.a, pair.b, pair.unit) for pair in page(cast).pairs]
    assert found == [
        ("Smile, teeth shown", "1.000 1.500 2.000", "2.000 2.200 3.000", "AU12"),
        ("Smile, teeth shown (2)", "3.000 3.500 4.000", "5.000 5.500 6.000", "AU12"),
    ]


def test_exercise_without_an_apex_is_stretched_as_a_whole(sessions: list[Session], cast: Cast) -> None:
    measured(sessions[0], report=report(5, segments=[smile(1, None, 2)]))
    measured(sessions[1], report=report(5, segments=[smile(1, 1.0, 2)]))  # an apex at the onset has no way to it
    assert (page(cast).pairs[0].a, page(cast).pairs[0].b) == ("1.000 1.500 2.000", "1.000 1.500 2.000")


def test_change_beyond_the_error_is_better_and_tells_both(sessions: list[Session], cast: Cast) -> None:
    measured(sessions[0], report=report(5.0))
    measured(sessions[1], report=report(7.0))
    found = line(page(cast), "Commissure excursion, left")
    assert (found.a, found.b) == ("5.0\N{NO-BREAK SPACE}mm", "7.0\N{NO-BREAK SPACE}mm")
    assert (found.difference, found.mdc95) == ("+2.0\N{NO-BREAK SPACE}mm", "±0.5\N{NO-BREAK SPACE}mm")
    assert found.verdict is Verdict.BETTER


def test_change_within_the_error_is_noise_and_the_other_way_is_worse(sessions: list[Session], cast: Cast) -> None:
    measured(sessions[0], report=report(5.0))
    measured(sessions[1], report=report(5.4))
    measured(sessions[2], report=report(4.0))
    assert line(page(cast, sessions[0], sessions[1]), "Commissure excursion, left").verdict is Verdict.WITHIN_NOISE
    assert line(page(cast, sessions[0], sessions[2]), "Commissure excursion, left").verdict is Verdict.WORSE


def test_regions_and_grade_are_judged_by_the_rules_of_the_patient_page(sessions: list[Session], cast: Cast) -> None:
    measured(sessions[0], report=report(5.0, mouth=0.4))
    measured(sessions[1], report=report(5.0, mouth=1.6))
    assert line(page(cast), "Mouth").verdict is Verdict.BETTER
    assert line(page(cast), "Grade").verdict is Verdict.WITHIN_NOISE


def test_number_without_a_known_error_cannot_be_told(sessions: list[Session], cast: Cast) -> None:
    for session in sessions[:2]:
        measured(session, report=report(5.0))
    found = line(page(cast), "Brow height")
    assert (found.verdict, found.mdc95) == (Verdict.CANNOT_TELL, "")
    assert "error of this measurement is not known" in found.why


@pytest.mark.parametrize(
    ("before", "after", "told", "verdict"),
    [
        ((0.2, 2.0), (1.8, 2.0), "\N{MINUS SIGN}80 points", Verdict.BETTER),  # left 90 % less, left 10 % less
        ((2.0, 1.8), (2.0, 0.2), "+80 points", Verdict.WORSE),
        (
            (1.0, 2.0),
            (2.0, 1.2),
            "90 points, across the middle",
            Verdict.CANNOT_TELL,
        ),  # left 50 % less, right 40 % less
    ],
)
def test_difference_of_a_region_goes_by_how_much_less_the_weaker_side_moves(
    before: tuple[float, float],
    after: tuple[float, float],
    told: str,
    verdict: Verdict,
    sessions: list[Session],
    cast: Cast,
) -> None:
    error = MeasurementError(15.0, "percent", "repeat recordings, synthetic")
    for session, (left, right) in zip(sessions, (before, after), strict=False):
        known = report(5.0)
        regions = {**known.regions, Region.MOUTH: RegionResult(left, right, left - right, None)}
        details = dataclasses.replace(known.details, errors={**known.details.errors, "mouth_asymmetry": error})
        measured(session, report=dataclasses.replace(known, regions=regions, details=details))
    found = line(page(cast), "Mouth")
    assert (found.difference, found.verdict) == (told, verdict)


def test_resting_difference_carries_the_errors_of_both_halves(sessions: list[Session], cast: Cast) -> None:
    known = report(5.0)
    errors = {**known.details.errors, "brow_height": MM}
    for session in sessions[:2]:
        measured(session, report=dataclasses.replace(known, details=dataclasses.replace(known.details, errors=errors)))
    found = line(page(cast), "Brow height")
    assert (found.a, found.mdc95) == ("\N{MINUS SIGN}1.0\N{NO-BREAK SPACE}mm", "±0.7\N{NO-BREAK SPACE}mm")
    assert found.verdict is Verdict.WITHIN_NOISE


def test_resting_difference_that_changes_its_sign_is_said_to_cross(sessions: list[Session], cast: Cast) -> None:
    known = report(5.0)
    for session, (left, right) in zip(sessions, ((22.0, 23.0), (23.0, 22.0)), strict=False):
        brow = Measure(left, right, left - right, 0.96, "mm", Exercise.REST)
        measured(session, report=dataclasses.replace(known, measures={**known.measures, "brow_height": brow}))
    assert line(page(cast), "Brow height").difference == "+2.0\N{NO-BREAK SPACE}mm, across the middle"


def test_error_in_another_unit_is_no_error(sessions: list[Session], cast: Cast) -> None:
    other = report(5.0)
    errors = {"commissure_excursion": dataclasses.replace(MM, unit="iod")}
    for session in sessions[:2]:
        measured(session, report=dataclasses.replace(other, details=dataclasses.replace(other.details, errors=errors)))
    assert line(page(cast), "Commissure excursion, left").verdict is Verdict.CANNOT_TELL


def test_sessions_recorded_differently_are_not_compared_and_the_reason_is_told(
    sessions: list[Session], cast: Cast, as_user: As
) -> None:
    assert REPORT.video is not None
    measured(sessions[0], report=report(5.0))
    measured(sessions[1], report=report(9.0, video=dataclasses.replace(REPORT.video, fps=60.0)))
    found = page(cast)
    assert found.reasons == ("the camera or its settings differ",)
    assert {one.verdict for group in found.groups for one in group.lines} == {Verdict.CANNOT_TELL}
    answer = as_user(cast.clinician).get(reverse("patient-compare", args=[cast.patient.pk])).content.decode()
    assert "Numbers of these two cannot be compared" in answer
    assert "The camera or its settings differ" in answer


def test_movement_of_each_exercise_is_listed_for_both(sessions: list[Session], cast: Cast) -> None:
    measured(sessions[0], report=report(5.0, segments=[smile(1, 1.5, 2, 0.2), smile(3, 3.5, 4, 0.4)]))
    measured(sessions[1], report=report(5.0, segments=[smile(1, 1.5, 2, 0.6)]))
    found = line(page(cast), "Smile, teeth shown, left")
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in (found.a, found.b)] == ["30 %", "60 %"]
    assert found.difference == "+30 points"


def test_unmeasured_session_is_shown_and_named(sessions: list[Session], cast: Cast, as_user: As) -> None:
    measured(sessions[0])
    make.VideoFactory(session=sessions[1])
    where = reverse("patient-compare", args=[cast.patient.pk])
    answer = as_user(cast.clinician).get(where, {"a": sessions[0].pk, "b": sessions[1].pk}).content.decode()
    assert "was not measured." in answer
    assert answer.count("<video") == 2


def test_newest_result_of_a_video_is_the_one_that_is_compared(sessions: list[Session], cast: Cast) -> None:
    old = measured(sessions[0], report=report(1.0))
    old.is_current = False
    old.save()
    measured(sessions[0], report=report(5.0))
    measured(sessions[1], report=report(7.0))
    assert line(page(cast), "Commissure excursion, left").a.startswith("5.0")


def test_both_looks_are_on_the_trail(sessions: list[Session], cast: Cast, as_user: As) -> None:
    as_user(cast.clinician).get(reverse("patient-compare", args=[cast.patient.pk]))
    events = AuditEvent.objects.filter(action="view")
    assert {event.object_id for event in events} == {str(sessions[1].pk), str(sessions[2].pk)}
    assert {(event.object_type, event.patient, event.organisation) for event in events} == {
        ("session", cast.patient, cast.site)
    }


def test_doubtful_sides_are_told_beside_their_video(sessions: list[Session], cast: Cast, as_user: As) -> None:
    measured(sessions[0], mirrored="unknown")
    measured(sessions[1], mirrored="no")
    answer = as_user(cast.clinician).get(reverse("patient-compare", args=[cast.patient.pk])).content.decode()
    assert answer.count("May be a mirror image") == 1


def test_page_is_reached_from_the_patient_and_from_the_later_session(
    sessions: list[Session], cast: Cast, as_user: As
) -> None:
    client = as_user(cast.clinician)
    where = reverse("patient-compare", args=[cast.patient.pk])
    assert where in client.get(reverse("patient-detail", args=[cast.patient.pk])).content.decode()
    later = client.get(reverse("session-detail", args=[sessions[1].pk])).content.decode()
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', later)]
    assert f"{where}?a={sessions[0].pk}&b={sessions[1].pk}" in links
    assert where not in client.get(reverse("session-detail", args=[sessions[0].pk])).content.decode()
