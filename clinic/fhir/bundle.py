"""One patient as a FHIR R4B Bundle of type `collection`: a pure function of its rows, plain JSON types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from clinic.fhir import observations
from clinic.fhir.codes import ACT_REASON, CLINICAL_STATUS, MEDIA_TYPE, Resource, Systems, standard
from clinic.fhir.observations import reference
from clinic.fhir.rows import Numbers, Palsy, Person, Record, Recording, Sitting

CONTENT_TYPE = "application/fhir+json; fhirVersion=4.3"


def bundle(record: Record) -> Resource:
    """Organization, Patient, Conditions, and per session Media, Devices, Observations and a DiagnosticReport."""
    resources = [
        _organization(record.person),
        _patient(record),
        *(_condition(record, p) for p in record.palsies if p.side != "none"),
    ]
    devices: dict[str, Resource] = {}
    for sitting in record.sittings:
        resources += _sitting(record, sitting, devices)
    resources += devices.values()
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(record.person.pk, record.made_at.isoformat())),
        "type": "collection",
        "timestamp": record.made_at.isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": _whole(r)} for r in resources],
    }


def _whole(resource: Resource) -> Resource:
    """An empty list is no FHIR: what is not there is left out."""
    return {name: value for name, value in resource.items() if value not in (None, [], {}, "")}


def _systems(record: Record) -> Systems:
    return Systems(record.base, record.with_snomed)


def _organization(person: Person) -> Resource:
    return {"resourceType": "Organization", "id": str(person.organisation_pk), "name": person.organisation}


def _patient(record: Record) -> Resource:
    person = record.person
    test = {"system": ACT_REASON, "code": "HTEST", "display": "test health data"}
    return {
        "resourceType": "Patient",
        "id": str(person.pk),
        "meta": {"security": [test]} if person.is_fictional else {},
        "identifier": [
            {
                "system": f"{record.base}:record-number:{person.organisation_pk}",
                "value": person.record_number,
                "assigner": reference("Organization", person.organisation_pk, person.organisation),
            }
        ],
        "name": [{"text": person.name}],
        "birthDate": person.birth_date.isoformat() if person.birth_date else None,
        "managingOrganization": reference("Organization", person.organisation_pk, person.organisation),
    }


def _condition(record: Record, palsy: Palsy) -> Resource:
    systems = _systems(record)
    return {
        "resourceType": "Condition",
        "id": str(palsy.pk),
        "clinicalStatus": standard(CLINICAL_STATUS, "active", "Active"),
        "code": systems.cause(palsy.cause, palsy.cause_words),
        "bodySite": [systems.body_site("facial-nerve", palsy.side)],
        "subject": reference("Patient", record.person.pk),
        "onsetDateTime": palsy.onset.isoformat(),
    }


def _sitting(record: Record, sitting: Sitting, devices: dict[str, Resource]) -> Iterator[Resource]:
    systems, person = _systems(record), record.person
    yield from (_media(record, sitting, recording) for recording in sitting.recordings)
    results: list[Resource] = []
    for numbers in sitting.numbers:
        device = devices.setdefault(_way(numbers), _device(record, numbers))
        results += observations.of_numbers(systems, person, sitting, numbers, UUID(device["id"]))
    results += [observations.of_grade(systems, person, sitting, given) for given in sitting.grades]
    yield from results
    yield _report(record, sitting, results)


def _media(record: Record, sitting: Sitting, recording: Recording) -> Resource:
    facts = recording.facts
    return {
        "resourceType": "Media",
        "id": str(recording.pk),
        "identifier": [{"system": f"{record.base}:sha256", "value": recording.sha256}],
        "status": "completed",
        "type": standard(MEDIA_TYPE, "video", "Video"),
        "subject": reference("Patient", record.person.pk),
        "createdDateTime": sitting.recorded_at.isoformat(timespec="seconds"),
        "issued": recording.uploaded_at.isoformat(timespec="seconds"),
        "width": facts.get("width"),
        "height": facts.get("height"),
        "frames": facts.get("frame_count"),
        "duration": facts.get("duration_s"),
        "content": {"contentType": recording.content_type, "size": recording.bytes},
        "note": [{"text": "Rendered by a program: no real person."}] if recording.is_synthetic else [],
    }


def _way(numbers: Numbers) -> str:
    return json.dumps([numbers.origin.get("code_version"), numbers.origin.get("device"), numbers.origin.get("weights")])


def _device(record: Record, numbers: Numbers) -> Resource:
    """The program in one version, with the weights that it used."""
    origin = numbers.origin
    weights = [
        f"{w['id']} (SHA-256 {w['sha256']}, trained on {w['training_data']})" for w in origin.get("weights") or ()
    ]
    notes = [*(f"Weights {text}" for text in weights), f"Ran on {origin.get('device') or 'an unknown device'}"]
    return {
        "resourceType": "Device",
        "id": str(uuid5(record.person.organisation_pk, _way(numbers))),
        "status": "active",
        "deviceName": [{"name": "Seventh", "type": "user-friendly-name"}],
        "version": [{"value": str(origin.get("code_version") or "not stated")}],
        "note": [{"text": text} for text in notes],
    }


def _report(record: Record, sitting: Sitting, results: list[Resource]) -> Resource:
    status = "final" if sitting.is_reviewed else "preliminary"
    if sitting.why:
        status = "registered" if sitting.is_waiting else "cancelled"
    told: dict[str, Any] = {"conclusion": f"Not measured: {sitting.why}"} if sitting.why else {}
    return {
        "resourceType": "DiagnosticReport",
        "id": str(sitting.pk),
        "status": status,
        "code": _systems(record).concept("report", "facial-movement-session", "Facial movement, one session"),
        "subject": reference("Patient", record.person.pk),
        "effectiveDateTime": sitting.recorded_at.isoformat(timespec="seconds"),
        "performer": [reference("Organization", record.person.organisation_pk, record.person.organisation)],
        "result": [reference("Observation", UUID(r["id"])) for r in results],
        "media": [{"link": reference("Media", recording.pk)} for recording in sitting.recordings],
        **told,
    }
