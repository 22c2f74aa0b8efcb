"""Weights that ship, on the administrator's side: shown, used where nothing is approved, switched off and on again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analysis.contracts import PublishedSystem, SystemAnswer, SystemResult, WeightsUsed
from clinic import weight_cards
from clinic.errors import Refused
from clinic.models import Assessment, AuditEvent, SystemSwitch, User, WeightsFile
from clinic.selectors import answers, provenance, reports
from clinic.selectors import weights as selector
from clinic.services import trials, weights
from tests.clinic.cast import Case, Cast
from tests.clinic.tensors import ship
from tests.clinic.test_course_files import read
from tests.clinic.test_weights import ready

AsUser = Callable[[User | None], Client]
FUSION, INTEGRATED = PublishedSystem.FUSION, PublishedSystem.INTEGRATED


def row(cast: Cast, system: PublishedSystem = FUSION) -> weights.InUse:
    return next(one for one in weights.in_use(cast.site) if one.system is system)


def shown(cast: Cast, as_user: AsUser, system: str = "fusion") -> str:
    """The part of the registry's page that is about one system, without line ends."""
    page = as_user(cast.administrator).get(reverse("weights-list")).content.decode()
    part = page.split(f'aria-labelledby="system-{system}"')[1].split("</section>")[0]
    return " ".join(part.split())


def test_what_came_along_is_used_where_nothing_is_approved(cast: Cast) -> None:
    found = row(cast)
    assert found.weights is None
    assert found.falls_back is not None
    assert (found.falls_back.name, found.falls_back.word) == ("fusion-synthetic-1", "synthetic")
    assert row(cast, PublishedSystem.DEM).falls_back is None


def test_a_card_that_cannot_be_read_is_left_out_and_logged(
    cast: Cast, shipped_cards: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (shipped_cards / "broken.toml").write_text("id = 'x'")
    assert set(weight_cards.shipped()) == {FUSION}
    assert "broken.toml" in caplog.text


def test_shipped_weights_are_switched_off_and_on_for_the_own_clinic_and_noted(cast: Cast) -> None:
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=False, by=cast.administrator)
    assert row(cast).falls_back is None
    assert row(cast).is_on
    assert next(one for one in weights.in_use(cast.other_site) if one.system is FUSION).falls_back is not None
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=True, by=cast.administrator)
    assert row(cast).falls_back is not None
    noted = AuditEvent.objects.filter(organisation=cast.site, actor=cast.administrator).order_by("created_at")
    assert list(noted.values_list("action", flat=True)) == [
        "switch shipped weights off",
        "switch shipped weights on",
    ]
    with pytest.raises(Refused):
        weights.switch_shipped(organisation=cast.site, system="x", uses=True, by=cast.administrator)


def test_two_switches_of_one_system_do_not_touch_each_other(cast: Cast) -> None:
    weights.switch(organisation=cast.site, system="fusion", is_on=False, by=cast.administrator)
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=False, by=cast.administrator)
    weights.switch(organisation=cast.site, system="fusion", is_on=True, by=cast.administrator)
    stored = SystemSwitch.objects.get()
    assert (stored.is_on, stored.uses_shipped) == (True, False)


def test_the_face_score_is_off_until_somebody_wants_it(cast: Cast, shipped_cards: Path) -> None:
    ship(shipped_cards, "faces-synthetic-1", system="integrated")
    assert not row(cast, INTEGRATED).is_on
    weights.switch_shipped(organisation=cast.site, system="integrated", uses=True, by=cast.administrator)
    assert not row(cast, INTEGRATED).is_on
    weights.switch(organisation=cast.site, system="integrated", is_on=True, by=cast.administrator)
    assert row(cast, INTEGRATED).is_on


def test_the_registry_says_what_is_in_use(cast: Cast, as_user: AsUser) -> None:
    page = shown(cast, as_user)
    for words in ("fusion-synthetic-1", "synthetic", "experimental", "In use unless others are approved", "Runs, exp"):
        assert words in page, words
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=False, by=cast.administrator)
    page = shown(cast, as_user)
    assert "You have switched them off" in page
    assert "No approved weights" in page
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=True, by=cast.administrator)
    weights.approve(weights=ready(cast), by=cast.administrator)
    page = shown(cast, as_user)
    assert "the weights that you approved go first" in page
    assert "Runs, exp" not in page
    weights.switch(organisation=cast.site, system="fusion", is_on=False, by=cast.administrator)
    assert "Switched off" in shown(cast, as_user)


def test_the_registry_says_that_the_face_score_waits_for_a_choice(
    cast: Cast, as_user: AsUser, shipped_cards: Path
) -> None:
    ship(shipped_cards, "faces-synthetic-1", system="integrated")
    assert "once the system is switched on" in shown(cast, as_user, "integrated")
    assert "own score says which faces count" in shown(cast, as_user, "integrated")


def test_the_switch_on_the_page_works(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.administrator)
    answer = client.post(reverse("shipped-switch"), {"system": "fusion", "uses": "no"}, follow=True)
    assert "not used any more" in answer.content.decode()
    assert row(cast).falls_back is None
    assert client.post(reverse("shipped-switch"), {"system": "x", "uses": "no"}).status_code == 400


def test_the_card_page_shows_figures_size_and_that_nobody_approved_it(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.administrator)
    page = " ".join(client.get(reverse("shipped-detail", args=["fusion"])).content.decode().split())
    for words in ("Trained on synthetic faces", "macro F1", "0.71", "0.6 to 0.8", "Nobody in this clinic", "size_px"):
        assert words in page, words
    assert client.get(reverse("shipped-detail", args=["dem"])).status_code == 404
    assert client.get(reverse("shipped-detail", args=["landmarks"])).status_code == 404


# --- trials ----------------------------------------------------------------------------------------------------------


def start(cast: Cast, case: Case, taken: WeightsFile) -> Any:
    return trials.start(weights=taken, video_ids=[case.video.pk], by=cast.administrator)


def test_a_trial_is_against_the_shipped_weights_where_they_are_in_use(cast: Cast, case: Case, as_user: AsUser) -> None:
    trial = start(cast, case, ready(cast))
    assert (trial.against, trial.against_name) == (None, "fusion-synthetic-1")
    assert trial.shipped_sha256 == weight_cards.shipped()[FUSION].sha256
    page = as_user(cast.administrator).get(reverse("trial-detail", args=[trial.pk])).content.decode()
    assert "Against fusion-synthetic-1, which came with Seventh." in page


def test_a_trial_is_against_approved_weights_first_and_against_nothing_where_there_is_nothing(
    cast: Cast, case: Case
) -> None:
    first, second = ready(cast), ready(cast, fill=1, name="fusion-clinic-2")
    weights.approve(weights=first, by=cast.administrator)
    trial = start(cast, case, second)
    assert (trial.against, trial.shipped_sha256) == (first, "")
    assert start(cast, case, first).against_name == "fusion-synthetic-1"  # what would be used without it
    weights.switch_shipped(organisation=cast.site, system="fusion", uses=False, by=cast.administrator)
    assert start(cast, case, first).against_name == ""


def faces(share: float | None, grade: int | None) -> dict[str, Any]:
    """What one way of finding the face gave; None: nothing could be measured with it."""
    found = [] if share is None else [SystemAnswer("face_detection", share, {}, 90, {"grade": grade})]
    return dataclasses.asdict(SystemResult(INTEGRATED, "m", found, reason="No face was found." if not found else None))


@pytest.mark.parametrize(
    ("candidate", "active", "words", "differs"),
    [
        (faces(0.98, 3), faces(1.0, 3), "-2.0 points of frames", True),
        (faces(0.998, 3), faces(1.0, 3), "-0.2 points of frames", False),
        (faces(1.0, 3), faces(1.0, 3), "as many frames", False),
        (faces(1.0, 4), faces(1.0, None), "as many frames, another grade", True),
        (faces(None, None), faces(1.0, 3), "not measured with it", True),
    ],
)
def test_ways_of_finding_faces_are_compared_in_words(
    cast: Cast, case: Case, candidate: Any, active: Any, words: str, differs: bool
) -> None:
    trial = start(cast, case, ready(cast))
    claimed = trials.claim(str(trial.recordings.get().pk))
    assert claimed is not None
    trials.record(claimed, candidate=candidate, active=active)
    (line,) = selector.trial(trial).rows
    assert (line.words, line.is_different) == (words, differs)


def test_what_a_way_of_finding_faces_gave_is_told_in_words() -> None:
    view = answers.view(faces(0.98, 3))
    assert (view.title, view.summary) == ("Integrated Deep Model", "Face in 98.0 % of frames, grade III by landmarks")
    assert answers.view(faces(0.5, None)).summary == "Face in 50.0 % of frames, no grade by landmarks"
    assert answers.view(faces(None, None)).summary == "No face was found."


# --- where the numbers stand -----------------------------------------------------------------------------------------


def answered(case: Case) -> Assessment:
    """As a worker stores what PHCNN-LSTM's shipped weights said."""
    used = WeightsUsed("phcnn-synthetic-1", "ef" * 32, "synthetic")
    answer = SystemAnswer("severity_level", 3, {"1": 0.1, "2": 0.2, "3": 0.7}, 4)
    result = SystemResult(PublishedSystem.PHCNN_LSTM, "PHCNN-LSTM (Liu et al. 2020)", [answer], used)
    level = {"level": 3, "probabilities": [0.1, 0.2, 0.7], "method": result.method, "origin": "synthetic"}
    stored = case.assessment
    stored.details = {**stored.details, "systems": [dataclasses.asdict(result)]}
    stored.report = {**stored.report, "severity_level": level}
    stored.save()
    return stored


def test_a_systems_number_in_a_file_has_its_own_method_and_weights(cast: Cast, case: Case, as_user: AsUser) -> None:
    answered(case)
    lines = read(as_user(cast.clinician), "patient-course-file", cast.patient)
    (level,) = [line for line in lines if line["measure"] == "severity_level"]
    assert (level["value"], level["method"]) == ("3", "PHCNN-LSTM (Liu et al. 2020)")
    assert level["weights"] == f"phcnn-synthetic-1 {'ef' * 6} synthetic"
    assert all("phcnn" not in line["weights"] for line in lines if line is not level)


def test_every_place_that_shows_a_systems_number_says_what_it_learnt_from(
    cast: Cast, case: Case, as_user: AsUser
) -> None:
    assessment = answered(case)
    (fact,) = reports.more(assessment.report)
    assert fact.detail == "PHCNN-LSTM (Liu et al. 2020), trained on synthetic, experimental"
    client = as_user(cast.clinician)
    for name, args in (("session-detail", [case.session.pk]), ("patient-detail", [cast.patient.pk])):
        section = client.get(reverse(name, args=args)).content.decode().split(">Published systems<")[1]
        assert "experimental" in section, name
        assert "synthetic" in section.split("</section>")[0], name


def test_neither_the_grade_nor_the_fhir_record_takes_a_systems_number(cast: Cast, case: Case, as_user: AsUser) -> None:
    before = as_user(cast.clinician).get(reverse("api:patient-fhir", args=[cast.patient.pk])).json()["entry"]
    grade = case.assessment.hb_grade
    answered(case)
    after = as_user(cast.clinician).get(reverse("api:patient-fhir", args=[cast.patient.pk])).json()["entry"]
    assert after == before
    assert Assessment.objects.get(pk=case.assessment.pk).hb_grade == grade


def test_the_provenance_of_a_session_says_how_faces_were_found(case: Case) -> None:
    used = {"id": "faces-1", "sha256": "ab" * 32, "training_data": "synthetic"}
    stored = case.assessment
    assert "Face detection" not in [
        n.what for n in provenance.of(run=case.run, video=case.video, assessment=stored).numbers
    ]
    stored.details = {**stored.details, "extras": {"face_detection": {"method": "judged", "weights": used}}}
    found = provenance.of(run=case.run, video=case.video, assessment=stored).numbers[-1]
    assert (found.what, found.method, found.origin) == ("Face detection", "judged", "synthetic")
    stored.details["extras"]["face_detection"] = {"method": "MTCNN", "reason": "its weights were refused"}
    assert (
        provenance.of(run=case.run, video=case.video, assessment=stored).numbers[-1].origin
        == "its weights were refused"
    )
