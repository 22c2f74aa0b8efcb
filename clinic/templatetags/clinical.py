"""Small pictures and badges of the clinician's pages: drawn by the server, attributes only, nothing inline."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from clinic.charts import words
from clinic.charts.rows import Table
from clinic.comparison import Verdict
from clinic.selectors.findings import CouplingRow

register = template.Library()

WIDTH, HEIGHT, PAD = 96, 30, 4
_TALL, _MOST_PLACES = 64, 40  # of a coupling curve


@register.simple_tag
def grade_steps(grades: Sequence[int]) -> SafeString:
    """A course of grades as a small line of steps; grade I is at the top."""
    if len(grades) < 2:
        return SafeString("")
    step = (WIDTH - 2 * PAD) / (len(grades) - 1)
    places = [(PAD + i * step, PAD + (grade - 1) / 5 * (HEIGHT - 2 * PAD)) for i, grade in enumerate(grades)]
    way = f"M{places[0][0]:.1f} {places[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
    told = f"Estimated grades: {', '.join(words.roman(grade) for grade in grades)}"
    return format_html(
        '<svg class="steps-line" viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="{}"/>'
        '<circle cx="{}" cy="{}" r="3"/></svg>',
        WIDTH,
        HEIGHT,
        told,
        way,
        f"{places[-1][0]:.1f}",
        f"{places[-1][1]:.1f}",
    )


@register.simple_tag
def coupling_curve(row: CouplingRow) -> SafeString:
    """What came along over what was moved, frame by frame: a loop where it comes later, a line where it does not.

    Both run from none to a full movement; the thin line is the slope that counts.
    """
    count = min(len(row.trigger), len(row.follower))
    if count < 2:
        return SafeString("")
    frames = range(0, count, -(-count // _MOST_PLACES))
    way = "L".join("{:.1f} {:.1f}".format(*_place(row.trigger[i], row.follower[i])) for i in frames)
    slope = "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*_place(0, 0), *_place(1, row.strength))
    most = max(row.trigger[:count]), max(row.follower[:count])
    shares = [words.percent(100 * value) for value in most]
    told = f"moved up to {shares[0]} of a full movement, came along up to {shares[1]}"
    return format_html(
        '<svg class="coupling coupling--{}" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<path class="coupling__axes" d="{}"/><path class="coupling__slope" d="{}"/><path d="M{}"/></svg>',
        row.side,
        WIDTH,
        _TALL,
        told,
        "M{:.1f} {:.1f}V{:.1f}H{:.1f}".format(*_place(0, 1), _place(0, 0)[1], _place(1, 0)[0]),
        slope,
        way,
    )


def _place(trigger: float, follower: float) -> tuple[float, float]:
    """Within the small picture; what goes beyond is drawn at its edge."""
    across, up = min(max(trigger, 0.0), 1.1), min(max(follower, -0.15), 1.1)
    return PAD + across / 1.1 * (WIDTH - 2 * PAD), _TALL - PAD - (up + 0.15) / 1.25 * (_TALL - 2 * PAD)


@register.simple_tag
def share_bar(share: float | None, tone: str = "") -> SafeString:
    """A share 0-1 as a bar; the number stands beside it in the page, so it is decoration."""
    if share is None:
        return SafeString("")
    return format_html(
        '<svg class="share-bar{}" aria-hidden="true" focusable="false"><rect class="share-bar__all" width="100%"'
        ' height="100%"/><rect class="share-bar__part" width="{}%" height="100%"/></svg>',
        f" share-bar--{tone}" if tone else "",
        f"{min(max(share, 0.0), 1.0) * 100:.1f}",
    )


@register.filter
def side_badge(side: str | None, reason: str = "") -> SafeString:
    """Left or right with its line sample; other words plain."""
    if side in ("left", "right"):
        return format_html('<span class="side-key side-key--{}">{}</span>', side, side.capitalize())
    known = {"both": "Both sides", "none": "Neither side"}
    return format_html('<span class="muted">{}</span>', known.get(side or "", reason or "not measured"))


_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def json_of(value: object, element_id: str) -> SafeString:
    """As `json_script`, without a space after every comma: a tenth of a page with two hundred sessions."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script id="{}" type="application/json">{}</script>', element_id, mark_safe(text))  # noqa: S308


_TONES = {
    Verdict.BETTER: ("ok", "check"),
    Verdict.WORSE: ("bad", "alert"),
    Verdict.WITHIN_NOISE: ("info", "pulse"),
    Verdict.CANNOT_TELL: ("", "info"),
}


@register.filter
def verdict_tone(verdict: Verdict) -> str:
    tone = _TONES[verdict][0]
    return f" badge--{tone}" if tone else ""


@register.filter
def verdict_icon(verdict: Verdict) -> str:
    return _TONES[verdict][1]


_STATES = {
    "queued": ("info", "clock"),
    "running": ("brand", "pulse"),
    "done": ("ok", "check"),
    "refused": ("warn", "repeat"),
    "failed": ("bad", "alert"),
}


@register.filter
def state_tone(state: str) -> str:
    return _STATES.get(state, ("info", "info"))[0]


@register.filter
def state_icon(state: str) -> str:
    return _STATES.get(state, ("info", "info"))[1]


@register.simple_tag
def table_of(table: Table) -> SafeString:
    """A chart's numbers as a table: the first column names the row."""
    caption = format_html("<caption>{}</caption>", table.caption) if table.caption else ""
    head = format_html_join("", '<th scope="col">{}</th>', ((h,) for h in table.headers))
    body = format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', ((row[0], _cells(row[1:])) for row in table.rows))
    html = '<table class="table table--dense">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    return format_html(html, caption, head, body)


def _cells(cells: Sequence[str]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))


@register.filter
def intensity_value(value: float | None) -> str:
    """An intensity 0-5 in a column that says so."""
    return "not measured" if value is None else f"{value:.2f}"


@register.filter
def signed_value(value: float | None) -> str:
    return "not measured" if value is None else f"{value:+.2f}".replace("-", words.MINUS)
