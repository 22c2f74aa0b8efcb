"""The published systems in a worker: which weights are run, checks of imports, trials; nothing unapproved."""

from __future__ import annotations

import dataclasses
import io
import sys
import types
from pathlib import Path

import pytest
from django.db.models.fields.files import FieldFile

from analysis.contracts import (
    ANSWERING,
    Details,
    Frames,
    PublishedSystem,
    SystemAnswer,
    SystemResult,
    WeightsUsed,
)
from analysis.systems.detection import FACE_DETECTION, METHOD
from analysis.weights.chosen import NO_WEIGHTS, SWITCHED_OFF, UNREADABLE, shipped
from clinic.models import Assessment, TrialRecording, WeightsFile
from clinic.models.weights import TrialState, WeightsState
from clinic.services import trials, weights
from tasks import analyse, systems
from tests.analysis.systems.written import weights as written
from tests.clinic import factories as make
from tests.tasks.reports import measured, refused

FUSION, INTEGRATED = PublishedSystem.FUSION, PublishedSystem.INTEGRATED
ONLY = {INTEGRATED: ("fan",)}


@pytest.fixture
def video(db):
    found = make.AssessmentFactory().run.video
    make.ConsentFactory(patient=found.session.patient)
    return found


@pytest.fixture
def clinic(video):
    return video.session.patient.organisation


@pytest.fixture
def administrator(clinic):
    return make.MembershipFactory(organisation=clinic, role="administrator").user


@pytest.fixture
def taken(clinic, administrator, tmp_path):
    """A real file of a small fusion network, imported."""
    return take_in(clinic, administrator, written(FUSION, tmp_path, name="fusion-small"))


def take_in(clinic, administrator, chosen) -> WeightsFile:
    from django.core.files.uploadedfile import SimpleUploadedFile

    card = chosen.file.with_suffix(".toml").read_bytes()
    return weights.take_in(
        organisation=clinic,
        by=administrator,
        file=SimpleUploadedFile("w.safetensors", chosen.file.read_bytes()),
        card=SimpleUploadedFile("w.toml", card),
    )


def state(taken) -> str:
    taken.refresh_from_db()
    return taken.state


def wanted(clinic):
    return {one.system: one for one in systems.wanted(clinic)}


def test_a_worker_finds_that_the_file_fits(taken):
    assert state(taken) == WeightsState.CHECKING
    systems.check_weights(weights_id=str(taken.pk))
    assert state(taken) == WeightsState.READY
    assert "palsy" in taken.check_message
    systems.check_weights(weights_id=str(taken.pk))  # delivered twice
    assert state(taken) == WeightsState.READY


def test_a_file_whose_tensors_have_no_place_is_refused_in_words(taken):
    card = taken.card
    card["config"]["cfg"]["features"] = 4
    WeightsFile.objects.filter(pk=taken.pk).update(card=card)
    systems.check_weights(weights_id=str(taken.pk))
    assert state(taken) == WeightsState.REFUSED
    assert "not those" in taken.check_message


def test_only_approved_weights_are_run_and_only_while_switched_on(taken, clinic, administrator, settings):
    beside = shipped(settings.SHIPPED_WEIGHTS)
    assert wanted(clinic)[FUSION].weights == beside.get(FUSION)
    systems.check_weights(weights_id=str(taken.pk))
    assert wanted(clinic)[FUSION].weights == beside.get(FUSION)
    taken.refresh_from_db()
    weights.approve(weights=taken, by=administrator)
    assert wanted(clinic)[FUSION].weights.card["id"] == "fusion-small"
    weights.switch(organisation=clinic, system="fusion", is_on=False, by=administrator)
    assert (wanted(clinic)[FUSION].weights, wanted(clinic)[FUSION].reason) == (None, SWITCHED_OFF)
    assert wanted(make.OrganisationFactory())[FUSION].weights == beside.get(FUSION)
    missing = set(ANSWERING) - set(beside) - {FUSION}
    assert all(wanted(clinic)[system].reason == NO_WEIGHTS for system in missing)


@pytest.fixture
def came_along(settings, tmp_path) -> Path:
    """The folder that ships, with small weights of two systems and of the face model, whatever ships with this code."""
    settings.SHIPPED_WEIGHTS = folder = tmp_path / "shipped"
    folder.mkdir()
    for system in (FUSION, PublishedSystem.PHCNN_LSTM, INTEGRATED):
        written(system, folder, name=f"{system.value}-synthetic-1", datasets=("synthetic",), only=ONLY.get(system, ()))
    return folder


def test_shipped_weights_are_run_where_nothing_is_approved_and_not_switched_off(
    came_along, taken, clinic, administrator
):
    found = wanted(clinic)
    assert list(found) == list(ANSWERING)
    assert found[FUSION].weights == shipped(came_along)[FUSION]
    assert (found[PublishedSystem.DEM].weights, found[PublishedSystem.DEM].reason) == (None, NO_WEIGHTS)
    weights.switch_shipped(organisation=clinic, system="fusion", uses=False, by=administrator)
    assert (wanted(clinic)[FUSION].weights, wanted(clinic)[FUSION].reason) == (None, NO_WEIGHTS)
    systems.check_weights(weights_id=str(taken.pk))
    weights.approve(weights=WeightsFile.objects.get(), by=administrator)
    weights.switch_shipped(organisation=clinic, system="fusion", uses=True, by=administrator)
    assert wanted(clinic)[FUSION].weights.card["id"] == "fusion-small"
    assert not wanted(clinic)[FUSION].weights.is_shipped


def test_a_broken_card_stops_no_measurement(came_along, clinic):
    (came_along / "fusion-synthetic-1.toml").write_text("id = 'x'")
    found = wanted(clinic)
    assert all((one.weights, one.reason) == (None, UNREADABLE) for one in found.values())
    assert systems.face_score(clinic) is None


def test_the_face_score_is_used_only_when_an_administrator_switched_it_on(came_along, clinic, administrator, tmp_path):
    assert systems.face_score(clinic) is None
    taken = take_in(clinic, administrator, written(INTEGRATED, tmp_path, name="faces-own", seed=1))
    systems.check_weights(weights_id=str(taken.pk))
    assert state(taken) == WeightsState.READY
    assert "fan, detector" in taken.check_message
    weights.approve(weights=taken, by=administrator)
    assert systems.face_score(clinic) is None
    weights.switch(organisation=clinic, system="integrated", is_on=True, by=administrator)
    assert systems.face_score(clinic).card["id"] == "faces-own"
    weights.retire(weights=taken, by=administrator)
    assert systems.face_score(clinic) == shipped(came_along)[INTEGRATED]
    weights.switch_shipped(organisation=clinic, system="integrated", uses=False, by=administrator)
    assert systems.face_score(clinic) is None
    assert systems.face_score(make.OrganisationFactory()) is None


def test_a_run_is_measured_with_what_the_clinic_wants(came_along, video, clinic, administrator, pipeline):
    asked = pipeline(measured())
    weights.switch(organisation=clinic, system="integrated", is_on=True, by=administrator)
    weights.switch(organisation=clinic, system="phcnn-lstm", is_on=False, by=administrator)
    run = make.RunFactory(video=video)
    analyse.measure(run, lambda *_: None)
    (given,) = asked
    assert [one.weights.card["id"] for one in given["systems"] if one.weights] == ["fusion-synthetic-1"]
    assert given["face_score"].card["id"] == "integrated-synthetic-1"


@pytest.mark.parametrize("fault", ["away", "short"])
def test_a_copy_that_fails_leaves_nothing_behind(fault, taken, monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"

    def elsewhere(*_):
        raise NotImplementedError

    class Broken(io.BytesIO):
        def read(self, *size):
            piece = super().read(*size)
            if fault == "away" and not piece:
                raise OSError("away")
            return piece

    monkeypatch.setattr(FieldFile, "path", property(elsewhere))
    with monkeypatch.context() as patch:
        patch.setattr(FieldFile, "open", lambda *_: Broken(b"a part of it"))
        with pytest.raises(OSError, match="away" if fault == "away" else "other bytes"):
            systems.chosen_of(taken)
    assert list((tmp_path / "var" / "weights").iterdir()) == []
    assert systems.chosen_of(taken).file.read_bytes() == taken.file.open("rb").read()


def test_what_lies_in_a_storage_elsewhere_is_fetched_once_under_its_hash(taken, monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"

    def elsewhere(*_):
        raise NotImplementedError

    monkeypatch.setattr(FieldFile, "path", property(elsewhere))
    chosen = systems.chosen_of(taken)
    assert chosen.file.name == f"{taken.sha256}.safetensors"
    before = chosen.file.stat().st_mtime_ns
    assert systems.chosen_of(taken).file.stat().st_mtime_ns == before


@pytest.fixture
def pipeline(monkeypatch):
    """Puts a report in the place of what the pipeline would find; returns what it was asked for."""
    asked = []

    def put(report, *results):
        def analyse(_path, **given):
            asked.append(given)
            return dataclasses.replace(report, details=Details(systems=list(results)))

        module = types.ModuleType("analysis.report")
        module.analyse = analyse
        monkeypatch.setitem(sys.modules, "analysis.report", module)
        return asked

    return put


def result(value: float) -> SystemResult:
    return SystemResult(FUSION, "method", [SystemAnswer("palsy", value, {}, 3)])


def trial_of(taken, administrator, video) -> TrialRecording:
    systems.check_weights(weights_id=str(taken.pk))
    taken.refresh_from_db()
    return trials.start(weights=taken, video_ids=[video.pk], by=administrator).recordings.get()


def test_a_trial_is_against_the_shipped_weights_where_they_are_active(
    came_along, taken, administrator, video, pipeline
):
    asked = pipeline(measured(), result(0.9), result(0.2))
    recording = trial_of(taken, administrator, video)
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert (recording.state, recording.active["answers"][0]["value"]) == (TrialState.DONE, 0.2)
    assert asked[0]["systems"][1].weights == shipped(came_along)[FUSION]


def test_a_trial_says_when_what_shipped_has_changed_since(came_along, taken, administrator, video, pipeline):
    pipeline(measured(), result(0.9), result(0.2))
    recording = trial_of(taken, administrator, video)
    (came_along / "fusion-synthetic-1.toml").unlink()
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert recording.state == TrialState.FAILED
    assert "does not ship any more" in recording.problem


def test_shipped_weights_that_are_switched_off_are_nothing_to_compare_with(
    came_along, taken, clinic, administrator, video, pipeline
):
    pipeline(measured(), result(0.9), SystemResult(FUSION, "method", reason=NO_WEIGHTS))
    weights.switch_shipped(organisation=clinic, system="fusion", uses=False, by=administrator)
    recording = trial_of(taken, administrator, video)
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert (recording.state, recording.active) == (TrialState.DONE, None)


def test_a_trial_of_the_face_score_tells_how_often_the_face_was_found(
    came_along, clinic, administrator, video, tmp_path, monkeypatch
):
    used = WeightsUsed("faces-own", "ab" * 32, "clinic")

    def found(_path, *, face_score, **_):
        if face_score is None:
            return measured()
        told = {FACE_DETECTION: {"method": METHOD, "weights": dataclasses.asdict(used)}}
        half = Frames(time_s=[0.0, 0.04], detected=[True, False])
        return dataclasses.replace(measured(), frames=half, details=Details(extras=told))

    module = types.ModuleType("analysis.report")
    module.analyse = found
    monkeypatch.setitem(sys.modules, "analysis.report", module)
    taken = take_in(clinic, administrator, written(INTEGRATED, tmp_path, name="faces-own", seed=1))
    recording = trial_of(taken, administrator, video)
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert recording.state == TrialState.DONE
    (candidate,), (active,) = recording.candidate["answers"], recording.active["answers"]
    assert (candidate["value"], active["value"]) == (0.5, 1.0)
    assert recording.candidate["weights"]["id"] == "faces-own"
    assert recording.active["method"] == "MTCNN"


@pytest.fixture
def recording(taken, administrator, video, came_along) -> TrialRecording:
    return trial_of(taken, administrator, video)


def test_a_trial_reads_with_both_weights_and_touches_no_result(recording, pipeline, video):
    asked = pipeline(measured(), result(0.9), result(0.2))
    before = list(Assessment.objects.values_list("pk", "is_current", "run__video"))
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert recording.state == TrialState.DONE
    assert recording.candidate["answers"][0]["value"] == 0.9
    assert [one.system for one in asked[0]["systems"]] == [FUSION, FUSION]
    assert list(Assessment.objects.values_list("pk", "is_current", "run__video")) == before


def test_a_recording_that_cannot_be_measured_any_more_says_why(recording, pipeline):
    pipeline(refused())
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert (recording.state, recording.problem) == (TrialState.FAILED, "No face was found.")


def test_a_fault_ends_the_recording_and_storage_away_gives_it_back(recording, monkeypatch):
    def away(*_):
        raise OSError("away")

    monkeypatch.setattr(systems, "_read", away)
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert recording.state == TrialState.QUEUED

    def broken(*_):
        raise KeyError("ours")

    monkeypatch.setattr(systems, "_read", broken)
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert (recording.state, recording.problem) == (TrialState.FAILED, "Something went wrong on our side.")
