"""Wording profiles: one file each in `wordings/`. They change titles, words and what is named, never a number."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "wordings"


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    about: str  # for the form: whom it is for
    title_course: str
    title_session: str
    opening: str
    closing: str  # what it is for and not for; on the last page
    use: str  # on the foot of every page
    names_person: bool  # false: the record number stands for the person
    shows_machine_grade: bool
    shows_raters: bool
    default_sections: tuple[str, ...]
    headings: Mapping[str, str]
    measures: Mapping[str, str]
    sentences: Mapping[str, str]
    verdicts: Mapping[str, str]


@cache
def profile(key: str) -> Profile:
    """Raises FileNotFoundError for a profile that does not exist, TypeError for a file with a word too few or many."""
    data = tomllib.loads((FOLDER / f"{key}.toml").read_text(encoding="utf-8"))
    if set(data) != (wanted := {field.name for field in fields(Profile)}):
        raise TypeError(f"{key}.toml: {sorted(set(data) ^ wanted)}")
    return Profile(**{**data, "default_sections": tuple(data["default_sections"])})
