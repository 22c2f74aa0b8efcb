import dataclasses

from analysis.contracts import Region
from clinic.charts import change, measures
from clinic.charts.rows import Against, Error, Statement, Value
from clinic.comparison import Verdict, Visit
from tests.clinic.charts.courses import SURE_OF_II, SURE_OF_V, UNSURE, course, point


def brow(*values: float | None, **more: object) -> Statement:
    points = [point(5 + 30 * i, asymmetry=value, **more) for i, value in enumerate(values)]
    [statement] = change.of(course(*points), [measures.region(Region.BROW)])
    return statement


def first(statement: Statement) -> Against:
    return next(found for found in statement.against if "first" in found.reference)


def test_smaller_asymmetry_beyond_the_error_is_better():
    found = first(brow(60.0, 20.0))
    assert (found.verdict, found.why) == (Verdict.BETTER, "down 40 points, error 10 points")


def test_larger_asymmetry_beyond_the_error_is_worse_on_either_side():
    assert first(brow(20.0, 60.0)).verdict is Verdict.WORSE
    assert first(brow(-20.0, -60.0)).verdict is Verdict.WORSE


def test_change_smaller_than_the_error_is_noise():
    assert first(brow(30.0, 21.0)).verdict is Verdict.WITHIN_NOISE


def test_unknown_error_allows_no_verdict():
    found = first(brow(60.0, 20.0, mdc95=None))
    assert (found.verdict, found.why) == (Verdict.CANNOT_TELL, "the error of this measurement is not known")


def test_not_measured_allows_no_verdict_and_says_so():
    found = first(brow(None, 20.0))
    assert (found.verdict, found.why) == (Verdict.CANNOT_TELL, "not measured")


def test_other_side_stronger_by_as_much_is_neither_better_nor_worse():
    found = first(brow(30.0, -28.0))
    assert (found.verdict, found.why) == (Verdict.CANNOT_TELL, "the stronger side has changed")


def test_every_visit_is_named_once_with_all_that_it_is():
    told = [(found.reference, found.when) for found in brow(60.0, 20.0, 40.0, 30.0).against]
    assert told == [("first", "day 5"), ("previous", "day 65"), ("best", "day 35")]
    assert [found.reference for found in brow(60.0, 20.0).against] == ["first, previous and best"]


def test_best_visit_is_one_that_can_be_compared():
    old = point(5, asymmetry=0.0, origin="landmarks 1")
    points = (old, *[point(day, asymmetry=size, origin="landmarks 2") for day, size in ((35, 50.0), (65, 20.0))])
    [statement] = change.of(course(*points), [measures.region(Region.BROW)])
    best = next(found for found in statement.against if "best" in found.reference)
    assert best.when == "day 35"


def test_changed_method_allows_no_verdict():
    points = (point(5), point(90, asymmetry=0.0, origin="landmarks 2", grade_origin="rules 2"))
    found = [first(statement) for statement in change.headlines(course(*points))]
    assert {one.verdict for one in found} == {Verdict.CANNOT_TELL}
    assert {one.why for one in found} == {"the measuring method differs"}


def test_every_reason_why_visits_cannot_be_compared_is_given():
    here, there = Visit({}, weights=("a",), yaw_deg=0.0, fps=30.0), Visit({}, weights=("b",), yaw_deg=20.0, fps=60.0)
    statement = change.of(course(point(5, taken=here), point(9, taken=there)), [measures.region(Region.EYE)])[0]
    assert first(statement).why == (
        "the camera or its settings differ; the head was held differently; the weights differ"
    )


def grades(one: tuple[float, ...], other: tuple[float, ...]) -> Verdict:
    return first(change.of_grade(course(point(5, probabilities=one), point(90, probabilities=other)))).verdict


def test_grade_is_better_only_when_that_is_nearly_certain():
    assert grades(SURE_OF_V, SURE_OF_II) is Verdict.BETTER
    assert grades(SURE_OF_II, SURE_OF_V) is Verdict.WORSE
    assert grades(UNSURE, UNSURE) is Verdict.WITHIN_NOISE


def numbered(day: int, name: str, value: float | None, mdc95: float = 1.0):
    return point(day, numbers={name: Value(value, Error(mdc95, "repeats"))})


def test_a_gap_that_closes_is_better_and_a_score_that_falls_is_worse():
    gap, score = "palpebral_fissure_gentle/left", measures.SUNNYBROOK
    [eye] = change.of(course(numbered(5, gap, 4.0), numbered(9, gap, 1.0)), [measures.eye_gap("gentle", "left")])
    [scale] = change.of(course(numbered(5, score, 60.0), numbered(9, score, 40.0)), [measures.sunnybrook()])
    assert (first(eye).verdict, first(eye).why) == (
        Verdict.BETTER,
        "down 3.0\N{NO-BREAK SPACE}mm, error 1.0\N{NO-BREAK SPACE}mm",
    )
    assert first(scale).verdict is Verdict.WORSE


def test_reason_of_a_missing_number_is_its_own():
    empty = point(5, numbers={measures.SUNNYBROOK: Value(None, None, "no composite, missing: snarl")})
    [scale] = change.of(course(empty, numbered(9, measures.SUNNYBROOK, 40.0)), [measures.sunnybrook()])
    assert first(scale).why.startswith("no composite, missing: snarl")


def test_one_visit_compares_nothing():
    assert change.headlines(course(point(5))) == ()
    assert change.of(course(), [measures.sunnybrook()]) == ()


def test_headlines_judge_grade_regions_strongest_synkinesis_and_the_eye():
    names = {"synkinesis_oral-ocular/left": Value(0.1), "synkinesis_ocular-oral/left": Value(0.4)}
    names |= {"palpebral_fissure_gentle/left": Value(3.0)}
    points = [dataclasses.replace(point(day), numbers=names) for day in (5, 9)]
    told = [statement.what for statement in change.headlines(course(*points, side="left"))]
    assert told == ["Grade", "Brow", "Eye", "Mouth", "Eye to mouth, left", "Left eye gap, gentle effort"]
