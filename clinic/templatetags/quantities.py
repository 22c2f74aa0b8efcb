"""One filter per quantity: number, unit, and what is said when it was not measured.

Not measured is `None`; `{{ value|percent:reason }}` then gives "not measured (reason)", never a zero.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template

from clinic.charts import words
from clinic.charts.words import MINUS
from clinic.charts.words import ROMAN as ROMAN

register = template.Library()

NOT_MEASURED = "not measured"
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def not_measured(reason: str = "") -> str:
    return f"{NOT_MEASURED} ({reason})" if reason else NOT_MEASURED


def _number(value: float, digits: int, *, signed: bool = False) -> str:
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:  # no "-0"
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


@register.filter
def grade(value: int | None, reason: str = "") -> str:
    """House-Brackmann grade as the field writes it: roman numerals I-VI. It is ordinal, so never 2.5."""
    return not_measured(reason) if value is None else ROMAN[int(value) - 1]


@register.filter
def percent(value: float | None, reason: str = "") -> str:
    """A share 0-1 as whole per cent."""
    return not_measured(reason) if value is None else f"{_number(value * 100, 0)}{THIN_SPACE}%"


@register.filter
def probable(value: float | None, reason: str = "") -> str:
    """A probability 0-1, in the words that charts, files and reports use too: never 0 or 100 per cent."""
    return not_measured(reason) if value is None else words.probable(value)


@register.filter
def signed_percent(value: float | None, reason: str = "") -> str:
    """A change or index -1..1 as per cent with its sign."""
    return not_measured(reason) if value is None else f"{_number(value * 100, 0, signed=True)}{THIN_SPACE}%"


@register.filter
def asymmetry(value: float | None, reason: str = "") -> str:
    """Index (left - right) / larger in words: how much less the weaker side moves. -1: the left does not move."""
    if value is None:
        return not_measured(reason)
    share = f"{_number(abs(value) * 100, 0)}{THIN_SPACE}%"
    if share.startswith("0"):
        return "equal"
    return f"{'left' if value < 0 else 'right'} {share} less"


@register.filter
def mm(value: float | None, reason: str = "") -> str:
    """Millimetres, scaled by the iris (11.7 mm, about 4 % off either way): one decimal is all it can carry."""
    return not_measured(reason) if value is None else f"{_number(value, 1)}{THIN_SPACE}mm"


@register.filter
def ratio(value: float | None, reason: str = "") -> str:
    """Smaller over larger, two decimals, no unit."""
    return not_measured(reason) if value is None else _number(value, 2)


@register.filter
def intensity(value: float | None, reason: str = "") -> str:
    """Action unit intensity on its scale of 0 to 5."""
    return not_measured(reason) if value is None else f"{_number(value, 1)} of 5"


@register.filter
def degrees(value: float | None, reason: str = "") -> str:
    return not_measured(reason) if value is None else f"{_number(value, 0)}°"


@register.filter
def seconds(value: float | None, reason: str = "") -> str:
    """A position in a recording: 7.3 s, or 1:07 min from a minute on."""
    if value is None:
        return not_measured(reason)
    if value < 60:
        return f"{_number(value, 1)}{THIN_SPACE}s"
    whole = round(value)
    return f"{whole // 60}:{whole % 60:02d}{THIN_SPACE}min"


@register.filter
def duration(value: timedelta | float | None, reason: str = "") -> str:
    """How long something took or lasts, in words, at most two units: "2 min 5 s", "1 h 4 min", "3 days"."""
    if value is None:
        return not_measured(reason)
    whole = round(value.total_seconds() if isinstance(value, timedelta) else value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _pair(whole, 60, "min", 1, "s")
    if whole < 86400:
        return _pair(whole, 3600, "h", 60, "min")
    return _plural(whole // 86400, "day")


def _pair(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {large_name}" + (f" {rest} {small_name}" if rest else "")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@register.filter
def since_onset(days: int | None, reason: str = "") -> str:
    """Days since onset in words that a person thinks in: days to two weeks, weeks to three months, then months."""
    if days is None:
        return reason or "onset not known"
    if days < 0:
        return f"{_plural(-days, 'day')} before onset"
    if days == 0:
        return "day of onset"
    if days < 14:
        return f"{_plural(days, 'day')} after onset"
    if days < 91:
        return f"{_plural(days // 7, 'week')} after onset"
    if days < 730:
        return f"{_plural(round(days / 30.44), 'month')} after onset"
    return f"{_plural(int(days / 365.25), 'year')} after onset"


@register.filter
def file_size(value: int | None, reason: str = "") -> str:
    """840 kB, 12.4 MB, 3.1 GB; a MB is 1024² bytes as in the upload limit, and whole numbers have no decimal."""
    if value is None:
        return not_measured(reason)
    for unit, size in (("GB", 1024**3), ("MB", 1024**2)):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + f"{THIN_SPACE}{unit}"
    return f"{value / 1024:.0f}{THIN_SPACE}kB"


@register.filter
def plain_date(value: date | datetime | None) -> str:
    """5 March 2026: no month as a number, so that no two countries read it differently."""
    return "" if value is None else f"{value.day} {value:%B %Y}"
