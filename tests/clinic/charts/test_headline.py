import dataclasses
from datetime import timedelta

from clinic.charts import headline as lines
from clinic.charts.headline import concern
from clinic.charts.rows import Course, HandGrade, Unmeasured, Value
from tests.clinic.charts.courses import ONSET, SURE_OF_II, SURE_OF_V, UNSURE, course, point

SPACE = "\N{NO-BREAK SPACE}"


def headline(shown: Course) -> str:
    return " ".join(lines.headline(shown))


def given(day: int, grade: int = 4) -> HandGrade:
    return HandGrade(ONSET + timedelta(day), f"/sessions/{day}/", "house_brackmann", grade, "Dr Ash", True)


def test_headline_says_grade_direction_synkinesis_and_eye():
    first = point(5, grade=5, probabilities=SURE_OF_V, asymmetry=60.0)
    numbers = {"synkinesis_oral-ocular/left": Value(0.42), "palpebral_fissure_gentle/left": Value(0.2)}
    latest = point(90, grade=2, probabilities=SURE_OF_II, asymmetry=10.0, numbers=numbers)
    latest = dataclasses.replace(latest, found=frozenset({"synkinesis_oral-ocular/left"}))
    told = headline(course(first, latest))
    assert told.startswith(f"Day 90 (10 Apr 2026): estimated House-Brackmann grade II (97{SPACE}%).")
    assert "Since the first visit better: grade, brow, eye and mouth." in told
    assert "Synkinesis mouth to eye on the left (0.42)." in told
    assert told.endswith("No eye stays open at effort.")


def test_what_was_not_measured_is_said():
    told = headline(course(point(5)))
    assert "nothing to compare with yet" in told
    assert "Synkinesis not measured. Eye closure not measured." in told
    assert headline(course()) == "Nothing has been measured yet."


def test_strength_below_the_threshold_is_no_synkinesis():
    numbers = {"synkinesis_oral-ocular/left": Value(0.1)}
    assert "No synkinesis found." in headline(course(point(5, numbers=numbers)))


def test_clinicians_grade_leads_where_it_is_as_new_as_the_estimate():
    told = headline(course(point(5), hand_grades=(given(5),)))
    assert told.startswith("House-Brackmann IV by Dr Ash on day 5 (15 Jan 2026); estimated House-Brackmann grade III")
    older = headline(course(point(5), point(90), hand_grades=(given(5),)))
    assert older.startswith("Day 90 (10 Apr 2026): estimated House-Brackmann grade III")
    assert "last graded by a clinician IV by Dr Ash on day 5" in older


def test_raters_who_differ_are_all_named_unless_one_reviewed_the_session():
    two = given(5), dataclasses.replace(given(5, 3), by="Dr Elm")
    told = headline(course(point(5), hand_grades=two))
    assert told.startswith("House-Brackmann raters differ on day 5 (15 Jan 2026), IV by Dr Ash and III by Dr Elm; est")
    reviewed = dataclasses.replace(two[0], is_reviewers=True), two[1]
    assert headline(course(point(5), hand_grades=reviewed)).startswith("House-Brackmann IV by Dr Ash on day 5")
    assert headline(course(point(5), hand_grades=(given(5), given(5)))).startswith("House-Brackmann IV by Dr Ash on")


def test_three_visits_are_judged_against_first_and_previous():
    told = headline(course(point(5, asymmetry=60.0), point(50, asymmetry=20.0), point(90, asymmetry=22.0)))
    assert "Since the first visit better: brow, eye and mouth" in told
    assert "since the previous one nothing changed beyond noise" in told


def test_no_verdict_at_all_is_no_change():
    told = headline(course(point(5, mdc95=None, grade=None, probabilities=None), point(9, mdc95=None)))
    assert "since the first visit no change can be told" in told.lower()


def test_most_pressing_concern_comes_first():
    calm = point(90)
    open_eye = ("left eye 3.2 mm open at gentle effort",)
    doubtful = dataclasses.replace(calm, is_side_doubtful=True, open_eyes=open_eye)
    assert "contradicts the record" in concern(course(doubtful))
    assert concern(course(dataclasses.replace(calm, open_eyes=open_eye))) == f"Eye protection: {open_eye[0]}."
    assert concern(course(point(5, asymmetry=20.0), point(90, asymmetry=60.0))).startswith(
        "Worse since the previous visit: Brow"
    )


def test_refused_or_missing_recordings_are_a_concern():
    refused = Unmeasured(ONSET + timedelta(95), "/sessions/95/", "the face is too small")
    assert "the face is too small" in concern(course(point(90), unmeasured=(refused,)))
    assert concern(course(point(90)), today=ONSET + timedelta(200)) == "No measurement for 110 days."
    assert concern(course(point(90)), today=ONSET + timedelta(100)) == ""


def test_grade_that_stays_for_months_deserves_a_second_look():
    still = [point(day, grade=4, probabilities=UNSURE, asymmetry=40.0) for day in (5, 150)]
    assert concern(course(*still)).startswith("Grade IV on day 150 without certain improvement")
    better = (point(5, asymmetry=80.0), still[1])
    assert concern(course(*better)) == ""
