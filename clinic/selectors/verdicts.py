"""Two measured sessions of one person against each other: grade and regions, by the rules of the patient page."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.contracts import Region
from clinic.charts import change, measures
from clinic.charts.rows import Course, CoursePoint
from clinic.comparison import Verdict

GRADE = "grade"


@dataclass(frozen=True, slots=True)
class Judged:
    name: str  # grade, brow, eye, mouth
    what: str  # the same as a title
    verdict: Verdict
    why: str

    @property
    def sentence(self) -> str:
        """'Mouth asymmetry up 30 points, error 10 points', 'higher grade with probability 97 %'."""
        return self.why if self.name == GRADE else f"{self.what} asymmetry {self.why}"


def judge(before: CoursePoint, now: CoursePoint) -> tuple[Judged, ...]:
    course = Course(onset=None, points=(before, now))
    statements = (change.of_grade(course), *change.of(course, [measures.region(region) for region in Region]))
    names = (GRADE, *[region.value for region in Region])
    return tuple(
        Judged(name, told.what, against.verdict, against.why)
        for name, told in zip(names, statements, strict=True)
        for against in told.against[:1]
    )
