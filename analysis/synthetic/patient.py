"""The fictional patient behind one video: what is weak, how the face rests, what moves along unasked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import AffectedSide, Exercise, Region, SynkinesisKind
from analysis.synthetic.mesh import LEFT, RIGHT, Points

Activations = Mapping[str, Points]  # action unit -> (n, 2) activation 0-1, columns LEFT and RIGHT

# Which region's weakness lessens an action unit. AU5 lifts the lid by the third cranial nerve and stays.
REGION_OF: Final[Mapping[str, Region | None]] = {
    "AU1": Region.BROW,
    "AU2": Region.BROW,
    "AU4": Region.BROW,
    "AU5": None,
    "AU6": Region.EYE,
    "AU7": Region.EYE,
    "AU9": Region.MOUTH,
    "AU10": Region.MOUTH,
    "AU12": Region.MOUTH,
    "AU14": Region.MOUTH,
    "AU15": Region.MOUTH,
    "AU16": Region.MOUTH,
    "AU17": Region.MOUTH,
    "AU18": Region.MOUTH,
    "AU20": Region.MOUTH,
    "AU45": Region.EYE,
}

# What follows at full command of the source, per unit of strength: source -> (follower, share).
FOLLOWERS: Final[Mapping[SynkinesisKind, tuple[tuple[str, str, float], ...]]] = {
    SynkinesisKind.ORAL_OCULAR: (
        ("AU12", "AU45", 1.0),
        ("AU12", "AU7", 0.5),
        ("AU18", "AU45", 1.0),
        ("AU18", "AU7", 0.5),
    ),
    SynkinesisKind.OCULAR_ORAL: (("AU45", "AU12", 0.8), ("AU45", "AU14", 0.4)),
    SynkinesisKind.BROW_ORAL: (("AU1", "AU12", 0.6),),
    SynkinesisKind.ORAL_BROW: (("AU12", "AU4", 0.6),),
    SynkinesisKind.SNARL_SMILE: (("AU9", "AU12", 0.6),),
    SynkinesisKind.MENTALIS: (("AU12", "AU17", 1.0), ("AU18", "AU17", 1.0), ("AU45", "AU17", 0.6)),
}

HOUSE_BRACKMANN_RULE: Final = """Nominal House-Brackmann grade of a synthetic face: a rule, no clinician's rating.
Weakness runs from 0 (normal) to 1 (no movement). Each region has a grade of its own:
  brow   I up to .05, II up to .35, III up to .75, IV above (no forehead movement alone is not worse than IV)
  eye    I up to .05, II up to .13 (closes gently), III up to .31 (closes with effort), IV up to .65, V up to .93,
         VI above
  mouth  I up to .05, II up to .30, III up to .55, IV up to .80, V up to .95, VI above
Synkinesis stronger than .20 makes it at least III, stronger than .60 at least IV.
The grade is the worst of these. VI needs weakness of at least .93 in all three regions; otherwise V is the worst."""

_STEPS: Final = {
    Region.BROW: (0.05, 0.35, 0.75),
    Region.EYE: (0.05, 0.13, 0.31, 0.65, 0.93),
    Region.MOUTH: (0.05, 0.30, 0.55, 0.80, 0.95),
}


class Trouble(StrEnum):
    """What is wrong with a recording."""

    NONE = "none"
    DARK = "dark"
    BLURRED = "blurred"
    TINY = "tiny face"
    LEAVING = "face leaves the picture"


@dataclass(frozen=True, slots=True)
class Weakness:
    brow: float = 0.0  # 0 normal .. 1 no movement; multiplies what the affected side is commanded
    eye: float = 0.0
    mouth: float = 0.0

    def of(self, region: Region) -> float:
        return float(getattr(self, region.value))


@dataclass(frozen=True, slots=True)
class Resting:
    """Shape of the affected side without any command, 0-1."""

    brow_droop: float = 0.0
    wide_fissure: float = 0.0
    mouth_droop: float = 0.0


@dataclass(frozen=True, slots=True)
class Synkinesis:
    kind: SynkinesisKind
    strength: float  # 0-1: activation of the follower at full command of the source


@dataclass(frozen=True, slots=True)
class SessionOf:
    """Which visit of a series a video is."""

    index: int
    days_since_onset: int


@dataclass(frozen=True, slots=True)
class PatientSpec:
    """Everything that makes one synthetic video; the same spec gives the same frames."""

    video_id: str
    subject_id: str
    identity: int = 0  # seed of the person
    seed: int = 0  # of timing, wobble, blinks, head motion and noise
    affected_side: AffectedSide = AffectedSide.NONE
    weakness: Weakness = Weakness()
    resting: Resting = Resting()
    synkinesis: tuple[Synkinesis, ...] = ()
    side_gain: tuple[float, float] = (1.0, 1.0)  # natural strength of left and right, 0.9-1.0
    chin: float = 0.0  # 0-1: how far this person, like many healthy ones, raises the chin in other efforts of the mouth
    exercises: tuple[Exercise, ...] = ()  # empty: all eight
    pace: float = 1.0  # duration of everything; 0.6 is a brisk clip for a test
    motion: float = 1.0  # of head and camera
    trouble: Trouble = Trouble.NONE
    mirrored: bool = False  # saved as a selfie camera's mirror image
    session: SessionOf | None = None
    condition: str = field(default="photo-puppet")

    def __post_init__(self) -> None:
        healthy = self.affected_side is AffectedSide.NONE
        if self.affected_side is AffectedSide.BOTH:
            raise ValueError("a puppet is weak on one side or on none")
        if healthy and (self.weakness != Weakness() or self.resting != Resting() or self.synkinesis):
            raise ValueError("weakness, resting asymmetry and synkinesis need an affected side")

    @property
    def affected(self) -> int | None:
        """Column of the affected side; None when healthy."""
        return {AffectedSide.LEFT: LEFT, AffectedSide.RIGHT: RIGHT}.get(self.affected_side)

    @property
    def house_brackmann(self) -> int:
        """Nominal grade 1-6 by `HOUSE_BRACKMANN_RULE`."""
        weak = {region: self.weakness.of(region) for region in Region}
        if min(weak.values()) >= 0.93:
            return 6
        grades = [1 + sum(weak[region] > step for step in steps) for region, steps in _STEPS.items()]
        strongest = max((s.strength for s in self.synkinesis), default=0.0)
        grades.append(4 if strongest > 0.60 else 3 if strongest > 0.20 else 1)
        return min(max(grades), 5)

    def mirror_image(self) -> PatientSpec:
        """The same patient with left and right exchanged (the person's looks stay)."""
        other = {AffectedSide.LEFT: AffectedSide.RIGHT, AffectedSide.RIGHT: AffectedSide.LEFT}
        return replace(
            self,
            affected_side=other.get(self.affected_side, self.affected_side),
            side_gain=(self.side_gain[1], self.side_gain[0]),
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PatientSpec:
        """Read `to_json()`, or part of it. Raises ValueError on unknown names or values."""
        try:
            given = dict(data)
            for name, kind in (("weakness", Weakness), ("resting", Resting), ("session", SessionOf)):
                if given.get(name) is not None:
                    given[name] = kind(**given[name])
            given["synkinesis"] = tuple(
                Synkinesis(SynkinesisKind(s["kind"]), float(s["strength"])) for s in given.get("synkinesis", ())
            )
            given["exercises"] = tuple(Exercise(e) for e in given.get("exercises", ()))
            given["affected_side"] = AffectedSide(given.get("affected_side", "none"))
            given["trouble"] = Trouble(given.get("trouble", "none"))
            left, right = given.get("side_gain", (1.0, 1.0))
            return cls(**(given | {"side_gain": (float(left), float(right))}))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a puppet's specification: {error}") from error


def activations(spec: PatientSpec, command: Mapping[str, npt.NDArray[np.float64]]) -> tuple[Activations, Activations]:
    """What each side does of the commands (n,), and the involuntary part of it alone; both (n, 2), 0-1.

    Lid closure has a reserve: it is commanded above 1, so mild weakness still closes the eye (see `protocol`).
    """
    active = {unit: np.minimum(c[:, None] * _gain(spec, unit), 1.0) for unit, c in command.items() if unit in REGION_OF}
    unasked: dict[str, Points] = {}
    if (side := spec.affected) is not None:
        for synkinesis in spec.synkinesis:
            for source, follower, share in FOLLOWERS[synkinesis.kind]:
                extra = synkinesis.strength * share * np.minimum(command[source], 1.0)
                column = unasked.setdefault(follower, np.zeros((len(extra), 2)))
                column[:, side] = np.maximum(column[:, side], extra)
        for unit, extra in unasked.items():
            active[unit] = np.minimum(active[unit] + extra, 1.0)
    return active, unasked


def _gain(spec: PatientSpec, unit: str) -> Points:
    region = REGION_OF[unit]
    gain = np.array(spec.side_gain if region is not None and unit != "AU45" else (1.0, 1.0))
    if region is not None and spec.affected is not None:
        gain[spec.affected] *= 1.0 - spec.weakness.of(region)
    return gain
