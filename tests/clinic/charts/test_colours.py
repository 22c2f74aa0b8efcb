"""Left and right are told apart by people who see fewer colours, in light and dark; their lines differ as well."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest

from clinic.charts import measures, trend

# What linear RGB looks like without one kind of cone: Vienot, Brettel and Mollon 1999.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deuteranopia": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
APART = 40  # CIE 1976 colour difference; 2.3 is just seen, and neighbouring words for colours lie about 20 apart


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ rgb / (TO_XYZ @ np.ones(3))
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(lab(SIGHT[sight] @ linear(one)) - lab(SIGHT[sight] @ linear(other))))


def test_measure_of_difference_knows_black_white_and_red_with_green() -> None:
    assert apart("#000000", "#ffffff", "full") == pytest.approx(100, abs=0.1)
    assert apart("#b06000", "#7b7b00", "full") > 2 * apart("#b06000", "#7b7b00", "deuteranopia")


@pytest.mark.parametrize(("theme", "sight"), list(product([0, 1], SIGHT)), ids=str)
def test_left_and_right_stay_apart(theme: int, sight: str, settings: Any) -> None:
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    left, right = (re.findall(rf"--{side}: (#[0-9a-f]{{6}});", css) for side in ("left", "right"))
    assert len(left) == len(right) == 2  # light and dark
    assert apart(left[theme], right[theme], sight) > APART


def test_colour_is_never_the_only_difference() -> None:
    left, right = (trend.side_line(measures.eye_gap("gentle", side), side) for side in ("left", "right"))
    assert left.name != right.name
    assert left.look["line"].get("dash") != right.look["line"].get("dash")
    assert left.look["marker"].get("symbol") != right.look["marker"].get("symbol")
