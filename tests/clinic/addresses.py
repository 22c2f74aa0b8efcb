"""Every address of the site, by name, and the arguments that lead to the rows of a Case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from tests.clinic.cast import Case, Cast


def every_name() -> list[str]:
    return sorted(set(_names(get_resolver())))


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def address(name: str, cast: Cast, case: Case) -> str:
    """The address for the rows of `case`; which row a name needs is told by its first word."""
    for arguments in _candidates(name, cast, case):
        try:
            return reverse(name, kwargs=arguments)
        except NoReverseMatch:
            continue
    raise AssertionError(f"add the arguments of {name} to tests/clinic/addresses.py")


def _candidates(name: str, cast: Cast, case: Case) -> list[dict[str, Any]]:
    rows: dict[str, Any] = {
        "patient": cast.patient,
        "episode-new": cast.patient,
        "episode": case.episode,
        "treatment-new": case.episode,
        "treatment": case.treatment,
        "session-upload": cast.patient,
        "session": case.session,
        "note-new": cast.patient,
        "note": case.note,
        "message": cast.patient,
        "message-detail": case.message,
        "filter": case.saved_filter,
        "my-session": case.session,
        "questionnaire-new": cast.patient,
        "questionnaire": case.questionnaire,
        "video": case.video,
        "run": case.run,
        "assessment": case.assessment,
        "invitation": case.invitation,
        "care-team": cast.team,
        "cohort": case.cohort,
        "report": case.report,
        "report-list": cast.patient,
        "report-new": cast.patient,
        "report-preview": cast.patient,
        "export": case.export,
        "grade": case.grade,
        "still": case.still,
        "weights": case.weights,
        "trial": case.trial,
        "membership": cast.clinician.memberships.get(),
    }
    plain = name.removeprefix("api:")
    fitting = [rows[start] for start in sorted(rows, key=len, reverse=True) if plain.startswith(start)]
    token = {"token": case.invitation.token}
    key = {"uidb36": "x", "key": "y-z"}
    chart = {"pk": cast.patient.pk, "chart": "grade"}
    return [{}, *({"pk": row.pk} for row in fitting), token, key, chart, {"system": "fusion"}]
