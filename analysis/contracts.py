"""What the three layers tell each other: enums and frozen dataclasses, standard library only.

Sides are the patient's own (anatomical), never the viewer's. Times are seconds from the first frame shown.
AU intensity runs 0-5. Not measured is `None`, and a `Problem` or `reason` beside it says why; it is never 0.
`SessionReport.to_json()` is `seventh.report/1`; what a page needs beyond that report travels in `Details`.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = "seventh.report/1"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class AffectedSide(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"
    BOTH = "both"


class WeakerSide(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class Region(StrEnum):
    BROW = "brow"
    EYE = "eye"
    MOUTH = "mouth"


class Mirrored(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Exercise(StrEnum):
    REST = "rest"
    BROW_RAISE = "brow_raise"
    EYE_CLOSURE_GENTLE = "eye_closure_gentle"
    EYE_CLOSURE_TIGHT = "eye_closure_tight"
    SMILE_CLOSED = "smile_closed"
    SMILE_OPEN = "smile_open"
    PUCKER = "pucker"
    LOWER_LIP_DEPRESS = "lower_lip_depress"
    SNARL = "snarl"
    CHEEK_PUFF = "cheek_puff"
    SPEECH = "speech"
    BLINK = "blink"


class SegmentSource(StrEnum):
    TIMELINE = "timeline"
    RECOGNISED = "recognised"
    CORRECTED = "corrected"  # put right by a clinician


class MouthMotionLabel(StrEnum):
    NONE = "none"
    SMILE = "smile"
    OPEN = "open"
    OTHER = "other"


class ReportStatus(StrEnum):
    MEASURED = "measured"
    REFUSED = "refused"


class PublishedSystem(StrEnum):
    """The published systems that weights can be trained for: four answer beside the landmark path, one finds faces."""

    PALSYNET = "3dpalsynet"  # Storey et al. 2019
    DEM = "dem"  # Niu et al. 2024
    PHCNN_LSTM = "phcnn-lstm"  # Liu et al. 2020
    FUSION = "fusion"  # Oo, Lee and Lim 2024
    INTEGRATED = "integrated"  # Storey et al. 2018: the Integrated Deep Model, whose score may judge what is detected


ANSWERING: typing.Final = tuple(system for system in PublishedSystem if system is not PublishedSystem.INTEGRATED)


class SynkinesisKind(StrEnum):
    ORAL_OCULAR = "oral-ocular"
    OCULAR_ORAL = "ocular-oral"
    BROW_ORAL = "brow-oral"
    ORAL_BROW = "oral-brow"
    SNARL_SMILE = "snarl-smile"
    MENTALIS = "mentalis"


AU_NAMES: typing.Final = (
    "AU1",
    "AU2",
    "AU4",
    "AU5",
    "AU6",
    "AU7",
    "AU9",
    "AU10",
    "AU12",
    "AU14",
    "AU15",
    "AU16",
    "AU17",
    "AU18",
    "AU20",
    "AU25",
    "AU26",
    "AU43",
    "AU45",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a warning: a stable code, and a sentence the patient understands and can act on."""

    code: str
    message: str
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What decoding showed, never what the header claimed."""

    sha256: str
    container: str
    codec: str
    duration_s: float
    frame_count: int
    fps: float
    width: int  # pixels, upright
    height: int
    rotation_deg: int  # clockwise turn that was applied to show the picture upright
    mirrored: Mirrored


@dataclass(frozen=True, slots=True)
class Quality:
    detected_fraction: float  # share of frames with a measured face, 0-1
    face_width_px: float | None  # median
    sharpness: float | None  # variance of the Laplacian of the face at 128 px, median
    brightness: float | None  # mean grey level of the face, 0-255, median
    yaw_deg_p95: float | None
    pitch_deg_p95: float | None
    faces_max: int
    score: float  # 0 unusable .. 1 as good as a clinic recording


@dataclass(frozen=True, slots=True)
class Frames:
    time_s: list[float]
    detected: list[bool]


@dataclass(frozen=True, slots=True)
class ActionUnits:
    """Per frame and side; a frame that was not measured is null."""

    names: list[str]
    left: list[list[float | None] | None]
    right: list[list[float | None] | None]
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Share of the movement each side achieves; index = (L-R)/max(L,R)."""

    left: float | None
    right: float | None
    asymmetry_index: float | None


@dataclass(frozen=True, slots=True)
class Segment:
    exercise: Exercise
    start_s: float
    end_s: float
    apex_s: float | None
    confidence: float
    source: SegmentSource
    movement: Movement | None


@dataclass(frozen=True, slots=True)
class MouthMotion:
    start_s: float
    end_s: float
    label: MouthMotionLabel
    confidence: float


@dataclass(frozen=True, slots=True)
class Measure:
    left: float | None
    right: float | None
    difference: float | None  # left minus right
    ratio: float | None  # smaller over larger
    unit: str
    exercise: Exercise


@dataclass(frozen=True, slots=True)
class RegionResult:
    active_mean_left: float | None
    active_mean_right: float | None
    delta_am: float | None  # sum over the region's AUs of AM_left - AM_right (Niu et al., eq. 6)
    weaker_side: WeakerSide | None


@dataclass(frozen=True, slots=True)
class AffectedSideResult:
    side: AffectedSide
    confidence: float


@dataclass(frozen=True, slots=True)
class SynkinesisPair:
    side: Side
    moved: str  # the AU (or exercise) that was meant
    followed: str  # the AU that came along
    strength: float  # follower per unit of trigger
    kind: SynkinesisKind | None


@dataclass(frozen=True, slots=True)
class Matrices:
    """Rows: the AU that follows (i), columns: the one given (j); P(i | j), equations 7-9. None: j never active."""

    left_left: list[list[float | None]]
    left_right: list[list[float | None]]
    right_left: list[list[float | None]]
    right_right: list[list[float | None]]
    right_minus_left: list[list[float | None]]
    left_minus_right: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Synkinesis:
    present: bool | None
    pairs: list[SynkinesisPair]
    matrices: Matrices | None


@dataclass(frozen=True, slots=True)
class HouseBrackmann:
    grade: int  # 1-6, most likely
    probabilities: list[float]  # six, sum 1
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    level: int  # 1-3
    probabilities: list[float]
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Palsy:
    probability: float
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class ScaleItem:
    value: float | None
    missing: str | None = None  # the exercise or measure without which the item has no value


@dataclass(frozen=True, slots=True)
class Scale:
    items: dict[str, ScaleItem]
    total: float | None
    missing: list[str]
    method: str
    note: str


@dataclass(frozen=True, slots=True)
class Scales:
    fngs2: Scale | None
    sunnybrook: Scale | None
    auto_eface: Scale | None


@dataclass(frozen=True, slots=True)
class WeightsUsed:
    id: str
    sha256: str
    training_data: str  # one word: synthetic, DISFA+, clinic


@dataclass(frozen=True, slots=True)
class Origin:
    code_version: str
    device: str
    seconds: float
    stages: dict[str, float]
    weights: list[WeightsUsed]


@dataclass(frozen=True, slots=True)
class MeasurementError:
    """Smallest change that one patient's repeat shows with 95 % confidence (MDC95), in the measure's own unit."""

    mdc95: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """One thing that a published system says of a whole recording; probabilities are means over what it looked at.

    `target`: house_brackmann, mouth_motion, severity_level, palsy or action_units. `value` is the most likely class
    (a grade is never a mean); for palsy its probability. In trials of the face detection also face_detection, whose
    value is the share of frames in which the face was found.
    """

    target: str
    value: float | int | str | None
    probabilities: dict[str, float] = field(default_factory=dict)  # class -> probability
    looked_at: int = 0  # clips, sequences or frames
    parts: dict[str, Any] = field(default_factory=dict)  # JSON-able: per exercise, per action unit, per region


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What one published system says beside the landmark path, or why it says nothing."""

    system: PublishedSystem
    method: str
    answers: list[SystemAnswer] = field(default_factory=list)
    weights: WeightsUsed | None = None
    experimental: bool = True
    reason: str | None = None  # why there are no answers, in words
    device: str = "cpu"
    seconds: float = 0.0


# What a card of weights must say: name -> type; `[training]` needs the second list.
CARD_FIELDS: typing.Final[Mapping[str, type]] = {
    "id": str, "url": str, "sha256": str, "preprocess": str, "parameters": int, "config": dict, "training": dict,
    "metrics": dict, "code_licence": str, "weights_licence": str, "intended_use": str, "not_for": str,
}  # fmt: skip
CARD_TRAINING_FIELDS: typing.Final = ("data", "word", "licences", "split", "commit")


def is_experimental(card: Mapping[str, Any]) -> bool:
    """Learnt from rendered or drawn faces alone, or called so by the card itself."""
    return bool(card.get("experimental", False)) or "synthetic" in str(card["training"]["word"]).lower()


# House-Brackmann grade -> level of PHCNN-LSTM (Liu et al. 2020, table I): I normal, II mild to moderate, III severe.
SEVERITY_LEVELS: typing.Final[Mapping[int, int]] = {1: 1, 2: 2, 3: 2, 4: 2, 5: 3, 6: 3}


@dataclass(frozen=True, slots=True)
class Details:
    """What pages show beyond the report; stored with the frame series, not part of `seventh.report/1`."""

    errors: dict[str, MeasurementError] = field(default_factory=dict)  # measure name -> MDC95
    evidence: list[str] = field(default_factory=list)  # sentences: why this grade, which regions, which items
    extras: dict[str, Any] = field(default_factory=dict)  # JSON-able: blinks, eye_safety, resting, coupling, pose
    curves: dict[str, list[float | None]] = field(default_factory=dict)  # per frame, e.g. "palpebral_fissure_left"
    systems: list[SystemResult] = field(default_factory=list)  # the published systems, never the primary numbers


@dataclass(frozen=True, slots=True)
class SessionReport:
    """One analysed (or refused) video: design section 4."""

    status: ReportStatus
    problems: list[Problem]
    video: VideoFacts | None
    quality: Quality | None
    frames: Frames | None
    action_units: ActionUnits | None
    segments: list[Segment]
    mouth_motions: list[MouthMotion] | None
    measures: dict[str, Measure]
    regions: dict[Region, RegionResult]
    affected_side: AffectedSideResult | None
    synkinesis: Synkinesis | None
    house_brackmann: HouseBrackmann | None
    severity_level: SeverityLevel | None
    palsy: Palsy | None
    scales: Scales | None
    origin: Origin
    details: Details = field(default_factory=Details)
    schema: str = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """The report as `seventh.report/1`: plain JSON types, `schema` first, without `details`."""
        plain = dataclasses.asdict(self)
        plain.pop("details")
        schema = plain.pop("schema")
        return {"schema": schema, **plain}

    def details_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self.details)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SessionReport:
        """Read `to_json()` back. Raises ValueError on another schema, KeyError or TypeError on a malformed report."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"not {SCHEMA}: {data.get('schema')!r}")
        return typing.cast(SessionReport, _build(cls, data))


@dataclass(frozen=True, slots=True)
class TimelineSegment:
    exercise: Exercise
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What guided capture knows: which exercise was asked for when."""

    segments: list[TimelineSegment]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Timeline:
        """Raises ValueError, in words for the person who wrote the file, when it is not a timeline."""
        try:
            timeline = typing.cast(Timeline, _build(cls, data))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                'a timeline is {"segments": [{"exercise", "start_s", "end_s"}]} with the exercise codes of the report'
            ) from error
        if any(not 0 <= s.start_s < s.end_s for s in timeline.segments):
            raise ValueError("every timeline segment must start at or after 0 and end after it starts")
        return timeline


CORRECTIONS_SCHEMA = "seventh.corrections/1"

# Points that a person may move, as FaceMesh indices: of the subject's left half and the midline, each with its name.
MOVABLE_LEFT: typing.Final[Mapping[int, str]] = {
    300: "brow, outer end", 334: "brow, middle", 336: "brow, inner end", 263: "outer corner of the eye",
    362: "inner corner of the eye", 386: "upper lid", 374: "lower lid", 473: "iris", 358: "side of the nose",
    291: "corner of the mouth", 270: "upper lip", 321: "lower lip", 311: "upper lip, inside", 402: "lower lip, inside",
}  # fmt: skip
MOVABLE_RIGHT: typing.Final[Mapping[int, str]] = {
    70: "brow, outer end", 105: "brow, middle", 107: "brow, inner end", 33: "outer corner of the eye",
    133: "inner corner of the eye", 159: "upper lid", 145: "lower lid", 468: "iris", 129: "side of the nose",
    61: "corner of the mouth", 40: "upper lip", 91: "lower lip", 81: "upper lip, inside", 178: "lower lip, inside",
}  # fmt: skip
MOVABLE_MIDLINE: typing.Final[Mapping[int, str]] = {
    4: "tip of the nose", 2: "base of the nose", 164: "philtrum", 0: "upper lip, middle", 17: "lower lip, middle",
    13: "upper lip, inside, middle", 14: "lower lip, inside, middle",
}  # fmt: skip
MOVABLE: typing.Final = frozenset({*MOVABLE_LEFT, *MOVABLE_RIGHT, *MOVABLE_MIDLINE})


@dataclass(frozen=True, slots=True)
class CorrectedPoint:
    """Where a person put one point: pixels of the upright, unmirrored frame."""

    point: int  # one of MOVABLE
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CorrectedFrame:
    """Points of one frame; what was moved in it fades out at both ends of the stretch that it belongs to."""

    time_s: float
    from_s: float  # the stretch: an exercise, or the rest between two
    to_s: float
    points: list[CorrectedPoint]


@dataclass(frozen=True, slots=True)
class CorrectedSegment:
    """One repetition as a person put it right; an invalid one is not measured, and says why."""

    exercise: Exercise
    start_s: float
    end_s: float
    apex_s: float | None = None
    valid: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corrections:
    """`seventh.corrections/1`: everything that a person put right in one video, relative to what was detected in it."""

    frames: list[CorrectedFrame] = field(default_factory=list)
    segments: list[CorrectedSegment] | None = None  # all of them; None: as they were found
    rest_s: float | None = None  # where the face is at rest; None: as it was found
    schema: str = CORRECTIONS_SCHEMA

    @property
    def is_empty(self) -> bool:
        return not self.frames and self.segments is None and self.rest_s is None

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Corrections:
        """Raises ValueError, in words for the person who sent it, when it is not a correction."""
        if data.get("schema") != CORRECTIONS_SCHEMA:
            raise ValueError(f"not {CORRECTIONS_SCHEMA}")
        try:
            found = typing.cast(Corrections, _build(cls, data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("the correction cannot be read") from error
        _check_corrections(found)
        return found


def _check_corrections(found: Corrections) -> None:
    numbers = [
        found.rest_s,
        *(v for f in found.frames for v in (f.time_s, f.from_s, f.to_s, *(c for p in f.points for c in (p.x, p.y)))),
    ]
    segments = found.segments or []
    numbers += [v for s in segments for v in (s.start_s, s.end_s, s.apex_s)]
    if not all(v is None or (isinstance(v, float) and math.isfinite(v) and v >= 0) for v in numbers):
        raise ValueError("times and places are numbers from 0 on")
    if any(not f.from_s <= f.time_s <= f.to_s for f in found.frames):
        raise ValueError("a frame lies in the stretch that it belongs to")
    if any(p.point not in MOVABLE for f in found.frames for p in f.points):
        raise ValueError("a point that cannot be moved")
    for s in segments:
        if s.start_s >= s.end_s:
            raise ValueError("an exercise ends after it starts")
        if s.apex_s is not None and not s.start_s <= s.apex_s <= s.end_s:
            raise ValueError("an apex lies between the start and the end of its exercise")
        if not isinstance(s.valid, bool) or not isinstance(s.reason, str):
            raise ValueError("the correction cannot be read")
        if not s.valid and not s.reason.strip():
            raise ValueError("a repetition that does not count needs a reason")
    counted = sorted((s for s in segments if s.valid), key=lambda s: s.start_s)
    if any(a.end_s > b.start_s for a, b in itertools.pairwise(counted)):
        raise ValueError("two exercises overlap")


def _build(kind: Any, value: Any) -> Any:
    """JSON value -> the annotated type (dataclasses, enums, lists, dicts, optionals)."""
    if value is None or kind is Any:
        return value
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _build(next(a for a in args if a is not type(None)), value)
    if origin is list:
        return [_build(args[0], v) for v in value]
    if origin is dict:
        return {_build(args[0], k): _build(args[1], v) for k, v in value.items()}
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        given = {f.name: f for f in dataclasses.fields(kind)}
        required = {n for n, f in given.items() if f.default is f.default_factory is dataclasses.MISSING}
        if missing := required - value.keys():
            raise KeyError(", ".join(sorted(missing)))
        return typing.cast(Any, kind)(**{n: _build(hints[n], value[n]) for n in given if n in value})
    if isinstance(kind, type) and issubclass(kind, (StrEnum, int, float)) and not isinstance(value, bool):
        return kind(value)
    return value
