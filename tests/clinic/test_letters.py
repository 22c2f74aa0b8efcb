"""What a report says: words and tables, without a database."""

from __future__ import annotations

import dataclasses
from datetime import date
from uuid import UUID

import pytest

from clinic.charts.rows import HandGrade
from clinic.letters import words
from clinic.letters.rows import SessionRow
from clinic.letters.wording import FOLDER, profile
from clinic.models.papers import Wording
from clinic.services.reports import SECTIONS
from tests.tasks.letters import content, course


@pytest.mark.parametrize("key", Wording.values)
def test_every_profile_has_every_word(key: str) -> None:
    found = profile(key)
    assert set(found.default_sections) <= set(SECTIONS)
    assert set(SECTIONS) | {"comment", "charts_one"} == set(found.headings)
    assert found.sentences.keys() == profile("clinical").sentences.keys()
    assert found.measures.keys() == profile("clinical").measures.keys()
    assert set(found.verdicts) == {"better", "worse", "within noise", "cannot tell"}
    assert "no diagnosis" in found.closing.lower() or "not validated" in found.closing.lower()
    assert "not a diagnosis" in found.use.lower() and "medical device" in found.use.lower()


def test_every_file_is_a_profile_that_can_be_chosen() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(Wording.values)


@pytest.mark.parametrize("key", Wording.values)
@pytest.mark.parametrize("sessions", [1, 6])
def test_summary_leaves_no_place_unfilled(key: str, sessions: int) -> None:
    told = content(wording=key, sessions=sessions).summary
    assert "{" not in told and "  " not in told and told.endswith(".")


def test_summary_names_grades_change_and_what_is_missing() -> None:
    told = content().summary
    assert "House-Brackmann grade by a clinician: V at first, III at last." in told
    assert "better: brow, eye, mouth" in told
    assert "One of the sessions could not be measured." in told


def test_patient_wording_says_nothing_of_the_programs_grade() -> None:
    made = content(wording="patient")
    assert "stimated" not in made.summary
    rows = words.changes(made.profile, made.changes)
    assert rows and "Grade" not in [row[0] for row in rows]
    assert made.profile.measures["grade"] not in [
        c.name for c in words.table(made.profile, made.sessions, made.changes)
    ]


def test_several_raters_are_listed_and_never_averaged() -> None:
    row = content(sessions=1).sessions[0]
    given = (*row.given, HandGrade(row.on, "/sessions/0/", "house_brackmann", 3.0, "Dora Doctor", True))
    both = dataclasses.replace(row, given=given)
    assert words.grades_given(both, with_raters=True) == "V (Carla Clinician), III (Dora Doctor)"
    assert words.grades_given(both, with_raters=False) == "V/III"


def test_table_has_a_cell_for_every_session_its_error_and_the_word_of_change() -> None:
    made = content()
    columns = {c.name: c for c in words.table(made.profile, made.sessions, made.changes)}
    assert all(len(column.cells) == len(made.sessions) for column in columns.values())
    brow = columns["Brow asymmetry"]
    assert (brow.mdc95, brow.change) == ("±9 points", "better")
    assert brow.cells[:2] == ("left 70\N{NO-BREAK SPACE}% less", words.DASH)


def test_unknown_error_is_said_to_be_unknown() -> None:
    made = content()
    bare = tuple(
        dataclasses.replace(row, point=dataclasses.replace(row.point, errors={})) if row.point else row
        for row in made.sessions
    )
    columns = {c.name: c for c in words.table(made.profile, bare, made.changes)}
    assert columns["Brow asymmetry"].mdc95 == "not known"


def test_missing_is_told_once_for_each_reason() -> None:
    told = dict(content().missing)
    assert told["Everything: 21 March 2026 (day 20)"] == "No face was found."
    [lids] = [what for what in told if "tight effort" in what]
    assert lids.endswith("in every measured session")


def test_session_of_no_episode_has_a_date_and_no_day() -> None:
    row = SessionRow(UUID(int=1), date(2026, 5, 1), None, course(1).points[0], ())
    assert "1 May 2026." in words.summary(profile("clinical"), None, [row], course(1), ())
