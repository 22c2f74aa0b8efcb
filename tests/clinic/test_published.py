"""The published systems on pages: each by itself with its origin, disagreement in words, nothing averaged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import ANSWERING, PublishedSystem, SystemAnswer, SystemResult, WeightsUsed
from clinic.models import Assessment, ClinicianGrade, User
from clinic.selectors import published
from tests.clinic.cast import Case, Cast

AsUser = Callable[[User | None], Client]
USED = WeightsUsed("small-1", "ab" * 32, "synthetic")


def result(system: PublishedSystem, answers: list[SystemAnswer], **values: Any) -> dict[str, Any]:
    stated = {"weights": USED, "experimental": True, **values}
    return dataclasses.asdict(SystemResult(system, "a published method", answers, **stated))


def grade(value: int) -> dict[str, Any]:
    answer = SystemAnswer("house_brackmann", value, {str(k): 0.7 if k == value else 0.06 for k in range(1, 7)}, 5)
    mouth = SystemAnswer("mouth_motion", None, {}, 5, {"clips": [{"label": "smile"}, {"label": "smile"}]})
    return result(PublishedSystem.PALSYNET, [answer, mouth])


def level(value: int) -> dict[str, Any]:
    return result(
        PublishedSystem.PHCNN_LSTM, [SystemAnswer("severity_level", value, {str(value): 0.9}, 1)], experimental=False
    )


def palsy(value: float) -> dict[str, Any]:
    return result(PublishedSystem.FUSION, [SystemAnswer("palsy", value, {}, 9)])


def units(mouth: str) -> dict[str, Any]:
    regions = {"mouth": {"delta_am": 1.0, "weaker_side": mouth}, "eye": {"delta_am": None, "weaker_side": None}}
    return result(PublishedSystem.DEM, [SystemAnswer("action_units", None, {}, 12, {"regions": regions})])


def silent(system: PublishedSystem, reason: str) -> dict[str, Any]:
    return result(system, [], weights=None, reason=reason)


def store(case: Case, *results: dict[str, Any]) -> Assessment:
    case.assessment.details = {**case.assessment.details, "systems": list(results)}
    case.assessment.save()
    return case.assessment


def graded(cast: Cast, case: Case, value: int) -> None:
    ClinicianGrade.objects.create(
        session=case.session,
        patient=cast.patient,
        rater=cast.clinician,
        scale="house_brackmann",
        value=value,
        blinded=True,
    )


@pytest.mark.parametrize(
    ("stored", "differ", "same"),
    [
        (grade(5), "grade III. 3DPalsyNet: grade V, 2 grades apart", ""),
        (grade(3), "", "The landmark estimate and 3DPalsyNet: grade III"),
        (level(3), "grade III, which is level II. PHCNN-LSTM: level III", ""),
        (level(2), "", "The landmark estimate and PHCNN-LSTM: level II"),
        (palsy(0.2), "grade III. Multimodal fusion: no palsy", ""),
        (palsy(0.9), "", "The landmark estimate and Multimodal fusion: a palsy"),
        (units("right"), "Mouth, weaker side: left by the landmarks, right by", ""),
    ],
)
def test_disagreement_with_the_landmarks_is_a_sentence(
    cast: Cast, case: Case, stored: dict[str, Any], differ: str, same: str
) -> None:
    found = published.of_session(case.session, store(case, stored))
    assert found is not None
    assert (differ in " ".join(found.disagreements)) and bool(found.disagreements) == bool(differ)
    assert (same in " ".join(found.agreements)) and bool(found.agreements) == bool(same)


def test_every_clinician_is_compared_for_oneself(cast: Cast, case: Case) -> None:
    graded(cast, case, 2)
    found = published.of_session(case.session, store(case, grade(3)))
    assert found is not None
    assert found.disagreements == ("Carla Clinician: grade II. 3DPalsyNet: grade III, 1 grade apart.",)
    assert found.agreements == ("The landmark estimate and 3DPalsyNet: grade III.",)


def test_results_from_before_the_systems_say_nothing(case: Case) -> None:
    assert published.of_session(case.session, case.assessment) is None
    assert published.of_session(case.session, None) is None


def test_session_page_shows_each_system_with_its_origin(cast: Cast, case: Case, as_user: AsUser) -> None:
    store(case, grade(5), level(2), silent(PublishedSystem.DEM, "no approved weights"))
    page = as_user(cast.clinician).get(reverse("session-detail", args=[case.session.pk])).content.decode()
    for text in (
        "Grade V, 70\N{NO-BREAK SPACE}% probable",
        "Level II, mild to moderate, 90\N{NO-BREAK SPACE}% probable",
        "from 1 sequence",
        "smile 2×",
        "trained on: synthetic",
        "small-1",
        "experimental",
        "They do not agree",
        "Difference Ensemble Method (no approved weights)",
    ):
        assert text in page


def test_without_answers_the_page_gives_reasons_and_no_number(cast: Cast, case: Case, as_user: AsUser) -> None:
    store(case, *(silent(system, "no approved weights") for system in ANSWERING))
    page = as_user(cast.clinician).get(reverse("session-detail", args=[case.session.pk])).content.decode()
    assert "3DPalsyNet (no approved weights)" in page
    assert "published-title" not in page


def test_patient_page_lists_the_newest_sessions(cast: Cast, case: Case, as_user: AsUser) -> None:
    where = reverse("patient-detail", args=[cast.patient.pk])
    client = as_user(cast.clinician)
    assert "published-course-title" not in client.get(where).content.decode()
    store(case, grade(5), palsy(0.91))
    page = client.get(where).content.decode()
    assert "published-course-title" in page
    assert "Palsy 91\N{NO-BREAK SPACE}% probable" in page
    assert "Grade III" in page


def test_patients_never_see_what_the_systems_say(cast: Cast, case: Case, as_user: AsUser) -> None:
    store(case, grade(5), palsy(0.91))
    client = as_user(cast.patient_user)
    for name, arguments in (("my-home", []), ("my-session", [case.session.pk])):
        page = client.get(reverse(name, args=arguments)).content.decode()
        assert "3DPalsyNet" not in page
        assert "Palsy 91" not in page
