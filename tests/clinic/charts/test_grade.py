import json
from datetime import timedelta

from clinic.charts import grade, words
from clinic.charts.rows import Unmeasured
from tests.clinic.charts.courses import ONSET, SURE_OF_II, SURE_OF_V, course, point, traces


def test_grade_one_is_drawn_above_grade_six():
    low, high = grade.chart(course(point(5))).figure["layout"]["yaxis"]["range"]
    assert low > high
    assert list(grade.chart(course(point(5))).figure["layout"]["yaxis"]["ticktext"]) == list(words.ROMAN)


def test_points_lie_on_days_since_onset():
    [line] = traces(grade.chart(course(point(5), point(40))).figure, "most likely grade")
    assert list(line["x"]) == [5, 40]


def test_without_a_first_day_points_lie_on_dates():
    chart = grade.chart(course(point(5), onset=None))
    assert chart.figure["layout"]["xaxis"]["type"] == "date"
    assert list(traces(chart.figure, "most likely grade")[0]["x"]) == ["2026-01-15"]


def test_dots_grow_with_the_probability_of_their_grade():
    [dots] = traces(grade.chart(course(point(5, grade=5, probabilities=SURE_OF_V))).figure, "probability")
    sizes = dict(zip(dots["y"], dots["marker"]["size"], strict=True))
    assert set(sizes) == {4, 5}
    assert sizes[5] > 4 * sizes[4]


def test_most_likely_grade_is_a_step_and_no_average():
    [line] = traces(grade.chart(course(point(5, grade=5), point(9, grade=2))).figure, "most likely grade")
    assert list(line["y"]) == [5, 2]
    assert line["line"]["shape"] == "hv"


def test_curve_breaks_at_a_marked_line_where_the_grading_changed():
    figure = grade.chart(course(point(5), point(9), point(21, grade_origin="rules 2"))).figure
    assert [list(line["x"]) for line in traces(figure, "most likely grade")] == [[5, 9], [21]]
    [mark] = [shape for shape in figure["layout"]["shapes"] if shape["name"] == "method-changed"]
    assert 9 < mark["x0"] < 21
    assert "method changed" in [note["text"] for note in figure["layout"]["annotations"]]


def test_change_of_the_landmark_method_alone_leaves_the_grade_curve_whole():
    figure = grade.chart(course(point(5), point(9, origin="landmarks 2"))).figure
    assert len(traces(figure, "most likely grade")) == 1


def test_session_without_a_grade_is_a_cross_and_a_gap():
    figure = grade.chart(course(point(5), point(9, grade=None, probabilities=None), point(14))).figure
    assert list(traces(figure, "most likely grade")[0]["y"]) == [3, None, 3]
    assert list(traces(figure, "not measured")[0]["x"]) == [9]


def test_refused_session_keeps_its_place_with_its_reason():
    refused = Unmeasured(ONSET + timedelta(days=7), "/sessions/7/", "the face is too small <here>")
    figure = grade.chart(course(point(5), unmeasured=(refused,))).figure
    [crosses] = traces(figure, "not measured")
    assert figure["layout"]["meta"]["urls"][crosses["customdata"][0][0]] == "/sessions/7/"
    assert "too small &lt;here&gt;" in crosses["customdata"][0][1]


def test_points_lead_to_their_session():
    figure = grade.chart(course(point(5), point(9))).figure
    [line] = traces(figure, "most likely grade")
    assert [figure["layout"]["meta"]["urls"][own[0]] for own in line["customdata"]] == ["/sessions/5/", "/sessions/9/"]


def test_origin_is_a_column_only_where_it_changed():
    alike = grade.chart(course(point(5), point(9))).table
    assert alike.caption == "All measured by: rules 1"
    assert alike.headers[-1] == "VI"
    parted = grade.chart(course(point(5), point(9, grade_origin="rules 2"))).table
    assert [row[-1] for row in parted.rows] == ["rules 1", "rules 2"]


def test_summary_names_first_and_latest_grade_with_their_probabilities():
    first = point(5, grade=5, probabilities=SURE_OF_V)
    summary = grade.chart(course(first, point(90, grade=2, probabilities=SURE_OF_II))).summary
    assert "grade II (97\N{NO-BREAK SPACE}%) on day 90" in summary
    assert "first grade V (96\N{NO-BREAK SPACE}%) on day 5" in summary


SHARES = ["under 1 %", "30 %", "40 %", "30 %", "under 1 %", "under 1 %"]


def test_table_has_a_row_a_session_with_every_probability():
    table = grade.chart(course(point(5), point(9, grade=None, probabilities=None))).table
    assert table.rows[0][1:8] == ("III", *[share.replace(" %", "\N{NO-BREAK SPACE}%") for share in SHARES])
    assert table.rows[1][1] == "not graded"


def test_a_course_without_sessions_is_drawn_empty():
    chart = grade.chart(course())
    assert "No session" in chart.summary
    json.dumps(chart.figure)
