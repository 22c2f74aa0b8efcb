"""Figures of the report page, as Plotly figure dictionaries."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from analysis.training.results import Result

# Blue and orange differ for every kind of colour vision; the marks differ as well.
_MODEL: Final = "#1f5f99"
_BASELINE: Final = "#c45a00"
_LAYOUT: Final = {"template": "plotly_white", "font": {"size": 14}, "margin": {"l": 60, "r": 20, "t": 50, "b": 60}}


def confusion(result: Result) -> dict[str, Any]:
    """Counts, with the share of each true class as colour; rows are the truth."""
    assert result.confusion is not None
    shares = [[count / max(1, sum(row)) for count in row] for row in result.confusion]
    heat = {
        "type": "heatmap",
        "z": shares,
        "x": result.classes,
        "y": result.classes,
        "text": result.confusion,
        "texttemplate": "%{text}",
        "colorscale": "Blues",
        "zmin": 0,
        "zmax": 1,
        "colorbar": {"title": {"text": "share"}},
        "hovertemplate": "truth %{y}, predicted %{x}: %{text}<extra></extra>",
    }
    axes = {
        "xaxis": {"title": {"text": "predicted"}, "type": "category"},
        "yaxis": {"title": {"text": "truth"}, "type": "category", "autorange": "reversed"},
    }
    return {"data": [heat], "layout": {**_LAYOUT, **axes, "title": {"text": "Confusion matrix"}}}


def per_person(result: Result) -> dict[str, Any]:
    """F1 of each tested person, beside what the majority class would have got."""
    people = list(result.per_person)
    bars = {
        "type": "bar",
        "name": "weighted F1",
        "x": people,
        "y": [result.per_person[p]["weighted F1"] for p in people],
        "marker": {"color": _MODEL},
    }
    line = {
        "type": "scatter",
        "mode": "markers",
        "name": "accuracy of the majority class",
        "x": people,
        "y": [result.per_person[p]["majority"] for p in people],
        "marker": {"color": _BASELINE, "symbol": "line-ew-open", "size": 16, "line": {"width": 3}},
    }
    axes = {"xaxis": {"type": "category"}, "yaxis": {"range": [0, 1.05]}}
    return {"data": [bars, line], "layout": {**_LAYOUT, **axes, "title": {"text": "Each tested person"}}}


def table_bars(result: Result) -> dict[str, Any]:
    """Correlation of each action unit with the truth."""
    units = list(result.table)
    names = {"ICC(3,1)": (_MODEL, ""), "PCC": (_BASELINE, "/")}
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": units,
            "y": [result.table[u].get(name) for u in units],
            "marker": {"color": colour, "pattern": {"shape": pattern}},
        }
        for name, (colour, pattern) in names.items()
    ]
    return {
        "data": bars,
        "layout": {**_LAYOUT, "yaxis": {"range": [-0.2, 1.05]}, "title": {"text": "Each action unit"}},
    }


def references(result: Result) -> dict[str, Any]:
    """Accuracy against the number of references."""
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [int(m) for m in result.curve],
        "y": list(result.curve.values()),
        "line": {"color": _MODEL},
    }
    axes = {"xaxis": {"title": {"text": "references m"}, "dtick": 1}, "yaxis": {"title": {"text": "accuracy"}}}
    return {
        "data": [line],
        "layout": {**_LAYOUT, **axes, "title": {"text": "Accuracy against the number of references"}},
    }


def learning(logs: Mapping[str, Sequence[Path]]) -> dict[str, Any]:
    """Loss of every stage and fold over epochs."""
    lines = []
    for stage, paths in logs.items():
        for path in paths:
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            lines.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{stage}, {path.parent.name}",
                    "x": [int(row["epoch"]) for row in rows],
                    "y": [float(row["loss"]) for row in rows],
                }
            )
    axes = {"xaxis": {"title": {"text": "epoch"}}, "yaxis": {"title": {"text": "training loss"}, "type": "log"}}
    return {"data": lines, "layout": {**_LAYOUT, **axes, "title": {"text": "Learning"}}}


def ablation(name: str, figure: str, values: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    """One figure of merit of every variant, with its interval."""
    labels = list(values)
    bars = {
        "type": "bar",
        "x": labels,
        "y": [values[v]["value"] for v in labels],
        "marker": {"color": _MODEL},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [_reach(values[v]["high"], values[v]["value"]) for v in labels],
            "arrayminus": [_reach(values[v]["value"], values[v]["low"]) for v in labels],
        },
    }
    axes = {"yaxis": {"title": {"text": figure}}, "xaxis": {"type": "category"}}
    return {"data": [bars], "layout": {**_LAYOUT, **axes, "title": {"text": name}}}


def _reach(above: float | None, below: float | None) -> float:
    return 0.0 if above is None or below is None else above - below
