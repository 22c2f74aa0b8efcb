"""Codes of FHIR R4B resources: standard ones where a certain one exists, else our own systems under one base address.

Standard codes are kept to what is known for sure: LOINC has no term for House-Brackmann (70189-6 is another scale), and
a SNOMED CT code is only sent where the clinic says that it may use SNOMED CT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic.charts.words import ROMAN

UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
MEDIA_TYPE = "http://terminology.hl7.org/CodeSystem/media-type"
CLINICAL_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"

CAUSES: Mapping[str, tuple[tuple[str, str, str], ...]] = {  # cause -> (system, code, display)
    "bell": ((ICD_10_CM, "G51.0", "Bell's palsy"), (SNOMED, "193093009", "Bell's palsy")),
}
UNITS = {  # our units -> (what people read, UCUM)
    "mm": ("mm", "mm"),
    "deg": ("degrees", "deg"),
    "degrees": ("degrees", "deg"),
    "%": ("%", "%"),
    "percent": ("%", "%"),
    "s": ("s", "s"),
}

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Systems:
    """Our own code systems: `<base>:measure` and so on. The base is the installation's to settle."""

    base: str
    with_snomed: bool

    def concept(self, system: str, code: str, text: str) -> Resource:
        coding = {"system": f"{self.base}:{system}", "code": code, "display": text}
        return {"coding": [coding], "text": text}

    def cause(self, cause: str, text: str) -> Resource:
        coding = [
            {"system": system, "code": code, "display": display}
            for system, code, display in CAUSES.get(cause, ())
            if system != SNOMED or self.with_snomed
        ]
        coding.append({"system": f"{self.base}:cause", "code": cause, "display": text})
        return {"coding": coding, "text": text}

    def body_site(self, place: str, side: str | None = None) -> Resource:
        code = f"{place}-{side}" if side else place
        text = f"{side} {place.replace('-', ' ')}" if side else place.replace("-", " ")
        return self.concept("body-site", code, text.capitalize())

    def grade(self, grade: int) -> Resource:
        return self.concept("house-brackmann", ROMAN[grade - 1], f"House-Brackmann grade {ROMAN[grade - 1]}")


def standard(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def quantity(value: float, unit: str) -> Resource:
    """A unit that UCUM does not have is a ratio, 1, with our word for people."""
    told, code = UNITS.get(unit, (unit if unit not in ("", "1") else "ratio", "1"))
    return {"value": round(value, 4), "unit": told, "system": UCUM, "code": code}


def absent(why: str) -> Resource:
    """`not-performed` where the exercise was missing, else `unknown`; the reason in words."""
    is_missing = "not recorded" in why or "needs" in why
    code, display = ("not-performed", "Not Performed") if is_missing else ("unknown", "Unknown")
    return {**standard(ABSENT, code, display), "text": why}
