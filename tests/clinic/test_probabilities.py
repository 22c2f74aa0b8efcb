"""An estimate is never certain: one wording of its probability on every page, and never 0 or 100 per cent."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import AffectedSide, AffectedSideResult, HouseBrackmann, Segment
from clinic.models import Session, User
from clinic.services import grades
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import REPORT, changed, measured

As = Callable[[User | None], Client]

NEARLY = HouseBrackmann(3, [0.0, 0.0004, 0.9995, 0.0001, 0.0, 0.0], "rules 1", "rules")
OVER, UNDER = "over 99\N{NO-BREAK SPACE}%", "under 1\N{NO-BREAK SPACE}%"
CERTAIN = re.compile(r"\b(?:0|100)[\s\N{NARROW NO-BREAK SPACE}]?% (?:probable|sure)|\(confidence 100")


@pytest.fixture
def session(cast: Cast) -> Session:
    """Twice measured, nearly certain of grade, side and exercise; the clinician has graded both."""
    episode = make.EpisodeFactory(patient=cast.patient, side="right")
    report = changed(
        house_brackmann=NEARLY,
        affected_side=AffectedSideResult(AffectedSide.LEFT, 0.9996),
        segments=[_sure(segment) for segment in REPORT.segments],
    )
    for _ in range(2):
        made: Session = make.SessionFactory(patient=cast.patient, episode=episode)
        measured(made, report=report)
        grades.save(session=made, rater=cast.clinician, scale="house_brackmann", raw={"grade": "3"})
    return made


def _sure(segment: Segment) -> Segment:
    return dataclasses.replace(segment, confidence=0.9999)


@pytest.mark.parametrize(
    "name", ["patient-list", "patient-detail", "session-detail", "session-grade", "patient-compare", "patient-chart"]
)
def test_nearly_certain_reads_the_same_on_every_page(name: str, session: Session, cast: Cast, as_user: As) -> None:
    arguments = {
        "patient-list": [],
        "session-detail": [session.pk],
        "session-grade": [session.pk],
        "patient-chart": [cast.patient.pk, "grade"],
    }.get(name, [cast.patient.pk])
    shown = as_user(cast.clinician).get(reverse(name, args=arguments)).content.decode()
    assert OVER in shown
    assert CERTAIN.findall(shown) == []


def test_unlikely_grades_are_not_impossible(session: Session, cast: Cast, as_user: As) -> None:
    shown = as_user(cast.clinician).get(reverse("session-detail", args=[session.pk])).content.decode()
    assert shown.count(f"{UNDER}</td>") == 5
    assert f"confidence {OVER}" in shown
    assert f"recognised, {OVER} sure" in shown


def test_record_of_the_api_says_it_too(session: Session, cast: Cast, as_user: As) -> None:
    records = as_user(cast.clinician).get(reverse("api:session-record", args=[session.pk])).json()
    assert [r["machine"] for r in records if r["scale"] == "house_brackmann"] == [f"III, {OVER} probable"]
