"""The published systems in a worker: which weights are run, checks of imports, trials; nothing unapproved."""

from __future__ import annotations

import dataclasses
import sys
import types

import pytest
from django.db.models.fields.files import FieldFile

from analysis.contracts import ANSWERING, Details, PublishedSystem, SystemAnswer, SystemResult
from analysis.weights.chosen import NO_WEIGHTS, SWITCHED_OFF, shipped
from clinic.models import Assessment, TrialRecording, WeightsFile
from clinic.models.weights import TrialState, WeightsState
from clinic.services import trials, weights
from tasks import systems
from tests.analysis.systems.written import weights as written
from tests.clinic import factories as make
from tests.tasks.reports import measured, refused

FUSION = PublishedSystem.FUSION


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


def test_only_approved_weights_are_run_and_only_while_switched_on(taken, clinic, administrator):
    beside = shipped()
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


@pytest.fixture
def recording(taken, administrator, video) -> TrialRecording:
    systems.check_weights(weights_id=str(taken.pk))
    taken.refresh_from_db()
    return trials.start(weights=taken, video_ids=[video.pk], by=administrator).recordings.get()


def test_a_trial_reads_with_both_weights_and_touches_no_result(recording, pipeline, video):
    asked = pipeline(measured(), result(0.9), SystemResult(FUSION, "method", reason=NO_WEIGHTS))
    before = list(Assessment.objects.values_list("pk", "is_current", "run__video"))
    systems.try_weights(recording_id=str(recording.pk))
    recording.refresh_from_db()
    assert recording.state == TrialState.DONE
    assert recording.candidate["answers"][0]["value"] == 0.9
    assert (recording.active is None) == (FUSION not in shipped())
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
