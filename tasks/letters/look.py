"""Type and colours of a report. Left is blue and solid, right is orange and dashed, as on every page."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

PLAIN, BOLD, SLANTED = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"
PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN: Final = 18 * mm
WIDTH: Final = PAGE_WIDTH - 2 * MARGIN

INK, MUTED, RULE = colors.HexColor("#1d2530"), colors.HexColor("#566070"), colors.HexColor("#c9d0d9")
PAPER = colors.white
SOFT, BAND, ACCENT = colors.HexColor("#f2f4f7"), colors.HexColor("#dde3ea"), colors.HexColor("#2a5d84")
LEFT, RIGHT, EVENT = colors.HexColor("#1d63b8"), colors.HexColor("#c4560f"), colors.HexColor("#6a4c93")
SIDES = {"left": (LEFT, None), "right": (RIGHT, (4, 2))}  # colour and dashes

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@cache
def register_fonts() -> None:
    """DejaVu covers Latin, Greek and Cyrillic; Matplotlib's wheel carries it. Only the used letters are embedded."""
    found = importlib.util.find_spec("matplotlib")
    assert found is not None and found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    for name in (PLAIN, BOLD, SLANTED):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=SLANTED, boldItalic=BOLD)


def _style(name: str, size: float, leading: float, **extra: object) -> ParagraphStyle:
    given = {"fontName": PLAIN, "textColor": INK, **extra}
    return ParagraphStyle(name, fontSize=size, leading=leading, **given)


BODY = _style("body", 9, 13.2)
LEAD = _style("lead", 9.6, 14.6)
SMALL = _style("small", 7.4, 10.4, textColor=MUTED)
CELL = _style("cell", 7.4, 9.6)
HEAD_CELL = _style("head", 7.4, 9.6, fontName=BOLD)
LABEL = _style("label", 7.4, 10, textColor=MUTED)
VALUE = _style("value", 9, 12.6, fontName=BOLD)
TITLE = _style("title", 16, 20, fontName=BOLD, spaceAfter=3)
HEADING = _style("heading", 11, 14, fontName=BOLD, textColor=ACCENT, spaceBefore=11, spaceAfter=4)
CHART_TITLE = _style("chart", 8.6, 11, fontName=BOLD, spaceBefore=4, spaceAfter=1)
LETTERHEAD = _style("letterhead", 13, 16, fontName=BOLD, textColor=ACCENT)
ADDRESS = _style("address", 7.8, 10.4, textColor=MUTED, alignment=TA_RIGHT)


def clean(text: str) -> str:
    """What people typed, without control and direction characters; nothing in it is markup."""
    return escape(_CONTROL.sub("", text))


def paragraph(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    return Paragraph(clean(text).replace("\n", "<br/>"), style)


def fitting(text: str, width: float, font: str = PLAIN, size: float = 7.6) -> str:
    """One line of at most this width; what does not fit ends in an ellipsis."""
    text = _CONTROL.sub("", text)
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text}…"
