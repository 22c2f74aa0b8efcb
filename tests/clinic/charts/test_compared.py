"""Two visits over each other: told apart by weight, halves by colour and dash."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.contracts import AU_NAMES
from clinic.charts import compared, style


@pytest.mark.parametrize(("side", "colour", "dash"), [("left", style.LEFT, "solid"), ("right", style.RIGHT, "dash")])
def test_both_visits_have_the_colour_of_the_half_and_the_later_one_is_stronger(
    side: str, colour: str, dash: str
) -> None:
    earlier, later = compared.figure(side)["data"]  # type: ignore[misc]
    lines: list[Any] = [earlier["line"], later["line"]]
    assert {(line["color"], line["dash"]) for line in lines} == {(colour, dash)}
    assert lines[0]["width"] < lines[1]["width"]
    assert (earlier["name"], later["name"]) == ("A", "B")


def test_axis_names_the_phases() -> None:
    axis: Any = compared.figure("left")["layout"]["xaxis"]  # type: ignore[index]
    assert dict(zip(axis["tickvals"], axis["ticktext"], strict=True)) == {0: "onset", 1: "apex", 2: "offset"}


def test_every_exercise_with_a_unit_has_one_that_is_measured() -> None:
    assert set(compared.MAIN.values()) <= set(AU_NAMES)
    assert (compared.main_unit("smile_open"), compared.main_unit("speech"), compared.main_unit("later")) == (
        "AU12",
        "",
        "",
    )
