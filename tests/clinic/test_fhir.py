"""FHIR bundles: read back by an independent reader, with the enumerations checked that it does not check itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from fhir.resources.R4B.bundle import Bundle

from clinic.fhir.bundle import bundle
from clinic.models import AuditEvent, Patient, User
from clinic.selectors import fhir
from tests.clinic import factories as make
from tests.clinic.addresses import address
from tests.clinic.cast import Case, Cast
from tests.clinic.measured import measured

AsUser = Callable[[User | None], Client]
REQUIRED = {  # required bindings of R4B (http://hl7.org/fhir/R4B), of what we use
    "Bundle.type": {"document", "message", "transaction", "collection", "searchset", "history", "batch"},
    "Observation.status": {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "unknown"},
    "DiagnosticReport.status": {"registered", "partial", "preliminary", "final", "amended", "cancelled", "unknown"},
    "Media.status": {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "unknown"},
    "Device.status": {"active", "inactive", "entered-in-error", "unknown"},
}
DEVICE_NAMES = {
    "udi-label-name",
    "user-friendly-name",
    "patient-reported-name",
    "manufacturer-name",
    "model-name",
    "other",
}
ABSENT = {"unknown", "not-performed"}


@pytest.fixture
def measured_case(cast: Cast, case: Case) -> Case:
    """A second session with everything that a report can hold, a grade by hand, and one that was refused."""
    session = make.SessionFactory(patient=cast.patient, episode=case.episode)
    measured(session)
    make.GradeFactory(session=session, rater=cast.clinician, scale="house_brackmann", value=4.0)
    refused = make.SessionFactory(patient=cast.patient, episode=case.episode)
    problem = {"code": "no_face", "message": "No face was found.", "at_s": None}
    make.RunFactory(video__session=refused, state="refused", problems=[problem])
    return case


def made(patient: Patient, episode: Any = None) -> dict[str, Any]:
    return json.loads(json.dumps(bundle(fhir.record_of(patient, episode))))


def of_kind(whole: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in whole["entry"] if e["resource"]["resourceType"] == kind]


def test_bundle_is_read_back_whole(cast: Cast, measured_case: Case) -> None:
    whole = made(cast.patient)
    read = Bundle.model_validate(whole)
    assert len(read.entry) == len(whole["entry"]) > 20
    assert json.loads(read.model_dump_json()).keys() == whole.keys()


def test_reader_refuses_a_broken_bundle(cast: Cast, measured_case: Case) -> None:
    whole = made(cast.patient)
    del of_kind(whole, "Observation")[0]["code"]
    with pytest.raises(ValueError, match="code"):
        Bundle.model_validate(whole)


def test_required_codes_are_those_of_the_standard(cast: Cast, measured_case: Case) -> None:
    whole = made(cast.patient)
    assert whole["type"] in REQUIRED["Bundle.type"]
    for entry in whole["entry"]:
        resource = entry["resource"]
        allowed = REQUIRED.get(f"{resource['resourceType']}.status")
        assert allowed is None or resource["status"] in allowed, resource
        for name in resource.get("deviceName", []) if resource["resourceType"] == "Device" else []:
            assert name["type"] in DEVICE_NAMES
        if absent := resource.get("dataAbsentReason"):
            assert absent["coding"][0]["code"] in ABSENT and absent["text"]


def test_every_reference_leads_to_a_row_of_the_bundle_and_ids_are_unique(cast: Cast, measured_case: Case) -> None:
    whole = made(cast.patient)
    addresses = [entry["fullUrl"] for entry in whole["entry"]]
    assert len(addresses) == len(set(addresses))
    assert set(_references(whole)) <= set(addresses)


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["reference"]] if isinstance(part.get("reference"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []


def test_an_observation_has_a_value_or_a_reason_and_never_both(cast: Cast, measured_case: Case) -> None:
    observations = of_kind(made(cast.patient), "Observation")
    for observation in observations:
        has_value = any(name.startswith("value") for name in observation)
        assert has_value != ("dataAbsentReason" in observation), observation
    lacking = [o for o in observations if "dataAbsentReason" in o]
    assert any("snarl" in o["dataAbsentReason"]["text"] for o in lacking)


def test_an_estimate_is_preliminary_and_a_clinicians_grade_final(cast: Cast, measured_case: Case) -> None:
    observations = of_kind(made(cast.patient), "Observation")
    by_code = {o["code"]["coding"][0]["code"]: o for o in observations}
    estimated, given = by_code["house-brackmann-estimated"], by_code["house-brackmann-clinician"]
    assert (estimated["status"], given["status"]) == ("preliminary", "final")
    assert given["valueCodeableConcept"]["coding"][0]["code"] == "IV"
    assert given["performer"] == [{"display": "Carla Clinician"}]


def test_left_and_right_are_two_observations_with_their_sides(cast: Cast, measured_case: Case) -> None:
    observations = of_kind(made(cast.patient), "Observation")
    sides = {
        o["bodySite"]["coding"][0]["code"]: o["valueQuantity"]["value"]
        for o in observations
        if o["code"]["coding"][0]["code"] == "mouth-corner-excursion"
    }
    assert sides == {"half-of-face-left": 0.06, "half-of-face-right": 0.11}


def test_error_stands_beside_its_number(cast: Cast, measured_case: Case) -> None:
    observations = of_kind(made(cast.patient), "Observation")
    mouth = [o for o in observations if o.get("bodySite", {}).get("text") == "Mouth region" and "component" in o]
    assert mouth[0]["component"][0]["valueQuantity"]["value"] == 0.1


def test_refused_session_is_a_report_without_numbers(cast: Cast, measured_case: Case) -> None:
    reports = of_kind(made(cast.patient), "DiagnosticReport")
    assert [r["conclusion"] for r in reports if r["status"] == "cancelled"] == ["Not measured: No face was found."]


def test_snomed_codes_come_only_where_the_clinic_may_use_them(cast: Cast, case: Case, settings: Any) -> None:
    systems = [c["system"] for c in of_kind(made(cast.patient), "Condition")[0]["code"]["coding"]]
    assert systems == ["http://hl7.org/fhir/sid/icd-10-cm", "urn:seventh:cause"]
    settings.FHIR_SNOMED, settings.FHIR_SYSTEM = True, "https://clinic.example/fhir"
    codes = of_kind(made(cast.patient), "Condition")[0]["code"]["coding"]
    assert [c["code"] for c in codes] == ["G51.0", "193093009", "bell"]
    assert codes[2]["system"] == "https://clinic.example/fhir:cause"


def test_one_episode_holds_its_own_sessions_only(cast: Cast, case: Case) -> None:
    other = make.EpisodeFactory(patient=cast.patient, onset_date=make.ONSET - timedelta(days=900))
    make.AssessmentFactory(run__video__session=make.SessionFactory(patient=cast.patient, episode=other))
    assert len(of_kind(made(cast.patient), "DiagnosticReport")) == 2
    alone = made(cast.patient, case.episode)
    assert [r["id"] for r in of_kind(alone, "DiagnosticReport")] == [str(case.session.pk)]
    assert [c["id"] for c in of_kind(alone, "Condition")] == [str(case.episode.pk)]


def test_fictional_person_is_marked_as_test_data(cast: Cast, case: Case) -> None:
    Patient.objects.filter(pk=cast.patient.pk).update(is_fictional=True)
    cast.patient.refresh_from_db()
    assert of_kind(made(cast.patient), "Patient")[0]["meta"]["security"][0]["code"] == "HTEST"


def test_healthy_volunteer_has_no_condition(cast: Cast) -> None:
    make.EpisodeFactory(patient=cast.patient, side="none", cause="volunteer")
    assert of_kind(made(cast.patient), "Condition") == []


@pytest.mark.parametrize("name", ["patient-fhir", "api:patient-fhir"])
def test_download_is_a_private_file_and_on_the_trail(name: str, cast: Cast, case: Case, as_user: AsUser) -> None:
    response = as_user(cast.clinician).get(address(name, cast, case))
    assert response.headers["Content-Type"].startswith("application/fhir+json")
    assert Bundle.model_validate(response.json())
    event = AuditEvent.objects.get(action="export", patient=cast.patient)
    assert event.actor == cast.clinician


def test_foreign_episode_is_not_found(cast: Cast, case: Case, as_user: AsUser) -> None:
    foreign = make.EpisodeFactory(patient=cast.other_patient)
    client = as_user(cast.clinician)
    for name in ("patient-fhir", "api:patient-fhir"):
        for wanted in (str(foreign.pk), "no-id"):
            assert client.get(address(name, cast, case), {"episode": wanted}).status_code == 404
