"""Both sides of one signal over the video: left solid, right dashed, exercises as named spans, apexes as lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinic.charts import style
from clinic.charts.rows import Curves, Signal

HEIGHT = 340
INTENSITY = "0-5"  # the unit of an action unit


def figure(curves: Curves, name: str) -> dict[str, object]:
    """The picture of one signal; another one needs only its `y` and its vertical axis exchanged (see `panel`)."""
    signal = next(s for s in curves.signals if s.name == name)
    marks = [(i, span) for i, span in enumerate(curves.spans)]
    made = style.figure(
        [
            _side("left", curves.time_s, signal.left, style.LEFT, "solid"),
            _side("right", curves.time_s, signal.right, style.RIGHT, "dash"),
        ],
        height=HEIGHT,
        margin={"l": 44, "r": 12, "t": 26, "b": 40},
        xaxis=style.titled("seconds", range=[0, _end(curves)], nticks=8),
        yaxis=vertical(signal),
        shapes=[*[_shade(i, span.start_s, span.end_s) for i, span in marks], *_apexes(curves)],
        annotations=[_name(span.number, span.label, span.start_s, span.end_s) for span in curves.spans],
        hovermode="x unified",
        dragmode=False,
    )
    return style.plain(made)


def vertical(signal: Signal) -> dict[str, Any]:
    """The vertical axis of a signal: fixed for intensities, so that pictures compare; its own range otherwise."""
    if signal.unit == INTENSITY:
        return style.titled(f"{signal.name} intensity (0-5)", range=[-0.1, 5.1], dtick=1, fixedrange=True)
    return style.titled(f"{signal.label} ({signal.unit})", autorange=True, fixedrange=True, rangemode="tozero")


def panel(curves: Curves, name: str) -> dict[str, object]:
    """All that the session page's player needs, in one JSON object."""
    return {
        "figure": figure(curves, name),
        "selected": name,
        "time_s": list(curves.time_s),
        "every": curves.every,
        "spans": [[s.start_s, s.end_s, s.label] for s in curves.spans],
        "signals": {
            s.name: {"label": s.label, "left": list(s.left), "right": list(s.right), "yaxis": vertical(s)}
            for s in curves.signals
        },
    }


def file_headers(curves: Curves) -> list[str]:
    sides = [f"{s.name} {side} ({s.unit})" for s in curves.signals for side in ("left", "right")]
    return ["time (s)", "exercise", *sides]


def file_rows(curves: Curves) -> Iterator[list[str | float | None]]:
    """One row a frame; a frame that was not measured has its time and empty cells."""
    columns = [values for s in curves.signals for values in (s.left, s.right)]
    for i, time_s in enumerate(curves.time_s):
        shown = next((s.label for s in curves.spans if s.start_s <= time_s < s.end_s), None)
        yield [time_s, shown, *[column[i] for column in columns]]


def strongest(curves: Curves) -> str | None:
    """The signal to show first: the action unit in which the two sides differ most, else the first one there is."""

    def gap(signal: Signal) -> float:
        pairs = zip(signal.left, signal.right, strict=True)
        return sum(abs(left - right) for left, right in pairs if left is not None and right is not None)

    intensities = [s for s in curves.signals if s.unit == INTENSITY]
    if intensities:
        return max(intensities, key=gap).name
    return curves.signals[0].name if curves.signals else None


def _end(curves: Curves) -> float:
    ends = [*curves.time_s[-1:], *[s.end_s for s in curves.spans]]
    return max(ends, default=1.0)


def _side(side: str, time_s: tuple[float, ...], values: tuple[float | None, ...], colour: str, dash: str) -> Any:
    return {
        "type": "scatter",
        "name": f"{side} side",
        "mode": "lines",
        "x": list(time_s),
        "y": list(values),
        "connectgaps": False,
        "line": {"color": colour, "width": 2, "dash": dash},
        "hovertemplate": "%{y:.2f}",
    }


def _shade(index: int, start: float, end: float) -> dict[str, Any]:
    """Every second exercise is shaded, so that neighbours can be told apart."""
    colour = style.SPAN if index % 2 == 0 else style.TRANSPARENT
    place = {"x0": start, "x1": end, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "rect", "name": "exercise", "layer": "below", "line": {"width": 0}, "fillcolor": colour, **place}


def _apexes(curves: Curves) -> list[dict[str, Any]]:
    line = {"color": style.MUTED, "width": 1, "dash": "dot"}
    return [
        {
            "type": "line",
            "name": "apex",
            "x0": s.apex_s,
            "x1": s.apex_s,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": line,
        }
        for s in curves.spans
        if s.apex_s is not None
    ]


def _name(number: int, label: str, start: float, end: float) -> dict[str, Any]:
    """The exercise's name above its span; the page shortens it to its number where the name does not fit."""
    place = {"x": (start + end) / 2, "y": 1, "yref": "paper", "yanchor": "bottom"}
    return style.note(label, name=f"span-{number}", hovertext=label, **place)
