"""House-Brackmann grades as three severity levels (Liu et al. 2020, table I)."""

from __future__ import annotations

from analysis.contracts import SEVERITY_LEVELS as LEVELS


def severity_level(grade: int) -> int:
    """Level 1-3 of a House-Brackmann grade. Raises ValueError for a grade outside 1-6."""
    if grade not in LEVELS:
        raise ValueError(f"a House-Brackmann grade is 1-6, not {grade}")
    return LEVELS[grade]
