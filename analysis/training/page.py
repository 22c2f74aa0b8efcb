"""The report page of a run: one HTML file with figures, Plotly's script beside it; nothing from elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import plotly.io
from plotly.offline import get_plotlyjs

from analysis.training import figures
from analysis.training.results import Figure, Result

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { border: 1px solid #999; padding: .3rem .7rem; }
th { text-align: left; background: #eef2f6; } td { font-variant-numeric: tabular-nums; }
.note { background: #fff4e0; border-left: .4rem solid #c45a00; padding: .6rem 1rem; }
"""
_WARNING = "Research use. Estimated measurements, not a diagnosis."


def write_run(
    folder: Path,
    title: str,
    facts: Mapping[str, Any],
    published: str,
    results: Sequence[Result],
    logs: Mapping[str, Sequence[Path]],
) -> Path:
    """`report.html` of one run in its folder; gives its path."""
    parts = [
        _facts(facts),
        _note(_of_data(facts)),
        f"<p>Published: {escape(published)}. Other data, so not comparable.</p>",
    ]
    for result in results:
        parts += _result(result)
    if logs:
        parts += ["<h2>Learning</h2>", _drawn(figures.learning(logs))]
    return _write(folder / "report.html", title, parts)


def write_ablation(
    folder: Path, title: str, facts: Mapping[str, Any], published: str, variants: Mapping[str, Sequence[Result]]
) -> Path:
    """`ablation.html`: a row a variant, a table and a figure for each thing that was judged."""
    parts = [
        _facts(facts),
        _note(_of_data(facts)),
        f"<p>Published: {escape(published)}. Other data, so not comparable.</p>",
    ]
    for judged in dict.fromkeys(result.title for results in variants.values() for result in results):
        rows = {name: r for name, results in variants.items() for r in results if r.title == judged}
        names = list(dict.fromkeys(name for r in rows.values() for name in r.figures))
        table = [
            [variant, *(_figure(r.figures[n]) if n in r.figures else "" for n in names)] for variant, r in rows.items()
        ]
        values = {v: dataclasses.asdict(r.figures[names[0]]) for v, r in rows.items()}
        parts += [f"<h2>{escape(judged)}</h2>", _table(["variant", *names], table)]
        parts.append(_drawn(figures.ablation(judged, names[0], values)))
    return _write(folder / "ablation.html", title, parts)


def _result(result: Result) -> list[str]:
    rows = [[name, _figure(f), "" if f.baseline is None else f"{f.baseline:.3f}"] for name, f in result.figures.items()]
    parts = [
        f"<h2>{escape(result.title)}</h2>",
        f"<p>{result.examples} examples of {result.people} people, tested by networks that never saw them "
        "(unless the protocol above says otherwise).</p>",
        _table(["figure", "value (95 % interval over people)", "baseline"], rows),
    ]
    if result.confusion is not None:
        parts += [_drawn(figures.confusion(result)), _drawn(figures.per_person(result))]
    if result.table:
        names = list(next(iter(result.table.values())))
        body = [
            [unit, *("" if (v := row[n]) is None else f"{v:.3f}" for n in names)] for unit, row in result.table.items()
        ]
        parts += [_table(["unit", *names], body), _drawn(figures.table_bars(result))]
    if result.curve:
        parts.append(_drawn(figures.references(result)))
    return parts


def _of_data(facts: Mapping[str, Any]) -> str:
    if facts.get("datasets") == ["synthetic"]:
        return "All faces are synthetic. These figures say that the system learns; nothing about people."
    return _WARNING


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _facts(facts: Mapping[str, Any]) -> str:
    return _table(["", ""], [[name, str(value)] for name, value in facts.items()])


def _figure(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f} (too few people for an interval)"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _drawn(figure: dict[str, Any]) -> str:
    html: str = plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, default_height="26rem")
    return html


def _write(path: Path, title: str, parts: Sequence[str]) -> Path:
    (path.parent / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{_STYLE}</style><script src="plotly.min.js"></script></head><body><h1>{escape(title)}</h1>'
        f"{''.join(parts)}<footer><p>{_WARNING}</p></footer></body></html>"
    )
    path.write_text(page, encoding="utf-8")
    return path
