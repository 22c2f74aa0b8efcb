"""Names that charts and pages share."""

from __future__ import annotations

import pytest

from analysis.contracts import AU_NAMES, Exercise
from clinic.charts import words


def test_everything_that_the_analysis_names_has_its_words() -> None:
    assert set(words.ACTION_UNITS) == set(AU_NAMES)
    assert set(words.EXERCISES) == set(Exercise)


@pytest.mark.parametrize(
    ("share", "told"), [(0.0, "under 1 %"), (0.01, "1 %"), (0.625, "62 %"), (0.99, "99 %"), (0.9901, "over 99 %")]
)
def test_probability_is_never_none_and_never_all(share: float, told: str) -> None:
    assert words.probable(share) == told.replace(" %", f"{words.PERCENT}")


@pytest.mark.parametrize(("value", "told"), [(68.14, "68.1"), (91.525, "91.5"), (100.0, "100"), (0.0, "0")])
def test_score_has_tenths_at_the_most(value: float, told: str) -> None:
    assert words.points(value) == told
