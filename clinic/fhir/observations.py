"""Observations: one for each number, with side, error, device and the recording that it comes from.

An estimate is `preliminary`; what a clinician graded by hand is `final`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from clinic.charts.words import ROMAN
from clinic.fhir.codes import CATEGORY, Resource, Systems, absent, quantity, standard
from clinic.fhir.rows import Graded, Numbers, Person, Sitting

RESEARCH_USE = "Research use. Estimated measurements, not a diagnosis. No medical device."
SIDES = ("left", "right")


def reference(kind: str, pk: UUID, display: str = "") -> Resource:
    return {"reference": f"urn:uuid:{pk}", "type": kind, **({"display": display} if display else {})}


def of_numbers(systems: Systems, person: Person, sitting: Sitting, numbers: Numbers, device: UUID) -> list[Resource]:
    """Every number of one assessment; what was not measured is there with the reason."""
    parts = [_grade(systems, numbers), _affected(systems, numbers), _synkinesis(systems, numbers)]
    parts += [_region(systems, numbers, region) for region in ("brow", "eye", "mouth")]
    parts += [_sunnybrook(systems, numbers), *_measures(systems, numbers)]
    shared = {
        "status": "preliminary",
        "category": [standard(CATEGORY, "exam", "Exam")],
        "subject": reference("Patient", person.pk),
        "effectiveDateTime": sitting.recorded_at.isoformat(timespec="seconds"),
        "method": {"text": numbers.method or "method not stated"},
        "device": reference("Device", device),
        "derivedFrom": [reference("Media", numbers.recording)],
        "note": [{"text": RESEARCH_USE}],
    }
    return [{"resourceType": "Observation", "id": _id(numbers.pk, part), **shared, **part} for part in parts]


def _id(owner: UUID, part: Resource) -> str:
    """The same for the same number whenever it is exported."""
    site = part.get("bodySite", {}).get("coding", [{}])[0].get("code", "")
    return str(uuid5(owner, f"{part['code']['coding'][0]['code']}/{site}"))


def _grade(systems: Systems, numbers: Numbers) -> Resource:
    code = systems.concept("measure", "house-brackmann-estimated", "House-Brackmann grade, estimated")
    if numbers.grade is None:
        return {"code": code, "dataAbsentReason": absent("no grade could be estimated")}
    shares = [
        {
            "code": systems.concept("measure", f"probability-{ROMAN[i]}", f"Probability of grade {ROMAN[i]}"),
            "valueQuantity": quantity(share, "1"),
        }
        for i, share in enumerate(numbers.probabilities)
    ]
    return {
        "code": code,
        "valueCodeableConcept": systems.grade(numbers.grade),
        **({"component": shares} if shares else {}),
    }


def _affected(systems: Systems, numbers: Numbers) -> Resource:
    code = systems.concept("measure", "affected-side", "Affected side, as measured")
    if numbers.side is None:
        return {"code": code, "dataAbsentReason": absent("no affected side could be measured")}
    return {"code": code, "valueCodeableConcept": systems.concept("side", numbers.side, numbers.side.capitalize())}


def _synkinesis(systems: Systems, numbers: Numbers) -> Resource:
    code = systems.concept("measure", "synkinesis", "Synkinesis present")
    if numbers.synkinesis is None:
        return {"code": code, "dataAbsentReason": absent("synkinesis was not measured")}
    pairs = [
        {
            "code": systems.concept(
                "synkinesis",
                f"{pair['side']}-{pair['moved']}-{pair['followed']}",
                f"{pair['side'].capitalize()}: {pair['followed']} follows {pair['moved']}",
            ),
            "valueQuantity": quantity(pair["strength"], "1"),
        }
        for pair in numbers.pairs
    ]
    return {"code": code, "valueBoolean": numbers.synkinesis, **({"component": pairs} if pairs else {})}


def _region(systems: Systems, numbers: Numbers, region: str) -> Resource:
    name = f"{region}_asymmetry"
    found = {
        "code": systems.concept("measure", "asymmetry", "Asymmetry of movement, (left - right) / larger"),
        "bodySite": systems.body_site(f"{region}-region"),
    }
    return found | _value(systems, numbers, name, numbers.asymmetry.get(region), "1", "the region did not move")


def _value(systems: Systems, numbers: Numbers, name: str, value: float | None, unit: str, why: str) -> Resource:
    """The quantity with its MDC95 where that is known, or why there is none."""
    if value is None:
        return {"dataAbsentReason": absent(why)}
    found: dict[str, Any] = {"valueQuantity": quantity(value, unit)}
    if error := numbers.errors.get(name):
        code = systems.concept("measure", "mdc95", "Smallest detectable change, 95 %")
        found["component"] = [{"code": code, "valueQuantity": quantity(error["mdc95"], error.get("unit", unit))}]
    return found


def _sunnybrook(systems: Systems, numbers: Numbers) -> Resource:
    why = f"needs: {', '.join(numbers.sunnybrook_missing)}" if numbers.sunnybrook_missing else "not measured"
    code = systems.concept("measure", "sunnybrook-estimated", "Sunnybrook composite, estimated")
    return {"code": code} | _value(systems, numbers, "sunnybrook", numbers.sunnybrook, "1", why)


def _measures(systems: Systems, numbers: Numbers) -> Iterator[Resource]:
    """Left and right are two observations, so that each has its side."""
    for name, measure in numbers.measures.items():
        code = systems.concept("measure", name.replace("_", "-"), name.replace("_", " ").capitalize())
        for side in SIDES:
            found = {"code": code, "bodySite": systems.body_site("half-of-face", side)}
            why = f"not measured on the {side}"
            yield found | _value(systems, numbers, name, measure.get(side), str(measure.get("unit", "")), why)


def of_grade(systems: Systems, person: Person, sitting: Sitting, given: Graded) -> Resource:
    """What a clinician graded: the record."""
    code = systems.concept(
        "measure", f"{given.scale.replace('_', '-')}-clinician", f"{given.scale_words}, by a clinician"
    )
    is_grade = given.scale == "house_brackmann"
    value = {"valueCodeableConcept": systems.grade(int(given.value))} if is_grade else {}
    return {
        "resourceType": "Observation",
        "id": str(given.pk),
        "status": "final",
        "category": [standard(CATEGORY, "exam", "Exam")],
        "code": code,
        "subject": reference("Patient", person.pk),
        "effectiveDateTime": sitting.recorded_at.isoformat(timespec="seconds"),
        "issued": given.at.isoformat(timespec="seconds"),
        "performer": [{"display": given.rater}],
        **(value or {"valueQuantity": quantity(given.value, "1")}),
        "derivedFrom": [reference("Media", recording.pk) for recording in sitting.recordings],
    }
