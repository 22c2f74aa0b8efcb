"""The tables of figures as Markdown, and their place in a README."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from analysis.evaluation.score import Scores

README: Final = Path(__file__).parents[1] / "README.md"
BEGIN: Final = "<!-- figures: written by `python -m analysis evaluate`, do not edit -->"
END: Final = "<!-- figures end -->"

Columns = Mapping[str, Mapping[str, Scores]]  # models -> group of videos -> scores


def tables(columns: Columns, version: str) -> str:
    """One table of figures and one per action unit; a column for each set of models and group of videos."""
    heads = [(models, group) for models, groups in columns.items() for group in groups]
    titles = [f"{group}, {models}" for models, group in heads]
    scores = [columns[models][group] for models, group in heads]
    return "\n".join(
        [BEGIN, "", f"Code version {version}.", "", *_figures(titles, scores), "", *_units(titles, scores), END, ""]
    )


def replace(path: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put a text, its marks included, in the place of what stands between them. Raises ValueError without marks."""
    page = path.read_text(encoding="utf-8")
    before, mark, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not mark or not last:
        raise ValueError(f"{path} has no place for the figures")
    after = after.lstrip("\n")
    path.write_text(before + text + ("\n" + after if after else ""), encoding="utf-8")


def _figures(titles: list[str], scores: list[Scores]) -> list[str]:
    rows = [["figure", *titles], ["---"] * (len(titles) + 1)]
    rows.append(["videos (measured)", *(f"{s.videos} ({s.measured})" for s in scores)])
    rows.append(["action units, mean PCC / ICC(3,1) / MAE", *(_triple(s) for s in scores)])
    names = dict.fromkeys(name for s in scores for name in s.figures)
    rows += [[name, *(_number(s.figures.get(name)) for s in scores)] for name in names]
    return [_row(cells) for cells in rows]


def _units(titles: list[str], scores: list[Scores]) -> list[str]:
    rows = [["unit: PCC / ICC(3,1) / MAE", *titles], ["---"] * (len(titles) + 1)]
    for name in dict.fromkeys(name for s in scores for name in s.units):
        cells = [s.units.get(name) for s in scores]
        rows.append([name, *("-" if c is None else f"{c.pcc:.3f} / {c.icc:.3f} / {c.mae:.3f}" for c in cells)])
    return [_row(cells) for cells in rows]


def _triple(scores: Scores) -> str:
    mean = scores.mean
    return f"{mean.pcc:.3f} / {mean.icc:.3f} / {mean.mae:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
