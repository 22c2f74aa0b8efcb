"""The weights registry as its pages show it: systems with what is in use, one file with its card, one trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from analysis.contracts import PublishedSystem, is_experimental
from clinic.models import ClinicianGrade, Organisation, TrialRecording, Video, WeightsFile, WeightsTrial
from clinic.models.grading import GradingScale
from clinic.models.weights import OFF_UNLESS_CHOSEN, SYSTEM_TITLES, TrialState, WeightsState
from clinic.selectors import answers
from clinic.services import trials
from clinic.services import weights as service
from clinic.templatetags.quantities import ROMAN
from clinic.weight_cards import Shipped

SHOWN_RECORDINGS = 30
_TELLING_POINTS = 1.0  # of the frames of a recording, from which two ways of finding the face are called different
PURPOSES = {
    PublishedSystem.PALSYNET: "House-Brackmann grade and mouth motions, from clips of a movement",
    PublishedSystem.DEM: "Action unit intensities of both half faces, from differences between frames",
    PublishedSystem.PHCNN_LSTM: "Three severity levels, from the face and two strips of it",
    PublishedSystem.FUSION: "Palsy or none, from single frames",
    PublishedSystem.INTEGRATED: "Which detected faces count, in finding the face that everything else is measured on",
}


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One published system on the registry's first page."""

    system: str
    title: str
    purpose: str
    is_on: bool
    active: WeightsFile | None  # approved
    others: tuple[WeightsFile, ...]
    shipped: Shipped | None = None  # came with the program, used or not
    uses_shipped: bool = True
    needs_choice: bool = False  # off until somebody switches it on

    @property
    def runs_shipped(self) -> bool:
        return self.is_on and self.active is None and self.shipped is not None and self.uses_shipped

    @property
    def is_run(self) -> bool:
        return self.is_on and (self.active is not None or self.runs_shipped)


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    interval: str
    baseline: str


@dataclass(frozen=True, slots=True)
class Tested:
    """What one table of the card's metrics says."""

    title: str
    counted: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    facts: tuple[tuple[str, str], ...]
    tested: tuple[Tested, ...]
    sizes: tuple[tuple[str, str], ...]
    is_synthetic: bool
    is_experimental: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One recording of a trial."""

    recording: TrialRecording
    record_number: str
    recorded_at: datetime
    candidate: str
    active: str
    landmarks: str
    clinicians: str
    words: str  # how the two weights differ
    is_different: bool


@dataclass(frozen=True, slots=True)
class TrialView:
    trial: WeightsTrial
    rows: tuple[Difference, ...]
    done: int
    failed: int
    different: int

    @property
    def is_open(self) -> bool:
        return self.done + self.failed < len(self.rows)


def systems(organisation: Organisation) -> list[SystemRow]:
    every: dict[str, list[WeightsFile]] = {}
    for weights in WeightsFile.objects.filter(organisation=organisation).select_related("imported_by"):
        every.setdefault(weights.system, []).append(weights)
    return [
        SystemRow(
            system=row.system.value,
            title=SYSTEM_TITLES[row.system],
            purpose=PURPOSES[row.system],
            is_on=row.is_on,
            active=row.weights,
            others=tuple(w for w in every.get(row.system.value, ()) if w.state != WeightsState.APPROVED),
            shipped=row.shipped,
            uses_shipped=row.uses_shipped,
            needs_choice=row.system in OFF_UNLESS_CHOSEN,
        )
        for row in service.in_use(organisation)
    ]


def system(organisation: Organisation, name: str) -> SystemRow | None:
    """One published system with the weights that shipped for it; None where none did."""
    return next((row for row in systems(organisation) if row.system == name and row.shipped), None)


def files_of(organisation: Organisation) -> QuerySet[WeightsFile]:
    return WeightsFile.objects.filter(organisation=organisation).select_related("organisation", "imported_by")


def trials_of(weights: WeightsFile) -> list[Any]:
    return list(
        weights.trials.select_related("asked_by").annotate(
            asked=Count("recordings"),
            finished=Count("recordings", filter=Q(recordings__state__in=[TrialState.DONE, TrialState.FAILED])),
        )[:10]
    )


def card(stated: Mapping[str, Any]) -> CardView:
    """What a card says, imported or shipped."""
    training = stated["training"]
    facts = [
        ("Trained on", str(training["data"])),
        ("In one word", str(training["word"])),
        ("Split", str(training["split"])),
        ("Licences of the data", str(training["licences"])),
        ("Code", str(training["commit"])),
        ("Intended use", stated["intended_use"]),
        ("Not for", stated["not_for"]),
        ("Licence of the weights", stated["weights_licence"]),
        ("Source", stated["url"]),
        ("Preprocessing", stated["preprocess"]),
        ("Parameters", f"{stated['parameters']:,}"),
    ]
    word = str(training["word"]).lower()
    sizes = tuple((name, _plain(value)) for name, value in (stated["config"].get("cfg") or {}).items())
    return CardView(tuple(facts), _tested(stated["metrics"]), sizes, "synthetic" in word, is_experimental(stated))


def recordings(organisation: Organisation) -> list[Video]:
    """What a trial may choose from: the newest measured recordings."""
    return list(trials.candidates(organisation)[:SHOWN_RECORDINGS])


def trial(trial: WeightsTrial) -> TrialView:
    rows = list(trial.recordings.select_related("video__session__patient").order_by("video__session__recorded_at"))
    graded = _clinicians({row.video.session_id for row in rows})
    measured = _landmarks({row.video_id for row in rows})
    shown = tuple(_difference(row, measured.get(row.video_id), graded.get(row.video.session_id, ())) for row in rows)
    return TrialView(
        trial=trial,
        rows=shown,
        done=sum(row.state == TrialState.DONE for row in rows),
        failed=sum(row.state == TrialState.FAILED for row in rows),
        different=sum(row.is_different for row in shown),
    )


def _difference(row: TrialRecording, landmark: int | None, clinicians: tuple[int, ...]) -> Difference:
    candidate, active = (answers.view(r) if r else None for r in (row.candidate, row.active))
    words, is_different = _words(row)
    return Difference(
        recording=row,
        record_number=row.video.session.patient.record_number,
        recorded_at=row.video.session.recorded_at,
        candidate=candidate.summary if candidate else "",
        active=active.summary if active else "nothing in use" if row.state == TrialState.DONE else "",
        landmarks=f"Grade {ROMAN[landmark - 1]}" if landmark else "no grade",
        clinicians=", ".join(ROMAN[grade - 1] for grade in clinicians) or "not graded",
        words=words,
        is_different=is_different,
    )


def _words(row: TrialRecording) -> tuple[str, bool]:
    if row.state == TrialState.FAILED:
        return row.problem, False
    if row.state != TrialState.DONE:
        return row.get_state_display(), False
    candidate, active = row.candidate, row.active
    if not active or not candidate:
        return "nothing to compare with", False
    for target, far in ((answers.GRADE, "grade"), (answers.LEVEL, "level")):
        pair = [answers.value_of(r, target) for r in (candidate, active)]
        if None not in pair:
            steps = int(pair[0]) - int(pair[1])
            return (_steps(steps, far), steps != 0)
    pair = [answers.value_of(r, answers.PALSY) for r in (candidate, active)]
    if None not in pair:
        points = round(100 * (float(pair[0]) - float(pair[1])))
        crossed = (float(pair[0]) >= 0.5) != (float(pair[1]) >= 0.5)
        return (f"{points:+d} points" + (", another verdict" if crossed else ""), crossed)
    if candidate["system"] == PublishedSystem.INTEGRATED:
        return _found(candidate, active)
    same = answers.view(candidate).summary == answers.view(active).summary
    return ("the same" if same else "another answer", not same)


def _found(candidate: Mapping[str, Any], active: Mapping[str, Any]) -> tuple[str, bool]:
    """Two ways of finding the face: in how many more frames, and whether the landmarks then give another grade."""
    shares = [answers.value_of(r, answers.FACES) for r in (candidate, active)]
    if None in shares:
        return "not measured with it", True
    points = 100 * (float(shares[0]) - float(shares[1]))
    grades = [r["answers"][0]["parts"].get("grade") for r in (candidate, active)]
    words = f"{points:+.1f} points of frames" if round(points, 1) else "as many frames"
    if grades[0] != grades[1]:
        return f"{words}, another grade", True
    return words, abs(points) >= _TELLING_POINTS


def _steps(steps: int, noun: str) -> str:
    if not steps:
        return "the same"
    count = abs(steps)
    return f"{count} {noun}{'s' if count > 1 else ''} {'worse' if steps > 0 else 'better'}"


def _clinicians(session_ids: set[UUID]) -> dict[UUID, tuple[int, ...]]:
    found: dict[UUID, tuple[int, ...]] = {}
    grades = ClinicianGrade.objects.current().filter(session__in=session_ids, scale=GradingScale.HOUSE_BRACKMANN)
    for session_id, value in grades.values_list("session_id", "value"):
        found[session_id] = (*found.get(session_id, ()), int(value))
    return found


def _landmarks(video_ids: set[UUID]) -> dict[UUID, int | None]:
    current = Video.objects.filter(pk__in=video_ids, runs__assessment__is_current=True)
    return dict(current.values_list("pk", "runs__assessment__hb_grade"))


def _tested(metrics: Mapping[str, Any]) -> tuple[Tested, ...]:
    tables = {name: value for name, value in metrics.items() if isinstance(value, dict)}
    loose = {name: value for name, value in metrics.items() if not isinstance(value, dict)}
    if loose:
        tables = {"As stated": loose, **tables}
    return tuple(_table(title, table) for title, table in tables.items())


def _table(title: str, table: Mapping[str, Any]) -> Tested:
    counts = [f"{table[name]:,} {name}" for name in ("examples", "people") if isinstance(table.get(name), int)]
    rest = {name: value for name, value in table.items() if name not in ("examples", "people")}
    return Tested(title, ", ".join(counts), tuple(_figure(name, value) for name, value in rest.items()))


def _figure(name: str, value: Any) -> Figure:
    if not isinstance(value, dict):
        return Figure(name, _plain(value), "", "")
    low, high = value.get("low"), value.get("high")
    interval = f"{_plain(low)} to {_plain(high)}" if low is not None and high is not None else ""
    base = value.get("baseline")
    return Figure(name, _plain(value.get("value", "")), interval, "" if base is None else _plain(base))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(v) for v in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return str(value)
