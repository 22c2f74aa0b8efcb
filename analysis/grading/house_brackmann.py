"""House-Brackmann grade from regional function: six probabilities, and the sentences that explain them."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import HouseBrackmann, Region, SynkinesisPair, WeakerSide
from analysis.faces.anatomy import Points
from analysis.symptoms.patients import REGIONS, Posterior
from analysis.symptoms.regions import RegionFunction

METHOD: Final = "regional-rule/2"
ORIGIN: Final = "synthetic"
GRADES: Final = 6
_WORDS: Final = {Region.BROW: "forehead", Region.EYE: "eye closure", Region.MOUTH: "mouth"}


@dataclass(frozen=True, slots=True)
class Graded:
    result: HouseBrackmann
    evidence: list[str]


@cache
def table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "house_brackmann.toml").read_text(encoding="utf-8"))


def grade(
    patients: Posterior | None, functions: dict[Region, RegionFunction], pairs: list[SynkinesisPair], strongest: float
) -> Graded | None:
    """None when a region was not tested: a grade over the whole face needs all three.

    The rule's grade of every possible patient, weighted by how likely that patient is. `strongest` is the greatest
    synkinesis strength measured, reported or not.
    """
    if patients is None or any(f.weakness is None for f in functions.values()):
        return None
    probabilities = np.round(combined(patients, strongest), 4)
    best = int(np.argmax(probabilities)) + 1
    probabilities[best - 1] += 1.0 - probabilities.sum()
    result = HouseBrackmann(best, [round(float(p), 4) for p in probabilities], METHOD, ORIGIN)
    return Graded(result, _evidence(patients, functions, pairs, best))


def combined(patients: Posterior, strongest: float) -> Points:
    """(6,) probability of each grade."""
    by_regions = np.where(patients.is_sound, 1, region_grades(np.abs(patients.weakness)))
    no_better = synkinesis_at_least(strongest)  # probability that synkinesis asks for grade I, II, ... or worse
    probabilities: Points = np.zeros(GRADES)
    for least in range(1, GRADES + 1):
        here = no_better[least - 1] - (no_better[least] if least < GRADES else 0.0)
        if here > 0:
            worst = np.maximum(by_regions, least)
            probabilities += here * np.bincount(worst - 1, weights=patients.weight, minlength=GRADES)
    probabilities /= probabilities.sum()
    return probabilities


def region_grades(weakness: Points) -> npt.NDArray[np.intp]:
    """(m,) grade of the worst region, of (m, 3) weakness 0-1; VI only where none of the three moves, else V at most."""
    each = [1 + (weakness[:, [k]] > np.array(table()[r.value]["cuts"])).sum(axis=1) for k, r in enumerate(REGIONS)]
    worst = np.minimum(np.max(each, axis=0), GRADES - 1)
    total = (weakness >= table()["total"]["from"]).all(axis=1)
    grades: npt.NDArray[np.intp] = np.where(total, GRADES, worst)
    return grades


def region_grade(region: Region, patients: Posterior) -> tuple[int, float]:
    """The region's own most likely grade, 1 to 4 for the brow, to 6 for eye and mouth, and its probability."""
    sizes = np.abs(patients.weakness[:, [REGIONS.index(region)]])
    own = np.where(patients.is_sound, 1, 1 + (sizes > np.array(table()[region.value]["cuts"])).sum(axis=1))
    chances = np.bincount(own, weights=patients.weight) / patients.weight.sum()
    return int(chances.argmax()), float(chances.max())


def synkinesis_at_least(strongest: float) -> Points:
    """(6,) probability that synkinesis alone asks for at least grade I, II, ...: its strength has a normal error."""
    row = table()["synkinesis"]
    chances = np.zeros(GRADES)
    chances[0] = 1.0
    for least, cut in row["at_least"].items():
        chances[: int(least)] = np.maximum(chances[: int(least)], _above(strongest, cut, row["spread"]))
    return chances


def _above(value: float, cut: float, spread: float) -> float:
    """Probability that the true value exceeds the cut, given a measured one."""
    return 0.5 * math.erfc((cut - value) / (spread * math.sqrt(2.0)))


def _evidence(
    patients: Posterior, functions: dict[Region, RegionFunction], pairs: list[SynkinesisPair], best: int
) -> list[str]:
    sentences = [f"Estimated House-Brackmann grade {_roman(best)}: the worst region decides; decision support only."]
    for region, function in functions.items():
        value, verdict = function.weakness or 0.0, "both halves move alike"
        if function.weaker in (WeakerSide.LEFT, WeakerSide.RIGHT):
            verdict = f"the {function.weaker} half achieves {100 * (1 - value):.0f} % of the other"
        alone, chance = region_grade(region, patients)
        own = f"by itself most likely grade {_roman(alone)}, {100 * chance:.0f} %"
        sentences.append(f"{_WORDS[region].capitalize()}: {verdict} ({own}).")
    for pair in pairs:
        sentences.append(
            f"Synkinesis ({pair.kind}) of the {pair.side.value} half: {pair.followed} follows {pair.moved} "
            f"at {100 * pair.strength:.0f} % of the movement."
        )
    return sentences


def _roman(grade_number: int) -> str:
    return ("I", "II", "III", "IV", "V", "VI")[grade_number - 1]
