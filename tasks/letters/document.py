"""One report as PDF: its parts in the order in which a clinician reads them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, Spacer, Table, TableStyle

from clinic.letters import words
from clinic.letters.rows import Content
from clinic.letters.words import Column
from tasks.letters import charts, look, sheets
from tasks.letters.look import paragraph
from tasks.letters.stills import Still, stills_of

SESSIONS_A_TABLE = 4
STILLS_A_ROW = 5

Item = TypeVar("Item")
Section = Callable[[Content], list[Flowable]]


@dataclass(frozen=True, slots=True)
class Drawn:
    pdf: bytes
    pages: int
    holds_images: bool


def draw(content: Content) -> Drawn:
    """The report as it is issued."""
    look.register_fonts()
    pictures = {source: stills_of(source) for source in content.stills}
    story: list[Flowable] = [*_opening(content)]
    for name in content.sections:
        if name == "stills":
            story += _stills(content, list(pictures.values()))
        else:
            story += SECTIONS[name](content)
        if name == "summary" and content.comment:
            story += _section(content, "comment", [paragraph(content.comment)])
    if content.comment and "summary" not in content.sections:
        story += _section(content, "comment", [paragraph(content.comment)])
    story += _closing(content)
    pdf, pages = sheets.build(content, story)
    return Drawn(pdf, pages, holds_images=any(pictures.values()))


def _by(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """In groups of this size."""
    return [items[i : i + size] for i in range(0, len(items), size)]


def _section(content: Content, name: str, body: Sequence[Flowable | list[Flowable]]) -> list[Flowable]:
    """A heading stays with what follows it; a list in `body` is kept on one page."""
    if not body:
        return []
    heading = paragraph(content.profile.headings[name], look.HEADING)
    first, *rest = [part if isinstance(part, list) else [part] for part in body]
    return [KeepTogether([heading, *first]), *(KeepTogether(part) if len(part) > 1 else part[0] for part in rest)]


def _opening(content: Content) -> Iterator[Flowable]:
    yield paragraph(content.title, look.TITLE)
    yield _identifiers(content)
    yield Spacer(1, 3 * mm)
    yield paragraph(content.profile.opening, look.SMALL)


def _identifiers(content: Content) -> Table:
    subject, episode = content.subject, content.episode
    cells = [("Record number", subject.record_number)]
    if content.profile.names_person:
        born = words.long_day(subject.birth_date) if subject.birth_date else "not recorded"
        cells = [("Name", subject.name), *cells, ("Born", born)]
    if episode:
        sides = {"left": "left side", "right": "right side", "both": "both sides", "none": "no side"}
        cells.append(("Episode", f"{episode.cause}, {sides[episode.side]}"))
        cells.append(("First day", f"{words.long_day(episode.onset)} ({episode.days} days ago)"))
    number = f"no. {content.number} of {words.long_day(content.made_at.date())}"
    cells.append(("Report", number + (f", replaces no. {content.replaces}" if content.replaces else "")))
    cells.append(("Issued by", content.made_by))
    rows: list[list[Any]] = [
        [[paragraph(name, look.LABEL), paragraph(value, look.VALUE)] for name, value in row] for row in _by(cells, 3)
    ]
    rows[-1] += [""] * (3 - len(rows[-1]))
    table = Table(rows, colWidths=[look.WIDTH / 3] * 3)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), look.SOFT),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 7),
                ("TOPPADDING", (0, 0), (-1, -1), 4),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return table


def _summary(content: Content) -> list[Flowable]:
    return _section(content, "summary", [paragraph(content.summary, look.LEAD)])


def _charts(content: Content) -> list[Flowable]:
    drawn = charts.pictures(content)
    wide = [_picture(p) for p in drawn if p.wide]
    small = [_picture(p) for p in drawn if not p.wide]
    body: list[Flowable | list[Flowable]] = [*wide]
    for pair in _by(small, 2):
        cells = [*pair, *([""] * (2 - len(pair)))]
        table = Table([cells], colWidths=[look.WIDTH / 2] * 2)
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
        body.append(table)
    return _section(content, "charts" if content.is_course else "charts_one", body)


def _picture(picture: charts.Picture) -> list[Flowable]:
    return [
        paragraph(picture.title, look.CHART_TITLE),
        picture.drawing,
        paragraph(picture.note, look.SMALL),
    ]


def _table(content: Content) -> list[Flowable]:
    columns = words.table(content.profile, content.sessions, content.changes)
    blocks = list(_by(range(len(content.sessions)), SESSIONS_A_TABLE))
    body: list[Flowable] = []
    for block in blocks:
        body += [_block(content, columns, block, with_change=block == blocks[-1] and content.is_course), Spacer(1, 5)]
    note = (
        f"{words.DASH}: not measured; the reasons stand below. "
        "MDC95: the smallest change of one person that a repeat does not show by chance."
    )
    return _section(content, "table", [*body, paragraph(note, look.SMALL)])


def _block(content: Content, columns: Sequence[Column], block: Sequence[int], *, with_change: bool) -> Table:
    """Measures downwards, sessions across."""
    head = ["Measure", "MDC95"]
    for i in block:
        row = content.sessions[i]
        day = "" if row.day is None else f"day {row.day}\n"
        head.append(f"{day}{row.on.day} {row.on:%b %Y}")
    head += ["Change"] if with_change else []
    rows: list[list[Any]] = [[paragraph(text, look.HEAD_CELL) for text in head]]
    for column in columns:
        cells = [column.mdc95, *(column.cells[i] for i in block), *([column.change] if with_change else [])]
        rows.append([_measure(column), *(paragraph(cell, look.CELL) for cell in cells)])
    name, error, change = 40 * mm, 18 * mm, 22 * mm
    change = change if with_change else 0
    each = min((look.WIDTH - name - error - change) / len(block), 34 * mm)
    return _ruled(rows, [name, error, *[each] * len(block), *([change] if with_change else [])])


def _measure(column: Column) -> Paragraph:
    unit = f' <font color="{look.MUTED.hexval().replace("0x", "#")}">({look.clean(column.unit)})</font>'
    return Paragraph(look.clean(column.name) + unit, look.CELL)


def _ruled(rows: Sequence[list[Any]], widths: Sequence[float]) -> Table:
    table = Table(rows, colWidths=list(widths), repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, look.ACCENT),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, look.RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 2.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
            ]
        )
    )
    return table


def _plain_table(head: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> Table:
    cells: list[list[Any]] = [[paragraph(text, look.HEAD_CELL) for text in head]]
    cells += [[paragraph(text, look.CELL) for text in row] for row in rows]
    return _ruled(cells, [share * look.WIDTH for share in shares])


def _changes(content: Content) -> list[Flowable]:
    rows = words.changes(content.profile, content.changes)
    if not rows:
        told = "Fewer than two sessions could be measured, so there is nothing to compare."
        return _section(content, "changes", [paragraph(told)]) if content.is_course else []
    head = ("Measure", "First", "Latest", "Change", "Why")
    return _section(content, "changes", [_plain_table(head, rows, (0.19, 0.19, 0.19, 0.17, 0.26))])


def _treatments(content: Content) -> list[Flowable]:
    rows = [
        (
            t.label,
            t.kind if t.kind != t.label else "",
            words.long_day(t.started_on),
            words.long_day(t.ended_on) if t.ended_on else "no end recorded",
        )
        for t in content.course.treatments
    ]
    body: list[Flowable] = [_plain_table(("Treatment", "Kind", "From", "Until"), rows, (0.36, 0.24, 0.2, 0.2))]
    return _section(content, "treatments", body if rows else [paragraph("None recorded.")])


def _missing(content: Content) -> list[Flowable]:
    body: list[Flowable] = [_plain_table(("What", "Why"), content.missing, (0.5, 0.5))]
    return _section(content, "missing", body if content.missing else [paragraph("Everything was measured.")])


def _provenance(content: Content) -> list[Flowable]:
    rows = [(row.what, row.told) for row in content.provenance]
    rows.append(("This report", f"drawn by Seventh {content.code_version or 'of an unknown version'}"))
    return _section(content, "provenance", [_plain_table(("What", "How"), rows, (0.26, 0.74))])


def _stills(content: Content, taken: Sequence[Sequence[Still]]) -> list[Flowable]:
    body: list[Flowable | list[Flowable]] = []
    for source, pictures in zip(content.stills, taken, strict=True):
        if pictures:
            title = paragraph(words.long_day(source.on), look.CHART_TITLE)
            rows = [_still_row(row) for row in _by(pictures, STILLS_A_ROW)]
            body += [[title, rows[0]], *rows[1:]]
    why = content.no_stills or "The recordings of these sessions give no pictures."
    note = (
        "The middle of rest, and the moment of the greatest movement of each exercise. Upright, as others see the face."
    )
    return _section(content, "stills", [*body, paragraph(note, look.SMALL)] if body else [paragraph(why)])


def _still_row(pictures: Sequence[Still]) -> Table:
    width = look.WIDTH / STILLS_A_ROW
    cells = [[_fitted(p, width - 8), paragraph(p.label, look.LABEL)] for p in pictures]
    table = Table([[*cells, *[""] * (STILLS_A_ROW - len(cells))]], colWidths=[width] * STILLS_A_ROW)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ]
        )
    )
    return table


def _fitted(still: Still, width: float) -> Image:
    scale = min(width / still.width, 46 * mm / still.height)
    return Image(io.BytesIO(still.jpeg), still.width * scale, still.height * scale, hAlign="LEFT")


def _closing(content: Content) -> list[Flowable]:
    return [KeepTogether([Spacer(1, 5 * mm), paragraph(content.profile.closing, look.SMALL)])]


SECTIONS: dict[str, Section] = {
    "summary": _summary,
    "charts": _charts,
    "table": _table,
    "changes": _changes,
    "treatments": _treatments,
    "missing": _missing,
    "provenance": _provenance,
}
