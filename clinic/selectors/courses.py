"""From stored assessments to the rows that the trend charts draw. A frame series is never opened here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils import timezone

from analysis.contracts import Region
from clinic.charts.rows import CoursePoint, Error
from clinic.models import Assessment
from clinic.selectors import flags, numbers

FIELDS = (
    "session_id",
    "recorded_at",
    "hb_grade",
    "hb_probabilities",
    "brow_asymmetry",
    "eye_asymmetry",
    "mouth_asymmetry",
    "errors",
    "method",
    "origin",
    "grade_method",
)


COURSE_FIELDS = tuple(dict.fromkeys((*FIELDS, *numbers.FIELDS)))  # what a whole course is drawn of


def current(assessments: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """The newest result of every video, oldest first, with the method that graded it."""
    return assessments.filter(is_current=True).annotate(grade_method=_grade_method()).order_by("recorded_at", "pk")


def _grade_method() -> Any:
    return KT("report__house_brackmann__method")


def point(row: Mapping[str, Any], stored_side: str | None = None) -> CoursePoint:
    """One row of `current(...).values(*COURSE_FIELDS)`; of FIELDS alone it has grade and asymmetries only."""
    shares = row["hb_probabilities"]
    more = _more(row, stored_side) if "report__measures" in row else {}
    return CoursePoint(
        on=day_of(row["recorded_at"]),
        url=reverse("session-detail", args=[row["session_id"]]),
        grade=row["hb_grade"],
        probabilities=tuple(shares) if shares else None,
        asymmetry={region: _percent(row[f"{region}_asymmetry"]) for region in Region},
        errors=_errors(row["errors"]),
        origin=origin_words(row["method"], row["origin"]),
        grade_origin=origin_words(row["grade_method"] or row["method"], row["origin"]),
        **more,
    )


def _more(row: Mapping[str, Any], stored_side: str | None) -> dict[str, Any]:
    doubtful = flags.sides_conflict(stored_side, row["affected_side"], row["affected_confidence"])
    return {
        "numbers": numbers.of(row),
        "taken": numbers.taken(row, side_doubtful=doubtful),
        "found": numbers.found(row),
        "open_eyes": numbers.open_eyes(row),
        "is_side_doubtful": doubtful,
    }


def day_of(moment: Any) -> date:
    return timezone.localtime(moment).date()


def origin_words(method: str, origin: Mapping[str, Any]) -> str:
    """How something was measured, in one line; two lines that differ break a curve.

    Of the code only the version counts: a build of the same version measures alike, and would else part every curve.
    """
    weights = [f"{w['id']} ({w['sha256'][:8]}, trained on {w['training_data']})" for w in origin.get("weights") or ()]
    parts = [method or "method not stated", ", ".join(weights) or "no trained weights"]
    if version := origin.get("code_version"):
        parts.append(f"code {version.partition('+')[0]}")
    return "; ".join(parts)


def _percent(value: float | None) -> float | None:
    return None if value is None else round(value * 100, 1)


def _errors(stored: Mapping[str, Mapping[str, Any]]) -> dict[Region, Error]:
    known = {region: stored.get(f"{region}_asymmetry") for region in Region}
    return {region: _error(error) for region, error in known.items() if error}


def _error(stored: Mapping[str, Any]) -> Error:
    """Indices are stored as -1..1 and shown in percent; an error in percent stays one."""
    scale = 1 if stored.get("unit") in ("%", "percent") else 100
    return Error(round(float(stored["mdc95"]) * scale, 1), str(stored.get("origin", "not stated")))
