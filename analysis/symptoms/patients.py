"""From evidence to weakness: the posterior over what kind of patient would give these numbers."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.contracts import Exercise, Region
from analysis.faces.anatomy import Points
from analysis.faces.track import Bools
from analysis.symptoms.evidence import RESERVE, EvidenceModel

REGIONS: Final = (Region.BROW, Region.EYE, Region.MOUTH)


@cache
def assumptions() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "patients.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Posterior:
    """Weighted patients: `weakness` (m, 3) signed (+ the right half is weaker), 0-1; `weight` (m,) sums to 1.

    `is_sound` (m,): without a palsy; what differs between their halves is natural.
    """

    weakness: Points
    weight: Points
    is_sound: Bools

    def mean(self, region: Region) -> float:
        """Expected signed weakness."""
        return float(self.weight @ self.weakness[:, REGIONS.index(region)])

    def spread(self, region: Region) -> float:
        """Standard deviation of the signed weakness."""
        column = self.weakness[:, REGIONS.index(region)]
        return math.sqrt(max(0.0, float(self.weight @ (column - self.mean(region)) ** 2)))

    def weaker(self, region: Region) -> tuple[float, float, float]:
        """Probability that the left half, the right half, none is weaker."""
        column, least = self.weakness[:, REGIONS.index(region)], assumptions()["weaker_from"]
        left, right = float(self.weight[column <= -least].sum()), float(self.weight[column >= least].sum())
        return left, right, max(0.0, 1.0 - left - right)

    def opening(self, closure: Exercise) -> tuple[float, float]:
        """Expected share of the fissure that the left and the right lids leave open at this effort.

        It comes from how the halves differ: of two eyes that stay open alike it knows nothing.
        """
        weakness = self.weakness[:, REGIONS.index(Region.EYE)]
        shut = [np.minimum(1.0, RESERVE[closure] * (1.0 - np.maximum(0.0, sign * weakness))) for sign in (-1.0, 1.0)]
        left, right = (1.0 - float(self.weight @ share) for share in shut)
        return left, right

    def side(self) -> tuple[float, float, float]:
        """Probability that the left side, the right side, none is affected: any region at least `weaker_from`."""
        least = assumptions()["weaker_from"]
        left, right = ((sign * self.weakness >= least).any(axis=1) for sign in (-1.0, 1.0))
        a, b = float(self.weight[left].sum()), float(self.weight[right].sum())
        return a, b, max(0.0, 1.0 - a - b)


def posterior(seen: dict[Region, Points], model: EvidenceModel) -> Posterior:
    """Bayes' rule over the assumed patients. Items that are NaN (missing exercises) drop out of the likelihood."""
    weakness, prior, is_sound = patients()
    log_likelihood = np.zeros(len(weakness))
    for index, region in enumerate(REGIONS):
        known = np.isfinite(seen[region])
        if not known.any():
            continue
        wanted = model.index(region, weakness[:, index])[:, known]
        covariance = assumptions()["inflate"] ** 2 * model.covariance[region][np.ix_(known, known)]
        off = seen[region][known] - wanted
        log_likelihood -= 0.5 * np.einsum("mi,ij,mj->m", off, np.linalg.inv(covariance), off)
    weight = prior * np.exp(log_likelihood - log_likelihood.max())
    return Posterior(weakness, weight / weight.sum(), is_sound)


@cache
def patients() -> tuple[Points, Points, Bools]:
    """(m, 3) signed weakness, (m,) prior weight, (m,) unaffected: patients of either side, mirrored, then the sound."""
    a = assumptions()
    chance = np.random.default_rng(a["seed"])
    sizes = np.concatenate([draw(a, chance) for draw in (_by_grade, _by_severity, _free)])
    affected = 0.5 * (1.0 - a["unaffected"]) / len(sizes)
    natural = np.abs(chance.normal(0.0, a["natural"], (max(1, a["atoms"] // 4), 3)))
    natural = natural[(natural < a["weaker_from"]).all(axis=1)]
    natural *= chance.choice([-1.0, 1.0], natural.shape)
    sound = np.concatenate([natural, -natural])
    weakness = np.concatenate([-sizes, sizes, sound])
    weight = np.concatenate([np.full(2 * len(sizes), affected), np.full(len(sound), a["unaffected"] / len(sound))])
    return weakness, weight, np.arange(len(weight)) >= 2 * len(sizes)


def _by_grade(a: dict[str, Any], chance: np.random.Generator) -> Points:
    """(k, 3) patients with all regions at about the same House-Brackmann grade."""
    row = a["by_grade"]
    k = round(row["share"] * a["atoms"])
    borders = np.arange(len(row["brow"]))
    severity = 1.0 + (borders[-1] - 1.0) * (np.arange(k) + 0.5) / k
    around = severity[:, None] + row["scatter"] * chance.normal(size=(k, 3))
    columns = [np.interp(around[:, index], borders, row[region.value]) for index, region in enumerate(REGIONS)]
    return np.stack(columns, axis=1)


def _by_severity(a: dict[str, Any], chance: np.random.Generator) -> Points:
    """(k, 3) patients whose regions share one severity."""
    row = a["by_severity"]
    k = round(row["share"] * a["atoms"])
    severity = row["least"] + (1.0 - row["least"]) * (np.arange(k) + 0.5) / k
    low, high = row["eye_over_severity"]
    over = {"eye": low + (high - low) * severity} | row["over_severity"]
    shares = np.stack([np.broadcast_to(over[region.value], k) for region in REGIONS], axis=1)
    scatter = np.array([row["scatter"][region.value] for region in REGIONS])
    sizes: Points = np.clip(severity[:, None] * shares * (1.0 + scatter * chance.normal(size=(k, 3))), 0.0, 1.0)
    return sizes


def _free(a: dict[str, Any], chance: np.random.Generator) -> Points:
    """(k, 3) patients whose regions vary independently, some of them spared."""
    row = a["free"]
    k = round(row["share"] * a["atoms"])
    sizes: Points = chance.uniform(0.0, 1.0, (k, 3)) * (chance.uniform(size=(k, 3)) >= row["spared"])
    return sizes
