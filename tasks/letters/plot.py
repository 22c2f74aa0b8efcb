"""A small plotting area: places values on paper and draws lines, bands and marks as vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any, TypeVar

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color

from clinic.charts.rows import Course
from tasks.letters import look

STEPS = (1, 2, 5, 7, 14, 30, 60, 90, 180, 365, 730, 1825)
Point = TypeVar("Point")
Dashes = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Axis:
    """Days of a course from left to right: since onset, or since the first session when onset is not known."""

    zero: date
    first: float
    last: float
    is_onset: bool

    @classmethod
    def of(cls, course: Course) -> Axis:
        days = [p.on for p in course.points] + [u.on for u in course.unmeasured] + [g.on for g in course.hand_grades]
        zero = course.onset or min(days)
        places = [(day - zero).days for day in days]
        pad = max((max(places) - min(places)) * 0.04, 3)
        return cls(zero, min(places) - pad, max(places) + pad, course.onset is not None)

    def ticks(self) -> list[tuple[float, str]]:
        step = next((s for s in STEPS if (self.last - self.first) / s <= 8), STEPS[-1])
        numbers = range(int(self.first // step + 1) * step, int(self.last) + 1, step)
        return [(n, str(n) if self.is_onset else self._day(n)) for n in numbers]

    def _day(self, number: int) -> str:
        on = self.zero + timedelta(days=number)
        return f"{on.day} {on:%b %y}"

    @property
    def title(self) -> str:
        return "days since onset" if self.is_onset else "date"


@dataclass(slots=True)
class Plot:
    """One area with its axes, `y` values from `low` (bottom) to `high` (top); points of the page, 1/72 inch."""

    axis: Axis
    low: float
    high: float
    width: float
    height: float
    ticks: Sequence[tuple[float, str]]
    left: float = 30
    right: float = 8
    top: float = 8
    bottom: float = 24
    has_days: bool = True
    drawing: Drawing = field(init=False)

    def __post_init__(self) -> None:
        self.drawing = Drawing(self.width, self.height)
        self._frame()

    def x(self, on: date | float) -> float:
        day = (on - self.axis.zero).days if isinstance(on, date) else on
        share = (day - self.axis.first) / (self.axis.last - self.axis.first)
        return self.left + share * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.bottom + share * (self.height - self.bottom - self.top)

    def _frame(self) -> None:
        for value, label in self.ticks:
            y = self.y(value)
            self.add(Line(self.left, y, self.width - self.right, y, strokeColor=look.RULE, strokeWidth=0.4))
            self.text(self.left - 4, y - 2.4, label, anchor="end")
        if self.has_days:
            self._days()

    def _days(self) -> None:
        for day, label in self.axis.ticks():
            x = self.x(day)
            self.add(Line(x, self.bottom, x, self.bottom - 3, strokeColor=look.MUTED, strokeWidth=0.5))
            self.text(x, self.bottom - 10, label, anchor="middle")
        ends = (self.left, self.bottom, self.width - self.right, self.bottom)
        self.add(Line(*ends, strokeColor=look.MUTED, strokeWidth=0.5))
        self.text(self.width - self.right, self.bottom - 18, self.axis.title, anchor="end")

    def add(self, shape: Any) -> None:
        self.drawing.add(shape)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "start",
        size: float = 6.6,
        color: Color = look.MUTED,
        font: str = look.PLAIN,
    ) -> None:
        self.add(String(x, y, text, fontName=font, fontSize=size, fillColor=color, textAnchor=anchor))

    def level(self, value: float) -> None:
        """A line across that means something, as zero does."""
        y = self.y(value)
        self.add(Line(self.left, y, self.width - self.right, y, strokeColor=look.MUTED, strokeWidth=0.8))

    def upright(self, on: date | float, *, color: Color = look.EVENT, dashes: Dashes = (1, 2)) -> None:
        x = self.x(on)
        if self.left <= x <= self.width - self.right:
            top = self.height - self.top
            self.add(Line(x, self.bottom, x, top, strokeColor=color, strokeWidth=0.6, strokeDashArray=dashes))

    def line(self, points: Sequence[tuple[date, float]], color: Color, dashes: Dashes = None) -> None:
        if len(points) > 1:
            flat = [number for on, value in points for number in (self.x(on), self.y(value))]
            self.add(PolyLine(flat, strokeColor=color, strokeWidth=1.3, strokeDashArray=dashes))

    def steps(self, points: Sequence[tuple[date, float]], color: Color) -> None:
        """A value that holds until the next one: ordinal values are never sloped."""
        flat: list[float] = []
        for i, (on, value) in enumerate(points):
            if i:
                flat += [self.x(on), self.y(points[i - 1][1])]
            flat += [self.x(on), self.y(value)]
        if len(flat) > 2:
            self.add(PolyLine(flat, strokeColor=color, strokeWidth=1.2))

    def band(self, points: Sequence[tuple[date, float, float]]) -> None:
        """Value plus and minus its error; a single point gets a bar of its own."""
        if len(points) == 1:
            on, value, error = points[0]
            low, high = self.y(max(value - error, self.low)), self.y(min(value + error, self.high))
            self.add(Rect(self.x(on) - 2.5, low, 5, high - low, fillColor=look.BAND, strokeColor=None))
            return
        upper = [(self.x(on), self.y(min(value + error, self.high))) for on, value, error in points]
        lower = [(self.x(on), self.y(max(value - error, self.low))) for on, value, error in reversed(points)]
        if upper:
            flat = [number for pair in (*upper, *lower) for number in pair]
            self.add(Polygon(flat, fillColor=look.BAND, strokeColor=None))

    def dot(self, on: date, value: float, color: Color, *, radius: float = 2.1, is_open: bool = False) -> None:
        fill, edge = (look.PAPER, 1.0) if is_open else (color, 0.4)
        self.add(Circle(self.x(on), self.y(value), radius, fillColor=fill, strokeColor=color, strokeWidth=edge))

    def square(self, on: date, value: float, color: Color) -> None:
        x, y = self.x(on), self.y(value)
        self.add(Rect(x - 3, y - 3, 6, 6, fillColor=color, strokeColor=look.PAPER, strokeWidth=0.6))

    def cross(self, on: date) -> None:
        """A session without a number, on the axis."""
        x, y = self.x(on), self.bottom + 4
        for turn in (1, -1):
            self.add(Line(x - 2, y - 2 * turn, x + 2, y + 2 * turn, strokeColor=look.MUTED, strokeWidth=0.8))


def runs(points: Sequence[Point], *, same: Callable[[Point], object]) -> list[list[Point]]:
    """Neighbours that were measured in the same way: only they are joined."""
    return [list(group) for _, group in groupby(points, key=same)]
