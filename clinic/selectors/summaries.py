"""What a patient would read about one session, in plain words, before a clinician releases it.

Careful by rule: estimates are called estimates, no grade and no score is named, a change is one only beyond the
measurement error, and a comparison is made only with a session that was released as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from analysis.contracts import Region
from clinic.charts.rows import CoursePoint
from clinic.comparison import Verdict
from clinic.models import Assessment, Release, Session
from clinic.selectors import courses, flags
from clinic.selectors.flags import Flag
from clinic.selectors.verdicts import GRADE, Judged, judge

ABOUT_EQUAL = 10.0  # per cent of asymmetry that is called equal where the measurement error is not known
PARTS = {Region.BROW: "Forehead and brows", Region.EYE: "Eyes", Region.MOUTH: "Mouth and cheeks"}
_PART_OF = {GRADE: "Overall", **{region.value: part for region, part in PARTS.items()}}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the summary: what it is about, and the sentence."""

    part: str
    sentence: str
    tone: str = ""  # of the change: better, same, less, open


@dataclass(frozen=True, slots=True)
class Summary:
    measured: tuple[Told, ...]
    changes: tuple[Told, ...]
    compared_with: str  # the day of the earlier session, ISO; empty without one

    @property
    def compared_on(self) -> date | None:
        return date.fromisoformat(self.compared_with) if self.compared_with else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, with_changes: bool = True) -> Summary:
        """`with_changes`: false hides a comparison with a session that is not released any more."""
        told = [Told(**line) for line in data["changes"]] if with_changes else []
        measured = tuple(Told(**line) for line in data["measured"])
        return cls(measured, tuple(told), data["compared_with"] if with_changes else "")


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be released now."""

    assessment: Assessment
    baseline: Release | None
    summary: Summary
    flags: tuple[Flag, ...]  # what the clinician should know before


def draft(session: Session) -> Draft | None:
    """Of the newest current result of the session; None when nothing was measured."""
    assessment = Assessment.objects.filter(session=session, is_current=True).order_by("-created_at", "-pk").first()
    if assessment is None:
        return None
    baseline = baseline_of(session)
    before = _point(baseline.assessment) if baseline and baseline.assessment else None
    summary = summary_of(_point(assessment), before, _facts(assessment))
    stored_side = session.episode.side if session.episode else None
    return Draft(assessment, baseline, summary, flags.of_assessment(_flag_row(assessment), stored_side))


def baseline_of(session: Session) -> Release | None:
    """The first released session of the same episode before this one, as long as its result still holds."""
    earlier = Release.objects.filter(
        session__patient=session.patient_id,
        session__episode=session.episode_id,
        session__recorded_at__lt=session.recorded_at,
        withdrawn_at=None,
        assessment__is_current=True,
    )
    return earlier.select_related("assessment").order_by("session__recorded_at", "pk").first()


def summary_of(now: CoursePoint, before: CoursePoint | None, facts: Mapping[str, Any]) -> Summary:
    """`facts`: eye_safety, synkinesis_present and quality_score of the newer result."""
    measured = [Told(PARTS[region], _region(region, now)) for region in Region]
    measured += _eye_closure(facts.get("eye_safety") or {}) + _coming_along(facts["synkinesis_present"])
    if facts["quality_score"] < flags.POOR_VIDEO:
        measured.append(Told("The video", "It was hard to measure, so everything here is less certain than usual."))
    told = tuple(_change(found) for found in judge(before, now)) if before else ()
    return Summary(tuple(measured), told, before.on.isoformat() if before else "")


def _region(region: Region, now: CoursePoint) -> str:
    value = now.asymmetry.get(region)
    if value is None:
        return "This could not be measured in this recording."
    error = now.errors.get(region)
    if abs(value) <= max(error.mdc95 if error else ABOUT_EQUAL, 1.0):
        return "Both sides moved about equally."
    less, other = ("right", "left") if value > 0 else ("left", "right")
    share = round((100 - min(abs(value), 100)) / 10) * 10
    much = f"about {share} % as much as the {other} side" if share else f"very little compared with the {other} side"
    return f"The {less} side moved {much}."


def _eye_closure(eye_safety: Mapping[str, Any]) -> list[Told]:
    gentle = eye_safety.get("gentle")
    if not gentle:
        return []
    open_eyes = [side for side in flags.SIDES if flags.eye_stays_open(_only(eye_safety, side))]
    if not open_eyes:
        both_known = all(gentle.get(f"flag_{side}") is False for side in flags.SIDES)
        closed = "Both eyes closed, as far as the video shows. Do not stop protecting an eye without asking us."
        return [Told("Closing the eyes", closed)] if both_known else []
    which = "Both eyes stayed" if len(open_eyes) == 2 else f"The {open_eyes[0]} eye stayed"
    care = (
        "Please go on protecting it as your clinic told you" if len(open_eyes) == 1 else "Please go on protecting them"
    )
    return [Told("Closing the eyes", f"{which} a little open. {care}, and ask us if you are not sure how.")]


def _only(eye_safety: Mapping[str, Any], side: str) -> dict[str, Any]:
    """The same for one eye."""
    kept = {effort: eye_safety.get(effort) or {} for effort in flags.EFFORTS}
    return {effort: {f"flag_{side}": shown.get(f"flag_{side}")} for effort, shown in kept.items()}


def _coming_along(present: bool | None) -> list[Told]:
    if not present:
        return []
    words = "Some parts of the face moved along with others. This is common while a facial nerve recovers, and can be"
    return [Told("Moving along", f"{words} worked on; your clinician will explain what it means for you.")]


_WORDS = {
    Verdict.BETTER: ("better", "More even than then."),
    Verdict.WORSE: (
        "less",
        "Less even than then. One recording alone says little; your clinician looks at this with you.",
    ),
    Verdict.WITHIN_NOISE: ("same", "No change that is larger than the measurement error."),
}
_OF_GRADE = {
    Verdict.BETTER: ("better", "The estimate for the whole face is better than then."),
    Verdict.WORSE: (
        "less",
        "The estimate for the whole face is less good than then; your clinician looks at this with you.",
    ),
}


def _change(found: Judged) -> Told:
    part = _PART_OF[found.name]
    if found.verdict is Verdict.CANNOT_TELL:
        return Told(part, "This cannot be compared.", "open")
    tone, sentence = (_OF_GRADE if found.name == GRADE else {}).get(found.verdict) or _WORDS[found.verdict]
    return Told(part, sentence, tone)


def _facts(assessment: Assessment) -> dict[str, Any]:
    return {
        "eye_safety": (assessment.details.get("extras") or {}).get("eye_safety"),
        "synkinesis_present": assessment.synkinesis_present,
        "quality_score": assessment.quality_score,
    }


def _flag_row(assessment: Assessment) -> dict[str, Any]:
    row = {name: getattr(assessment, name) for name in ("affected_side", "affected_confidence", "quality_score")}
    return {**row, flags.EYE_SAFETY: _facts(assessment)["eye_safety"]}


def _point(assessment: Assessment) -> CoursePoint:
    row = courses.current(Assessment.objects.filter(pk=assessment.pk)).values(*courses.FIELDS).get()
    return courses.point(row)
