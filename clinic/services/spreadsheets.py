"""Comma-separated files that a spreadsheet may open: no cell of theirs is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Texts that would begin a formula get an apostrophe before them; numbers stay numbers; None is empty."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(headers)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return file.getvalue()


def safe(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA):
        return f"'{cell}"
    return cell
