"""The papers' tables in the package's README: our figures on other data, beside the published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.evaluation.page import replace
from analysis.training.published import PUBLISHED
from analysis.training.results import Figure, Result
from analysis.training.systems.base import System


def put(path: Path, system: System, table: str, facts: Mapping[str, Any], rows: Mapping[str, Sequence[Result]]) -> None:
    """Between the marks of this table. Raises ValueError when the page has no place for it."""
    begin, end = marks(system.name, table)
    parts = [begin, "", *markdown(system, table, facts, rows), end, ""]
    replace(path, "\n".join(parts), begin, end)


def expect_place(path: Path, system: System, table: str) -> None:
    """Raises ValueError when the page has no place for the table: to be asked before hours of training."""
    page = path.read_text(encoding="utf-8")
    if any(mark not in page for mark in marks(system.name, table)):
        raise ValueError(f"{path} has no place for the table {table} of {system.name}")


def marks(system: str, table: str) -> tuple[str, str]:
    begin = f"<!-- {system} {table}: written by `python -m analysis ablate {system} --table {table}`, do not edit -->"
    return begin, f"<!-- {system} {table} ends -->"


def markdown(system: System, table: str, facts: Mapping[str, Any], rows: Mapping[str, Sequence[Result]]) -> list[str]:
    """A line on what was trained how, and a table for everything that was judged."""
    published = PUBLISHED.get((system.name, table), {})
    lines = [_of_training(facts, flat(type(system)().stated())), ""]
    for title in dict.fromkeys(result.title for results in rows.values() for result in results):
        found = {row: result for row, results in rows.items() for result in results if result.title == title}
        names = list(dict.fromkeys(name for result in found.values() for name in result.figures))
        heads = [f"{title}: row", "published, other data", *(f"{name} here" for name in names), f"majority {names[0]}"]
        lines += [_row(heads), _row(["---"] * len(heads))]
        for row, result in found.items():
            cells = [_cell(result.figures.get(name)) for name in names]
            lines.append(_row([row, published.get(row, "-"), *cells, _baseline(result.figures.get(names[0]))]))
        lines.append("")
    return lines


def _of_training(facts: Mapping[str, Any], published: Mapping[str, Any]) -> str:
    """What was trained on what, and every setting that is not the published one."""
    data = "synthetic faces" if facts["datasets"] == ["synthetic"] else ", ".join(facts["datasets"])
    used = flat(facts["configuration"]) | {name: facts[name] for name in ("epochs", "batch") if facts[name]}
    other = [_setting(name, value) for name, value in used.items() if name != "epochs" and value != published[name]]
    changed = f" Not as published: {', '.join(other)}." if other else ""
    trained = f"{facts['people']} people, {facts['protocol']}, {used['epochs']} epochs, patience {facts['patience']}"
    return f"{data}: {trained}, seed {facts['seed']}.{changed}"


def _setting(name: str, value: Any) -> str:
    return f"`{name}={tuple(value) if isinstance(value, list) else value}`"


def flat(configuration: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """`{"cfg": {"width": 16}}` as `{"cfg.width": 16}`, the way `--set` names settings."""
    found: dict[str, Any] = {}
    for name, value in configuration.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _baseline(figure: Figure | None) -> str:
    return "-" if figure is None or figure.baseline is None else f"{figure.baseline:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
