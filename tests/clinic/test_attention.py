"""Flags of a course: each rule at its edge."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analysis.contracts import Region
from clinic.charts.rows import CoursePoint, Error
from clinic.selectors import attention

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
SURE = {grade: tuple(1.0 if g == grade else 0.0 for g in range(1, 7)) for grade in range(1, 7)}


def course(*visits: tuple[int, float, int], **newest: Any) -> tuple[list[dict[str, Any]], dict[Any, CoursePoint]]:
    """(day, mouth asymmetry in percent, grade) of each visit; MDC95 of 10."""
    rows, points = [], {}
    for day, asymmetry, grade in visits:
        pk, at = uuid.uuid4(), START + timedelta(days=day)
        rows.append(row(pk, at, grade))
        points[pk] = CoursePoint(
            on=at.date(),
            url="/",
            grade=grade,
            probabilities=SURE[grade],
            asymmetry={Region.BROW: None, Region.EYE: None, Region.MOUTH: asymmetry},
            errors={Region.MOUTH: Error(10.0, "test")},
            origin="landmarks",
            grade_origin="rules",
        )
    rows[-1] |= newest
    return rows, points


def row(pk: uuid.UUID, at: datetime, grade: int) -> dict[str, Any]:
    return {
        "pk": pk,
        "session_id": uuid.uuid4(),
        "episode_id": 1,
        "episode__cause": "bell",
        "recorded_at": at,
        "hb_grade": grade,
        "synkinesis_present": False,
        "synkinesis_pairs": [],
    }


def found(*visits: tuple[int, float, int], **newest: Any) -> dict[str, str]:
    rows, points = course(*visits, **newest)
    return {flag.code: flag.reason for flag in attention.of_course(rows, points)}


def test_worse_only_beyond_the_measurement_error() -> None:
    assert found((0, -30, 3), (7, -40, 3)) == {}
    assert set(found((0, -30, 3), (7, -41, 3))) == {"worse"}


def test_better_is_no_flag_and_neither_is_a_single_visit() -> None:
    assert found((0, -60, 4), (7, -20, 2)) == {}
    assert found((0, -60, 4)) == {}
    assert attention.of_course([], {}) == ()


def test_higher_grade_is_flagged_when_it_is_sure() -> None:
    told = found((0, -30, 2), (7, -30, 3))
    assert told["worse"].startswith("Higher grade with probability")


def test_slow_worsening_is_found_against_four_weeks_before() -> None:
    told = found((0, -20, 3), (14, -26, 3), (28, -33, 3))
    assert "1 Jun 2026" in told["worse"]
    assert found((0, -20, 3), (14, -26, 3), (27, -33, 3)) == {}


def test_another_episode_is_not_compared_with() -> None:
    assert found((0, -10, 1), (7, -80, 5), episode_id=2) == {}


PAIR = {"side": "left", "moved": "AU12", "followed": "AU43", "strength": 0.42, "kind": "oral-ocular"}


def test_new_synkinesis_is_named_with_strength_and_known_one_is_not() -> None:
    rows, points = course((0, -30, 3), (7, -30, 3), synkinesis_present=True, synkinesis_pairs=[PAIR])
    [flag] = attention.of_course(rows, points)
    assert flag.reason == (
        "Left: AU43 eyes closed comes along with AU12 lip corner puller (strength 0.42). Not seen in 1 earlier session."
    )
    rows[0] |= {"synkinesis_present": True, "synkinesis_pairs": [PAIR]}
    assert attention.of_course(rows, points) == ()


def test_synkinesis_is_not_new_where_it_was_never_measured_before() -> None:
    rows, points = course((0, -30, 3), (7, -30, 3), synkinesis_present=True, synkinesis_pairs=[PAIR])
    rows[0]["synkinesis_present"] = None
    assert attention.of_course(rows, points) == ()


def test_plateau_needs_eight_weeks_three_sessions_and_a_grade_above_one() -> None:
    assert "56 days, 3 sessions" in found((0, -30, 3), (30, -30, 3), (56, -31, 3))["plateau"]
    assert found((0, -30, 3), (30, -30, 3), (55, -31, 3)) == {}
    assert found((0, -30, 3), (56, -31, 3)) == {}
    assert found((0, -3, 1), (30, -3, 1), (56, -3, 1)) == {}


def test_a_healthy_volunteer_has_no_plateau() -> None:
    assert found((0, -30, 3), (30, -30, 3), (56, -31, 3), episode__cause="volunteer") == {}


def test_change_in_the_span_is_no_plateau() -> None:
    assert "plateau" not in found((0, -60, 3), (30, -40, 3), (56, -30, 3))


def test_documents_are_asked_for_only_where_something_is_compared() -> None:
    rows, points = course(*[(7 * week, -30.0, 3) for week in range(20)])
    wanted = attention.compared(rows)
    assert len(wanted) <= 4
    assert rows[-1]["pk"] in wanted
    attention.of_course(rows, {pk: points[pk] for pk in wanted})


def days(*numbers: int) -> list[date]:
    return [date(2026, 6, 1) + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("recorded", "today", "planned", "is_overdue"),
    [
        ((0, 7, 14, 21), 31, None, False),  # ten days, seven usual: not yet half an interval more
        ((0, 7, 14, 21), 32, None, True),
        ((0, 1, 2, 3), 6, None, False),  # daily: three days of grace
        ((0, 1, 2, 3), 7, None, True),
        ((0, 7, 14), 200, None, False),  # too few days to call anything usual
        ((0, 0, 0, 0), 200, None, False),  # one day only
        ((0,), 20, 14, False),
        ((0,), 21, 14, True),
        ((), 100, 7, False),
    ],
)
def test_overdue_at_its_edges(recorded: tuple[int, ...], today: int, planned: int | None, is_overdue: bool) -> None:
    flag = attention.overdue(days(*recorded), days(today)[0], planned=planned)
    assert (flag is not None) == is_overdue


def test_overdue_says_since_when_and_what_is_usual() -> None:
    flag = attention.overdue(days(0, 7, 14, 21), days(41)[0])
    assert flag is not None and flag.reason == "Last recorded 20 days ago, usually every 7 days."


def test_every_flag_of_the_list_has_its_rule_in_words() -> None:
    assert {flag.code for flag, _sentence in attention.RULES} == set(attention.flags.RANK)
