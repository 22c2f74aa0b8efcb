"""The median course: what is joined, what has a band, and the same numbers in words and as a table."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from clinic.charts import cohort
from clinic.services.cohorts import Bin
from tests.clinic.charts.courses import traces


def found(first_day: int, median: float, quartiles: tuple[float, float] | None = None, patients: int = 5) -> Bin:
    lower, upper = quartiles or (None, None)
    return Bin(first_day, first_day + 30, patients, median, lower, upper)


def drawn(*bins: Bin, is_ordinal: bool = False) -> dict[str, Any]:
    return cohort.chart(key="x", title="X", bins=bins, is_ordinal=is_ordinal).figure


def test_shares_are_drawn_in_percent_at_the_middle_of_their_days() -> None:
    figure = drawn(found(0, 0.6, (0.5, 0.7)), found(30, 0.4, (0.3, 0.5)))
    assert traces(figure, "median")[0]["x"] == [15, 45]
    assert traces(figure, "median")[0]["y"] == [60, 40]
    lower, upper = traces(figure, "middle half")
    assert (lower["y"], upper["y"], upper["fill"]) == ([50, 30], [70, 50], "tonexty")


def test_grades_keep_for_all_days_of_a_bin_and_never_slope() -> None:
    figure = drawn(found(0, 4.0, (3.0, 5.0)), found(30, 2.0, (2.0, 2.0)), is_ordinal=True)
    for trace in [*traces(figure, "median course"), *traces(figure, "middle half")]:
        for (x0, y0), (x1, y1) in pairwise(zip(trace["x"], trace["y"], strict=True)):
            assert y0 == y1 or x0 == x1
        assert all(y == int(y) for y in trace["y"])


def test_no_line_crosses_days_in_which_nobody_was_measured() -> None:
    figure = drawn(found(0, 0.6), found(30, 0.5), found(90, 0.2))
    assert [trace["x"] for trace in traces(figure, "median course")] == [[15, 45], [90, 120]]


def test_few_patients_have_an_open_marker_and_no_band() -> None:
    figure = drawn(found(0, 0.6, (0.5, 0.7)), found(30, 0.5), found(60, 0.4, (0.3, 0.5)))
    colours = traces(figure, "median")[0]["marker"]["color"]
    assert colours[0] == colours[2] != colours[1]
    assert [trace["x"] for trace in traces(figure, "middle half")] == [[0, 30], [0, 30], [60, 90], [60, 90]]


def test_words_and_table_tell_the_same_as_the_picture() -> None:
    chart = cohort.chart(
        key="hb", title="Grade", bins=[found(0, 5.0, (4.0, 6.0)), found(30, 3.0, patients=1)], is_ordinal=True
    )
    assert chart.summary == "Median III on days 30 to 59 (1 patient); at first V on days 0 to 29 (5 patients)."
    assert chart.table.rows == (("0 to 29", "5", "V", "IV to VI"), ("30 to 59", "1", "III", "too few patients"))


def test_empty_cohort_is_said_not_drawn() -> None:
    chart = cohort.chart(key="x", title="X", bins=[], is_ordinal=False)
    assert "Nobody in this cohort has been measured" in chart.summary
    assert chart.table.rows == () and traces(chart.figure, "median")[0]["x"] == []
