"""Contents of reports, plainly made up: a course of several sessions without any row in a database."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from analysis.contracts import Region, SynkinesisKind
from clinic.charts import change, measures
from clinic.charts.rows import Course, CoursePoint, Error, HandGrade, Treatment, Unmeasured, Value
from clinic.comparison import Visit
from clinic.letters import words
from clinic.letters.rows import Content, EpisodeRow, Head, ProvenanceRow, SessionRow, Subject
from clinic.letters.wording import profile
from clinic.services.reports import SECTIONS

ONSET = date(2026, 3, 1)
ERROR = Error(9.0, "repeat recordings, synthetic")
ORIGIN = "landmarks; landmark-au-1 (abababab, trained on synthetic); code 0.1.0"
SHARES = {3: (0.02, 0.2, 0.6, 0.15, 0.03, 0.0), 4: (0.0, 0.05, 0.25, 0.6, 0.1, 0.0), 5: (0.0, 0.0, 0.1, 0.3, 0.6, 0.0)}


def point(index: int, *, grade: int, weakness: float, origin: str = ORIGIN) -> CoursePoint:
    on = ONSET + timedelta(days=9 + 21 * index)
    kind = measures.synkinesis(SynkinesisKind.ORAL_OCULAR, "left").name
    other = measures.synkinesis(SynkinesisKind.ORAL_OCULAR, "right").name
    gap = {side: measures.eye_gap("gentle", side).name for side in measures.SIDES}
    numbers = {
        gap["left"]: Value(round(weakness / 14, 1), Error(0.9, ERROR.origin)),
        gap["right"]: Value(0.2, Error(0.9, ERROR.origin)),
        measures.SUNNYBROOK: Value(95 - weakness, Error(11.0, ERROR.origin)),
        kind: Value(0.05 * index, Error(0.08, ERROR.origin)),
        other: Value(0.01),
    }
    return CoursePoint(
        on=on,
        url=f"/sessions/{index}/",
        grade=grade,
        probabilities=SHARES[grade],
        asymmetry={Region.BROW: -weakness, Region.EYE: -weakness * 0.7, Region.MOUTH: -weakness * 0.9},
        errors=dict.fromkeys(Region, ERROR),
        origin=origin,
        grade_origin=origin,
        numbers=numbers,
        taken=Visit({}, method=origin),
        found=frozenset({kind} if index > 2 else ()),
    )


def course(sessions: int = 6) -> Course:
    grades = [5, 5, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3]
    points = tuple(point(i, grade=grades[i], weakness=max(70 - 11 * i, 12)) for i in range(sessions))
    hand = tuple(
        HandGrade(p.on, p.url, "house_brackmann", float(p.grade or 0), "Carla Clinician", True) for p in points[::2]
    )
    composites = tuple(
        HandGrade(p.on, p.url, "sunnybrook", 40.0 + 8 * i, "Carla Clinician", True) for i, p in enumerate(points[::2])
    )
    return Course(
        onset=ONSET,
        points=points,
        treatments=(
            Treatment("Prednisolone 60 mg", "Steroids", ONSET + timedelta(days=1), ONSET + timedelta(days=11)),
            Treatment("Mime therapy", "Facial therapy", ONSET + timedelta(days=30), None),
        ),
        unmeasured=(Unmeasured(ONSET + timedelta(days=20), "/sessions/x/", "No face was found."),),
        side="left",
        hand_grades=hand + composites,
    )


def content(*, wording: str = "clinical", sessions: int = 6, **changed: object) -> Content:
    shown, said = course(sessions), profile(wording)
    rows = tuple(
        SessionRow(UUID(int=i), p.on, (p.on - ONSET).days, p, words.given_by_hand(shown, p.url))
        for i, p in enumerate(shown.points)
    )
    if sessions > 1:
        missed = SessionRow(UUID(int=99), ONSET + timedelta(days=20), 20, None, (), "No face was found.")
        rows = (*rows[:1], missed, *rows[1:])
    else:
        shown = dataclasses.replace(shown, unmeasured=())
    statements = change.headlines(shown)
    episode = EpisodeRow("Bell's palsy", "left", ONSET, 160)
    made = Content(
        head=Head("North Clinic, Facial Nerve Unit", ("Example Street 1", "12345 Example"), "+49 000 0000", "Footer"),
        profile=said,
        number=2,
        replaces=1,
        made_at=timezone.localtime(),
        made_by="Carla Clinician",
        subject=Subject("Anna Alder <b>", "R-0001", date(1980, 5, 17), is_fictional=True),
        episode=episode,
        sections=tuple(name for name in SECTIONS if name != "stills"),
        summary=words.summary(said, episode, rows, shown, statements),
        comment="The left eye needs tape at night.\nNext visit in six weeks.",
        course=shown,
        sessions=rows,
        changes=statements,
        stills=(),
        no_stills="",
        missing=words.missing(rows),
        provenance=(ProvenanceRow("Sessions of 10 Mar 2026", ORIGIN),),
        code_version="0.1.0+abc",
    )
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]
