from datetime import timedelta

from clinic.charts import grade, regions, timeline
from clinic.charts.rows import Treatment
from tests.clinic.charts.courses import ONSET, course, point, traces


def treatment(start: int, end: int | None = None, label: str = "Toxin") -> Treatment:
    return Treatment(label, "Botulinum toxin", ONSET + timedelta(start), ONSET + timedelta(end) if end else None)


def test_treatment_is_marked_on_its_day_in_both_charts():
    shown = course(point(5), point(90), treatments=(treatment(30),))
    for chart in (grade.chart(shown), regions.chart(shown)):
        [mark] = traces(chart.figure, "Toxin")
        assert list(mark["x"]) == [30]
        assert mark["text"][0] == "Toxin"
        assert [shape["x0"] for shape in chart.figure["layout"]["shapes"] if shape["name"] == "treatment"] == [30]


def test_treatment_with_an_end_is_a_span():
    figure = grade.chart(course(point(5), point(90), treatments=(treatment(10, 40),))).figure
    [span] = [shape for shape in figure["layout"]["shapes"] if shape["name"] == "treatment"]
    assert (span["type"], span["x0"], span["x1"]) == ("rect", 10, 40)


def test_treatments_side_by_side_get_lanes_of_their_own():
    shown = course(point(5), point(90), treatments=(treatment(10), treatment(12), treatment(70)))
    assert timeline.lanes(timeline.TimeAxis.of(shown), shown.treatments) == [0, 1, 0]


def test_chart_is_taller_by_its_lanes_so_that_the_curve_keeps_its_height():
    plain = grade.chart(course(point(5), point(90)))
    crowded = grade.chart(course(point(5), point(90), treatments=(treatment(10), treatment(12))))
    assert crowded.height == plain.height + 2 * timeline.LANE_PX
    assert crowded.figure["layout"]["height"] == crowded.height


def test_axis_shows_everything_that_happened():
    shown = course(point(5), point(90), treatments=(treatment(-3), treatment(120)))
    low, high = grade.chart(shown).figure["layout"]["xaxis"]["range"]
    assert low < -3
    assert high > 120


def test_what_people_typed_is_no_markup():
    figure = grade.chart(course(point(5), treatments=(treatment(6, label='<a href="x">'),))).figure
    assert traces(figure, '&lt;a href="x"&gt;')
