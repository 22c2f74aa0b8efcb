"""The co-occurrence matrices and their differences as heat maps (Niu et al., equations 7-9)."""

from __future__ import annotations

from typing import Any

from clinic.charts import style, words
from clinic.charts.rows import Chart, Matrix, Table

HEIGHT = 340
CORRELATED = 0.3  # a difference beyond this counts, unless unaffected faces show the pair too (Niu et al., algorithm 2)
SEQUENTIAL = [[0, "var(--chart-heat-0)"], [0.5, "var(--chart-heat-1)"], [1, "var(--chart-heat-2)"]]
DIVERGING = [[0, "var(--chart-div-low)"], [0.5, "var(--chart-div-mid)"], [1, "var(--chart-div-high)"]]


def chart(matrix: Matrix) -> Chart:
    made = style.figure(
        [_cells(matrix)],
        height=HEIGHT,
        margin={"l": 44, "r": 8, "t": 4, "b": 44},
        plot_bgcolor=style.MISSING,
        xaxis=_names(matrix, "given", tickangle=-90),
        yaxis=_names(matrix, "follows", autorange="reversed"),
        shapes=_outlines(matrix),
        dragmode=False,
    )
    return Chart(
        key=matrix.key,
        title=matrix.title,
        figure=style.plain(made),
        height=HEIGHT,
        summary=_summary(matrix),
        table=_table(matrix),
        notes=(matrix.meaning,),
    )


def _cells(matrix: Matrix) -> dict[str, Any]:
    low = -1 if matrix.is_difference else 0
    return {
        "type": "heatmap",
        "x": list(matrix.names),
        "y": list(matrix.names),
        "z": [[None if v is None else round(v, 2) for v in row] for row in matrix.values],
        "zmin": low,
        "zmax": 1,
        "xgap": 1,
        "ygap": 1,
        "colorscale": DIVERGING if matrix.is_difference else SEQUENTIAL,
        "showscale": False,  # one key for all stands in the page; plotly's own breaks the content security policy
        "hoverongaps": True,
        "hovertemplate": "%{y} when %{x} is active: %{z}<extra></extra>",
    }


def _names(matrix: Matrix, title: str, **extra: Any) -> dict[str, Any]:
    fixed = {"type": "category", "showgrid": False, "fixedrange": True, "dtick": 1, "ticks": ""}
    return style.axis(**fixed, **extra, tickfont={"size": 9, "color": style.MUTED})


def _outlines(matrix: Matrix) -> list[dict[str, Any]]:
    """A frame round every cell that counts, so that colour is not the only sign."""
    line = {"color": style.INK, "width": 1.5}
    return [
        {"type": "rect", "name": "counts", "x0": j - 0.5, "x1": j + 0.5, "y0": i - 0.5, "y1": i + 0.5, "line": line}
        for i, j in sorted(matrix.marked)
    ]


def _summary(matrix: Matrix) -> str:
    measured = [(v, i, j) for i, row in enumerate(matrix.values) for j, v in enumerate(row) if v is not None and i != j]
    if not measured:
        return "No action unit was active, so nothing can be said."
    if matrix.is_difference:
        found = sorted(((i, j, matrix.values[i][j]) for i, j in matrix.marked), key=lambda cell: -abs(cell[2] or 0))
        if not found:
            return f"No difference beyond {CORRELATED} that counts."
        named = ", ".join(f"{matrix.names[i]} when {matrix.names[j]} ({v:+.2f})" for i, j, v in found[:4])
        more = " …" if len(found) > 4 else ""
        return f"{words.count(len(found), 'difference')} beyond {CORRELATED}: {named}{more}"
    value, i, j = max(measured)
    return f"Strongest: {matrix.names[i]} when {matrix.names[j]} is active, {value:.2f}."


def _table(matrix: Matrix) -> Table:
    rows = tuple(
        (name, *["–" if v is None else f"{v:.2f}" for v in row])
        for name, row in zip(matrix.names, matrix.values, strict=True)
    )
    return Table(("follows \\ given", *matrix.names), rows)
