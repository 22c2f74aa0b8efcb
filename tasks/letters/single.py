"""The picture of one session: there is no course yet, so grades and regions are bars."""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color

from analysis.contracts import Region
from clinic.charts import measures, words
from clinic.charts.rows import CoursePoint
from clinic.letters.rows import Content
from tasks.letters import look

HEIGHT, ROW = 104, 15
HOUSE_BRACKMANN = "house_brackmann"


def grade_bars(content: Content, point: CoursePoint, width: float) -> Drawing:
    """Probability of every grade; the clinician's grade is marked."""
    drawing = Drawing(width, HEIGHT)
    given = {int(g.value) for g in content.course.hand_grades if g.scale == HOUSE_BRACKMANN}
    room = width - 130
    for grade, share in enumerate(point.probabilities or (), start=1):
        y = HEIGHT - grade * ROW
        font = look.BOLD if grade == point.grade else look.PLAIN
        _text(drawing, 22, y, words.roman(grade), anchor="end", font=font)
        drawing.add(Rect(28, y - 1, max(share * room, 0.6), 9, fillColor=look.ACCENT, strokeColor=None))
        _text(drawing, 32 + share * room, y, words.probable(share), font=font)
        if grade in given:
            _text(drawing, width, y, "■ by a clinician", anchor="end", font=look.BOLD)
    return drawing


def region_bars(point: CoursePoint, width: float) -> Drawing:
    """How much less the weaker side moves: to the left when the left is weaker; whiskers are the error."""
    drawing = Drawing(width, HEIGHT)
    start, end = 62.0, width - 6
    zero, scale = (start + end) / 2, (end - start) / 2 / 100
    _text(drawing, zero - 6, HEIGHT - 10, "◄ left weaker", anchor="end", color=look.LEFT)
    _text(drawing, zero + 6, HEIGHT - 10, "right weaker ►", color=look.RIGHT)
    for row, region in enumerate(Region):
        number, y = point.number(measures.region(region).name), HEIGHT - 32 - row * 25
        _text(drawing, start - 6, y + 3, words.REGIONS[region], anchor="end", font=look.BOLD)
        if number.value is None:
            _text(drawing, zero + 6, y + 3, f"not measured: {number.why}"[:60])
            continue
        reach = number.value * scale
        color = look.LEFT if reach < 0 else look.RIGHT
        drawing.add(Rect(min(zero, zero + reach), y, abs(reach), 11, fillColor=color, strokeColor=None))
        if number.mdc95 is not None:
            tip, half = zero + reach, number.mdc95 * scale
            drawing.add(Line(tip - half, y + 5.5, tip + half, y + 5.5, strokeColor=look.INK, strokeWidth=1))
        _text(
            drawing,
            zero + (6 if reach < 0 else -6),
            y + 3,
            words.asymmetry(number.value),
            anchor="start" if reach < 0 else "end",
        )
    drawing.add(Line(zero, 4, zero, HEIGHT - 16, strokeColor=look.MUTED, strokeWidth=0.8))
    return drawing


def _text(
    drawing: Drawing,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    font: str = look.PLAIN,
    color: Color = look.INK,
) -> None:
    drawing.add(String(x, y, text, fontName=font, fontSize=7.2, fillColor=color, textAnchor=anchor))
