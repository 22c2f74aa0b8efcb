"""What stands in a report: the chosen sessions of one patient, from the same course that the patient page shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from analysis.contracts import Exercise
from clinic.charts import change, words
from clinic.charts.rows import Course
from clinic.letters import words as told
from clinic.letters.rows import Content, EpisodeRow, Head, Moment, ProvenanceRow, SessionRow, StillSource, Subject
from clinic.letters.wording import profile
from clinic.models import Assessment, Letterhead, Patient, Report
from clinic.selectors import courses, patients
from clinic.services import reports
from clinic.services.reports import Choice

SHORTEST_REST_S = 0.5
NO_CONSENT = "The patient has not agreed to pictures in reports."


def of_report(report: Report, *, code_version: str) -> Content:
    """Everything that this report says now, while it is made; `code_version` of the program that draws it."""
    chosen = tuple(reports.chosen_sessions(report))
    choice = Choice(report.episode, chosen, tuple(report.sections), report.wording, report.comment, report.replaces)
    return _content(
        report.patient, choice, number=report.number, made_by=report.requested_by_name, code_version=code_version
    )


def draft(patient: Patient, choice: Choice, *, made_by: str) -> Content:
    """What a report of this choice would say."""
    last = patient.reports.order_by("-number").values_list("number", flat=True).first()
    return _content(patient, choice, number=(last or 0) + 1, made_by=made_by, code_version="")


def _content(patient: Patient, choice: Choice, *, number: int, made_by: str, code_version: str) -> Content:
    words_of = profile(choice.wording)
    page = patients.page(patient=patient, episode_id=choice.episode.pk if choice.episode else None)
    wanted = {session.pk for session in choice.sessions}
    course = _only(page.course, wanted)
    lines = sorted((line for line in page.sessions if line.pk in wanted), key=lambda line: line.recorded_at)
    sessions = tuple(_session(line, course) for line in lines)
    statements = change.headlines(course)
    rows = _assessments(wanted)
    episode = _episode(page.episode)
    with_images = "stills" in choice.sections and reports.may_show_images(patient)
    return Content(
        head=_head(reports.letterhead_of(patient.organisation)),
        profile=words_of,
        number=number,
        replaces=choice.replaces.number if choice.replaces else None,
        made_at=timezone.localtime(),
        made_by=made_by,
        subject=Subject(patient.name, patient.record_number, patient.birth_date, patient.is_fictional),
        episode=episode,
        sections=tuple(name for name in reports.SECTIONS if name in choice.sections),
        summary=told.summary(words_of, episode, sessions, course, statements),
        comment=choice.comment,
        course=course,
        sessions=sessions,
        changes=statements,
        stills=tuple(_stills(rows, sessions)) if with_images else (),
        no_stills=NO_CONSENT if "stills" in choice.sections and not with_images else "",
        missing=told.missing(sessions),
        provenance=tuple(_provenance(rows, sessions)),
        code_version=code_version,
    )


def _only(course: Course, wanted: set[UUID]) -> Course:
    """The course of the chosen sessions: nothing that was not chosen is compared with."""
    urls = {reverse("session-detail", args=[pk]) for pk in wanted}
    return dataclasses.replace(
        course,
        points=tuple(p for p in course.points if p.url in urls),
        unmeasured=tuple(u for u in course.unmeasured if u.url in urls),
        hand_grades=tuple(g for g in course.hand_grades if g.url in urls),
    )


def _session(line: patients.SessionLine, course: Course) -> SessionRow:
    waiting = line.run.get_state_display().lower() if line.run else "no video"
    return SessionRow(
        pk=line.pk,
        on=courses.day_of(line.recorded_at),
        day=line.day,
        point=line.point,
        given=told.given_by_hand(course, reverse("session-detail", args=[line.pk])),
        why="" if line.point else line.why or waiting,
        is_synthetic=line.is_synthetic,
    )


def _episode(line: patients.EpisodeLine | None) -> EpisodeRow | None:
    return EpisodeRow(line.cause, line.side, line.onset, line.days) if line else None


def _head(letterhead: Letterhead) -> Head:
    return Head(
        heading=letterhead.heading or letterhead.organisation.name,
        address=tuple(line.strip() for line in letterhead.address.splitlines() if line.strip()),
        contact=letterhead.contact,
        footer=letterhead.footer,
        logo=letterhead.logo.name or "",
    )


ROW_FIELDS = ("session_id", "run__video_id", "method", "origin", "errors", "report__segments", "report__video")


def _assessments(wanted: set[UUID]) -> list[dict[str, Any]]:
    rows = Assessment.objects.filter(session__in=wanted, is_current=True).order_by("recorded_at", "pk")
    return list(rows.values(*ROW_FIELDS))


def _stills(rows: Sequence[Mapping[str, Any]], sessions: Sequence[SessionRow]) -> Iterable[StillSource]:
    """Of the first and the latest measured session: a course of faces is read from its ends."""
    last_of = {row["session_id"]: row for row in rows}
    measured = [session for session in sessions if session.pk in last_of]
    for session in [*measured[:1], *measured[1:][-1:]]:
        row = last_of[session.pk]
        if moments := tuple(_moments(row["report__segments"] or ())):
            yield StillSource(row["run__video_id"], session.on, moments)


def _moments(segments: Sequence[Mapping[str, Any]]) -> Iterable[Moment]:
    """Rest first, then the apex of each movement's surest repetition."""
    best: dict[str, Mapping[str, Any]] = {}
    for segment in segments:
        known = best.get(segment["exercise"])
        if known is None or segment["confidence"] > known["confidence"]:
            best[segment["exercise"]] = segment
    yield from _rest(best.pop(Exercise.REST.value, None), segments)
    for exercise in Exercise:
        apex_s = best.get(exercise.value, {}).get("apex_s")
        if apex_s is not None:
            yield Moment(words.exercise(exercise), apex_s)


def _rest(found: Mapping[str, Any] | None, segments: Sequence[Mapping[str, Any]]) -> Iterable[Moment]:
    """The middle of rest; where none was recognised, of the time before the first movement, and called that."""
    if found:
        yield Moment(words.exercise(Exercise.REST), (found["start_s"] + found["end_s"]) / 2)
        return
    first = min((segment["start_s"] for segment in segments), default=0.0)
    if first >= SHORTEST_REST_S:
        yield Moment("Before the first movement", first / 2)


def _provenance(rows: Sequence[Mapping[str, Any]], sessions: Sequence[SessionRow]) -> Iterable[ProvenanceRow]:
    """Each way of measuring once, with the days that it stands for."""
    days = {session.pk: session.on for session in sessions}
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["session_id"] in days:
            on = days[row["session_id"]]
            groups.setdefault(_way(row), []).append(f"{on.day} {on:%b %Y}")
    for (way, _), measured_on in groups.items():
        yield ProvenanceRow(f"Session{'s' * (len(measured_on) > 1)} of {words.listed(measured_on)}", way)
    yield from _errors(rows)


def _way(row: Mapping[str, Any]) -> tuple[str, str]:
    origin = row["origin"]
    parts = [f"method {row['method'] or 'not stated'}"]
    parts += [
        f"weights {w['id']} (SHA-256 {w['sha256'][:12]}, trained on {w['training_data']})"
        for w in origin.get("weights") or ()
    ]
    parts.append(f"code {origin.get('code_version') or 'not stated'}")
    parts.append(f"device {origin.get('device') or 'not stated'}")
    video = row["report__video"] or {}
    if video:
        parts.append(f"video {video.get('codec', '?')} {video.get('width', '?')} x {video.get('height', '?')}")
    return "; ".join(parts), row["method"]


def _errors(rows: Sequence[Mapping[str, Any]]) -> Iterable[ProvenanceRow]:
    origins = {str(e.get("origin", "not stated")) for row in rows for e in (row["errors"] or {}).values()}
    what = "Measurement error (MDC95)"
    yield ProvenanceRow(what, "; ".join(sorted(origins)) or "not known, so no band is drawn and no change is judged")
