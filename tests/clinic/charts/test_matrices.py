import json

from clinic.charts import matrices
from clinic.charts.rows import Matrix

NAMES = ("AU6", "AU12", "AU43")
SAME = Matrix("ll", "Left given left", "meaning", NAMES, ((1.0, 0.25, None), (0.5, 1.0, None), (0.0, 0.0, None)))
DIFFERENCE = Matrix(
    "rl",
    "Right minus left",
    "meaning",
    NAMES,
    ((0.0, 0.45, None), (-0.6, 0.3, None), (0.1, -0.31, None)),
    is_difference=True,
    marked=frozenset({(0, 1), (2, 1)}),
)


def cells(matrix: Matrix) -> dict:
    return matrices.chart(matrix).figure["data"][0]


def test_axes_carry_the_names_of_the_action_units():
    assert list(cells(SAME)["x"]) == list(cells(SAME)["y"]) == list(NAMES)
    assert matrices.chart(SAME).figure["layout"]["yaxis"]["autorange"] == "reversed"


def test_what_was_never_active_stays_empty_on_grey():
    figure = matrices.chart(SAME).figure
    assert [row[2] for row in figure["data"][0]["z"]] == [None, None, None]
    assert figure["layout"]["plot_bgcolor"] == "var(--chart-missing)"


def test_difference_scale_is_centred_at_zero():
    assert (cells(DIFFERENCE)["zmin"], cells(DIFFERENCE)["zmax"]) == (-1, 1)
    assert cells(DIFFERENCE)["colorscale"][1][0] == 0.5
    assert (cells(SAME)["zmin"], cells(SAME)["zmax"]) == (0, 1)


def test_cells_that_count_are_framed():
    frames = matrices.chart(DIFFERENCE).figure["layout"]["shapes"]
    assert {(round(f["x0"] + 0.5), round(f["y0"] + 0.5)) for f in frames} == {(1, 0), (1, 2)}
    assert len(matrices.chart(SAME).figure["layout"].get("shapes", ())) == 0


def test_summary_names_the_strongest_cell():
    assert "AU12 when AU6 is active, 0.50" in matrices.chart(SAME).summary
    assert (
        "2 differences beyond 0.3: AU6 when AU12 (+0.45), AU43 when AU12 (-0.31)" in matrices.chart(DIFFERENCE).summary
    )


def test_table_shows_a_dash_where_nothing_was_measured():
    assert matrices.chart(SAME).table.rows[0] == ("AU6", "1.00", "0.25", "–")
    json.dumps(matrices.chart(SAME).figure)
