"""The numbers whose course is drawn and judged: how each is named, written, and which half it is asked of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from analysis.contracts import Region, SynkinesisKind
from clinic.charts import words
from clinic.charts.rows import Course

SIDES = ("left", "right")
EFFORTS = ("gentle", "tight")
SUNNYBROOK = "sunnybrook"
KINDS = {
    SynkinesisKind.ORAL_OCULAR: "Mouth to eye",
    SynkinesisKind.OCULAR_ORAL: "Eye to mouth",
    SynkinesisKind.BROW_ORAL: "Brow to mouth",
    SynkinesisKind.ORAL_BROW: "Mouth to brow",
    SynkinesisKind.SNARL_SMILE: "Snarl to smile",
    SynkinesisKind.MENTALIS: "Chin",
}
ABSENT = 0.005  # a strength below is written as none


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a session. `name` as in CoursePoint.number; `unit` and `digits` are those of a change."""

    name: str
    label: str
    write: Callable[[float], str]
    unit: str = ""
    digits: int = 0

    def amount(self, change: float) -> str:
        """The size of a change, with its unit."""
        size = f"{abs(change):.{self.digits}f}"
        return size + (self.unit.removesuffix("s") if size == "1" else self.unit)


def region(of: Region) -> Measure:
    return Measure(f"{of.value}_asymmetry", words.REGIONS[of], words.asymmetry, " points")


def eye_gap(effort: str, side: str) -> Measure:
    name = f"palpebral_fissure_{effort}/{side}"
    return Measure(name, f"{side.capitalize()} eye gap, {effort} effort", _millimetres, "\N{NO-BREAK SPACE}mm", 1)


def synkinesis(kind: SynkinesisKind, side: str) -> Measure:
    return Measure(f"synkinesis_{kind.value}/{side}", f"{KINDS[kind]}, {side}", _strength, "", 2)


def sunnybrook() -> Measure:
    return Measure(SUNNYBROOK, "Sunnybrook composite", "{:.0f}".format, " points")


def _millimetres(value: float) -> str:
    return f"{value:.1f}\N{NO-BREAK SPACE}mm"


def _strength(value: float) -> str:
    return "none" if value < ABSENT else f"{value:.2f}"


def kinds_measured(course: Course) -> list[SynkinesisKind]:
    """Kinds that some session has a number for, in the order of KINDS."""
    return [k for k in KINDS if any(known(course, synkinesis(k, side).name) for side in SIDES)]


def known(course: Course, name: str) -> list[float]:
    """Every measured value of one number, oldest first."""
    return [v for point in course.points if (v := point.number(name).value) is not None]


def worse_side(course: Course, name: Callable[[str], Measure]) -> str | None:
    """The half that is judged: the affected one, else the one with the greatest value; None without any value."""
    seen = {side: known(course, name(side).name) for side in SIDES}
    if course.side in SIDES and seen[course.side]:
        return course.side
    measured = [side for side in SIDES if seen[side]]
    return max(measured, key=lambda side: max(seen[side]), default=None)


def strongest_synkinesis(course: Course) -> Measure | None:
    """Of all kinds and both halves the one that was ever strongest; None when no kind was measured."""
    found = [synkinesis(kind, side) for kind in kinds_measured(course) for side in SIDES]
    found = [measure for measure in found if known(course, measure.name)]
    return max(found, key=lambda measure: max(known(course, measure.name)), default=None)


def judged_eyes(course: Course) -> list[Measure]:
    """What stays open at either effort, of the half that matters."""
    sides = [(effort, worse_side(course, partial(eye_gap, effort))) for effort in EFFORTS]
    return [eye_gap(effort, side) for effort, side in sides if side]
