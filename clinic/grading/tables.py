"""The three scales as data: items, what may be chosen, points. The texts and numbers are in the TOML files beside."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.charts.words import ROMAN
from clinic.models.grading import GradingScale


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be judged: one of `options`, or a number from 0 to `highest` where there are none."""

    key: str
    name: str
    part: str
    options: tuple[Option, ...] = ()
    highest: int = 0
    low_end: str = ""  # what 0 means
    high_end: str = ""
    balanced: int | None = None  # where the best lies, if not at the upper end
    machine: str = ""  # the item of the estimated scale that judges the same


@dataclass(frozen=True, slots=True)
class Part:
    key: str
    name: str
    hint: str
    factor: float
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    grade: int
    roman: str
    name: str
    overall: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    scale: str
    name: str
    source: str
    note: str
    formula: str
    arithmetic: str  # "grade", "sum" or "mean"
    parts: tuple[Part, ...]
    floor: float
    ceiling: float
    criteria: tuple[Criterion, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for part in self.parts for item in part.items)

    def as_json(self) -> dict[str, Any]:
        """What the browser needs to compute the score while the form is filled in."""
        return {
            "arithmetic": self.arithmetic,
            "floor": self.floor,
            "ceiling": self.ceiling,
            "parts": [
                {
                    "key": part.key,
                    "factor": part.factor,
                    "items": [
                        {"key": i.key, "points": {o.code: o.points for o in i.options}, "balanced": i.balanced}
                        for i in part.items
                    ],
                }
                for part in self.parts
            ],
        }


@cache
def table(scale: str) -> Table:
    """The table of one scale. Raises ValueError for a scale that there is not."""
    read = {
        GradingScale.HOUSE_BRACKMANN: _house_brackmann,
        GradingScale.SUNNYBROOK: _sunnybrook,
        GradingScale.EFACE: _eface,
    }[GradingScale(scale)]
    return read(tomllib.loads((Path(__file__).parent / f"{scale}.toml").read_text(encoding="utf-8")))


def _table(scale: GradingScale, data: Mapping[str, Any], parts: list[Part], **more: Any) -> Table:
    words = {name: data[name] for name in ("name", "source", "note", "formula", "arithmetic")}
    return Table(scale=scale.value, parts=tuple(parts), **words, **more)


def _house_brackmann(data: Mapping[str, Any]) -> Table:
    criteria = tuple(_criterion(c) for c in data["criteria"])
    options = tuple(Option(str(c.grade), f"{c.roman} {c.name}", float(c.grade)) for c in criteria)
    part = Part("grade", "Grade", "", 1.0, (Item("grade", "Grade", "grade", options),))
    return _table(GradingScale.HOUSE_BRACKMANN, data, [part], floor=1.0, ceiling=6.0, criteria=criteria)


def _criterion(stored: Mapping[str, Any]) -> Criterion:
    places = {"rest": "At rest", "forehead": "Forehead", "eye": "Eye", "mouth": "Mouth"}
    details = tuple((name, stored[key]) for key, name in places.items() if key in stored)
    return Criterion(stored["grade"], ROMAN[stored["grade"] - 1], stored["name"], stored["overall"], details)


def _sunnybrook(data: Mapping[str, Any]) -> Table:
    items = {
        "resting": [_resting(key, stored) for key, stored in data["resting"].items()],
        "voluntary": [_movement("voluntary", key, name, data) for key, name in data["movements"].items()],
        "synkinesis": [_movement("synkinesis", key, name, data) for key, name in data["movements"].items()],
    }
    parts = [Part(key, p["name"], p["hint"], float(p["factor"]), tuple(items[key])) for key, p in data["parts"].items()]
    return _table(GradingScale.SUNNYBROOK, data, parts, floor=float(data["floor"]), ceiling=float(data["ceiling"]))


def _resting(key: str, stored: Mapping[str, Any]) -> Item:
    options = tuple(Option(code, label, float(points)) for code, (label, points) in stored["options"].items())
    return Item(f"resting_{key}", stored["name"], "resting", options, machine=f"resting_{key}")


def _movement(part: str, key: str, name: str, data: Mapping[str, Any]) -> Item:
    options = tuple(
        Option(points, f"{points} {label}", float(points)) for points, label in data["scales"][part].items()
    )
    return Item(f"{part}_{key}", name, part, options, machine=f"{part}_{key}")


def _eface(data: Mapping[str, Any]) -> Table:
    items: dict[str, list[Item]] = {key: [] for key in data["parts"]}
    for key, (part, name, low, high, machine) in data["items"].items():
        kind = data["parts"][part]
        items[part].append(
            Item(key, name, part, (), kind["highest"], low, high, kind.get("balanced"), machine)
        )  # fmt: skip
    parts = [Part(key, p["name"], p["hint"], 1.0, tuple(items[key])) for key, p in data["parts"].items()]
    return _table(GradingScale.EFACE, data, parts, floor=float(data["floor"]), ceiling=float(data["ceiling"]))
