"""Better, worse, within noise, or cannot tell: what the latest visit says against the first, the previous, the best."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from analysis.contracts import Region
from clinic.charts import measures, words
from clinic.charts.measures import Measure
from clinic.charts.rows import Against, Course, CoursePoint, Statement
from clinic.comparison import Direction, Reason, Verdict, Visit, compare, direction, incomparable

SURE = 0.95  # a change of grade is called one when it is at least this probable
FIRST, PREVIOUS, BEST = "first", "previous", "best"

Size = Callable[[CoursePoint], float | None]  # the smaller the better; None where it was not measured


def headlines(course: Course) -> tuple[Statement, ...]:
    """What the top of the page judges: the grade, the regions, synkinesis, the eye; empty without two visits."""
    if len(course.points) < 2:
        return ()
    chosen = [measures.region(region) for region in Region]
    chosen += [measure for measure in [measures.strongest_synkinesis(course)] if measure]
    chosen += measures.judged_eyes(course)[:1]
    return (of_grade(course), *of(course, chosen))


def of(course: Course, chosen: Iterable[Measure]) -> tuple[Statement, ...]:
    """A statement for every number; empty without two visits."""
    if len(course.points) < 2:
        return ()
    return tuple(_statement(course, measure) for measure in chosen)


def of_grade(course: Course) -> Statement:
    """By the probability that one visit's grade is lower than the other's. Two visits at least."""
    latest = course.points[-1]
    against = tuple(_grade_against(course, name, point) for name, point in _references(course, _grade_of))
    return Statement("Grade", words.graded(latest.grade, latest.probabilities), against)


def _statement(course: Course, measure: Measure) -> Statement:
    def size(point: CoursePoint) -> float | None:
        value = point.number(measure.name).value
        if value is None:
            return None
        towards = direction(measure.name)
        return abs(value) if towards is Direction.TOWARDS_ZERO else -value if towards is Direction.HIGHER else value

    against = tuple(_against(course, measure, name, point) for name, point in _references(course, size))
    return Statement(measure.label, _written(course.points[-1], measure), against)


def _references(course: Course, size: Size) -> Iterator[tuple[str, CoursePoint]]:
    """First, previous and best earlier visit; a visit that is several of them is named once."""
    earlier = course.points[:-1]
    named: dict[int, list[str]] = {}
    for name, point in ((FIRST, earlier[0]), (PREVIOUS, earlier[-1]), (BEST, _best(earlier, course.points[-1], size))):
        if point is not None:
            named.setdefault(id(point), []).append(name)
    points = {id(point): point for point in earlier}
    for place, names in named.items():
        yield words.listed(names), points[place]


def _best(earlier: tuple[CoursePoint, ...], latest: CoursePoint, size: Size) -> CoursePoint | None:
    """The visit with the smallest size: among those that can be compared, if any can."""
    sized = [(size(point), point) for point in earlier]
    found = [(value, point) for value, point in sized if value is not None]
    alike = [(value, point) for value, point in found if not incomparable(_visit(point), _visit(latest))]
    return min(alike or found, key=lambda pair: pair[0], default=(None, None))[1]


def _grade_of(point: CoursePoint) -> float | None:
    """Lower is better; of two visits with one grade the surer."""
    if point.grade is None or not point.probabilities:
        return None
    return point.grade - point.probabilities[point.grade - 1]


def _visit(point: CoursePoint, measure: Measure | None = None) -> Visit:
    taken = dataclasses.replace(point.taken, method=point.taken.method or point.origin)
    if measure is None:
        return taken
    value = point.number(measure.name)
    error = {} if value.mdc95 is None else {measure.name: value.mdc95}
    return dataclasses.replace(taken, values={measure.name: value.value}, mdc95=error)


def _against(course: Course, measure: Measure, name: str, before: CoursePoint) -> Against:
    latest = course.points[-1]
    [found] = compare(_visit(before, measure), _visit(latest, measure))
    if found.reasons or found.before is None or found.after is None or found.mdc95 is None:
        why = "; ".join(_reason(reason, measure, before, latest) for reason in found.reasons)
    else:
        change = _size_of_change(measure, found.before, found.after)
        why = f"{change}, error {measure.amount(found.mdc95)}"
    return Against(name, words.since(before.on, course.onset), _written(before, measure), found.verdict, why)


def _size_of_change(measure: Measure, before: float, after: float) -> str:
    if direction(measure.name) is Direction.TOWARDS_ZERO:
        before, after = abs(before), abs(after)
    if measure.amount(after - before) == measure.amount(0.0):
        return "unchanged"
    return f"{'up' if after > before else 'down'} {measure.amount(after - before)}"


def _reason(reason: Reason, measure: Measure, before: CoursePoint, latest: CoursePoint) -> str:
    if reason is not Reason.NOT_MEASURED:
        return reason.value
    why = next((v.why for v in (latest.number(measure.name), before.number(measure.name)) if v.value is None), "")
    return why or reason.value


def _written(point: CoursePoint, measure: Measure) -> str:
    value = point.number(measure.name)
    return value.why if value.value is None else measure.write(value.value)


def _grade_against(course: Course, name: str, before: CoursePoint) -> Against:
    latest = course.points[-1]
    verdict, why = _grades_compared(before, latest)
    then = words.graded(before.grade, before.probabilities)
    return Against(name, words.since(before.on, course.onset), then, verdict, why)


def _grades_compared(before: CoursePoint, latest: CoursePoint) -> tuple[Verdict, str]:
    one, other = (dataclasses.replace(p.taken, method=p.grade_origin, weights=None) for p in (before, latest))
    reasons = [reason.value for reason in incomparable(one, other)]
    if not before.probabilities or not latest.probabilities:
        reasons.append("one of the two visits has no grade")
    if reasons or not before.probabilities or not latest.probabilities:
        return Verdict.CANNOT_TELL, "; ".join(reasons)
    better, worse = _probable(before.probabilities, latest.probabilities)
    if better >= SURE:
        return Verdict.BETTER, f"lower grade with probability {words.probable(better)}"
    if worse >= SURE:
        return Verdict.WORSE, f"higher grade with probability {words.probable(worse)}"
    return Verdict.WITHIN_NOISE, f"lower with probability {words.probable(better)}, higher {words.probable(worse)}"


def _probable(first: tuple[float, ...], latest: tuple[float, ...]) -> tuple[float, float]:
    """Probability that the latest grade is lower, and that it is higher, the two estimates taken as independent."""
    better = sum(f * n for i, f in enumerate(first) for j, n in enumerate(latest) if j < i)
    worse = sum(f * n for i, f in enumerate(first) for j, n in enumerate(latest) if j > i)
    return better, worse
