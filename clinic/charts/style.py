"""The look that all charts share. Colours are names of CSS custom properties; the page's theme resolves them."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

LEFT, RIGHT = "var(--chart-left)", "var(--chart-right)"
LEFT_SOFT, RIGHT_SOFT = "var(--chart-left-soft)", "var(--chart-right-soft)"
LEFT_BAND, RIGHT_BAND = "var(--chart-left-band)", "var(--chart-right-band)"
INK, MUTED, GRID, ZERO = "var(--chart-ink)", "var(--chart-muted)", "var(--chart-grid)", "var(--chart-zero)"
ACCENT, ACCENT_SOFT, BAND = "var(--chart-accent)", "var(--chart-accent-soft)", "var(--chart-band)"
OTHERS, HAND = "var(--chart-others)", "var(--chart-hand)"
EVENT, EVENT_SOFT, BREAK = "var(--chart-event)", "var(--chart-event-soft)", "var(--chart-break)"
SURFACE, MISSING, SPAN = "var(--chart-surface)", "var(--chart-missing)", "var(--chart-span)"
TRANSPARENT = "rgba(0,0,0,0)"
SMALL = 11  # pixels


def figure(traces: Iterable[Any], **layout: Any) -> go.Figure:
    """A figure in the house look; `layout` adds to it."""
    return go.Figure(
        data=list(traces),
        layout={
            "template": "none",
            "autosize": True,
            "paper_bgcolor": TRANSPARENT,
            "plot_bgcolor": TRANSPARENT,
            "font": {"size": 12, "color": INK},
            "hoverlabel": {"align": "left", "bgcolor": SURFACE, "bordercolor": GRID, "font": {"color": INK}},
            "showlegend": False,
            "dragmode": "zoom",
            **layout,
        },
    )


def axis(**extra: Any) -> dict[str, Any]:
    return {
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "ticks": "",
        "linecolor": GRID,
        "tickfont": {"size": SMALL, "color": MUTED},
        "title": {"font": {"size": SMALL, "color": MUTED}, "standoff": 8},
        **extra,
    }


def titled(text: str, **extra: Any) -> dict[str, Any]:
    """An axis with a title."""
    made = axis(**extra)
    return {**made, "title": {**made["title"], "text": text}}


def note(text: str, **where: Any) -> dict[str, Any]:
    """Small text on the picture, no arrow. Bold by weight: a tag would become a style attribute, which CSP forbids."""
    font = {"size": SMALL, "color": where.pop("color", MUTED), "weight": where.pop("weight", 400)}
    return {"text": text, "showarrow": False, "font": font, **where}


def escaped(text: str) -> str:
    """plotly reads a few tags in texts; what people typed must not be read so."""
    return html.escape(text, quote=False)


def plain(made: go.Figure) -> dict[str, object]:
    """What travels to the browser: JSON types only, lists instead of packed arrays."""
    data = made.to_plotly_json()
    return {"data": data["data"], "layout": data["layout"]}


def with_legend(traces: Iterable[dict[str, Any]], hidden: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Every name stands in the legend once and switches all of its traces; `hidden` ones stand nowhere."""
    seen, shown = set(hidden), []
    for trace in traces:
        name = str(trace.get("name", ""))
        shown.append({**trace, "legendgroup": name, "showlegend": name not in seen})
        seen.add(name)
    return shown


LEGEND = {
    "showlegend": True,
    "legend": {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "font": {"size": SMALL, "color": INK},
        "bgcolor": TRANSPARENT,
        "itemdoubleclick": "toggle",
    },
}
