"""What a published system said of a recording, in words: from the stored `SystemResult`, for every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from analysis.contracts import SEVERITY_LEVELS, PublishedSystem
from clinic.charts import words
from clinic.models.weights import SYSTEM_TITLES
from clinic.templatetags.quantities import ROMAN

GRADE, LEVEL, PALSY, MOUTH, UNITS = "house_brackmann", "severity_level", "palsy", "mouth_motion", "action_units"
FACES = "face_detection"  # in trials alone
_NAMES: Final = {
    GRADE: "House-Brackmann grade",
    LEVEL: "Severity level",
    PALSY: "Palsy or none",
    MOUTH: "Mouth motions",
    UNITS: "Weaker side by region",
    FACES: "Face found",
}
_LOOKED_AT: Final = {
    GRADE: "clip",
    MOUTH: "clip",
    LEVEL: "sequence",
    PALSY: "frame",
    UNITS: "key frame",
    FACES: "frame",
}
LEVEL_WORDS: Final = {1: "I, normal", 2: "II, mild to moderate", 3: "III, severe"}


@dataclass(frozen=True, slots=True)
class Answer:
    target: str
    name: str
    words: str
    detail: str


@dataclass(frozen=True, slots=True)
class SystemView:
    """One system on one recording."""

    system: str
    title: str
    method: str
    answers: tuple[Answer, ...]
    is_experimental: bool
    trained_on: str
    weights_id: str
    sha256: str
    reason: str

    @property
    def summary(self) -> str:
        """One line for a table."""
        return "; ".join(answer.words for answer in self.answers if answer.target != MOUTH) or self.reason


def view(result: Mapping[str, Any]) -> SystemView:
    weights = result.get("weights") or {}
    return SystemView(
        system=result["system"],
        title=SYSTEM_TITLES.get(PublishedSystem(result["system"]), result["system"]),
        method=result.get("method", ""),
        answers=tuple(_answer(a) for a in result.get("answers") or ()),
        is_experimental=bool(result.get("experimental", True)),
        trained_on=weights.get("training_data", ""),
        weights_id=weights.get("id", ""),
        sha256=weights.get("sha256", ""),
        reason=result.get("reason") or "",
    )


def value_of(result: Mapping[str, Any], target: str) -> Any:
    """The stored value of one answer; None when the system did not give it."""
    return next((a["value"] for a in result.get("answers") or () if a["target"] == target), None)


def _answer(stored: Mapping[str, Any]) -> Answer:
    target = stored["target"]
    told = _WORDS[target](stored)
    count = int(stored.get("looked_at") or 0)
    noun = _LOOKED_AT[target]
    return Answer(target, _NAMES[target], told, f"from {count} {noun}{'' if count == 1 else 's'}")


def _grade(stored: Mapping[str, Any]) -> str:
    return f"Grade {ROMAN[int(stored['value']) - 1]}{_sure(stored)}"


def _level(stored: Mapping[str, Any]) -> str:
    return f"Level {LEVEL_WORDS[int(stored['value'])]}{_sure(stored)}"


def _palsy(stored: Mapping[str, Any]) -> str:
    return f"Palsy {words.probable(float(stored['value']))} probable"


def _sure(stored: Mapping[str, Any]) -> str:
    share = (stored.get("probabilities") or {}).get(str(stored["value"]))
    return "" if share is None else f", {words.probable(float(share))} probable"


def _mouth(stored: Mapping[str, Any]) -> str:
    labels: dict[str, int] = {}
    for clip in (stored.get("parts") or {}).get("clips") or ():
        labels[clip["label"]] = labels.get(clip["label"], 0) + 1
    return ", ".join(f"{label} {count}×" for label, count in sorted(labels.items(), key=lambda item: -item[1]))


def _units(stored: Mapping[str, Any]) -> str:
    parts = []
    for region, found in ((stored.get("parts") or {}).get("regions") or {}).items():
        if found.get("weaker_side") is not None:
            side = "equal" if found["weaker_side"] == "none" else found["weaker_side"]
            parts.append(f"{region} {side}")
    return ", ".join(parts).capitalize() or "No region moved enough"


def _faces(stored: Mapping[str, Any]) -> str:
    grade = (stored.get("parts") or {}).get("grade")
    said = f"grade {ROMAN[int(grade) - 1]}" if grade else "no grade"
    return f"Face in {100 * float(stored['value']):.1f} % of frames, {said} by landmarks"


_WORDS: Final = {GRADE: _grade, LEVEL: _level, PALSY: _palsy, MOUTH: _mouth, UNITS: _units, FACES: _faces}


def level_of_grade(grade: int) -> int:
    return SEVERITY_LEVELS[grade]
