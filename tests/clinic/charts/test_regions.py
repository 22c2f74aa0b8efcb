import json
import re

from analysis.contracts import Region
from clinic.charts import regions
from tests.clinic.charts.courses import course, point, traces


def test_each_region_has_its_own_row_on_one_time_axis():
    figure = regions.chart(course(point(5), point(9))).figure
    axes = {traces(figure, name)[0].get("yaxis", "y") for name in ("Brow", "Eye", "Mouth")}
    assert axes == {"y", "y2", "y3"}
    assert len({tuple(trace["x"]) for name in ("Brow", "Eye", "Mouth") for trace in traces(figure, name)}) == 1


def test_rows_share_one_scale_with_zero_in_the_middle():
    layout = regions.chart(course(point(5, asymmetry=-80.0))).figure["layout"]
    ranges = {tuple(layout[key]["range"]) for key in ("yaxis", "yaxis2", "yaxis3")}
    assert len(ranges) == 1
    low, high = ranges.pop()
    assert low == -high
    assert high > 90  # the point and its band


def test_band_reaches_the_measurement_error_around_each_point():
    figure = regions.chart(course(point(5, asymmetry=40.0), point(9, asymmetry=20.0))).figure
    band = traces(figure, "measurement error")[0]
    assert list(band["x"]) == [5, 9, 9, 5]
    assert list(band["y"]) == [50.0, 30.0, 10.0, 30.0]


def test_single_point_has_its_error_too():
    [band, *_] = traces(regions.chart(course(point(5))).figure, "measurement error")
    assert list(band["error_y"]["array"]) == [10.0]


def test_unknown_error_draws_no_band_and_says_so():
    chart = regions.chart(course(point(5, mdc95=None), point(9, mdc95=None)))
    assert traces(chart.figure, "measurement error") == []
    assert any("measurement error is not known" in note for note in chart.notes)


def test_origin_of_the_error_is_named():
    notes = " ".join(regions.chart(course(point(5))).notes)
    assert "repeat recordings" in notes
    assert "10 points" in notes


def test_curve_and_band_break_where_the_method_changed():
    figure = regions.chart(course(point(5), point(9), point(21, origin="landmarks 2"))).figure
    assert [list(line["x"]) for line in traces(figure, "Brow")] == [[5, 9], [21]]
    assert not any(9 in band["x"] and 21 in band["x"] for band in traces(figure, "measurement error"))


def test_not_measured_is_a_gap_in_curve_and_band():
    figure = regions.chart(course(point(5), point(7), point(9, asymmetry=None), point(14), point(16))).figure
    assert traces(figure, "Eye")[0]["y"][2] is None
    assert traces(figure, "Eye")[0]["connectgaps"] is False
    bands = [set(band["x"]) for band in traces(figure, "measurement error")]
    assert bands == [{5, 7}, {14, 16}] * 3


def test_positive_is_named_as_the_right_doing_less():
    chart = regions.chart(course(point(5, asymmetry=34.0)))
    assert chart.summary.count("right 34\N{NO-BREAK SPACE}% less") == 3
    assert regions.chart(course(point(5, asymmetry=-34.0))).table.rows[0][1] == "left 34\N{NO-BREAK SPACE}% less (±10)"


def test_not_measured_is_said_and_never_zero():
    chart = regions.chart(course(point(5, asymmetry=None)))
    assert chart.table.rows[0][1] == "not measured"
    assert "0\N{NO-BREAK SPACE}%" not in chart.summary


def test_figure_is_plain_json_with_named_colours_only():
    text = json.dumps(regions.chart(course(point(5), point(9))).figure)
    assert "bdata" not in text
    assert not re.search(r'"#[0-9a-f]{3,8}"', text)


def test_each_region_keeps_its_own_value():
    mixed = point(5)
    mixed.asymmetry.update({Region.BROW: 10.0, Region.EYE: -20.0, Region.MOUTH: None})
    figure = regions.chart(course(mixed)).figure
    assert [traces(figure, name)[0]["y"][0] for name in ("Brow", "Eye", "Mouth")] == [10.0, -20.0, None]
