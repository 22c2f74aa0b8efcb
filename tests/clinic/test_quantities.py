"""Numbers with their unit, and what stands there when nothing was measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.template import Context, Template

from clinic.templatetags import quantities

SPACE = quantities.THIN_SPACE
ALL = [
    quantities.grade,
    quantities.percent,
    quantities.probable,
    quantities.signed_percent,
    quantities.asymmetry,
    quantities.mm,
    quantities.ratio,
    quantities.intensity,
    quantities.degrees,
    quantities.seconds,
    quantities.duration,
    quantities.file_size,
]


@pytest.mark.parametrize("quantity", ALL, ids=lambda f: f.__name__)
def test_not_measured_is_said_with_its_reason_and_is_never_zero(quantity: Callable[..., str]) -> None:
    assert quantity(None) == "not measured"
    assert quantity(None, "no smile in the video") == "not measured (no smile in the video)"


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        (quantities.grade, 1, "I"),
        (quantities.grade, 6, "VI"),
        (quantities.percent, 0.425, f"42{SPACE}%"),
        (quantities.percent, 0.0, f"0{SPACE}%"),
        (quantities.probable, 0.625, "62\N{NO-BREAK SPACE}%"),
        (quantities.probable, 1.0, "over 99\N{NO-BREAK SPACE}%"),
        (quantities.probable, 0.0, "under 1\N{NO-BREAK SPACE}%"),
        (quantities.signed_percent, 0.2, f"+20{SPACE}%"),
        (quantities.signed_percent, -0.2, f"\N{MINUS SIGN}20{SPACE}%"),
        (quantities.signed_percent, -0.001, f"0{SPACE}%"),
        (quantities.asymmetry, -0.34, f"left 34{SPACE}% less"),
        (quantities.asymmetry, 0.34, f"right 34{SPACE}% less"),
        (quantities.asymmetry, 0.004, "equal"),
        (quantities.mm, 8.26, f"8.3{SPACE}mm"),
        (quantities.mm, -1.0, f"\N{MINUS SIGN}1.0{SPACE}mm"),
        (quantities.ratio, 0.825, "0.82"),
        (quantities.intensity, 2.5, "2.5 of 5"),
        (quantities.degrees, 12.4, "12°"),
        (quantities.seconds, 7.26, f"7.3{SPACE}s"),
        (quantities.seconds, 67.0, f"1:07{SPACE}min"),
        (quantities.duration, 59.4, "59 s"),
        (quantities.duration, timedelta(minutes=2, seconds=5), "2 min 5 s"),
        (quantities.duration, 3600, "1 h"),
        (quantities.duration, 3840, "1 h 4 min"),
        (quantities.duration, timedelta(days=1, hours=3), "1 day"),
        (quantities.file_size, 840 * 1024, f"840{SPACE}kB"),
        (quantities.file_size, 500 * 1024**2, f"500{SPACE}MB"),
        (quantities.file_size, 3.1 * 1024**3, f"3.1{SPACE}GB"),
    ],
)
def test_quantity_reads(quantity: Callable[..., str], value: float, text: str) -> None:
    assert quantity(value) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-3, "3 days before onset"),
        (0, "day of onset"),
        (1, "1 day after onset"),
        (13, "13 days after onset"),
        (14, "2 weeks after onset"),
        (90, "12 weeks after onset"),
        (91, "3 months after onset"),
        (729, "24 months after onset"),
        (730, "1 year after onset"),
        (1100, "3 years after onset"),
    ],
)
def test_days_since_onset_in_the_unit_people_think_in(days: int, text: str) -> None:
    assert quantities.since_onset(days) == text


def test_unknown_onset_is_said() -> None:
    assert quantities.since_onset(None) == "onset not known"


def test_date_has_its_month_as_a_word() -> None:
    assert quantities.plain_date(date(2026, 3, 5)) == "5 March 2026"
    assert quantities.plain_date(None) == ""


def test_reason_travels_through_a_template() -> None:
    told = Template("{% load quantities %}{{ value|mm:'face too far away' }}").render(Context({"value": None}))
    assert told == "not measured (face too far away)"
