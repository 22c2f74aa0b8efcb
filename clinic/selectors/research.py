"""A cohort's measurements as a table for research: pseudonyms, days instead of dates, only people who agreed to it."""

from __future__ import annotations

import hmac
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.errors import Missing
from clinic.models import Assessment, ClinicianGrade, Cohort, Consent, ResearchExport
from clinic.models.care import ConsentPurpose
from clinic.selectors import cohorts as filters
from clinic.services import cohorts, spreadsheets

SCHEMA = "seventh.research-export/1"
RESEARCH_USE = "Research use. Estimated measurements, not a diagnosis."
REGIONS = ("brow", "eye", "mouth")
ASYMMETRY = "(left - right) / larger of the two active means; 0 symmetric, -1 the left does not move"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    unit: str
    meaning: str


COLUMNS = (
    Column("subject", "", "pseudonym of the person, the same in all rows of this export and in no other export"),
    Column("session", "", "pseudonym of the sitting"),
    Column("is_fictional", "yes/no", "an invented person with synthetic videos"),
    Column("is_synthetic", "yes/no", "the video was rendered by a program"),
    Column("cause", "", "cause of the palsy, as recorded"),
    Column("side", "", "affected side, as recorded; the person's own left and right"),
    Column("age_years", "years", "age at the session, whole years; 90 stands for 90 and more"),
    Column("days_since_onset", "days", "from the first day of the palsy"),
    Column("clinician_hb", "1-6", "House-Brackmann by clinicians; several raters are parted by |, never averaged"),
    Column("hb_grade", "1-6", "most likely House-Brackmann grade, estimated; ordinal"),
    *(Column(f"hb_p{g}", "0-1", f"estimated probability of grade {g}") for g in range(1, 7)),
    *(Column(f"{r}_asymmetry", "-1 to 1", ASYMMETRY) for r in ("brow", "eye", "mouth")),
    *(Column(f"{r}_asymmetry_mdc95", "as the asymmetry", "MDC95 = 1.96 sqrt(2) SEM") for r in ("brow", "eye", "mouth")),
    *(
        Column(f"{r}_delta_am", "AU intensity", "sum of left minus right active means")
        for r in ("brow", "eye", "mouth")
    ),
    Column("measured_side", "", "affected side, as measured"),
    Column("measured_side_confidence", "0-1", ""),
    Column("synkinesis_present", "yes/no", ""),
    Column("synkinesis_pairs", "", "side:moved>followed=strength, parted by |"),
    Column("sunnybrook", "0-100", "composite, estimated"),
    Column("quality_score", "0-1", "of the video"),
    Column("method", "", "how action units were measured"),
    Column("weights", "", "id@first 12 digits of SHA-256, parted by |"),
    Column("code_version", "", "of the program that measured"),
    Column("device", "", "that it ran on"),
)


@dataclass(frozen=True, slots=True)
class Made:
    content: bytes
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Patients of a cohort, and why some are not in an export."""

    in_cohort: int
    without_consent: int
    without_measurement: int

    @property
    def exported(self) -> int:
        return self.in_cohort - self.without_consent - self.without_measurement


def counts(cohort: Cohort) -> Counts:
    """What an export made now would hold."""
    people = set(cohorts.patients_of(cohort).values_list("pk", flat=True))
    agreed = people & _agreed(people)
    measured = set(_assessments(cohort, agreed).order_by().values_list("patient_id", flat=True).distinct())
    return Counts(len(people), len(people - agreed), len(agreed - measured))


def packed(export: ResearchExport, *, code_version: str) -> Made:
    """The ZIP with table and manifest. Raises Missing when the cohort is deleted."""
    if export.cohort is None:
        raise Missing("cohort_gone", "The cohort of this export is deleted.")
    people = set(cohorts.patients_of(export.cohort).values_list("pk", flat=True))
    found = list(_assessments(export.cohort, _agreed(people)).select_related("patient", "episode", "run__video"))
    given = _given(found)
    extra = _measure_columns(found)
    columns = (*COLUMNS, *extra)
    rows = [_row(export, assessment, given, extra) for assessment in found]
    manifest = _manifest(export, columns, rows, counts(export.cohort), code_version)
    return Made(_zip(_csv(columns, rows), manifest), manifest)


def _agreed(people: Iterable[UUID]) -> set[UUID]:
    """Those whose agreement to research holds now."""
    given = Consent.objects.filter(purpose=ConsentPurpose.RESEARCH, withdrawn_at=None, patient__in=people)
    return set(given.values_list("patient_id", flat=True))


def _assessments(cohort: Cohort, people: set[UUID]) -> Any:
    rows = Assessment.objects.filter(patient__in=people, episode__in=cohorts.episodes_of(cohort), is_current=True)
    return rows.order_by("patient_id", "recorded_at", "pk")


def _given(found: Sequence[Assessment]) -> dict[UUID, str]:
    """Session -> the current House-Brackmann grades by hand."""
    grades = ClinicianGrade.objects.filter(
        session__in={a.session_id for a in found}, scale="house_brackmann", is_current=True
    )
    told: dict[UUID, list[str]] = {}
    for grade in grades.order_by("graded_at", "pk"):
        told.setdefault(grade.session_id, []).append(f"{grade.value:.0f}")
    return {session: "|".join(values) for session, values in told.items()}


def _measure_columns(found: Sequence[Assessment]) -> tuple[Column, ...]:
    """Every measure that some row has, left and right, with its unit."""
    units: dict[str, str] = {}
    for assessment in found:
        for name, measure in (assessment.report.get("measures") or {}).items():
            units.setdefault(name, str(measure.get("unit", "")))
    return tuple(
        Column(f"{name}_{side}", units[name], f"{name.replace('_', ' ')}, {side}")
        for name in sorted(units)
        for side in ("left", "right")
    )


def pseudonym(salt: str, pk: UUID) -> str:
    """The same for the same salt; without the salt nobody gets from here to the person."""
    return hmac.new(bytes.fromhex(salt), pk.bytes, "sha256").hexdigest()[:16]


def _row(
    export: ResearchExport, assessment: Assessment, given: Mapping[UUID, str], extra: Sequence[Column]
) -> dict[str, Any]:
    origin, errors = assessment.origin or {}, assessment.errors or {}
    episode = assessment.episode
    shares = assessment.hb_probabilities or [None] * 6
    return {
        "subject": pseudonym(export.salt, assessment.patient_id),
        "session": pseudonym(export.salt, assessment.session_id),
        "is_fictional": assessment.patient.is_fictional,
        "is_synthetic": assessment.run.video.is_synthetic,
        "cause": episode.cause if episode else None,
        "side": episode.side if episode else None,
        "age_years": _age(assessment.patient.birth_date, timezone.localtime(assessment.recorded_at).date()),
        "days_since_onset": assessment.days_since_onset,
        "clinician_hb": given.get(assessment.session_id),
        "hb_grade": assessment.hb_grade,
        **{f"hb_p{g}": share for g, share in enumerate(shares, start=1)},
        **{f"{r}_asymmetry": getattr(assessment, f"{r}_asymmetry") for r in REGIONS},
        **{f"{r}_asymmetry_mdc95": (errors.get(f"{r}_asymmetry") or {}).get("mdc95") for r in REGIONS},
        **{f"{r}_delta_am": getattr(assessment, f"{r}_delta_am") for r in REGIONS},
        "measured_side": assessment.affected_side,
        "measured_side_confidence": assessment.affected_confidence,
        "synkinesis_present": assessment.synkinesis_present,
        "synkinesis_pairs": "|".join(_pair(pair) for pair in assessment.synkinesis_pairs),
        "sunnybrook": assessment.sunnybrook,
        "quality_score": assessment.quality_score,
        "method": assessment.method,
        "weights": "|".join(f"{w['id']}@{w['sha256'][:12]}" for w in origin.get("weights") or ()),
        "code_version": origin.get("code_version"),
        "device": origin.get("device"),
        **_measures(assessment, extra),
    }


def _pair(stored: Mapping[str, Any]) -> str:
    return f"{stored['side']}:{stored['moved']}>{stored['followed']}={stored['strength']:.3f}"


def _measures(assessment: Assessment, extra: Sequence[Column]) -> dict[str, Any]:
    measures = assessment.report.get("measures") or {}
    parts = [(column.name, *column.name.rsplit("_", 1)) for column in extra]
    return {column: (measures.get(name) or {}).get(side) for column, name, side in parts}


def _age(born: date | None, on: date) -> int | None:
    """Whole years; the oldest are not told apart."""
    if born is None:
        return None
    return min(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 90)


def _csv(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> str:
    cells = ([_cell(row[column.name]) for column in columns] for row in rows)
    return spreadsheets.csv_text([column.name for column in columns], cells)


def _cell(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _manifest(
    export: ResearchExport,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    counted: Counts,
    code_version: str,
) -> dict[str, Any]:
    assert export.cohort is not None
    return {
        "schema": SCHEMA,
        "research_use": RESEARCH_USE,
        "export": str(export.pk),
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "made_for": export.requested_by_name,
        "purpose": export.purpose,
        "code_version": code_version,
        "cohort": {"name": export.cohort_name, "filter": filters.in_words(export.cohort)},
        "patients": {
            "in_cohort": counted.in_cohort,
            "exported": len({row["subject"] for row in rows}),
            "without_research_consent": counted.without_consent,
            "agreed_but_not_measured": counted.without_measurement,
        },
        "rows": len(rows),
        "notes": [
            "One row for each finished analysis that is the newest of its video.",
            "Empty cell: not measured or not recorded; never zero.",
            "Sides are the person's own. House-Brackmann is ordinal.",
            "Text that begins like a formula has a ' in front.",
            "Pseudonyms are keyed hashes; the key of this export is kept by the clinic and is not in this file.",
        ],
        "columns": [{"name": c.name, "unit": c.unit, "meaning": c.meaning} for c in columns],
    }


def _zip(table: str, manifest: Mapping[str, Any]) -> bytes:
    packed_file = io.BytesIO()
    with zipfile.ZipFile(packed_file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assessments.csv", table.encode("utf-8"))
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False).encode())
    return packed_file.getvalue()
