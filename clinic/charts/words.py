"""Names that the charts and the pages beside them share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analysis.contracts import Exercise, Region

ROMAN = ("I", "II", "III", "IV", "V", "VI")

REGIONS = {Region.BROW: "Brow", Region.EYE: "Eye", Region.MOUTH: "Mouth"}

EXERCISES = {
    Exercise.REST: "Rest",
    Exercise.BROW_RAISE: "Raise brows",
    Exercise.EYE_CLOSURE_GENTLE: "Close eyes gently",
    Exercise.EYE_CLOSURE_TIGHT: "Close eyes tightly",
    Exercise.SMILE_CLOSED: "Smile, lips closed",
    Exercise.SMILE_OPEN: "Smile, teeth shown",
    Exercise.PUCKER: "Pucker lips",
    Exercise.LOWER_LIP_DEPRESS: "Lower lip down",
    Exercise.SNARL: "Snarl",
    Exercise.CHEEK_PUFF: "Puff cheeks",
    Exercise.SPEECH: "Speech",
    Exercise.BLINK: "Blink",
}

ACTION_UNITS = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip pucker",
    "AU20": "lip stretcher",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU43": "eyes closed",
    "AU45": "blink",
}

MEASURES = {  # where the code alone says too little
    "palpebral_fissure": "Palpebral fissure at rest",
    "mrd1": "Margin reflex distance (MRD1)",
    "palpebral_fissure_gentle": "Fissure left open, gentle effort",
    "palpebral_fissure_tight": "Fissure left open, tight effort",
    "eye_closure_gentle": "Share of the fissure closed, gentle effort",
    "eye_closure_tight": "Share of the fissure closed, tight effort",
    "commissure_height": "Mouth corner, height below the eyes",
    "commissure_position": "Mouth corner, distance from the midline",
    "commissure_excursion_smile_closed": "Mouth corner excursion, closed smile",
    "commissure_excursion_smile_open": "Mouth corner excursion, open smile",
    "commissure_angle_smile_closed": "Mouth corner, direction in closed smile",
    "commissure_angle_smile_open": "Mouth corner, direction in open smile",
    "ocular_opening_pucker": "Eye opening while puckering, share of rest",
    "ocular_opening_smile_open": "Eye opening in open smile, share of rest",
    "ocular_opening_smile_closed": "Eye opening in closed smile, share of rest",
}

MINUS = "\N{MINUS SIGN}"
PERCENT = "\N{NO-BREAK SPACE}%"  # a number never parts from its sign


def roman(grade: int) -> str:
    return ROMAN[grade - 1]


def exercise(code: str) -> str:
    """`eye_closure_gentle` -> 'Close eyes gently'; a code of a later report is shown as it is."""
    try:
        return EXERCISES[Exercise(code)]
    except ValueError:
        return code.replace("_", " ").capitalize()


def action_unit(code: str) -> str:
    """`AU12` -> 'AU12 lip corner puller'; an exercise code becomes its name."""
    if name := ACTION_UNITS.get(code):
        return f"{code} {name}"
    return exercise(code) if not code.startswith("AU") else code


def percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.0f}{PERCENT}"


def asymmetry(value: float | None) -> str:
    """Signed percent, positive when the left is stronger -> 'right 34 % less'. The smaller of the two is named."""
    if value is None:
        return "not measured"
    if abs(value) < 0.5:
        return "equal"
    return f"{'right' if value > 0 else 'left'} {abs(value):.0f}{PERCENT} less"


def graded(grade: int | None, probabilities: tuple[float, ...] | None) -> str:
    """'grade III (62 %)': the most likely grade with its own probability."""
    if grade is None:
        return "not graded"
    share = f" ({probable(probabilities[grade - 1])})" if probabilities else ""
    return f"grade {roman(grade)}{share}"


def probable(share: float) -> str:
    """A probability as whole percent, never 0 or 100: an estimate is not certain."""
    if share > 0.99:
        return f"over 99{PERCENT}"
    return f"under 1{PERCENT}" if share < 0.01 else f"{share * 100:.0f}{PERCENT}"


def points(value: float) -> str:
    """A score of a scale or an item: tenths at the most, whole numbers without."""
    return f"{value:.1f}".removesuffix(".0")


def day(on: date, onset: date | None) -> str:
    """'day 143 (4 Mar 2026)', or the date alone when the first day is not known."""
    plain = f"{on.day} {on:%b %Y}"
    return plain if onset is None else f"day {(on - onset).days} ({plain})"


def since(on: date, onset: date | None) -> str:
    """'day 143', or the date when the first day is not known."""
    return f"{on.day} {on:%b %Y}" if onset is None else f"day {(on - onset).days}"


def listed(names: Sequence[str]) -> str:
    """'brow, eye and mouth'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def plain(code: str) -> str:
    """`brow_excursion` -> 'Brow excursion'; codes that say too little have their own words."""
    if code in MEASURES:
        return MEASURES[code]
    text = code.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
