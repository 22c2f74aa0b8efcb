"""Grades by hand beside what the machine says: the grading page, and what counts as a session's record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from clinic.charts import words
from clinic.grading import arithmetic
from clinic.grading.tables import Item, Option, Part, Table, table
from clinic.models import Assessment, ClinicianGrade, GradeDraft, Patient, Session, User, Video
from clinic.models.grading import GradingScale
from clinic.selectors import reports, sides
from clinic.selectors.sides import SideView

MACHINE_SCALES = {GradingScale.SUNNYBROOK: "sunnybrook", GradingScale.EFACE: "auto_eface"}
NO_MACHINE = "no estimate"


@dataclass(frozen=True, slots=True)
class Machine:
    """What one analysis says on one scale; `value` None where it says nothing."""

    value: float | None
    words: str
    items: Mapping[str, float | None]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One final grade or an earlier version of one."""

    pk: UUID
    rater: str
    is_own: bool
    value: float
    words: str
    at: datetime
    version: int
    is_current: bool
    how: str  # blinded or not, in words
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the form with what is filled in."""

    item: Item
    value: str
    chosen: Option | None


@dataclass(frozen=True, slots=True)
class Rows:
    part: Part
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ItemDifference:
    name: str
    own: str
    machine: str
    words: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is shown once the own grade is saved."""

    own: GradeLine
    others: tuple[GradeLine, ...]
    history: tuple[GradeLine, ...]  # every version of everybody, newest first
    machine: Machine
    difference: str
    items: tuple[ItemDifference, ...]
    agreement: str
    record: Record


@dataclass(frozen=True, slots=True)
class ScaleTab:
    scale: str
    name: str
    state: str  # "graded", "draft" or ""
    is_shown: bool


@dataclass(frozen=True, slots=True)
class GradePage:
    session: Session
    video: Video | None
    segments: tuple[reports.SegmentRow, ...]  # where to look in the video; carries no measured value
    table: Table
    tabs: tuple[ScaleTab, ...]
    rows: tuple[Rows, ...]
    note: str
    draft_at: datetime | None
    revealed: Revealed | None
    machine: Machine | None  # before the own grade: only where the rater does not work blinded
    side: SideView | None  # whether left and right of the video hold

    @property
    def run(self) -> None:
        """The player draws curves of a run; beside a grading form there are none, for they are the machine's values."""

    @property
    def measured(self) -> GradePage:
        return self


@dataclass(frozen=True, slots=True)
class Record:
    """What counts on one scale. `state`: "one" (a clinician's grade), "differ" (raters differ), "none"."""

    scale: str
    name: str
    state: str
    words: str  # the grade, or who says what
    value: float | None
    by: str
    at: datetime | None
    machine: str

    @property
    def sentence(self) -> str:
        beside = f" (machine: {self.machine})"
        if self.state == "one":
            on = f" on {self.at.day} {self.at:%b %Y}" if self.at else ""
            return f"{self.name} {self.words} by {self.by}{on}{beside}"
        if self.state == "differ":
            return f"{self.name}: raters differ, {self.words}{beside}"
        return f"{self.name}: not graded by a clinician{beside}"


def value_words(scale: str, value: float) -> str:
    """III, or 62 of 100."""
    if scale == GradingScale.HOUSE_BRACKMANN:
        return words.roman(int(value))
    return f"{words.points(value)} of 100"


def page(
    *,
    session: Session,
    rater: User,
    scale: str,
    is_blinded: bool,
    typed: Mapping[str, Any] | None = None,
    is_edit: bool = False,
) -> GradePage:
    """The form with the draft, the own grade or what was typed; the rest of what is known once the own is saved."""
    grades = list(session.grades.select_related("rater").order_by("graded_at", "version"))
    drafts = {d.scale: d for d in GradeDraft.objects.filter(session=session, rater=rater)}
    video = session.videos.order_by("-created_at").first()
    assessment = _assessment(video)
    chosen, draft = table(scale), drafts.get(scale)
    own = _own(grades, rater, scale)
    filled = typed if typed is not None else draft.items if draft else own.items if own and is_edit else {}
    note = str(typed.get("note", "")) if typed is not None else draft.note if draft else own.note if own else ""
    told = machine(scale, assessment)
    return GradePage(
        session=session,
        video=video,
        segments=_places(assessment),
        table=chosen,
        tabs=_tabs(scale, grades, drafts, rater),
        rows=tuple(Rows(part, tuple(_row(item, filled) for item in part.items)) for part in chosen.parts),
        note=note,
        draft_at=draft.saved_at if draft else None,
        revealed=_revealed(chosen, own, grades, told, session) if own else None,
        machine=told if not is_blinded and own is None else None,
        side=sides.of(session, video, assessment) if video else None,
    )


def _assessment(video: Video | None) -> Assessment | None:
    return Assessment.objects.filter(run__video=video, is_current=True).first() if video else None


def _places(assessment: Assessment | None) -> tuple[reports.SegmentRow, ...]:
    """Exercises by their start alone: neither how far anything moved nor how sure the machine was."""
    bare = {"movement": None, "apex_s": None, "confidence": 0.0}
    stored = assessment.report.get("segments") or () if assessment else ()
    return reports.segments({"segments": [{**s, **bare} for s in stored]})


def _own(grades: Iterable[ClinicianGrade], rater: User, scale: str) -> ClinicianGrade | None:
    return next((g for g in grades if g.is_current and g.scale == scale and g.rater_id == rater.pk), None)


def _tabs(
    shown: str, grades: Sequence[ClinicianGrade], drafts: Mapping[str, GradeDraft], rater: User
) -> tuple[ScaleTab, ...]:
    def state(scale: str) -> str:
        return "graded" if _own(grades, rater, scale) else "draft" if scale in drafts else ""

    return tuple(ScaleTab(s.value, s.label, state(s.value), s.value == shown) for s in GradingScale)


def _row(item: Item, filled: Mapping[str, Any]) -> Row:
    value = str(filled.get(item.key, ""))
    return Row(item, value, next((o for o in item.options if o.code == value), None))


def machine(scale: str, assessment: Assessment | None) -> Machine:
    if assessment is None:
        return Machine(None, NO_MACHINE, {}, "The video has not been measured.")
    if scale == GradingScale.HOUSE_BRACKMANN:
        return _machine_grade(assessment.hb_grade, assessment.hb_probabilities)
    stored = (assessment.report.get("scales") or {}).get(MACHINE_SCALES[GradingScale(scale)])
    if not stored:
        return Machine(None, NO_MACHINE, {}, "The machine gives no value on this scale.")
    items = {key: item.get("value") for key, item in (stored.get("items") or {}).items()}
    total, missing = stored.get("total"), stored.get("missing") or ()
    if total is None:
        named = ", ".join(words.exercise(m).lower() for m in missing)
        return Machine(None, "no total", items, f"Not measured: {named}." if named else "Some items were not measured.")
    return Machine(total, value_words(scale, total), items)


def _machine_grade(grade: int | None, probabilities: Sequence[float] | None) -> Machine:
    if grade is None:
        return Machine(None, NO_MACHINE, {}, "The video does not show enough for an estimate.")
    share = f", {words.probable(probabilities[grade - 1])} probable" if probabilities else ""
    return Machine(float(grade), f"{words.roman(grade)}{share}", {"grade": float(grade)})


def _line(grade: ClinicianGrade, own: ClinicianGrade) -> GradeLine:
    hidden = "blinded" if grade.blinded else "machine values shown" if grade.version == 1 else "after comparison"
    seen = ", results opened before" if grade.blinded and grade.seen_before else ""
    return GradeLine(
        pk=grade.pk,
        rater=grade.rater_name,
        is_own=grade.rater_id == own.rater_id,
        value=grade.value,
        words=value_words(grade.scale, grade.value),
        at=grade.graded_at,
        version=grade.version,
        is_current=grade.is_current,
        how=hidden + seen,
        note=grade.note,
    )


def _revealed(
    chosen: Table, own: ClinicianGrade, grades: Sequence[ClinicianGrade], told: Machine, session: Session
) -> Revealed:
    of_scale = [g for g in grades if g.scale == chosen.scale]
    current = [g for g in of_scale if g.is_current]
    return Revealed(
        own=_line(own, own),
        others=tuple(_line(g, own) for g in current if g.pk != own.pk),
        history=tuple(_line(g, own) for g in reversed(of_scale)),
        machine=told,
        difference=difference(chosen, own, told),
        items=_item_differences(chosen, own.items, told),
        agreement=agreement(chosen.scale, [g.value for g in current]),
        record=record(chosen.scale, current, told, session),
    )


def difference(chosen: Table, own: ClinicianGrade, told: Machine) -> str:
    """The machine against the own grade, in words. eFACE is compared over the items that both have."""
    if told.value is None:
        return told.reason
    if chosen.scale == GradingScale.HOUSE_BRACKMANN:
        apart = int(told.value - own.value)
        if not apart:
            return "The machine's estimate is the same grade."
        worse = "worse" if apart > 0 else "better"
        return f"The machine's estimate is {words.count(abs(apart), 'grade')} {worse} than yours."
    mine = own.value if chosen.scale == GradingScale.SUNNYBROOK else _over_shared(chosen, own.items)
    over = "" if chosen.scale == GradingScale.SUNNYBROOK else f" over the items that both have (yours: {mine:.0f})"
    apart = round(told.value - mine)
    if not apart:
        return f"The machine's score is the same{over}."
    way = "higher (better)" if apart > 0 else "lower (worse)"
    return f"The machine's score is {words.count(abs(apart), 'point')} {way} than yours{over}."


def _over_shared(chosen: Table, items: Mapping[str, Any]) -> float:
    shared = [p for i in chosen.items if i.machine and (p := arithmetic.points(i, items.get(i.key))) is not None]
    return sum(shared) / len(shared)


def _item_differences(chosen: Table, items: Mapping[str, Any], told: Machine) -> tuple[ItemDifference, ...]:
    """Item by item, in points. House-Brackmann has one item, which the sentence tells."""
    if chosen.scale == GradingScale.HOUSE_BRACKMANN:
        return ()
    return tuple(
        _item_difference(item, arithmetic.points(item, items.get(item.key)), told.items.get(item.machine))
        for item in chosen.items
        if item.machine
    )


def _item_difference(item: Item, own: float | None, told: float | None) -> ItemDifference:
    part = {"voluntary": "movement", "resting": "at rest"}.get(item.part, item.part)
    name = f"{item.name}, {part}"
    if own is None or told is None:
        return ItemDifference(name, _points(own), _points(told), "cannot be compared")
    apart = told - own
    said = (
        "same"
        if abs(apart) < 0.5
        else f"machine {words.count(round(abs(apart)), 'point')} {'more' if apart > 0 else 'less'}"
    )
    return ItemDifference(name, _points(own), _points(told), said)


def _points(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.0f}"


def agreement(scale: str, values: Sequence[float]) -> str:
    """How far several raters agree; never a mean."""
    if len(values) < 2:
        return "You are the only rater so far."
    low, high = min(values), max(values)
    lowest, highest = value_words(scale, low), value_words(scale, high)
    if low == high:
        return f"All {len(values)} raters agree: {lowest}."
    unit = "grade" if scale == GradingScale.HOUSE_BRACKMANN else "point"
    return f"{len(values)} raters differ: {lowest} to {highest}, {words.count(round(high - low) or 1, unit)} apart."


def record(scale: str, current: Sequence[ClinicianGrade], told: Machine, session: Session) -> Record:
    """The grade of who reviewed the session; else the only one, or the one that all give; else raters differ."""
    name = GradingScale(scale).label
    counts = next((g for g in current if session.reviewed_by_id and g.rater_id == session.reviewed_by_id), None)
    if counts is None and len({g.value for g in current}) == 1:
        counts = max(current, key=lambda g: g.graded_at)
    if counts is not None:
        by = " and ".join(g.rater_name for g in current if g.value == counts.value and g.pk != counts.pk)
        who = f"{counts.rater_name}{f', as {by}' if by else ''}"
        said = value_words(scale, counts.value)
        return Record(scale, name, "one", said, counts.value, who, counts.graded_at, told.words)
    if current:
        said = ", ".join(f"{value_words(scale, g.value)} ({g.rater_name})" for g in current)
        return Record(scale, name, "differ", said, None, "", None, told.words)
    return Record(scale, name, "none", "", None, "", None, told.words)


def ungraded(rater: User) -> QuerySet[Session]:
    """Measured sessions of the own patients without the own House-Brackmann grade, newest first."""
    given = ClinicianGrade.objects.filter(rater=rater, scale=GradingScale.HOUSE_BRACKMANN).values("session_id")
    waiting = Session.objects.filter(patient__in=Patient.objects.cared_for_by(rater).exclude(user=rater))
    return (
        waiting.filter(assessments__is_current=True)
        .exclude(pk__in=given)
        .select_related("patient", "episode")
        .distinct()
        .order_by("-recorded_at", "pk")
    )


def records_of(session: Session) -> tuple[Record, ...]:
    """With the current result of the newest video beside them."""
    return records(session, _assessment(session.videos.order_by("-created_at").first()))


def records(session: Session, assessment: Assessment | None) -> tuple[Record, ...]:
    """On every scale that somebody graded; House-Brackmann always."""
    current = list(session.grades.filter(is_current=True).select_related("rater"))
    found = []
    for scale in GradingScale:
        given = [g for g in current if g.scale == scale]
        if given or scale == GradingScale.HOUSE_BRACKMANN:
            found.append(record(scale.value, given, machine(scale.value, assessment), session))
    return tuple(found)
