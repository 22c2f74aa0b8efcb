"""Pages of a report: letterhead on the first, foot and watermark on all, "page 2 of 5"."""

from __future__ import annotations

import io
import logging
from typing import Any

from django.core.files.storage import default_storage
from PIL import Image as Pictures
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from clinic.letters.rows import Content
from clinic.letters.words import long_day
from tasks.letters import look

logger = logging.getLogger(__name__)

FOOT, TOP = float(20 * mm), float(14 * mm)
LOGO_WIDTH, LOGO_HEIGHT = float(38 * mm), float(15 * mm)
LARGEST_LOGO = 4000  # pixels a side


class NumberedCanvas(Canvas):  # type: ignore[misc]  # ReportLab is untyped
    """Keeps the pages until their number is known."""

    content: Content

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, kept in enumerate(self._kept, start=1):
            self.__dict__.update(kept)
            self._foot(number, len(self._kept))
            super().showPage()
        super().save()

    def _foot(self, number: int, pages: int) -> None:
        content, y = self.content, FOOT - 5 * mm
        self.setStrokeColor(look.RULE)
        self.setLineWidth(0.5)
        self.line(look.MARGIN, FOOT - mm, look.PAGE_WIDTH - look.MARGIN, FOOT - mm)
        self.setFont(look.PLAIN, 6.8)
        self.setFillColor(look.MUTED)
        person = content.subject.name if content.profile.names_person else content.subject.record_number
        told = f"{person}  ·  report {content.number} of {long_day(content.made_at.date())}"
        self.drawString(look.MARGIN, y, look.fitting(told, 330))
        self.drawRightString(look.PAGE_WIDTH - look.MARGIN, y, f"page {number} of {pages}")
        self.drawString(look.MARGIN, y - 9, content.profile.use)
        if content.head.footer:
            self.drawString(look.MARGIN, y - 18, look.fitting(content.head.footer, look.WIDTH))


def build(content: Content, story: list[Flowable]) -> tuple[bytes, int]:
    """The PDF and its number of pages."""
    packed = io.BytesIO()
    kind = type("Sheets", (NumberedCanvas,), {"content": content})
    first, later = _rule(content) - 5 * mm, look.PAGE_HEIGHT - 18 * mm
    document = BaseDocTemplate(
        packed,
        pagesize=(look.PAGE_WIDTH, look.PAGE_HEIGHT),
        title=f"{content.title}, report {content.number}",
        author=content.head.heading,
        subject=content.profile.use,
        creator="Seventh",
        lang="en-GB",
    )
    document.addPageTemplates(
        [
            PageTemplate("first", [_frame(first)], onPage=_first, autoNextPageTemplate="later"),
            PageTemplate("later", [_frame(later)], onPage=_later),
        ]
    )
    document.build(story, canvasmaker=kind)
    return packed.getvalue(), document.page


def _frame(top: float) -> Frame:
    return Frame(look.MARGIN, FOOT, look.WIDTH, top - FOOT, 0, 0, 0, 0)


def _first(canvas: NumberedCanvas, _document: BaseDocTemplate) -> None:
    _watermark(canvas)
    head, top = canvas.content.head, look.PAGE_HEIGHT - TOP
    shift = _logo(canvas, top) if head.logo else 0
    canvas.setFillColor(look.ACCENT)
    canvas.setFont(look.BOLD, 13)
    canvas.drawString(look.MARGIN + shift, top - 12, look.fitting(head.heading, 290 - shift, look.BOLD, 13))
    canvas.setFont(look.PLAIN, 7.6)
    canvas.setFillColor(look.MUTED)
    for i, line in enumerate([*head.address[:5], *([head.contact] if head.contact else [])]):
        canvas.drawRightString(look.PAGE_WIDTH - look.MARGIN, top - 6 - i * 10, look.fitting(line, 200))
    canvas.setStrokeColor(look.ACCENT)
    canvas.setLineWidth(1.2)
    canvas.line(look.MARGIN, _rule(canvas.content), look.PAGE_WIDTH - look.MARGIN, _rule(canvas.content))


def _rule(content: Content) -> float:
    """Where the letterhead ends: under the address or the logo, whichever is taller."""
    lines = min(len(content.head.address), 5) + bool(content.head.contact)
    tall = max(lines * 10, LOGO_HEIGHT if content.head.logo else 0, 18)
    return float(look.PAGE_HEIGHT - TOP - tall - 3 * mm)


def _later(canvas: NumberedCanvas, _document: BaseDocTemplate) -> None:
    _watermark(canvas)
    canvas.setFont(look.PLAIN, 6.8)
    canvas.setFillColor(look.MUTED)
    top = look.PAGE_HEIGHT - 13 * mm
    canvas.drawString(look.MARGIN, top, look.fitting(canvas.content.head.heading, 240))
    canvas.drawRightString(look.PAGE_WIDTH - look.MARGIN, top, look.fitting(canvas.content.title, 240))


def _watermark(canvas: NumberedCanvas) -> None:
    """Across the page and in words at its edge, so that neither a copy nor a cut loses it."""
    if not (text := canvas.content.watermark):
        return
    canvas.saveState()
    canvas.setFillColor(look.MUTED, alpha=0.10)
    canvas.translate(look.PAGE_WIDTH / 2, look.PAGE_HEIGHT / 2)
    canvas.rotate(52)
    canvas.setFont(look.BOLD, 54)
    canvas.drawCentredString(0, -20, text)
    canvas.restoreState()
    canvas.setFillColor(look.RIGHT)
    canvas.setFont(look.BOLD, 6.8)
    canvas.drawCentredString(look.PAGE_WIDTH / 2, look.PAGE_HEIGHT - 8 * mm, f"{text}: NOT A REAL PERSON'S DATA")


def _logo(canvas: NumberedCanvas, top: float) -> float:
    """Draws it and returns how much room it took; a picture that cannot be read is left out."""
    try:
        with default_storage.open(canvas.content.head.logo, "rb") as file:
            picture = Pictures.open(io.BytesIO(file.read()))
            if max(picture.size) > LARGEST_LOGO:
                return 0
            picture.load()
    except (OSError, ValueError, Pictures.DecompressionBombError):
        logger.warning("the logo %s cannot be read", canvas.content.head.logo)
        return 0
    scale = min(LOGO_WIDTH / picture.width, LOGO_HEIGHT / picture.height)
    width, height = picture.width * scale, picture.height * scale
    canvas.drawImage(ImageReader(picture), look.MARGIN, top - height + 2, width, height, mask="auto")
    return float(width + 10)
