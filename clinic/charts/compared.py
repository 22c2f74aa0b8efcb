"""One exercise of two visits over each other: a picture for each half, its curves filled in by the page.

The horizontal axis is the phase of the movement: onset 0, apex 1, offset 2, so that a slow smile lies on a quick one.
"""

from __future__ import annotations

from typing import Any

from analysis.contracts import Exercise
from clinic.charts import style

HEIGHT = 340
MAIN = {  # the unit that an exercise asks for, shown first
    Exercise.BROW_RAISE: "AU2",
    Exercise.EYE_CLOSURE_GENTLE: "AU45",
    Exercise.EYE_CLOSURE_TIGHT: "AU45",
    Exercise.SMILE_CLOSED: "AU12",
    Exercise.SMILE_OPEN: "AU12",
    Exercise.PUCKER: "AU18",
    Exercise.LOWER_LIP_DEPRESS: "AU16",
    Exercise.SNARL: "AU9",
}
_SIDES = {"left": (style.LEFT, "solid"), "right": (style.RIGHT, "dash")}


def figure(side: str) -> dict[str, object]:
    """The earlier visit thin and pale, the later one strong; the half's own colour and dash for both."""
    colour, dash = _SIDES[side]
    made = style.figure(
        [_curve("A", colour, dash, width=1.5, opacity=0.6), _curve("B", colour, dash, width=3, opacity=1)],
        height=HEIGHT,
        margin={"l": 44, "r": 24, "t": 12, "b": 36},
        xaxis=style.axis(range=[0, 2], tickvals=[0, 1, 2], ticktext=["onset", "apex", "offset"], fixedrange=True),
        yaxis=style.titled("", range=[-0.1, 5.1], fixedrange=True),
        hovermode="x unified",
        dragmode=False,
    )
    return style.plain(made)


def main_unit(exercise: str) -> str:
    """Empty for what is no prescribed movement, or comes from a later version."""
    try:
        return MAIN.get(Exercise(exercise), "")
    except ValueError:
        return ""


def _curve(name: str, colour: str, dash: str, *, width: float, opacity: float) -> dict[str, Any]:
    line = {"color": colour, "width": width, "dash": dash}
    shown = {"mode": "lines", "connectgaps": False, "hovertemplate": "%{y:.2f}"}
    return {"type": "scatter", "name": name, "x": [], "y": [], "line": line, "opacity": opacity, **shown}
