"""The smaller charts of a course: what they draw, what lies behind it, and what they say when something is missing."""

import json
from datetime import date, timedelta

from analysis.contracts import SynkinesisKind
from clinic.charts import course as charts
from clinic.charts import eyes, grade, questionnaires, regions, resting, sunnybrook, synkinesis
from clinic.charts.rows import Course, Error, HandGrade, Recovery, RecoveryBin, Reported, Treatment, Value
from clinic.comparison import Verdict
from tests.clinic.charts.courses import ONSET, course, point, traces

GAP = "palpebral_fissure_gentle"


def gaps(day: int, left: float | None, right: float | None = 0.2, **more: object):
    error = Error(0.8, "repeats")
    numbers = {f"{GAP}/left": Value(left, error, "not shown"), f"{GAP}/right": Value(right, error)}
    return point(day, numbers=numbers, **more)


def scored(day: int, value: float | None, **more: object):
    return point(day, numbers={"sunnybrook": Value(value, Error(8, "repeats"), "no composite, missing: snarl")}, **more)


def test_both_eyes_keep_their_looks_and_their_words():
    figure = eyes.chart(course(gaps(5, 4.0), gaps(9, 3.0))).figure
    left, right = traces(figure, "left side")[0], traces(figure, "right side")[0]
    assert (list(left["y"]), list(right["y"])) == ([4.0, 3.0], [0.2, 0.2])
    assert left["line"].get("dash") is None
    assert right["line"]["dash"] == "dash"
    assert (left["line"]["color"], right["line"]["color"]) == ("var(--chart-left)", "var(--chart-right)")


def test_band_of_a_gap_reaches_its_error_and_parts_at_missing_values():
    figure = eyes.chart(course(gaps(5, 4.0), gaps(9, 3.0), gaps(12, None), gaps(20, 2.0))).figure
    bands = [band for band in traces(figure, "measurement error") if 0.2 not in band["y"]]
    assert list(bands[0]["y"])[:2] == [4.8, 3.8]
    assert all(12 not in band["x"] for band in bands if max(band["y"]) > 2)


def test_value_that_is_hovered_over_has_its_error_beside_it():
    [line] = traces(eyes.chart(course(gaps(5, 4.0), gaps(9, 3.0))).figure, "left side")[:1]
    assert line["hovertemplate"].endswith("%{y:.1f} mm (±0.8\N{NO-BREAK SPACE}mm)<extra></extra>")
    assert "text" not in line
    [brow] = traces(regions.chart(course(point(5), point(9))).figure, "Brow")
    assert "(±10 points)<extra></extra>" in brow["hovertemplate"]
    [brow] = traces(regions.chart(course(point(5, mdc95=None), point(9, mdc95=None))).figure, "Brow")
    assert "±" not in brow["hovertemplate"]


def test_errors_that_differ_stand_beside_their_own_point():
    later = Value(3.0, Error(1.2, "repeats"))
    numbers = {f"{GAP}/left": later, f"{GAP}/right": Value(None)}
    left, right = (
        traces(eyes.chart(course(gaps(5, 4.0), point(9, numbers=numbers))).figure, f"{side} side")[0]
        for side in ("left", "right")
    )
    assert left["text"] == [" (±0.8\N{NO-BREAK SPACE}mm)", " (±1.2\N{NO-BREAK SPACE}mm)"]
    assert "%{text}" in left["hovertemplate"]
    assert "text" not in right  # what was not measured has no error to differ by


def test_curves_break_where_method_or_weights_changed():
    figure = eyes.chart(course(gaps(5, 4.0), gaps(9, 3.0, origin="landmarks 2"))).figure
    assert [list(line["x"]) for line in traces(figure, "left side")][:2] == [[5], [9]]
    assert [s["name"] for s in figure["layout"]["shapes"]].count("method-changed") == 1


def test_eyes_are_judged_on_the_affected_side():
    told = eyes.chart(course(gaps(5, 4.0), gaps(9, 1.0), side="left")).statements
    assert [(s.what, s.against[0].verdict) for s in told] == [("Left eye gap, gentle effort", Verdict.BETTER)]


def test_session_without_a_gap_keeps_its_place_with_the_reason():
    figure = eyes.chart(course(gaps(5, None, None))).figure
    crosses = traces(figure, "not measured")[0]
    assert list(crosses["x"]) == [5]
    assert crosses["customdata"][0][1] == "not shown"


def test_each_kind_of_synkinesis_has_its_strip():
    numbers = {f"synkinesis_{kind}/left": Value(0.2) for kind in ("oral-ocular", "ocular-oral")}
    chart = synkinesis.chart(course(point(5, numbers=numbers)))
    names = [note["text"] for note in chart.figure["layout"]["annotations"]]
    assert names == ["Mouth to eye", "Eye to mouth"]
    assert chart.table.headers[1:3] == ("Mouth to eye, left", "Mouth to eye, right")
    assert chart.table.rows[0][1:3] == ("0.20", "not measured")


def test_kind_without_a_number_has_no_strip():
    chart = synkinesis.chart(course(point(5)))
    assert not chart.figure["layout"].get("annotations")
    assert SynkinesisKind.MENTALIS.value not in json.dumps(chart.figure)
    assert chart.table.headers == ("Session",)


def test_unknown_error_draws_no_band_and_says_so():
    chart = synkinesis.chart(course(point(5, numbers={"synkinesis_oral-ocular/left": Value(0.2)})))
    assert traces(chart.figure, "measurement error") == []
    assert any("not known" in note for note in chart.notes)


def test_missing_items_of_the_latest_composite_are_named():
    chart = sunnybrook.chart(course(scored(5, 60.0), scored(9, None)))
    assert "The latest session has no composite: no composite, missing: snarl." in chart.notes
    assert chart.table.rows[1][1] == "no composite, missing: snarl"
    assert list(traces(chart.figure, "estimated")[0]["y"]) == [60.0, None]


def hand(day: int, scale: str, value: float) -> HandGrade:
    return HandGrade(ONSET + timedelta(day), f"/sessions/{day}/", scale, value, "Dr <Ash>", True)


def test_clinicians_grades_are_diamonds_that_no_line_joins():
    given = (hand(5, "house_brackmann", 4), hand(9, "sunnybrook", 55.0))
    shown = course(scored(5, 60.0), scored(9, 62.0), hand_grades=given)
    [mark] = traces(grade.chart(shown).figure, "clinician's grade")
    assert (mark["mode"], list(mark["x"]), list(mark["y"])) == ("markers", [5], [4])
    assert mark["customdata"][0][1] == "grade IV by Dr &lt;Ash&gt;, without the estimate in sight"
    assert list(traces(sunnybrook.chart(shown).figure, "clinician's grade")[0]["y"]) == [55.0]


def test_clinicians_grades_are_in_the_tables_too():
    given = (hand(5, "house_brackmann", 4), hand(20, "house_brackmann", 3), hand(9, "sunnybrook", 55.0))
    shown = course(scored(5, 60.0), scored(9, 62.0), hand_grades=given)
    table = grade.chart(shown).table
    assert table.headers[-1] == "Clinician's grade"
    assert [row[-1] for row in table.rows] == ["IV (Dr <Ash>)", "–", "III (Dr <Ash>)"]
    assert table.rows[2][1] == "not measured"
    assert [row[-1] for row in sunnybrook.chart(shown).table.rows] == ["–", "55 (Dr <Ash>)"]


def others(name: str, *bins: RecoveryBin) -> Recovery:
    return Recovery(9, 5, "Bell's palsy", {name: bins})


def test_band_of_others_lies_on_the_affected_side():
    band = others("brow_asymmetry", RecoveryBin(0, 30, 20, 40, 60), RecoveryBin(30, 60, 10, 20, 30))
    for side, sign in (("left", -1), ("right", 1)):
        [drawn] = traces(regions.chart(course(point(5), side=side, recovery=band)).figure, "middle half of others")
        assert list(drawn["x"]) == [15, 45, 45, 15]
        assert list(drawn["y"]) == [sign * 60, sign * 30, sign * 10, sign * 20]
    assert traces(regions.chart(course(point(5), side="both", recovery=band)).figure, "middle half of others") == []


def test_band_of_grades_keeps_for_all_days_of_a_bin_and_parts_at_a_gap():
    band = others("hb_grade", RecoveryBin(0, 30, 3, 4, 5), RecoveryBin(60, 90, 2, 2, 3))
    chart = grade.chart(course(point(5), recovery=band))
    drawn = traces(chart.figure, "middle half of others")
    assert [list(one["x"]) for one in drawn] == [[0, 30, 30, 0], [60, 90, 90, 60]]
    assert any("9 other patients" in note and "at least 5" in note for note in chart.notes)


def test_without_a_first_day_there_is_no_band_of_others():
    band = others("hb_grade", RecoveryBin(0, 30, 3, 4, 5))
    figure = grade.chart(course(point(5), onset=None, recovery=band)).figure
    assert traces(figure, "middle half of others") == []


def said(day: int, score: float, key: str = "face", mdc95: float | None = 17.6) -> Reported:
    return Reported(ONSET + timedelta(day), key, key.upper(), score, mdc95, "published")


def test_scores_are_judged_by_the_published_error_and_without_one_not_at_all():
    reported = (
        said(5, 40),
        said(50, 50),
        said(90, 60),
        said(5, 40, "fdi_social", None),
        said(90, 80, "fdi_social", None),
    )
    chart = questionnaires.chart(course(reported=reported))
    told = {s.what: [(a.reference, a.verdict) for a in s.against] for s in chart.statements}
    assert told["FACE"] == [("first", Verdict.BETTER), ("previous and best", Verdict.WITHIN_NOISE)]
    assert told["FDI_SOCIAL"] == [("first, previous and best", Verdict.CANNOT_TELL)]
    assert [list(t["y"]) for t in traces(chart.figure, "FACE")] == [[40, 50, 60]]


def test_face_at_rest_is_drawn_once_a_rest_is_pinned():
    pinned = course(point(5, numbers={"rest_mouth/left": Value(0.8), "rest_mouth/right": Value(0.1)}))
    assert "resting" in [chart.key for chart in charts.shown(pinned)]
    assert list(traces(resting.chart(pinned).figure, "left side")[2]["y"]) == [0.8]
    below = course(point(5, numbers={"rest_brow/left": Value(-0.4)}))
    low, high = resting.chart(below).figure["layout"]["yaxis"]["range"]
    assert low < -0.4 < high == -low
    assert resting.chart(below).table.rows[0][1] == "\N{MINUS SIGN}0.40"
    assert "resting" not in [chart.key for chart in charts.shown(course(point(5)))]


def test_treatments_are_named_on_every_chart():
    treatments = (Treatment("Toxin <12>", "Botulinum toxin", ONSET + timedelta(7), None),)
    for draw in (eyes.chart, synkinesis.chart, sunnybrook.chart):
        figure = draw(course(gaps(5, 4.0), gaps(9, 3.0), treatments=treatments)).figure
        [mark] = traces(figure, "treatment")
        assert list(mark["x"]) == [7]
        assert "Toxin &lt;12&gt;" in mark["text"][0]
        assert any(s["name"] == "treatment" and s["x0"] == 7 for s in figure["layout"]["shapes"])


def test_every_name_stands_in_the_legend_once():
    figure = eyes.chart(course(gaps(5, 4.0), gaps(9, 3.0))).figure
    shown = [trace["name"] for trace in figure["data"] if trace["showlegend"]]
    assert sorted(shown) == sorted(set(shown))
    assert {"left side", "right side", "measurement error"} <= set(shown)
    assert figure["layout"]["showlegend"] is True


def test_addresses_travel_once_for_all_charts():
    shown = course(point(5), point(9))
    assert charts.links(shown) == ["/sessions/5/", "/sessions/9/"]
    assert {json.dumps(chart.figure["layout"]["meta"]) for chart in charts.shown(shown)} == {
        '{"urls_in": "course-links"}'
    }


def test_every_chart_of_every_course_is_plain_json_and_has_a_table():
    for shown in (course(), course(point(5), onset=None), Course(date(2026, 1, 1), ()), course(gaps(5, 1.0))):
        for draw in charts.CHARTS.values():
            made = draw(shown)
            assert "bdata" not in json.dumps(made.figure)
            assert made.summary
            assert all(len(row) == len(made.table.headers) for row in made.table.rows)
